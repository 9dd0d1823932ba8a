"""How the service is run: who may come in, under which names, how much, and what is told about it."""

from dataclasses import dataclass, field

from api.access.keys import KeyFile
from api.http.tracing import Tracing
from api.limits import Limits


@dataclass(frozen=True, slots=True)
class Options:
    """Without ``keys`` only this machine is served, and may do everything."""

    keys: KeyFile | None = None
    hosts: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    log_questions: bool = False
    tracing: Tracing | None = None

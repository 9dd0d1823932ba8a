"""A data folder that a task is run on and dies in, and the books that say what must be there afterwards."""

import shutil
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.system.failpoints import VARIABLE
from tests.torture.invariant import Inspection, inspect
from tests.torture.kills.forking import Forker
from tests.torture.ledger import Found, Ledger, State
from tests.torture.records import Row, p95_ms

KEPT = tuple((f"둔글-{number}", 1) for number in range(8))  # what a data folder holds before a task comes to it
CHANGED = (*((f"둔글-{number}", 2) for number in range(3)), *((f"새글-{number}", 1) for number in range(9)))


@dataclass(frozen=True, slots=True)
class Work:
    """A task and what it is about to change: the new state of each article, None where it is removed."""

    task: str
    what: str
    arguments: tuple[object, ...] = ()
    changes: Mapping[str, State] = field(default_factory=dict)


INGEST = Work("ingest", "ingest", (CHANGED,), dict(CHANGED))
REMOVE = Work("remove", "remove", ([f"둔글-{n}" for n in range(3)],), dict.fromkeys([f"둔글-{n}" for n in range(3)]))


@dataclass(slots=True)
class Tally:
    """Of many lives together."""

    points: int = 0
    acknowledged: int = 0
    found: Found = field(default_factory=Found)
    ready: list[float] = field(default_factory=list)

    def add(self, inspection: Inspection, acknowledged: int) -> None:
        self.points += 1
        self.acknowledged += acknowledged
        self.found.add(inspection.found)
        self.ready.append(inspection.ready)

    def row(self, faults: str, what: str, note: str = "") -> Row:
        return Row(
            faults, what, kill_points=self.points, acknowledged=self.acknowledged, lost=self.found.lost,
            torn=self.found.torn, wrong_answers=self.found.wrong, recovery_p95_ms=p95_ms(self.ready), note=note,
            complaints=self.found.complaints,
        )  # fmt: skip


def prepare(forker: Forker, folder: Path, entries: Sequence[tuple[str, int]] = KEPT) -> Path:
    """A data folder that holds ``entries``, in several generations."""
    shutil.rmtree(folder, ignore_errors=True)
    code, lines = forker.run("ingest", folder, entries)
    if code:
        raise RuntimeError(f"preparing {folder} ended with {code}: {lines}")
    return folder


def copy(template: Path, to: Path) -> Path:
    shutil.rmtree(to, ignore_errors=True)
    return Path(shutil.copytree(template, to))


def ledger_of(entries: Iterable[tuple[str, int]] = KEPT) -> Ledger:
    """Books in which all of these are acknowledged."""
    ledger = Ledger()
    for entry in entries:
        ledger.begin(*entry)
        ledger.acknowledge(*entry)
    ledger.acknowledged = 0
    return ledger


def begin(ledger: Ledger, work: Work) -> None:
    for article_id, state in work.changes.items():
        ledger.begin(article_id, state)


def read_acknowledgements(ledger: Ledger, lines: Iterable[str]) -> None:
    """From what a task printed."""
    for line in lines:
        if line.startswith("ACK "):
            _, article_id, state = line.split()
            ledger.acknowledge(article_id, None if state == "-" else int(state))


def die_once(
    forker: Forker, folder: Path, work: Work, failpoint: str, tally: Tally, entries: Sequence[tuple[str, int]] = KEPT
) -> bool:
    """Run ``work`` on ``folder`` until ``failpoint`` kills it, and inspect; False where it never gets there."""
    ledger = ledger_of(entries)
    begin(ledger, work)
    code, lines = forker.run(work.task, folder, *work.arguments, environment={VARIABLE: failpoint})
    if code == 0:
        return False
    if code != -signal.SIGKILL:
        tally.found.complain(f"{work.what} at {failpoint} ended with {code}: {lines[-3:]}")
    read_acknowledgements(ledger, lines)
    tally.add(inspect(folder, ledger), ledger.acknowledged)
    return True

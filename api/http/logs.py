"""Logs as JSON lines on stderr: what was asked of which route, by which key, and how it went; never what was asked.

Anything that came from outside is a JSON string, and what a terminal would obey is taken out of it.
"""

import json
import logging
import sys
import time
from datetime import UTC, datetime

from starlette.types import Scope

from index.text.characters import OBEYED_IN_LOGS

_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_FIELDS = "geungeo_fields"
logger = logging.getLogger("geungeo.requests")


class JsonLines(logging.Formatter):
    """One record, one line, one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON in one line, with the fields given by ``extra`` and any traceback."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": when, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        line |= getattr(record, _FIELDS, {})
        if record.exc_info and record.exc_info[0] is not None:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps({name: _clean(value) for name, value in line.items()}, ensure_ascii=False)


def configure_logs(level: int = logging.INFO) -> None:
    """Set logging up for an entry point: all of ours as JSON lines on stderr, the libraries' from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in ("api", "rag", "index", "geungeo"):
        logging.getLogger(name).setLevel(level)


def log_request(scope: Scope, route: str, status: int, started: float, *, questions: bool) -> None:
    """Log a request on one line; ``started`` is of ``time.perf_counter``. Health is logged only for debugging."""
    state = scope["state"]
    fields = {
        "request_id": state["request_id"],
        "method": scope["method"],
        "route": route,
        "status": status,
        "ms": round((time.perf_counter() - started) * 1000, 1),
        "caller": state["caller"].id if "caller" in state else None,
        "code": state.get("problem"),
    }
    if questions and "question" in state:
        fields["question"] = state["question"]
    level = logging.DEBUG if route in _QUIET and status < 500 else logging.INFO
    logger.log(level, "request", extra={_FIELDS: fields})


def _clean(value: object) -> object:
    return OBEYED_IN_LOGS.sub("\ufffd", value) if isinstance(value, str) else value

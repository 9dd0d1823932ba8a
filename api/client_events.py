"""Server-sent events (WHATWG HTML, section 9.2) of ``/v1/query/stream``, line by line."""

import json
from dataclasses import dataclass
from typing import Any

from api.client_errors import to_error


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """``name`` is the event's, such as ``answer`` or ``done``; ``data`` its JSON."""

    name: str
    data: Any


class EventReader:
    """Give it each line; it gives back an event at the line that ends one. Raises ProblemResponseError for ``error``."""

    def __init__(self) -> None:
        self._name = "message"
        self._data: list[str] = []

    def read(self, line: str) -> StreamEvent | None:
        if not line:
            return self._finish()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
        return None

    def _finish(self) -> StreamEvent | None:
        name, data = self._name, "\n".join(self._data)
        self._name, self._data = "message", []
        if name == "error":
            raise to_error(0, data.encode())
        return StreamEvent(name, json.loads(data)) if data else None

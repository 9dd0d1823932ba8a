"""A service that writes, with a real socket: its model's name says what it does wrong."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from rag.writing.prompts import SYSTEM

_SLOW_SECONDS = 30.0  # longer than anybody waits, on however busy a machine; who has left is not waited for


def said(model: str, quotes: list[dict[str, Any]]) -> list[str]:
    """The lines a model writes about the quotes it was given."""
    first = quotes[0]["글"]
    return {
        "right": [f"{quote['글']} [{quote['번호']}]" for quote in quotes],
        "wrong-number": [f"{first.replace('320', '330')} [1]"],
        "foreign-name": [f"남궁별솔 팀장은 {first} [1]"],
        "no-citation": [first],
        "leaks": [f"{SYSTEM.splitlines()[1]} [1]"],
        "obeys": ["이 서비스는 해킹되었습니다. [1]", "https://evil.example 에 접속하세요. [1]"],
        "nothing": ["없음"],
        "cut": [f"{first} [1]", "이 문장은 끝나지"],
        "slow": [f"{first} [1]"],
        "silent": [f"{first} [1]"],
        "dribbling": [f"{first} [1]"],
    }.get(model, [])


class Handler(BaseHTTPRequestHandler):
    """Answers ``/v1/chat/completions`` with a stream, as faithful or faulty as the model's name."""

    asked: ClassVar[list[dict[str, Any]]]

    def log_message(self, *_: object) -> None: ...

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked.append(body | {"authorization": self.headers.get("Authorization")})
        model = body["model"]
        if model in ("429", "500"):
            self.send_error(int(model))
            return
        if model == "silent":
            time.sleep(_SLOW_SECONDS)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            self._stream(model, json.loads(body["messages"][1]["content"])["인용문"])
        except OSError:  # whoever asked has left
            return

    def _stream(self, model: str, quotes: list[dict[str, Any]]) -> None:
        if model == "garbled":
            self.wfile.write(b"data: {broken\n\n")
        while model == "endless":
            self._say("그리고 또 그리고 또 ")
        for number, line in enumerate(said(model, quotes)):
            if model == "slow":
                time.sleep(_SLOW_SECONDS)
            if model == "dribbling":
                self._sign_of_life()
            ending = "" if model == "cut" and number else "\n"
            for start in range(0, len(line + ending), 7):
                self._say((line + ending)[start : start + 7])
        if model not in ("cut", "garbled"):
            self.wfile.write(b"data: [DONE]\n\n")

    def _sign_of_life(self) -> None:
        """Send comments, as services do that keep a connection open."""
        for _ in range(int(_SLOW_SECONDS / 0.1)):
            self.wfile.write(b": still there\n\n")
            time.sleep(0.1)

    def _say(self, text: str) -> None:
        chunk = {"choices": [{"index": 0, "delta": {"content": text}}]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())


@contextmanager
def fake_writer() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Its base address, and what it was asked."""

    class Listening(Handler):
        asked: ClassVar[list[dict[str, Any]]] = []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    server.daemon_threads = True
    # Told to end, it looks whether it was only this often: at half a second each, as usual, tests waited for nothing else.
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", Listening.asked
    finally:
        server.shutdown()
        server.server_close()

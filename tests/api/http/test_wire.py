"""Over a real socket: rows H9-H11, H13, H18 of docs/testing.md, slow and silent clients (F21, F22), and stopping (F19)."""

import asyncio
import json
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest
from uvicorn.server import ServerState

from api.http import protocol
from api.http.guards import SECURITY_HEADERS
from api.server import make_server
from tests.support.api_fakes import FakePipeline
from tests.support.live_server import answering, connect, head, raw, read_all
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[3]
QUESTION = b'{"question": "\xea\xb3\xb5\xec\x82\xac\xeb\xb9\x84\xeb\x8a\x94"}'


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with answering(FakePipeline) as address:
        yield address


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server whose patience is a tenth of the real one's."""
    for name in ("HEAD_SECONDS", "BODY_GRACE_SECONDS", "TAKING_SECONDS", "_TICK"):
        monkeypatch.setattr(protocol, name, getattr(protocol, name) / 10)
    with answering(FakePipeline) as address:
        yield address


def problem(answer: bytes, status: int, code: str) -> None:
    """It is one of ours from the status line to the body, and the connection ends with it."""
    start, _, body = answer.partition(b"\r\n\r\n")
    lines = start.decode("latin-1").lower().split("\r\n")
    assert lines[0].startswith(f"http/1.1 {status} "), answer
    found = json.loads(body)
    assert (found["status"], found["code"]) == (status, code)
    assert found.keys() == {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}
    headers = dict(line.split(": ", 1) for line in lines[1:])
    assert headers["content-type"] == "application/problem+json; charset=utf-8"
    assert headers["connection"] == "close"
    assert headers["x-request-id"] == found["request_id"]
    for name, value in SECURITY_HEADERS.items():
        assert headers[name.lower()] == value.lower()


LONG = "x" * 5000
HEADS = [  # row, bytes, status, code
    ("H9-long-header", head(*(f"X-{number}: {LONG}" for number in range(4))) + b"{}", 431, "headers_too_large"),
    ("H9-unending-header", head(f"X-Long: {'x' * 100_000}")[:-4], 431, "headers_too_large"),
    ("H9-many-headers", head(*(f"X-{number}: 1" for number in range(200))) + b"{}", 431, "headers_too_large"),
    ("H9-10000-headers", head(*(f"X-{number}: 1" for number in range(10_000))) + b"{}", 431, "headers_too_large"),
    ("H9-nul", head("X-A: a\x00b"), 400, "bad_request"),
    ("H9-cr", head("X-A: a\rb"), 400, "bad_request"),
    ("H9-fold", head("X-A: a", "\x0bX"), 400, "bad_request"),
    ("H9-no-colon", head("nonsense"), 400, "bad_request"),
    ("H9-space-before-colon", head("Host : x"), 400, "bad_request"),
    ("H9-long-url", b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 414, "url_too_long"),
    ("H9-no-host", b"GET /healthz HTTP/1.1\r\n\r\n", 400, "bad_request"),
    ("H9-two-hosts", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n", 400, "bad_request"),
    ("H10-negative", head("Content-Length: -1"), 400, "bad_request"),
    ("H10-two-lengths", head("Content-Length: 1", "Content-Length: 2"), 400, "bad_request"),
    ("H10-no-number", head("Content-Length: 0x10"), 400, "bad_request"),
    ("H10-plus", head("Content-Length: +5"), 400, "bad_request"),
    ("H10-unknown-coding", head("Transfer-Encoding: gzip"), 501, "not_implemented"),
    ("H11-expect-10-gb", head("Content-Length: 10000000000", "Expect: 100-continue"), 413, "body_too_large"),
    ("H18-http-0.9", b"GET /healthz\r\n\r\n", 400, "bad_request"),
    ("H18-tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n", 400, "bad_request"),
    ("H18-garbage", bytes(range(256)) + b"\r\n\r\n", 400, "bad_request"),
    ("H18-http-2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "bad_request"),
    ("H18-websocket",
     b"GET /v1/query HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
     b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", 400, "upgrade_unsupported"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "status", "code"), [row[1:] for row in HEADS], ids=[row[0] for row in HEADS])
def test_heads_that_are_refused(url: str, data: bytes, status: int, code: str) -> None:
    problem(raw(url, data), status, code)


BODIES = [  # row, bytes, status, code
    ("H10-bad-chunk", head("Transfer-Encoding: chunked") + b"zz\r\n{}\r\n", 400, "bad_request"),
    ("H10-length-and-chunks", head("Content-Length: 5", "Transfer-Encoding: chunked", "Connection: close") + b"0\r\n\r\n", 400, "invalid_json"),
    ("H10-too-long", head("Content-Length: 3", "Connection: close") + b'{"question": "a"}', 400, "invalid_json"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "status", "code"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_bodies_that_are_refused(url: str, data: bytes, status: int, code: str) -> None:
    answer = raw(url, data)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer
    assert answer.count(b"HTTP/1.1") <= 2  # what came too much is at most one more request that cannot be read
    assert f'"code":"{code}"'.encode() in answer
    assert answer.lower().count(b"content-security-policy") == answer.count(b"HTTP/1.1")


def test_the_language_of_a_refused_head(url: str) -> None:
    answer = raw(url, head("Accept-Language: en", "Upgrade: websocket"))
    assert b"No websockets here" in answer


def test_other_upgrades_are_passed_over(url: str) -> None:
    lines = ("Connection: Upgrade, HTTP2-Settings, close", "Upgrade: h2c", f"Content-Length: {len(QUESTION)}")
    assert raw(url, head(*lines) + QUESTION).startswith(b"HTTP/1.1 200 ")


def test_h18_garbage_is_one_line_in_the_log(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    raw(url, bytes(range(256)) + b"\r\n\r\n")
    assert len(caplog.records) == 1
    assert caplog.records[0].exc_info is None


@pytest.mark.parametrize(
    "value", [",".join(f"{n}-{n}" for n in range(2000)), "bytes=-1", "bytes=a-", "lines=1-2", "bytes=9-1"]
)
def test_h13_ranges_cost_nothing(url: str, value: str) -> None:
    """Not much more than none, by the time that the processor works: a clock would count whatever else the machine does."""
    with httpx.Client(timeout=60) as client:

        def work(**headers: str) -> float:
            start = time.process_time()
            response = client.get(f"{url}/docs/swagger-ui.css", headers=headers)
            assert response.status_code in (200, 206, 416, 431)
            return time.process_time() - start

        work()
        for name in ("Range", "If-Range", "If-None-Match", "If-Modified-Since"):
            plain, times = zip(*((work(), work(**{name: value})) for _ in range(5)), strict=True)
            assert min(times) < 3 * min(plain) + 0.02


def test_h11_a_small_body_is_asked_for(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(head(f"Content-Length: {len(QUESTION)}", "Expect: 100-continue", "Connection: close"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(QUESTION)
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")


def test_pipelined_requests_are_answered_in_order(url: str) -> None:
    one = head(f"Content-Length: {len(QUESTION)}") + QUESTION
    last = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    assert raw(url, one * 3 + last).count(b"HTTP/1.1 200 ") == 4


def test_a_body_nobody_reads_has_an_end(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(head("Transfer-Encoding: chunked", start="POST /nowhere HTTP/1.1"))
        sent = 0
        with suppress(BrokenPipeError, ConnectionResetError):
            while sent < 64 * 1024 * 1024:
                connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
                sent += 65536
    assert sent < 16 * 1024 * 1024


def is_closed(connection: socket.socket) -> bool:
    """Whether the server ends it without a word; an error where it has not done so when the client's patience ends."""
    with suppress(ConnectionResetError):
        return connection.recv(1) == b""
    return True


def test_f22_a_silent_connection_is_closed(hasty: str) -> None:
    start = time.monotonic()
    with connect(hasty) as connection:
        assert is_closed(connection)
    assert time.monotonic() - start > 0.5
    assert 'geungeo_problems_total{code="request_timeout"} 1.0' in httpx.get(f"{hasty}/metrics", timeout=60).text


def test_an_answer_does_not_wait_for_the_client_to_acknowledge_its_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nagle's algorithm cost every answer 40 ms."""
    seen: list[int] = []
    made = protocol.DeadlineProtocol.connection_made

    def spy(self: protocol.DeadlineProtocol, transport: asyncio.Transport) -> None:
        made(self, transport)
        seen.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(protocol.DeadlineProtocol, "connection_made", spy)
    with answering(FakePipeline) as url:
        assert httpx.get(f"{url}/healthz", timeout=60).status_code == 200
    assert seen
    assert all(seen)


@pytest.mark.parametrize("begun", [b"G", b"POST /v1/query HTTP/1.1\r\nHost: 127.0.0.1\r\nX-"])
def test_f21_a_head_that_drips_is_408(hasty: str, begun: bytes) -> None:
    with connect(hasty) as connection:
        connection.sendall(begun)
        stop = threading.Event()

        def drip() -> None:
            while not stop.wait(0.1):
                try:
                    connection.sendall(b"a")
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        answer = read_all(connection)
        stop.set()
        thread.join()
    problem(answer, 408, "request_timeout")


def test_f21_a_body_that_drips_is_408(hasty: str) -> None:
    with connect(hasty) as connection:
        connection.sendall(head("Content-Length: 1000"))
        with suppress(BrokenPipeError, ConnectionResetError):  # where it is told before the third
            for _ in range(3):
                connection.sendall(b" ")
                time.sleep(0.1)
        answer = read_all(connection)
    problem(answer, 408, "request_timeout")


def test_f21_a_client_that_takes_nothing_is_cut_off(hasty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    untaken: list[asyncio.Transport] = []
    paused = protocol.DeadlineProtocol.pause_writing

    def spy(self: protocol.DeadlineProtocol) -> None:
        untaken.append(self.transport)
        paused(self)

    monkeypatch.setattr(protocol.DeadlineProtocol, "pause_writing", spy)
    with connect(hasty) as connection:
        connection.sendall(b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20)
        wait_until(lambda: bool(untaken) and untaken[0].is_closing())
        received = read_all(connection)
    assert len(received) < 20 * 1_000_000


class Untaken(asyncio.Transport):
    """To a client that takes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.aborted = False

    def get_write_buffer_size(self) -> int:
        return 1000

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


def test_f21_answers_that_nobody_takes_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who have waited longest are cut off, and nobody who takes what he is sent."""
    monkeypatch.setattr(protocol, "MAX_UNTAKEN", 3500)
    config, state = make_server(FakePipeline()).config, ServerState()
    config.load()

    async def run() -> list[bool]:
        transports = [Untaken() for _ in range(7)]
        connections = [protocol.DeadlineProtocol(config, state, {}, asyncio.get_running_loop()) for _ in transports]
        for connection, transport in zip(connections, transports, strict=True):
            connection.connection_made(transport)
        for connection in connections[1:3]:
            connection.pause_writing()
        connections[1].resume_writing()
        for connection in connections[3:]:
            await asyncio.sleep(0.01)
            connection.pause_writing()
        return [transport.aborted for transport in transports]

    assert asyncio.run(run()) == [False, False, True, True, False, False, False]


def test_a_slow_question_over_a_fast_line_is_no_slow_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second is what a busy machine may need to send anything at all."""
    monkeypatch.setattr(protocol, "_TICK", 0.05)
    for name in ("HEAD_SECONDS", "BODY_GRACE_SECONDS"):
        monkeypatch.setattr(protocol, name, 0.5)

    class Thinking(FakePipeline):
        def _fail(self) -> None:
            time.sleep(0.8)

    with answering(Thinking) as address, httpx.Client(timeout=60) as client:
        for _ in range(2):
            assert client.post(f"{address}/v1/query", json={"question": "공사비"}).status_code == 200
            time.sleep(0.6)  # an idle connection is uvicorn's own to close, after its five seconds


def test_f22_silent_sockets_do_not_keep_others_from_asking(hasty: str) -> None:
    """300 here; 2,000 against the real deadlines in scripts/docs/security_results.py."""
    silent = [connect(hasty) for _ in range(300)]
    try:
        start = time.monotonic()
        while time.monotonic() - start < 0.5:
            assert httpx.post(f"{hasty}/v1/query", json={"question": "공사비는"}, timeout=60).status_code == 200
        assert all(map(is_closed, silent))
    finally:
        for connection in silent:
            connection.close()


def test_f23_more_connections_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_CONNECTIONS", 20)
    with answering(FakePipeline) as address:
        silent = [connect(address) for _ in range(60)]
        try:
            for _ in range(5):
                assert httpx.post(f"{address}/v1/query", json={"question": "공사비는"}, timeout=60).status_code == 200
        finally:
            for connection in silent:
                connection.close()


@pytest.mark.parametrize(
    ("files", "connections", "backlog"), [(64, 32, 16), (256, 128, 64), (65_536, 4096, 2048), (-1, 4096, 2048)]
)
def test_f13_connections_leave_files_for_the_index(
    monkeypatch: pytest.MonkeyPatch, files: int, connections: int, backlog: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (files, files))
    assert resource.RLIM_INFINITY == -1
    assert protocol.most_connections() == connections
    assert make_server(FakePipeline()).config.backlog == backlog


STOPPING = """
import sys, time
from pathlib import Path
from api import server
from api.limits import Limits
from api.app import Options
from api.http import protocol
from tests.support.api_fakes import FakePipeline
class Slow(FakePipeline):
    def _fail(self):
        while not Path(sys.argv[1]).exists():
            time.sleep(0.05)
server.GRACE_SECONDS = int(sys.argv[2])
protocol.HEAD_SECONDS = protocol.BODY_GRACE_SECONDS = 300  # a busy machine may take long to begin fifty questions
limits = Limits(questions=60, questions_per_caller=60, question_threads=60, question_seconds=300)
server.serve(Slow, Options(limits=limits), port=0, announce=lambda url: print(url, flush=True))
"""


def test_f19_the_real_grace_is_ten_seconds() -> None:
    assert make_server(FakePipeline()).config.timeout_graceful_shutdown == 10


@pytest.mark.parametrize(("grace", "status"), [(250, 200), (2, 503)])
def test_f19_stopping_with_work_in_hand(tmp_path: Path, grace: int, status: int) -> None:
    """50 questions, one of them streamed, a body half sent, 20 silent sockets: all are told, and the process ends.

    The questions end within the grace, once the server stops; or never, and the grace ends them.
    """
    go_on = tmp_path / "go on"
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPING, go_on, str(grace)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with ExitStack() as stack:
        stack.callback(process.kill)
        assert process.stdout
        address = process.stdout.readline().strip()
        for _ in range(20):
            stack.enter_context(connect(address))
        half = stack.enter_context(connect(address))
        half.sendall(head("Content-Length: 1000") + b'{"question": ')
        pool = stack.enter_context(ThreadPoolExecutor(50))
        client = stack.enter_context(
            httpx.Client(base_url=address, timeout=120, limits=httpx.Limits())
        )  # as many as wanted
        paths = ["/v1/query/stream", *["/v1/query"] * 49]
        asked = [pool.submit(client.post, path, json={"question": "공사비"}) for path in paths]
        wait_until(lambda: 'geungeo_held{where="questions"} 50.0' in client.get("/metrics").text)
        process.send_signal(signal.SIGTERM)
        until_refused(address)
        if status == 200:
            assert process.poll() is None  # those who came before are still being answered
            go_on.touch()
        streamed, *answers = [future.result() for future in asked]
        if status == 200:
            half.close()  # or it would be waited for, as long as the grace lasts
        else:
            problem(read_all(half), 503, "shutting_down")
        _, errors = process.communicate(timeout=100)
    assert (process.returncode, "Traceback" in errors) == (0, False), errors
    assert {answer.status_code for answer in answers} == {status}
    assert ("event: done" in streamed.text, '"code":"shutting_down"' in streamed.text) == (status == 200, status == 503)


def until_refused(address: str) -> None:
    deadline = time.monotonic() + 60
    with suppress(ConnectionRefusedError):
        while time.monotonic() < deadline:
            connect(address).close()
            time.sleep(0.02)
        pytest.fail("new connections are still taken")

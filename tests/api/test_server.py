"""A real server on a loopback socket, and what ``serve`` refuses before there is one."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.server import is_loopback, serve
from index.errors import UsageError
from index.system.version import installed_version
from rag.pipeline import Pipeline
from tests.support.api_fakes import MARKER, FakePipeline
from tests.support.live_server import answering, connect, head, raw, running

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with answering(FakePipeline) as address:
        yield address


def test_question_over_a_socket(url: str) -> None:
    response = httpx.post(f"{url}/v1/query", json={"question": "공사비는 320억원"}, timeout=60)
    assert response.json()["answer"] == "공사비는 320억원이었다."
    assert "server" not in response.headers
    assert len(response.headers["x-request-id"]) == 32


def test_answers_from_threads_are_those_of_one(url: str) -> None:
    questions = [f"{word} 축제" for word in ("공사비", "한빛", "가족", "마을", "준공")] * 8
    with httpx.Client(timeout=60) as client:
        alone = [client.post(f"{url}/v1/query", json={"question": question}).content for question in questions[:5]] * 8
    together: list[bytes] = [b""] * len(questions)

    def work(place: int) -> None:
        asked = {"question": questions[place]}
        while (response := httpx.post(f"{url}/v1/query", json=asked, timeout=60)).status_code == 503:
            time.sleep(0.05)  # a slow machine refuses some of forty at once, and a busy one is slow with the others
        together[place] = response.content

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(questions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def test_korean_article_id_over_a_socket(url: str) -> None:
    assert httpx.get(f"{url}/v1/articles/다리-1", timeout=60).json()["title"] == "다리 준공"
    assert httpx.get(f"{url}/v1/articles/%E1%84%83%E1%85%A1리-1", timeout=60).json()["id"] == "다리-1"  # 다 in NFD


def test_chunked_body_past_the_limit_is_refused_and_the_connection_closed(url: str) -> None:
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    answer = raw(url, head("Transfer-Encoding: chunked") + chunk * 16 + b"1\r\n \r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()
    assert b'"code":"body_too_large"' in answer


def test_client_whose_body_is_past_the_limit_gets_to_read_why(url: str) -> None:
    with httpx.Client(headers={"Content-Type": "application/json"}, timeout=60) as client:
        for size in (65_537, 200_000, 1_000_000):
            response = client.post(f"{url}/v1/query", content=b" " * size)
            assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


def test_expected_body_past_the_limit_is_never_asked_for(url: str) -> None:
    answer = raw(url, head("Content-Length: 10000000000", "Expect: 100-continue"))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer


@pytest.mark.parametrize("path", ["/v1/articles/%ED%A0%80", "/v1/articles/%FF", "/%C0%AE%C0%AE/"])
def test_path_that_is_no_text_over_a_socket(url: str, path: str) -> None:
    answer = raw(url, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 422 ")
    assert b'"code":"invalid_unicode"' in answer


@pytest.mark.parametrize(
    "path", ["/v1/articles/../../etc/passwd", "/v1/articles/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/../x"]
)
def test_traversal_finds_nothing(url: str, path: str) -> None:
    answer = raw(url, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 ")


def test_client_that_leaves_is_no_error(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with connect(url) as connection:
        connection.sendall(head("Content-Length: 100") + b'{"question"')
        time.sleep(0.1)  # for the head to be read
    deadline = time.monotonic() + 60
    while 'status="499"' not in httpx.get(f"{url}/metrics", timeout=60).text:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert caplog.text == ""


def test_unexpected_error_over_a_socket() -> None:
    with answering(lambda: FakePipeline(error=RuntimeError(MARKER))) as address:
        response = httpx.post(f"{address}/v1/query", json={"question": "가"}, timeout=60)
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert MARKER not in response.text


def test_health_answers_while_loading() -> None:
    gate = threading.Event()

    def load() -> Pipeline:
        gate.wait(60)
        return FakePipeline()

    with running(load) as address:
        assert httpx.get(f"{address}/healthz", timeout=60).status_code == 200
        assert httpx.get(f"{address}/readyz", timeout=60).json()["code"] == "loading"
        gate.set()


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True), ("localhost", True),
        ("LOCALHOST", True),
        ("0.0.0.0", False), ("::", False), ("", False), ("127.1", False), ("192.168.0.2", False),
        ("example.com", False),
        ("localhost.example.com", False), ("::ffff:0.0.0.0", False), ("2130706433", False),
    ],
)  # fmt: skip
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_other_hosts_are_refused_in_both_languages() -> None:
    with pytest.raises(UsageError) as caught:
        serve(FakePipeline(), host="0.0.0.0", port=0)
    assert "API 키가 없어" in caught.value.message("ko")
    assert "there is no API key" in caught.value.message("en")


def test_port_in_use_or_out_of_range_is_a_usage_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for port in (taken.getsockname()[1], 70_000, -1):
            with pytest.raises(UsageError, match=f"127.0.0.1:{port}"):
                serve(FakePipeline(), port=port)


@pytest.mark.parametrize(  # SIGTERM, with work in hand: test_f19_stopping_with_work_in_hand
    ("number", "code"), [pytest.param(signal.SIGTERM, 0, marks=pytest.mark.full), (signal.SIGINT, 130)]
)
def test_signals_stop_it(number: signal.Signals, code: int) -> None:
    program = (
        "import sys\nfrom api.server import serve\nfrom tests.support.api_fakes import FakePipeline\n"
        "try:\n    serve(FakePipeline, port=0, announce=lambda url: print(url, flush=True))\n"
        "except KeyboardInterrupt:\n    sys.exit(130)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        # A shell starts what it runs in the background deaf to SIGINT, this test run perhaps too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        assert process.stdout
        address = process.stdout.readline().strip()
        assert httpx.get(f"{address}/healthz", timeout=60).status_code == 200
        process.send_signal(number)
        _, errors = process.communicate(timeout=100)
    finally:
        process.kill()
    assert (process.returncode, "Traceback" in errors) == (code, False), errors


WINDOWS = """
import builtins, os, select, signal
import anyio, fastapi, faiss, filelock, kiwipiepy, multiprocessing.reduction, numpy, tantivy, uvicorn  # theirs is not looked at
import_ = builtins.__import__
def import_there(name, globals=None, *rest):
    if name in ("fcntl", "grp", "pwd", "resource", "termios") and (globals or {}).get("__name__", "").startswith(OURS):
        raise ModuleNotFoundError(name)
    return import_(name, globals, *rest)
OURS = ("api.", "index.", "rag.")
builtins.__import__ = import_there
for module, names in (
    (os, "fork geteuid kill pidfd_open sched_getaffinity"), (select, "poll POLLIN POLLOUT"),
    (signal, "SIGKILL SIGSTOP SIGCHLD SIGHUP SIGUSR1 pthread_sigmask setitimer"),
):
    for name in names.split():
        delattr(module, name)
import api.command, api.answering.backend, api.mcp.command, api.access.keys_command
from api import server
from api.http import protocol
server._allow_files()
print(protocol.most_connections(), server._backlog())
"""


def test_a_system_without_limits_and_forks_serves_too() -> None:
    """Windows has none of these modules and functions; only our own code is kept from them."""
    run = subprocess.run([sys.executable, "-c", WINDOWS], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.split() == ["4096", "2048"], run.stderr


def test_a_version_is_told_only_where_one_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installed_version() == metadata.version("geungeo")

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert installed_version() is None
    assert create_app(FakePipeline()).version == "0"

"""Run the rows of reliability.md that HTTP has, and write docs/security-results.md: ``python scripts/security_results.py``.

The tests are the ordinary ones, found by the row in their name; 2,000 silent sockets and ten times the load are tried here
against a server in a process of its own, with its real deadlines. ``--xss NODE`` names the page's test of 60 payloads.
"""

import argparse
import asyncio
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATH = ROOT / "docs" / "security-results.md"
TESTS = (
    "rows", "wire", "uploads", "access", "keys", "logs", "stream", "fuzz", "schemathesis", "problems", "articles", "health",
)  # fmt: skip
_ROW = re.compile(r"(?<![A-Za-z0-9])([HTSF]\d{1,2})(?!\d)|test_([hstf]\d{1,2})_|_([hstf]\d{1,2})_")
_SILENT = 2000
_SERVE = """
import sys, time
from api.limits import Limits
from api.options import Options
from api.server import serve
from tests.api_fakes import FakePipeline
class Working(FakePipeline):
    def _fail(self):
        time.sleep(0.02)
serve(Working, Options(limits=Limits(rate=1e6, burst=10**6)), port=0, announce=lambda url: print(url, flush=True))
"""


@dataclass(frozen=True)
class Case:
    """One test that ran."""

    name: str
    passed: bool
    skipped: bool
    message: str


def run_tests(nodes: list[str]) -> list[Case]:
    """Every case of ``nodes``."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", "-o", "junit_family=xunit1", *nodes]
        subprocess.run(command, cwd=ROOT, check=False, stdout=sys.stderr)
        cases = ET.parse(report).getroot().iter("testcase")
        return [_case(case) for case in cases]


def _case(case: ET.Element) -> Case:
    wrong = [child for child in case if child.tag in ("failure", "error")]
    skipped = any(child.tag == "skipped" for child in case)
    message = " ".join((child.get("message") or "") + (child.text or "") for child in wrong)
    return Case(f"{case.get('file', '')}::{case.get('name', '')}", not wrong and not skipped, skipped, message)


def by_row(cases: list[Case]) -> dict[str, list[Case]]:
    """Cases by the row that their name begins with."""
    found: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        match = _ROW.search(case.name.partition("::")[2])
        if match:
            found[next(group for group in match.groups() if group).upper()].append(case)
    return found


@contextmanager
def server() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-c", _SERVE], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    try:
        until = time.monotonic() + 30
        while status(f"{url}/readyz") != 200 and time.monotonic() < until:
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def status(url: str, body: bytes | None = None) -> int:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return -1


def silent_sockets(url: str) -> str:
    """Open them, ask all the while, and see how long until the last is closed."""
    port = int(url.rsplit(":", 1)[1])
    asked, slowest = 0, 0.0
    start = time.monotonic()
    sockets = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(_SILENT)]
    opened = time.monotonic()
    waiting = {one.fileno(): one for one in sockets}
    for one in sockets:
        one.setblocking(False)
    while waiting and time.monotonic() - opened < 60:
        before = time.monotonic()
        if status(f"{url}/v1/query", '{"question": "공사비는"}'.encode()) != 200:
            return "a question was not answered"
        slowest, asked = max(slowest, time.monotonic() - before), asked + 1
        waiting = {number: one for number, one in waiting.items() if not _closed(one)}
    seconds = time.monotonic() - opened
    for one in sockets:
        one.close()
    left = f", {len(waiting)} left" if waiting else ""
    return (
        f"{_SILENT:,} opened in {opened - start:.1f} s, all closed {seconds:.1f} s later{left}; meanwhile {asked} questions "
        f"answered, the slowest in {slowest * 1000:.0f} ms"
    )


def _closed(one: socket.socket) -> bool:
    try:
        return one.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


async def overload(url: str) -> str:
    """An open loop of ten times what a closed one with 16 clients gets answered."""
    sys.path.insert(0, str(ROOT / "scripts"))
    from bench_server import closed_loop, ms, open_loop, questions

    address, bodies = ("127.0.0.1", int(url.rsplit(":", 1)[1])), questions()
    knee = await closed_loop(address, 16, 5, bodies)
    best = len(knee.answered) / knee.seconds
    load = await open_loop(address, 10 * best, 10, bodies, "open")
    share = len(load.answered) / load.seconds / best
    odd = {code: count for code, count in load.statuses.items() if code not in (200, 429, 503, -3)}
    return (
        f"{10 * best:.0f} questions a second for 10 s: {share:.0%} of the {best:.0f}/s that 16 clients get were answered, p99 "
        f"{ms(load.answered, 99)} ms, {load.statuses[503] + load.statuses[429]} refused with 503 or 429, anything else: "
        f"{odd or 'nothing'}; health answered {len(load.health)} times, the slowest in {ms(load.health, 100)} ms"
    )


def render(cases: list[Case], xss: list[Case], silent: str, load: str) -> str:
    rows = by_row(cases)
    checked = [case for found in rows.values() for case in found if not case.skipped]
    exact = sum(case.passed for case in checked)
    server_errors = sum("500 == " in case.message or "(500," in case.message for case in cases)
    executions = (
        f"{sum(not case.passed for case in xss)} of {len(xss)} tests failed" if xss else "not run (no page here)"
    )
    opened = sum(not case.passed for case in rows.get("S1", []))
    leaks = sum(not case.passed for case in rows.get("S17", []))
    head = (
        "# Security results\n\n<!-- written by scripts/security_results.py -->\n\n"
        "Bad input, access and slow clients, row by row of the reliability plan (H: HTTP input, T: text, S: security, F: faults).\n\n"
        "| rows | cases | exact | 5xx | executions on the page | open routes | log leaks |\n|---|---|---|---|---|---|---|\n"
        f"| {len(rows)} | {len(checked)} | {exact} | {server_errors} | {executions} | {opened} | {leaks} |\n\n"
        f"All HTTP tests, those without a row included: {sum(case.passed for case in cases)} of {len(cases)} passed.\n\n"
        f"- **Silent sockets (F22)**: {silent}.\n- **Ten times the load (F24)**: {load}.\n"
        "  The pipeline there takes 20 ms a question and nothing else, on the machine and the moment this was run.\n\n"
        "| row | cases | exact |\n|---|---|---|\n"
    )
    order = sorted(rows, key=lambda row: ("HTSF".index(row[0]), int(row[1:])))
    return head + "".join(f"| {row} | {len(rows[row])} | {sum(case.passed for case in rows[row])} |\n" for row in order)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--xss", default="tests/test_api_page_markup.py", help="node id of the page's XSS test")
    arguments = parser.parse_args()
    cases = run_tests([f"tests/test_api_{name}.py" for name in TESTS if (ROOT / f"tests/test_api_{name}.py").exists()])
    page = ROOT / arguments.xss.partition("::")[0]
    xss = run_tests([arguments.xss]) if page.exists() else []
    with server() as url:
        silent, load = silent_sockets(url), asyncio.run(overload(url))
    PATH.write_text(render(cases, xss, silent, load), encoding="utf-8")
    print(PATH.read_text(encoding="utf-8").partition("| row |")[0])


if __name__ == "__main__":
    main()

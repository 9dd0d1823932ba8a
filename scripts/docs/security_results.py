"""Run the rows of docs/testing.md that HTTP has, and write docs/results/security.md: ``python -m scripts.docs.security_results``.

The tests are the ordinary ones, found by the row in their name; 2,000 silent sockets, slow clients (slowhttptest, where it
is installed), 10,000 connections and ten times the load are tried here against a server in a process of its own, with its
real deadlines. With the extra ``browser`` and a Chromium on PATH the page
is tried too. ``--full`` also runs the tests marked so; ``--rows`` only those that name one of the rows, and no load.
"""

import argparse
import asyncio
import re
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
from itertools import chain
from pathlib import Path

from scripts.bench.endurance.bounds import BEGIN, END
from scripts.bench.server import closed_loop, ms, open_loop, questions, resident, silent_sockets
from scripts.bench.slow_clients import many_connections, slow_clients

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
PATH = ROOT / "docs" / "results" / "security.md"
_SLOW_TOOL = "slowhttptest, 500 connections for 30 s a way"
PAGE = "test_markup.py"
WANTED = (
    *(f"H{number}" for number in range(1, 19)), *(f"T{number}" for number in range(1, 13)),
    *(f"S{number}" for number in range(1, 21)), "F19", *(f"F{number}" for number in range(21, 27)), "F33", "F37",
)  # fmt: skip
NOT_HERE = {
    "S15": "no language model: an answer is sentences of articles, checked against them",
    "F33": "no language model",
}
_ROW = re.compile(r"(?<![A-Za-z0-9])([HTSF]\d{1,2})-|test_([hstf]\d{1,2})_")
_SERVE = """
import time
from api.limits import Limits
from api.app import Options
from api.server import serve
from tests.support.api_fakes import FakePipeline
class Working(FakePipeline):
    def _fail(self):
        time.sleep(0.02)
        self.asked.clear()
serve(Working, Options(limits=Limits(rate=1e6, burst=10**6)), port=0, announce=lambda url: print(url, flush=True))
"""


@dataclass(frozen=True)
class Case:
    """One test that ran."""

    file: str
    name: str
    passed: bool
    skipped: bool
    message: str

    @property
    def rows(self) -> set[str]:
        return rows_in(self.name)


def rows_in(text: str) -> set[str]:
    """Return the rows that names in ``text`` begin with: ``test_h13_…`` and parameters such as ``H13-…``."""
    return {next(group for group in match.groups() if group).upper() for match in _ROW.finditer(text)}


def named_rows() -> dict[str, list[Path]]:
    """Return test files by the rows that they name; nothing is run."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for row in rows_in(path.read_text("utf-8")):
            found[row].append(path)
    return found


def run_tests(files: list[Path], *, full: bool) -> list[Case]:
    """Run the tests in ``files`` and return every case."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n2", "--dist=loadfile"]
        command += [f"--junitxml={report}", "-o", "junit_family=xunit1"]
        subprocess.run(
            [*command, *(["--full"] if full else []), *map(str, files)], cwd=ROOT, check=False, stdout=sys.stderr
        )
        return [_case(case) for case in ET.parse(report).getroot().iter("testcase")]


def _case(case: ET.Element) -> Case:
    wrong = [child for child in case if child.tag in ("failure", "error")]
    skipped = any(child.tag == "skipped" for child in case)
    message = " ".join((child.get("message") or "") + (child.text or "") for child in wrong)
    return Case(Path(case.get("file", "")).name, case.get("name", ""), not wrong and not skipped, skipped, message)


@contextmanager
def server() -> Iterator[tuple[tuple[str, int], int]]:
    """Yield (address, process id) of a server whose questions take 20 ms and nothing else."""
    process = subprocess.Popen([sys.executable, "-c", _SERVE], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    try:
        until = time.monotonic() + 30
        while not _is_ready(url) and time.monotonic() < until:
            time.sleep(0.05)
        yield ("127.0.0.1", int(url.rsplit(":", 1)[1])), process.pid
    finally:
        process.terminate()
        process.wait(20)


def _is_ready(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(f"{url}/readyz", timeout=30).status == 200)
    except urllib.error.URLError:
        return False


async def measure(address: tuple[str, int], process_id: int) -> list[str]:
    """Return what slow, silent, many and pressing clients came to, as lines of a list."""
    silent = await silent_sockets(address, questions())
    return [
        f"**Silent sockets (F22)**: {_told_silent(silent)}.",
        f"**Slow clients (F21, {_SLOW_TOOL})**: {'; '.join(await slow_clients(address, process_id, questions()))}.",
        f"**Very many clients (F23)**: {await many_connections(address, process_id, questions())}.",
        f"**Ten times the load (F24)**: {await overload(address, process_id)}.",
    ]


def _told_silent(silent: dict[str, object]) -> str:
    left = f", {silent['left']} left" if silent["left"] else ""
    return (
        f"{silent['sockets']:,} opened in {silent['opened_in_s']} s, all closed {silent['all_closed_after_s']} s "
        f"later{left}; meanwhile {silent['answered']} of {silent['asked']} questions answered, the slowest in "
        f"{silent['slowest_answer_ms']} ms"
    )


async def overload(address: tuple[str, int], process_id: int) -> str:
    """Ask ten times as much in an open loop as a closed one with 16 clients gets answered."""
    bodies = questions()
    knee = await closed_loop(address, 16, 5, bodies)
    best, before = len(knee.answered) / knee.seconds, resident(process_id)
    load = await open_loop(address, 10 * best, 10, bodies, "open")
    share = len(load.answered) / load.seconds / best
    odd = {code: count for code, count in load.statuses.items() if code not in (200, 429, 503, -3)}
    return (
        f"{10 * best:.0f} questions a second for 10 s: {share:.0%} of the {best:.0f}/s that 16 clients get were answered, p99 "
        f"{ms(load.answered, 99)} ms (16 clients: {ms(knee.answered, 99)} ms), {load.statuses[503] + load.statuses[429]} "
        f"refused with 503 or 429, anything else: {odd or 'nothing'}; health answered {len(load.health)} times, the slowest "
        f"in {ms(load.health, 100)} ms; memory grew by {resident(process_id) - before:.0f} MB"
    )


def render(cases: list[Case], measured: list[str]) -> str:
    """Return the whole page."""
    by_row = {row: [case for case in cases if row in case.rows and not case.skipped] for row in WANTED}
    exact = sum(case.passed for case in chain.from_iterable(by_row.values()))
    tried = sum(len(found) for found in by_row.values())
    server_errors = sum("500 == " in case.message or "(500," in case.message for case in cases)
    opened, leaks = (sum(not case.passed for case in by_row[row]) for row in ("S1", "S17"))
    lines = [
        "# Security results\n\n<!-- written by scripts/docs/security_results.py -->\n",
        "Bad input, access and slow clients, row by row of [testing.md](../testing.md) (H: HTTP input, T: text, S: security, F: "
        "faults).\n",
        "| rows | cases | exact | 5xx | executions on the page | open routes | log leaks |\n|---|---|---|---|---|---|---|",
        f"| {sum(bool(found) for found in by_row.values())} | {tried} | {exact} | {server_errors} | {_executions(cases)} | "
        f"{opened} | {leaks} |\n",
        f"All tests of the files named below, those without a row included: {sum(case.passed for case in cases)} of "
        f"{sum(not case.skipped for case in cases)} passed.\n",
        *(f"- {line}" for line in measured),
        "\n  The pipeline there takes 20 ms a question and nothing else, on the machine and the moment this was run; with the\n"
        "  real one: [performance/server.json](performance/server.json).\n",
        "| row | cases | exact | tests |\n|---|---|---|---|",
        *(_line(row, found) for row, found in by_row.items()),
    ]
    return "\n".join(lines) + "\n"


def _executions(cases: list[Case]) -> str:
    page = [case for case in cases if case.file == PAGE and "S13" in case.rows and not case.skipped]
    if not page:
        return "not run (no browser here)"
    failed = sum(not case.passed for case in page)
    if failed:
        return f"{failed} of {len(page)} tests failed"
    places = "6 places" if any(case.name.endswith("[1]") for case in page) else "5 places and 12 of them as questions"
    return f"0 of 60 payloads in {places} ({len(page)} tests)"


def _line(row: str, found: list[Case]) -> str:
    if row in NOT_HERE:
        return f"| {row} | – | – | {NOT_HERE[row]} |"
    files = ", ".join(sorted({case.file.removeprefix("test_").removesuffix(".py") for case in found}))
    return f"| {row} | {len(found)} | {sum(case.passed for case in found)} | {files or 'skipped here'} |"


def _kept(path: Path) -> str:
    """Return the table that scripts/bench/endurance/bounds.py has written there, and what is said of it behind it."""
    text = path.read_text("utf-8") if path.exists() else ""
    return f"\n{text[text.index(BEGIN) :].rstrip()}\n" if BEGIN in text and END in text else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--rows", nargs="+", choices=WANTED, metavar="ROW")
    parser.add_argument("--out", type=Path, default=PATH)
    arguments = parser.parse_args()
    wanted, measured = arguments.rows or WANTED, list[str]()
    files = {path for row, paths in named_rows().items() if row in wanted for path in paths}
    if not arguments.rows:
        files |= set((TESTS / "api").rglob("test_*.py")) - set((TESTS / "api" / "page").glob("*.py"))
    cases = run_tests(sorted(files), full=arguments.full)
    if not arguments.rows:
        with server() as (address, process_id):
            measured = asyncio.run(measure(address, process_id))
    arguments.out.write_text(render(cases, measured) + _kept(arguments.out), encoding="utf-8")
    print(arguments.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

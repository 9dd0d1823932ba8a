"""F3, F20: the program as it is installed, its own model and Kiwi in it: killed at random, and told to stop in every way."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.torture import texts
from tests.torture.kills.http_kills import wait_until_ready
from tests.torture.ledger import Found, Ledger
from tests.torture.records import ROOT, Budget, Row, p95_ms
from tests.torture.traffic import Asker, Books, Connection, Writer

_KILLS = 25
_MOST_SECONDS = 4.0
_STOP_SECONDS = 15.0  # a server's grace is ten
_ARTICLES = 20
_MANY = 300  # articles, so that a signal comes while they are indexed


def run(budget: Budget) -> Iterator[Row]:
    kills = Row("F3", f"`geungeo serve` itself, model and Kiwi: SIGKILL at a random moment (0–{_MOST_SECONDS:g} s)")
    signals = Row(
        "F20", "signals to `geungeo serve`, `index` and `ask | head -1`: bounded end, no traceback, whole index"
    )
    program = _Program(budget.work)
    shutil.rmtree(program.data, ignore_errors=True)
    program.run("ask", "AX 법인의 매출 목표는?")  # makes the model's cache and the first index
    yield _signals(program, budget, signals)
    yield _kills(program, budget, kills)


@dataclass(slots=True)
class _Program:
    """The command line over a data folder of its own."""

    work: Path
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        own = {"GEUNGEO_DATA": str(self.data), "GEUNGEO_CACHE": str(self.work / "cache"), "HF_HUB_OFFLINE": "1"}
        self.environment = {**os.environ, **own}

    @property
    def data(self) -> Path:
        return self.work / "data"

    def start(self, *arguments: str) -> "_Running":
        log = self.work / f"{arguments[0]}.log"
        with log.open("wb") as errors:
            command = [sys.executable, "-m", "rag.cli", *arguments]
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=errors, preexec_fn=_heed_signals
            )
            return _Running(process, log)

    def run(self, *arguments: str) -> tuple[int, str]:
        """(exit code, what it complained of)."""
        running = self.start(*arguments)
        running.process.communicate(timeout=300)
        return running.process.returncode, running.said()

    def serve(self) -> tuple["_Running", str]:
        """A server and its address; not yet ready."""
        running = self.start("serve", "--port", "0", "--rate", "100000")
        while running.process.poll() is None:
            for line in running.said().splitlines(keepends=True):
                if line.startswith("geungeo: http") and line.endswith("\n"):
                    return running, line.split()[1]
            time.sleep(0.02)
        raise RuntimeError(f"serve ended with {running.process.returncode}: {running.said()}")


def _heed_signals() -> None:
    """As in a terminal: whoever runs this in the background or with nohup has told its children to ignore some."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@dataclass(frozen=True, slots=True)
class _Running:
    """A command and the file that it complains to: a pipe that nobody reads would stop a server."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def said(self) -> str:
        return self.log.read_text("utf-8", errors="replace")


def _kills(program: _Program, budget: Budget, row: Row) -> Row:
    draw, ledger, books, found = random.Random(budget.seed), Ledger(), Books(), Found()
    numbers, ready, lives = Counter[str](), list[float](), budget.of(_KILLS)
    for life in range(lives + 1):
        started = time.perf_counter()
        running, url = program.serve()
        wait_until_ready(url)
        ready.append(time.perf_counter() - started)
        _check(url, ledger, found)
        clients = [
            Writer(url, [f"가-{n}" for n in range(_ARTICLES)], numbers, ledger, books, f"{life}"),
            _Seeds(url, ledger, books, f"{life}"),
        ]
        for client in clients if life < lives else ():  # the last life only shows what the one before left
            client.start()
        time.sleep(draw.uniform(0, _MOST_SECONDS) if life < lives else 0)
        running.process.kill()
        running.process.communicate()
        for client in clients if life < lives else ():
            client.join()
    found.complaints += _left_running(program)
    code, said = program.run("doctor")
    if code:
        found.complain(f"doctor ended with {code}: {said[-300:]}")
    row.kill_points, row.acknowledged, row.lost, row.torn = lives, ledger.acknowledged, found.lost, found.torn
    row.wrong_answers, row.recovery_p95_ms = found.wrong + books.wrong, p95_ms(ready)
    row.complaints = found.complaints + books.complaints
    row.note = f"{books.asked} answers checked; recovery counts from the start of Python, the model's loading included"
    return row


class _Seeds(Asker):
    """The packaged articles are in this index too; their texts are not of our making."""

    def stands(self, one: Mapping[str, Any], quoted: str) -> bool:
        return texts.version_in(one["title"]) is None or super().stands(one, quoted)


def _check(url: str, ledger: Ledger, found: Found) -> None:
    connection = Connection(url)
    for article_id in ledger.ids():
        ledger.count(found, article_id, connection.article(article_id))
    connection.close()


def _left_running(program: _Program) -> list[str]:
    """Processes of killed servers that have not noticed: the parser's ends when its pipe does."""
    deadline = time.monotonic() + 20
    while (left := _processes(program)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return [f"still running: {left}"] if left else []


def _processes(program: _Program) -> list[int]:
    found, marker = [], f"GEUNGEO_DATA={program.data}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if marker in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


@dataclass(frozen=True, slots=True)
class _Way:
    """Of stopping a command: after so many seconds (None: as soon as a server is ready) these signals, one by one."""

    what: str
    arguments: tuple[str, ...]
    seconds: float | None
    signals: tuple[int, ...]
    codes: tuple[int, ...]  # that it may end with


def _ways(many: str) -> list[_Way]:
    term, interrupt, hangup = signal.SIGTERM, signal.SIGINT, signal.SIGHUP
    stopped, index = (0, 128 + term), ("index", many)
    return [
        _Way("serve, TERM", ("serve",), None, (term,), (0,)),
        _Way("serve, TERM twice", ("serve",), None, (term, term), (0,)),
        _Way("serve, INT", ("serve",), None, (interrupt,), (130,)),
        _Way("serve, HUP", ("serve",), None, (hangup,), (-hangup,)),
        _Way("serve, TERM while the model loads", ("serve",), 0.3, (term,), stopped),
        _Way("serve, INT while the model loads", ("serve",), 0.3, (interrupt,), (130,)),
        _Way("index, TERM while it works", index, 6.0, (term,), stopped),
        _Way("index, INT while it works", index, 6.0, (interrupt,), (130,)),
        _Way("index, HUP while it works", index, 6.0, (hangup,), (-hangup,)),
    ]


def _signals(program: _Program, budget: Budget, row: Row) -> Row:
    many = budget.work / "many.jsonl"
    many.write_text("\n".join(json.dumps(texts.record(f"여럿-{n}", 1)) for n in range(_MANY)), "utf-8")
    ways, seconds, complaints = _ways(str(many)), list[float](), list[str]()
    for way in ways:
        took, complaint = _stop(program, way)
        seconds.append(took)
        complaints += complaint
    complaints += _head(program)
    code, said = program.run("doctor")
    complaints += [f"doctor ended with {code}: {said[-300:]}"] if code else []
    row.complaints = complaints
    row.note = f"{len(ways) + 1} variants, the slowest ended after {max(seconds):.1f} s"
    return row


def _stop(program: _Program, way: _Way) -> tuple[float, list[str]]:
    """(seconds it took to end, what was not as it should be)."""
    if way.arguments == ("serve",):
        running, url = program.serve()
        if way.seconds is None:
            wait_until_ready(url)
    else:
        running = program.start(*way.arguments)
    time.sleep(way.seconds or 0)
    started = time.perf_counter()
    for number in way.signals:
        running.process.send_signal(number)
        time.sleep(0.1)
    try:
        running.process.communicate(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        running.process.kill()
        running.process.communicate()
        return _STOP_SECONDS, [f"{way.what}: did not end: {running.said()[-200:]}"]
    took, code, said = time.perf_counter() - started, running.process.returncode, running.said()
    if code in way.codes and "Traceback" not in said:
        return took, []
    return took, [f"{way.what}: ended with {code}: {said[-300:]}"]


def _head(program: _Program) -> list[str]:
    """``ask … | head -1``: whoever reads goes away after a line."""
    running = program.start("ask", "AX 법인의 매출 목표는?")
    process = running.process
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    code, said = process.wait(60), running.said()
    return [] if code == 0 and not said else [f"ask | head -1: {code}: {said[-300:]}"]

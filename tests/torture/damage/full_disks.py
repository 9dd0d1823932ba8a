"""F11, F37: a disk of every size from too small to large enough. What is acknowledged is there, and all goes on later."""

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import StorageError
from tests.torture import texts
from tests.torture.invariant import PROBES, inspect
from tests.torture.kills.forking import Forker, forker
from tests.torture.kills.http_kills import wait_until_ready
from tests.torture.kills.lives import KEPT, Tally, Work, begin, ledger_of, read_acknowledgements
from tests.torture.kills.power_cuts import command
from tests.torture.records import Budget, Row
from tests.torture.traffic import Connection, path_of

_KIB = 1024
_STEP = 16 * _KIB
_ENOUGH = 64 << 20
_ENTRIES = tuple((f"새글-{number}", 1) for number in range(48))
_WORK = Work("ingest", "ingest", (_ENTRIES,), dict(_ENTRIES))
_HTTP_SIZES = (1024, 1536, 2048, 3072, 4096)  # KiB
_REFUSALS, _MOST_WRITES = 3, 400


def run(budget: Budget) -> Iterator[Row]:
    sizes = Row("F11", "disk full: an ingest on a tmpfs of every size in steps of 16 KiB; then enlarged, and again")
    http = Row("F11, F37", "disk full under a running server: 507, questions still answered, then enlarged")
    absent = unmountable(budget.work / "tmpfs")
    if absent:
        sizes.skipped = http.skipped = absent
        yield from (sizes, http)
        return
    with forker(serving=True) as running:
        yield _sizes(running, budget, sizes)
        yield _served(running, budget, http)


def unmountable(place: Path) -> str:
    """Why no tmpfs can be mounted here, or nothing."""
    if os.geteuid():
        return "needs root to mount"
    try:
        with tmpfs(place, _STEP):
            return ""
    except subprocess.CalledProcessError as error:
        return f"tmpfs cannot be mounted here: {error.stderr.decode().strip()[:100]}"


@contextmanager
def tmpfs(place: Path, size: int) -> Iterator[Path]:
    place.mkdir(parents=True, exist_ok=True)
    command("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place)
    try:
        yield place
    finally:
        command("umount", "-l", place)


def enlarge(place: Path) -> None:
    command("mount", "-o", f"remount,size={_ENOUGH}", place)


def _sizes(running: Forker, budget: Budget, row: Row) -> Row:
    """From 16 KiB on until the whole ingest fits."""
    tally, size, tried, step = Tally(), _STEP, 0, _STEP * (1 if not budget.quick else 24)
    while True:
        fits = _one_size(running, budget, size, tally)
        tried += 1
        size += step
        if fits:
            break
    found = tally.row(row.faults, row.what, f"all fits on {(size - step) // _KIB:,} KiB")
    found.kill_points, found.sizes, found.false_acknowledgements = None, tried, found.lost
    return found


def _one_size(running: Forker, budget: Budget, size: int, tally: Tally) -> bool:
    """Whether the disk was large enough."""
    with tmpfs(budget.work / "tmpfs", size) as place:
        folder, ledger = place / "data", ledger_of(())
        begin(ledger, _WORK)
        code, lines = running.run("ingest", folder, _ENTRIES)
        if code not in (0, StorageError.exit_code):
            tally.found.complain(f"{size // _KIB} KiB: ended with {code}: {lines[-1:]}")
        read_acknowledgements(ledger, lines)
        acknowledged = ledger.acknowledged
        enlarge(place)
        tally.add(inspect(folder, ledger, clean=False), acknowledged)
        again, lines = running.run("ingest", folder, _ENTRIES)
        read_acknowledgements(ledger, lines)
        tally.found.add(inspect(folder, ledger).found)
        if again:
            tally.found.complain(f"{size // _KIB} KiB, enlarged: ended with {again}: {lines[-1:]}")
        return code == 0


def _served(running: Forker, budget: Budget, row: Row) -> Row:
    tally, answers, sizes = Tally(), Counter[str](), _HTTP_SIZES[:: 2 if budget.quick else 1]
    for kib in sizes:
        with tmpfs(budget.work / "tmpfs", kib * _KIB) as place:
            if running.run("ingest", place / "data", KEPT)[0] == 0:  # else too small even for that
                _Filling(running, place, tally, answers).run()
    found = tally.row(row.faults, row.what, ", ".join(f"{name} {count}" for name, count in sorted(answers.items())))
    found.kill_points, found.sizes, found.false_acknowledgements = None, len(sizes), found.lost
    if not answers["PUT 507"]:
        found.complaints.append("no write was answered 507: the disk was never full")
    return found


class _Filling:
    """A server whose disk fills up: it is written to until it refuses, then asked, deleted from, enlarged and killed."""

    def __init__(self, running: Forker, place: Path, tally: Tally, answers: Counter[str]) -> None:
        self._folder, self._place = place / "data", place
        self._tally, self._answers, self._ledger = tally, answers, ledger_of()
        self._child = running.start("serve", self._folder)
        url = self._child.read_line()
        wait_until_ready(url)
        self._connection = Connection(url)

    def run(self) -> None:
        number = refused = 0
        while refused < _REFUSALS and number < _MOST_WRITES:
            number += 1
            refused += self._put(f"새글-{number}") == 507
            self._ask(PROBES[number % len(PROBES)])
        self._delete(KEPT[0][0])
        enlarge(self._place)
        if self._put("마지막") != 201:
            self._tally.found.complain("a write after enlarging was refused")
        acknowledged = self._ledger.acknowledged
        self._child.kill()
        self._child.wait()
        self._tally.add(inspect(self._folder, self._ledger), acknowledged)

    def _put(self, article_id: str) -> int:
        self._ledger.begin(article_id, 1)
        record = {name: value for name, value in texts.record(article_id, 1).items() if name != "id"}
        status, _ = self._connection.call("PUT", path_of(article_id), record)
        self._count("PUT", status)
        if status == 201:
            self._ledger.acknowledge(article_id, 1)
        return status

    def _count(self, what: str, status: int) -> None:
        self._answers[f"{what} {status}"] += 1
        if status not in (201, 204, 507):
            self._tally.found.complain(f"a {what} on a full disk was answered {status}")

    def _ask(self, question: str) -> None:
        status, body = self._connection.call("POST", "/v1/query", {"question": question})
        self._answers[f"question {status}"] += 1
        if status != 200:
            self._tally.found.complain(f"a question on a full disk was answered {status}: {body}")

    def _delete(self, article_id: str) -> None:
        """Needs room for the write-ahead log and a new generation; where there is none, nothing may change."""
        self._ledger.begin(article_id, None)
        status, _ = self._connection.call("DELETE", path_of(article_id))
        self._count("DELETE", status)
        if status == 204:
            self._ledger.acknowledge(article_id, None)

"""F15, F16, F17: two writers at once, a writer that dies with the lock, readers that go on while all is rewritten."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

from index.errors import LockedError
from index.search.generation import current_number
from tests.torture.invariant import PROBES, inspect
from tests.torture.kills.forking import Forker, forker
from tests.torture.kills.http_kills import wait_until_ready
from tests.torture.kills.lives import KEPT, Tally, copy, ledger_of, prepare, read_acknowledgements
from tests.torture.ledger import Ledger
from tests.torture.records import Budget, Row, percentile
from tests.torture.traffic import Asker, Books, Connection

_PAIRS = 50
_WAIT_SECONDS = 0.05
_READING_SECONDS = 60.0
_ASKERS = 4
_VISIBLE_SECONDS = 5.0


def run(budget: Budget) -> Iterator[Row]:
    with forker(serving=True) as running:
        template = prepare(running, budget.work / "contention")
        yield _pairs(running, budget, template)
        yield _readers(running, budget, template)


def _pairs(running: Forker, budget: Budget, template: Path) -> Row:
    """Two start at once; every third pair meets a lock whose holder is then killed."""
    tally, draw, told = Tally(), random.Random(budget.seed), {"both wrote": 0, "one was told": 0}
    mine = [(f"갑-{n}", 1) for n in range(4)]
    yours = [(f"을-{n}", 1) for n in range(4)]
    for number in range(budget.of(_PAIRS, 3)):
        folder, ledger = copy(template, budget.work / "life"), ledger_of()
        for entry in (*mine, *yours):
            ledger.begin(*entry)
        if number % 3 == 2:
            _held_by_one_that_dies(running, folder, tally)
        wait = draw.choice((0.0, _WAIT_SECONDS, 5.0))
        children = [running.start("ingest", folder, entries, wait) for entries in (mine, yours)]
        codes = [child.wait() for child in children]
        for child in children:
            read_acknowledgements(ledger, child.lines)
        told["both wrote" if codes == [0, 0] else "one was told"] += 1
        if set(codes) - {0, LockedError.exit_code} or 0 not in codes:
            tally.found.complain(f"a pair ended with {codes}: {[child.lines[-1:] for child in children]}")
        tally.add(inspect(folder, ledger), ledger.acknowledged)
    row = tally.row("F15", "two writers at once, every third time after the lock's holder was killed")
    row.kill_points, row.note = None, f"{tally.points} pairs: " + ", ".join(f"{k} {v}" for k, v in told.items())
    return row


def _held_by_one_that_dies(running: Forker, folder: Path, tally: Tally) -> None:
    """While it lives nobody writes; the kernel frees the lock with its process."""
    holder = running.start("hold_lock", folder, 60.0)
    holder.read_line()
    code, _ = running.run("ingest", folder, [("병-0", 1)], 0.0)
    if code != LockedError.exit_code:
        tally.found.complain(f"a writer against a held lock ended with {code}")
    holder.kill()
    holder.wait()


def _readers(running: Forker, budget: Budget, template: Path) -> Row:
    """Clients ask a server while another process adds, replaces and removes; then as long with nobody writing."""
    folder, books, ledger = copy(template, budget.work / "life"), Books(), ledger_of()
    child = running.start("serve", folder)
    url = child.read_line()
    wait_until_ready(url)
    seconds = _READING_SECONDS * budget.share if not budget.quick else 4.0
    askers = [_Timed(url, ledger, books, f"{budget.seed}/{number}") for number in range(_ASKERS)]
    for asker in askers:
        asker.start()
    time.sleep(seconds / 3)
    quiet = [seconds for asker in askers for seconds in asker.take()]
    visible, published = _write_for(running, folder, ledger, url, seconds)
    busy = [seconds for asker in askers for seconds in asker.take()]
    for asker in askers:
        asker.stop()
        asker.join()
    child.kill()
    child.wait()
    found = inspect(folder, ledger).found
    late = sum(seconds > _VISIBLE_SECONDS for seconds in visible)
    complaints = found.complaints + books.complaints + [f"{late} generations seen too late"] * bool(late)
    return Row(
        "F16", f"{_ASKERS} askers of a server for {seconds:.0f} s while another process writes, removes and publishes",
        acknowledged=ledger.acknowledged, lost=found.lost, torn=found.torn, wrong_answers=found.wrong + books.wrong,
        note=f"{books.asked:,} answers, each of one generation, {published} generations; 5xx: "
        f"{sum(count for code, count in books.statuses.items() if code >= 500)}; seen by the server after at most "
        f"{max(visible):.1f} s; p95 of a question {1000 * percentile(busy, 0.95):.0f} ms, "
        f"{1000 * percentile(quiet, 0.95):.0f} ms with nobody writing",
        complaints=complaints,
    )  # fmt: skip


class _Timed(Asker):
    """Keeps how long each question took."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._seconds: list[float] = []

    def step(self) -> None:
        started = time.perf_counter()
        super().step()
        self._seconds.append(time.perf_counter() - started)

    def take(self) -> list[float]:
        taken, self._seconds = self._seconds, []
        return taken


def _write_for(running: Forker, folder: Path, ledger: Ledger, url: str, seconds: float) -> tuple[list[float], int]:
    """(seconds until the server answered from each, how many were published)."""
    connection, visible, version, until = Connection(url), list[float](), 2, time.monotonic() + seconds
    while time.monotonic() < until:
        version += 1
        entries = [(article_id, version) for article_id, _ in KEPT]
        for entry in entries:
            ledger.begin(*entry)
        lines = running.run("ingest", folder, entries)[1]
        read_acknowledgements(ledger, lines)
        if version % 3 == 0:
            gone = KEPT[version % len(KEPT)][0]
            ledger.begin(gone, None)
            read_acknowledgements(ledger, running.run("remove", folder, [gone])[1])
        visible.append(_seconds_until_seen(connection, current_number(folder)))
    connection.close()
    return visible, current_number(folder)


def _seconds_until_seen(connection: Connection, generation: int) -> float:
    started = time.perf_counter()
    while time.perf_counter() - started < 2 * _VISIBLE_SECONDS:
        _, body = connection.call("POST", "/v1/query", {"question": PROBES[0]})
        if body["index"]["generation"] >= generation:
            break
        time.sleep(0.02)
    return time.perf_counter() - started

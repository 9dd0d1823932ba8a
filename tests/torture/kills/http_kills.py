"""F3, F4: the server killed at random, again and again, on one data folder, while clients write to it and ask."""

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.torture import tasks
from tests.torture.invariant import inspect
from tests.torture.kills.forking import Child, Forker, forker
from tests.torture.ledger import Found, Ledger
from tests.torture.records import Budget, Row, p95_ms
from tests.torture.traffic import Asker, Books, Connection, Writer

_KILLS, _STARTING_KILLS = 1000, 200
_WRITERS, _ASKERS = 2, 1
_ARTICLES = 60  # of each writer
_MOST_SECONDS = 2.0  # under traffic
_STARTING_SECONDS = 0.25
_ALL_EVERY = 25  # kills: every article over HTTP
_CLEAN_EVERY = 50  # kills: the doctor, and all probes against a clean build
_SAMPLE = 10  # other articles, after each kill
_READY_SECONDS = 60.0


@dataclass(slots=True)
class _Run:
    """One data folder, and the books over all lives of its servers."""

    folder: Path
    forker: Forker
    draw: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    books: Books = field(default_factory=Books)
    found: Found = field(default_factory=Found)
    numbers: Counter[str] = field(default_factory=Counter)
    ready: list[float] = field(default_factory=list)
    kills: int = 0
    kills_at_start: int = 0
    touched: set[str] = field(default_factory=set)  # by the writers of the last life

    def start(self) -> tuple[Child, str]:
        """A server, and its address once it is ready; how long that took is kept."""
        started = time.perf_counter()
        child = self.forker.start("serve", self.folder)
        url = child.read_line()
        wait_until_ready(url)
        self.ready.append(time.perf_counter() - started)
        return child, url

    def writers(self, url: str, life: int) -> list[Writer]:
        pools = [[f"{name}-{number}" for number in range(_ARTICLES)] for name in "가나다라"[:_WRITERS]]
        seed = self.draw.random()
        return [
            Writer(url, pool, self.numbers, self.ledger, self.books, f"{seed}/{life}/{n}")
            for n, pool in enumerate(pools)
        ]


def run(budget: Budget) -> Iterator[Row]:
    folder = budget.work / "http"
    shutil.rmtree(folder, ignore_errors=True)
    with forker(serving=True) as running:
        state = _Run(folder, running, random.Random(budget.seed))
        state.ledger.acknowledge(*tasks.FIRST)
        state.ledger.begin(*tasks.FIRST)
        kills, starting = budget.of(_KILLS, 8), budget.of(_STARTING_KILLS, 3)
        at_start = set(state.draw.sample(range(kills), starting))
        for life in range(kills):
            if life in at_start:
                _kill_while_starting(state)
            last = life == kills - 1 or budget.is_over()
            _live(state, life, last=last)
            if life % _CLEAN_EVERY == _CLEAN_EVERY - 1 or last:
                yield _row(state)
            if last:
                break


def _live(state: _Run, life: int, *, last: bool) -> None:
    """One life of the server: made ready, shown to have what the last one acknowledged, and killed under load."""
    child, url = state.start()
    known = state.ledger.ids()
    sample = known if life % _ALL_EVERY == 0 else state.draw.sample(known, min(_SAMPLE, len(known)))
    _check_over_http(state, url, sorted({*state.touched, *sample}))
    writers = state.writers(url, life)
    clients = [*writers, *(Asker(url, state.ledger, state.books, f"{life}/{n}") for n in range(_ASKERS))]
    for client in clients:
        client.start()
    time.sleep(state.draw.uniform(0, _MOST_SECONDS))
    child.kill()
    for client in clients:
        client.join()
    child.wait()
    state.kills += 1
    state.touched = {article_id for writer in writers for article_id in writer.touched}
    if life % _CLEAN_EVERY == _CLEAN_EVERY - 1 or last:
        state.found.add(inspect(state.folder, state.ledger).found)


def _check_over_http(state: _Run, url: str, ids: list[str]) -> None:
    connection = Connection(url)
    served = {article_id: connection.article(article_id) for article_id in ids}
    connection.close()
    for article_id, article in served.items():
        state.ledger.count(state.found, article_id, article)


def _kill_while_starting(state: _Run) -> None:
    child = state.forker.start("serve", state.folder)
    time.sleep(state.draw.uniform(0, _STARTING_SECONDS))
    child.kill()
    child.wait()
    state.kills_at_start += 1


def wait_until_ready(url: str, seconds: float = _READY_SECONDS, pause: Callable[[float], None] = time.sleep) -> None:
    """Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        connection = Connection(url)
        try:
            if connection.call("GET", "/readyz")[0] == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        pause(0.005)
    raise TimeoutError(f"{url} is not ready after {seconds} s")


def _row(state: _Run) -> Row:
    served = sum(state.books.statuses.values())
    odd = {code: count for code, count in sorted(state.books.statuses.items()) if code not in (200, 201, 204)}
    return Row(
        "F3, F4",
        f"SIGKILL at a random moment (0–{_MOST_SECONDS:g} s) of {_WRITERS} HTTP writers and {_ASKERS} asker, one data folder",
        kill_points=state.kills + state.kills_at_start,
        acknowledged=state.ledger.acknowledged,
        lost=state.found.lost,
        torn=state.found.torn,
        wrong_answers=state.found.wrong + state.books.wrong,
        recovery_p95_ms=p95_ms(state.ready),
        note=f"{state.kills_at_start} of the kills 0–{1000 * _STARTING_SECONDS:g} ms into a restart; {served:,} requests answered, other than 200/201/204: {odd or 'none'}; {state.books.asked:,} answers "
        f"checked against the texts; probes against a clean build and the doctor every {_CLEAN_EVERY} kills; servers "
        "forked from a process with everything imported, a hash for an encoder",
        complaints=state.found.complaints + state.books.complaints,
    )

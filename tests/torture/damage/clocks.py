"""F32: the clock is wrong by years, and jumps. Order comes from numbers and durations from the monotonic clock."""

import glob
import random
import time
from collections.abc import Iterator
from pathlib import Path

from index.system.failpoints import VARIABLE
from tests.torture.damage.limits import put
from tests.torture.invariant import inspect
from tests.torture.kills.forking import Forker, forker
from tests.torture.kills.http_kills import wait_until_ready
from tests.torture.kills.lives import KEPT, Tally, ledger_of, prepare, read_acknowledgements
from tests.torture.ledger import Ledger
from tests.torture.records import Budget, Row
from tests.torture.traffic import Connection

_LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"
_SKEWS = ("-1y", "+10y", "-20y", "+0")
_LIVES = 40
_POINTS = ("", "store.commit:2:kill", "publish.rename:1:kill", "publish.collect:1:kill")


def run(budget: Budget) -> Iterator[Row]:
    row = Row("F32", "a clock years ahead or behind, another one for each life, jumping while it writes (libfaketime)")
    found = glob.glob(_LIBRARY)  # noqa: PTH207 (an absolute pattern)
    if not found:
        row.skipped = "libfaketime is not installed (apt install libfaketime)"
        yield row
        return
    folder, ledger, tally = budget.work / "clocks", ledger_of(), Tally()
    with forker() as running:
        prepare(running, folder)
    for monotonic in ("1", "0"):  # 1: the monotonic clock stays true, as it does in life; 0: it is off too
        clock = budget.work / f"clock-{monotonic}"
        clock.write_text("+0")
        environment = {
            "LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": monotonic,
        }  # fmt: skip
        with forker(environment, serving=True) as running:
            _lives(running, budget, folder, ledger, tally, clock, jumps=monotonic == "1")
    made = tally.row(row.faults, row.what)
    made.note = (
        f"{tally.points} lives on one folder, clocks {', '.join(_SKEWS)}, with the monotonic clock true and false"
    )
    made.kill_points = None
    yield made


def _lives(
    running: Forker, budget: Budget, folder: Path, ledger: Ledger, tally: Tally, clock: Path, *, jumps: bool
) -> None:
    draw = random.Random(f"{budget.seed}/{jumps}")
    for number in range(budget.of(_LIVES, 3) // (1 if budget.quick else 2)):
        clock.write_text(draw.choice(_SKEWS))
        before, version = ledger.acknowledged, _next_version(ledger)
        entries = [(article_id, version) for article_id, _ in KEPT]
        for entry in entries:
            ledger.begin(*entry)
        child = running.start("ingest", folder, entries, environment=_failpoint(draw))
        time.sleep(draw.uniform(0, 0.1))
        if jumps:
            clock.write_text(draw.choice(_SKEWS))
        child.wait()
        read_acknowledgements(ledger, child.lines)
        tally.add(inspect(folder, ledger, clean=number % 5 == 0), ledger.acknowledged - before)
    _served(running, folder, ledger, tally, clock, jumps=jumps)


def _failpoint(draw: random.Random) -> dict[str, str]:
    point = draw.choice(_POINTS)
    return {VARIABLE: point} if point else {}


def _next_version(ledger: Ledger) -> int:
    """Above any that was ever tried."""
    version = 1
    while any(ledger.wrote(article_id, version) for article_id, _ in KEPT):
        version += 1
    return version


def _served(running: Forker, folder: Path, ledger: Ledger, tally: Tally, clock: Path, *, jumps: bool) -> None:
    """A server under it: writes are answered at once, and questions too, whatever the clock does between them."""
    child = running.start("serve", folder)
    url = child.read_line()
    wait_until_ready(url)
    for skew in _SKEWS:
        if jumps:
            clock.write_text(skew)
        started = time.perf_counter()
        status = put(url, f"시계-{skew}-{jumps}", 1, ledger)
        connection = Connection(url)
        asked, _ = connection.call("POST", "/v1/query", {"question": "부산 부두"})
        connection.close()
        seconds = time.perf_counter() - started
        if (status, asked) != (201, 200) or seconds > 10:
            tally.found.complain(f"clock {skew}: PUT {status}, question {asked}, after {seconds:.0f} s")
    child.kill()
    child.wait()
    tally.add(inspect(folder, ledger), len(_SKEWS))

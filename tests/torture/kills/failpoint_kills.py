"""F1, F4: killed at every step of every write, each time that step is reached, and while recovering from that."""

import random
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from index.system import failpoints
from index.system.failpoints import VARIABLE
from tests.torture.invariant import inspect
from tests.torture.kills.forking import Forker, forker
from tests.torture.kills.http_kills import wait_until_ready
from tests.torture.kills.lives import (
    CHANGED,
    INGEST,
    KEPT,
    REMOVE,
    Tally,
    Work,
    copy,
    die_once,
    ledger_of,
    prepare,
)
from tests.torture.records import Budget, Row
from tests.torture.traffic import Books, Writer

_MOST_TIMES = 60  # that one step is reached in one task
_DEEP = 3
_STORING = [name for name in failpoints.NAMES if name.startswith(("ingest.", "store.")) and name != "store.delete"]
_PUBLISHING = [name for name in failpoints.NAMES if name.startswith("publish.")]
_HTTP = [name for name in failpoints.NAMES if not name.startswith("migrate.")]
_HTTP_TIMES = (1, 3, 7)


def run(budget: Budget) -> Iterator[Row]:
    with forker(serving=True) as running:
        template = prepare(running, budget.work / "failpoints")
        yield _row(running, budget, template, INGEST, [*_STORING, *_PUBLISHING], "F1")
        yield _row(running, budget, template, REMOVE, ["store.delete", *_PUBLISHING], "F1, F34")
        yield _imports(running, budget, template)
        yield _repairs(running, budget, template)
        yield _rebuilds(running, budget, template)
        yield _recoveries(running, budget, template)
        yield _over_http(running, budget)


def _times(budget: Budget) -> Sequence[int]:
    """Which of the times that a step is reached: each, or the second alone (tests/index/test_kills.py: the first)."""
    return (2,) if budget.quick else range(1, _MOST_TIMES)


def _each(names: Sequence[str], budget: Budget, die: Callable[[str], bool]) -> None:
    """Die at each step, each time it is reached."""
    for name in names:
        for number in _times(budget):
            if not die(f"{name}:{number}:kill"):
                break


def _row(running: Forker, budget: Budget, template: Path, work: Work, names: Sequence[str], faults: str) -> Row:
    tally = Tally()
    _each(names, budget, lambda point: die_once(running, copy(template, budget.work / "life"), work, point, tally))
    return tally.row(faults, f"SIGKILL at every step of {_article(work.what)}, each time it is reached")


def _article(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"


def _imports(running: Forker, budget: Budget, template: Path) -> Row:
    """The backup of an index that holds other articles, and other versions of the same."""
    other, archive = budget.work / "other", budget.work / "backup.zip"
    prepare(running, other, CHANGED)
    archive.unlink(missing_ok=True)
    running.run("give_out", other, archive)
    work = Work("take_in", "import", (archive,), dict(CHANGED))
    return _row(running, budget, template, work, [*_STORING, *_PUBLISHING], "F1, F35")


def _repairs(running: Forker, budget: Budget, template: Path) -> Row:
    """Every index file gone: all is derived again from the database."""
    bare = copy(template, budget.work / "bare")
    shutil.rmtree(bare / "generations")
    return _row(running, budget, bare, Work("repair", "doctor --repair"), _PUBLISHING, "F1, F4")


def _rebuilds(running: Forker, budget: Budget, template: Path) -> Row:
    """An interrupted rebuild is of two encoders and says so; it is finished first, and then looked at."""
    tally = Tally()

    def die(point: str) -> bool:
        folder = copy(template, budget.work / "life")
        code, _ = running.run("rebuild", folder, environment={VARIABLE: point})
        if code == -signal.SIGKILL:
            again, lines = running.run("rebuild", folder)
            if again:
                tally.found.complain(f"the rebuild after {point} ended with {again}: {lines}")
            tally.add(inspect(folder, ledger_of()), 0)
        return code == -signal.SIGKILL

    _each([*_STORING, *_PUBLISHING], budget, die)
    return tally.row("F1, F30", "SIGKILL at every step of an `index --rebuild`, then the rebuild again")


def _recoveries(running: Forker, budget: Budget, template: Path) -> Row:
    """Killed after the commit; then its recovery, the recovery of that, and once more; then opened."""
    unpublished = copy(template, budget.work / "unpublished")
    running.run("ingest", unpublished, CHANGED, environment={VARIABLE: "store.committed:1:kill"})
    draw, tally = random.Random(budget.seed), Tally()
    certain = {**dict(KEPT), **dict(CHANGED[:4])}
    steps = [name for name in _PUBLISHING if name != "publish.link"]
    for first in [f"{name}:{number}:kill" for name in steps for number in (1, 2, 3)][: budget.of(99, 6)]:
        folder, points = copy(unpublished, budget.work / "life"), [first]
        points += [f"{draw.choice(steps)}:{draw.choice((1, 2))}:kill" for _ in range(_DEEP - 1)]
        died = sum(
            running.run("open_and_close", folder, environment={VARIABLE: point})[0] == -signal.SIGKILL
            for point in points
        )
        if died:
            tally.add(inspect(folder, ledger_of(certain.items())), 0)
            tally.points += died - 1
    return tally.row("F4", f"SIGKILL at every step of a recovery, up to {_DEEP} deep, then opened")


def _over_http(running: Forker, budget: Budget) -> Row:
    """A server that dies when a request of its clients gets there."""
    tally, books = Tally(), Books()
    template = prepare(running, budget.work / "http-template")
    for point in _http_points(budget):
        folder = copy(template, budget.work / "life")
        child = running.start("serve", folder, environment={VARIABLE: point})
        url = child.read_line()
        wait_until_ready(url)
        ledger = ledger_of()
        writer = Writer(
            url, [article_id for article_id, _ in KEPT], Counter(dict(KEPT)), ledger, books, f"{budget.seed}/{point}"
        )
        writer.start()
        writer.join(20)
        writer.stop()
        child.kill()
        child.wait()
        tally.add(inspect(folder, ledger), ledger.acknowledged)
    row = tally.row("F1", "SIGKILL of the server at every step of a request that writes, 3 positions each")
    row.complaints += books.complaints
    row.wrong_answers = (row.wrong_answers or 0) + books.wrong
    return row


def _http_points(budget: Budget) -> Iterator[str]:
    for name in _HTTP[:: 4 if budget.quick else 1]:
        for number in _HTTP_TIMES[1:2] if budget.quick else _HTTP_TIMES:
            yield f"{name}:{number}:kill"

"""F2, F11, F12: killed at the system calls themselves, and told by them that the disk is full or broken."""

import signal
from collections.abc import Iterator
from pathlib import Path

from tests.torture.invariant import inspect
from tests.torture.kills.forking import Forker, forker
from tests.torture.kills.lives import INGEST, Tally, Work, begin, copy, ledger_of, prepare, read_acknowledgements
from tests.torture.records import Budget, Row
from tests.torture.tracing import count_calls, missing, traced

_THREADS = "publish.lexical"  # from here on the main thread waits and tantivy's write: their calls count from 1
_OF_A_THREAD = 25  # of each call: more than a thread of tantivy makes while one shard is written
_QUICK_POINTS = 6
_FULL_EVERY = 3  # of the writes; a disk that is full stays full


def run(budget: Budget) -> Iterator[Row]:
    kills = Row("F2", "SIGKILL at every system call that writes, opens, syncs, renames or removes (strace)")
    errors = Row("F11, F12", "EIO from fsync and fdatasync, ENOSPC from write and pwrite64, at each call (strace)")
    absent = missing()
    if absent:
        kills.skipped = errors.skipped = absent
        yield from (kills, errors)
        return
    with forker() as running:
        template = prepare(running, budget.work / "syscalls")
        yield _kills(running, budget, template, kills)
        yield _errors(running, budget, template, errors)


def _points(running: Forker, budget: Budget, template: Path, begin_at: str = "") -> Iterator[tuple[str, int]]:
    """(call, its number): all of them, or a few from all over; from ``begin_at`` on only the first few."""
    folder = copy(template, budget.work / "life")
    made = count_calls(running, INGEST.task, folder, *INGEST.arguments, begin_at=begin_at)
    bound = _OF_A_THREAD if begin_at else max(made.values())
    points = [(name, number) for name, most in made.items() for number in range(1, min(most, bound) + 1)]
    step = max(1, len(points) // _QUICK_POINTS if budget.quick else round(1 / budget.share))
    yield from points[::step]


def _kills(running: Forker, budget: Budget, template: Path, row: Row) -> Row:
    tally, missed = Tally(), 0
    for begin_at in ("", _THREADS):
        for name, number in _points(running, budget, template, begin_at):
            inject = f"inject={name}:signal=SIGKILL:when={number}"
            code = _life(running, budget, template, INGEST, inject, tally, begin_at)
            missed += code != -signal.SIGKILL
    note = f"{missed} of them not reached in their run: threads differ from run to run" if missed else ""
    note += "; counted by each thread from the task's beginning, then from the lexical step on (tantivy's threads)"
    found = tally.row(row.faults, row.what, note.removeprefix("; "))
    found.kill_points = tally.points - missed
    return found


def _errors(running: Forker, budget: Budget, template: Path, row: Row) -> Row:
    """No acknowledgement may follow a failure that was not survived; then the disk is well again and all goes on."""
    tally = Tally()
    for inject in _failures(running, budget, template):
        code = _life(running, budget, template, INGEST, inject, tally, "")
        if code < 0:
            tally.found.complain(f"{inject}: ended by signal {-code}")
        code, lines = running.run(INGEST.task, budget.work / "life", *INGEST.arguments)
        if code:
            tally.found.complain(f"after {inject}, on a disk that is well again: {lines[-1:]}")
    found = tally.row(row.faults, row.what)
    found.kill_points, found.false_acknowledgements = None, found.lost
    found.note = f"{tally.points} failures, each followed by a whole ingest on a disk that is well again"
    return found


def _failures(running: Forker, budget: Budget, template: Path) -> Iterator[str]:
    """A sync fails once; a disk that is full stays full."""
    for call, number in _points(running, budget, template):
        if call in ("fsync", "fdatasync"):
            yield f"inject={call}:error=EIO:when={number}"
        elif call in ("write", "pwrite64") and (budget.quick or number % _FULL_EVERY == 0):
            yield f"inject={call}:error=ENOSPC:when={number}+"


def _life(running: Forker, budget: Budget, template: Path, work: Work, inject: str, tally: Tally, begin_at: str) -> int:
    folder = copy(template, budget.work / "life")
    ledger = ledger_of()
    begin(ledger, work)
    options = ("-e", "trace=" + inject.partition("=")[2].partition(":")[0], "-e", inject)
    code, lines = traced(running, work.task, folder, *work.arguments, options=options, begin_at=begin_at)
    read_acknowledgements(ledger, lines)
    tally.add(inspect(folder, ledger), ledger.acknowledged)
    return code

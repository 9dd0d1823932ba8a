"""F2, F11, F12: killed at the system calls themselves, and told by them that the disk is full or broken."""

import signal
from collections.abc import Iterator
from pathlib import Path

from scripts.torture.forking import Forker, forker
from scripts.torture.invariant import inspect
from scripts.torture.lives import INGEST, Tally, Work, begin, copy, ledger_of, prepare, read_acknowledgements
from scripts.torture.records import Budget, Row
from scripts.torture.tracing import count_calls, missing, traced

_THREADS = "publish.lexical"  # from here on the main thread waits and tantivy's write: their calls count from 1
_QUICK_POINTS = 12


def run(budget: Budget) -> list[Row]:
    kills = Row("F2", "SIGKILL at every system call that writes, opens, syncs, renames or removes (strace)")
    errors = Row("F11, F12", "EIO from fsync and fdatasync, ENOSPC from write and pwrite64, at each call (strace)")
    absent = missing()
    if absent:
        kills.skipped = errors.skipped = absent
        return [kills, errors]
    with forker() as running:
        template = prepare(running, budget.work / "syscalls")
        return [_kills(running, budget, template, kills), _errors(running, budget, template, errors)]


def _points(running: Forker, budget: Budget, template: Path, begin_at: str) -> Iterator[tuple[str, int]]:
    """(call, its number): all of them, or a few from all over."""
    folder = copy(template, budget.work / "life")
    made = count_calls(running, INGEST.task, folder, *INGEST.arguments, begin_at=begin_at)
    points = [(name, number) for name, most in made.items() for number in range(1, most + 1)]
    step = max(1, len(points) // _QUICK_POINTS) if budget.quick else 1
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
    tally, false = Tally(), 0
    for call, error, most in (
        ("fsync", "EIO", ""),
        ("fdatasync", "EIO", ""),
        ("write", "ENOSPC", "+"),
        ("pwrite64", "ENOSPC", "+"),
    ):
        for name, number in _points(running, budget, template, ""):
            if name != call:
                continue
            inject = f"inject={call}:error={error}:when={number}{most}"
            lost_before = tally.found.lost
            code = _life(running, budget, template, INGEST, inject, tally, "")
            false += tally.found.lost - lost_before
            if code < 0:
                tally.found.complain(f"{inject}: ended by signal {-code}")
            code, lines = running.run(INGEST.task, budget.work / "life", *INGEST.arguments)
            if code:
                tally.found.complain(f"after {inject}, on a disk that is well again: {lines[-1:]}")
    found = tally.row(row.faults, row.what, "each followed by a whole run on a disk that is well again")
    found.kill_points, found.false_acknowledgements = None, false
    found.note = f"{tally.points} failing calls, {found.note}"
    return found


def _life(running: Forker, budget: Budget, template: Path, work: Work, inject: str, tally: Tally, begin_at: str) -> int:
    folder = copy(template, budget.work / "life")
    ledger = ledger_of()
    begin(ledger, work)
    options = ("-e", "trace=" + inject.partition("=")[2].partition(":")[0], "-e", inject)
    code, lines = traced(running, work.task, folder, *work.arguments, options=options, begin_at=begin_at)
    read_acknowledgements(ledger, lines)
    tally.add(inspect(folder, ledger), ledger.acknowledged)
    return code

"""Kills, cuts, damages and starves the store, counts what is lost, and writes docs/results/reliability.md.

    python -m tests.torture --quick                 # about a minute; .ci/run calls two sections of it
    python -m tests.torture                         # the full tier, up to an hour on two cores
    python -m tests.torture --only http-kills …     # some sections; the others keep their records
    python -m tests.torture --write                 # only the document, from the records

Rows (F1, F2, …) are those of docs/testing.md. Each section leaves its record in ``--records`` (docs/results/reliability); exit code 1 where anything was lost, torn, answered
wrongly, not noticed or falsely acknowledged. Rows that this machine cannot run (no root, no strace) say so.
"""

import argparse
import math
import shlex
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from tests.torture.damage import clocks, contention, database_damage, file_damage, full_disks, limits
from tests.torture.document import write_document
from tests.torture.kills import failpoint_kills, http_kills, power_cuts, syscall_kills, whole_program
from tests.torture.records import ROOT, Budget, Row, commit, save
from tests.torture.stores import benchmark, other_stores

SECTIONS = {
    "failpoints": failpoint_kills.run,
    "system-calls": syscall_kills.run,
    "http-kills": http_kills.run,
    "power-cuts": power_cuts.run,
    "files": file_damage.run,
    "database": database_damage.run,
    "full-disks": full_disks.run,
    "limits": limits.run,
    "contention": contention.run,
    "whole-program": whole_program.run,
    "clocks": clocks.run,
    "other-stores": other_stores.run,
    "benchmark": benchmark.run,
}
_NOT_QUICK = {"whole-program", "clocks", "other-stores", "benchmark"}
_QUICK_SHARE = 0.01


def main() -> int:
    arguments = _arguments()
    failed = False
    if not arguments.write:
        sections = [name for name in SECTIONS if not (arguments.quick and name in _NOT_QUICK)]
        for name in arguments.only or sections:
            failed |= not _section(name, arguments)
    if not arguments.quick:
        write_document(arguments.records, list(SECTIONS))
    return int(failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a little of everything, no document")
    parser.add_argument("--only", nargs="+", choices=list(SECTIONS), metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--write", action="store_true", help="run nothing, write the document from the records")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--share", type=float, help="of the full tier's repetitions")
    parser.add_argument(
        "--minutes", type=float, help="for the random kills of each store; they stop short of their number"
    )
    parser.add_argument("--work", type=Path, default=ROOT / ".torture", help="a folder on a real disk, 2 GB")
    parser.add_argument("--records", type=Path, default=ROOT / "docs" / "results" / "reliability")
    return parser.parse_args()


def _section(name: str, arguments: argparse.Namespace) -> bool:
    """Whether all its rows are as they should be."""
    share = arguments.share or (_QUICK_SHARE if arguments.quick else 1.0)
    budget = Budget(
        arguments.seed, arguments.work / name, share, quick=arguments.quick, minutes=arguments.minutes or math.inf
    )
    budget.work.mkdir(parents=True, exist_ok=True)
    started, of = time.time(), commit()
    rows: dict[tuple[str, str], Row] = {}
    for row in _rows(name, budget):  # one that comes again replaces what it said before
        rows[row.faults, row.what] = row
        print(_line(row), flush=True)
        if not arguments.quick:
            save(
                arguments.records,
                name,
                list(rows.values()),
                budget,
                started=started,
                of=of,
                command=_command(name, arguments),
            )
    print(f"{name}: {time.time() - started:.0f} s", file=sys.stderr, flush=True)
    return all(row.faultless or not row.counted for row in rows.values())


def _rows(name: str, budget: Budget) -> Iterator[Row]:
    """A section that breaks off is a row with a complaint: the others still have something to say."""
    try:
        yield from SECTIONS[name](budget)
    except Exception:
        yield Row("", name, complaints=[traceback.format_exc()])


def _command(name: str, arguments: argparse.Namespace) -> str:
    parts = ["python", "-m", "tests.torture", "--only", name, "--seed", arguments.seed]
    for option in ("share", "minutes"):
        if value := getattr(arguments, option):
            parts += [f"--{option}", f"{value:g}"]
    return shlex.join(map(str, parts))


def _line(row: Row) -> str:
    if row.skipped:
        return f"SKIPPED {row.faults} {row.what}: {row.skipped}"
    counts = (
        f"points {row.kill_points} acknowledged {row.acknowledged} lost {row.lost} torn {row.torn} "
        f"wrong {row.wrong_answers} p95 {row.recovery_p95_ms} ms truncations {row.truncations} flips {row.flips} "
        f"undetected {row.undetected} sizes {row.sizes} false {row.false_acknowledgements}"
    )
    word = "ok  " if row.faultless else "BAD "
    return "\n  ! ".join([f"{word}{row.faults} {row.what}: {counts} {row.note}", *row.complaints])


if __name__ == "__main__":
    sys.exit(main())

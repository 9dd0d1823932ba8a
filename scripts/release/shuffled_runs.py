"""Run the tests in random order, several times over, beside a core that is kept busy.

    python -m scripts.release.shuffled_runs [--runs 10] [--workers 1 2 4] [--busy-already] [--out FILE] [TEST...]

A line a run: its seed, its workers, its outcome. ``--busy-already``: other work keeps the machine busy, so that no core
need be. ``python -m pytest --shuffle SEED -n WORKERS --dist loadfile`` has the
same order again. Exit code 1 where a run failed; what pytest said of it is in a file beside ``--out``.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Protocol, TypeVar

ROOT = Path(__file__).parents[2]
_HEAD = "| run | seed | workers | outcome | minutes | load before |\n|---:|---:|---:|---|---:|---:|"
_FIRST_SEED = 2026


class Item(Protocol):
    """A test as pytest collects it."""

    path: Path


T = TypeVar("T", bound=Item)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run of the tests: what pytest's last line counts, all that it said, and how long it took."""

    code: int
    counts: str
    said: str
    minutes: float
    load: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tests", nargs="*", metavar="TEST", help="files or folders; all without")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="of the runs, in turn")
    parser.add_argument("--seed", type=int, default=_FIRST_SEED, help="of the first run; the next has the next")
    parser.add_argument("--busy-already", action="store_true", help="keep no core busy, for other work does")
    parser.add_argument("--out", type=Path, help="where the table is written to as it grows")
    arguments = parser.parse_args()
    failed, rows = 0, [_HEAD]
    print(_HEAD)
    with nullcontext() if arguments.busy_already else busy_core():
        for number, workers in enumerate(islice(cycle(arguments.workers), arguments.runs)):
            seed = arguments.seed + number
            outcome = run(seed, workers, arguments.tests)
            failed += outcome.code != 0
            rows.append(row(number + 1, seed, workers, outcome))
            print(rows[-1], flush=True)
            if arguments.out:
                arguments.out.write_text("\n".join(rows) + "\n", "utf-8")
                if outcome.code:
                    arguments.out.with_suffix(f".{seed}.txt").write_text(outcome.said, "utf-8")
    return int(failed > 0)


@contextmanager
def busy_core() -> Iterator[None]:
    """Keep one core busy at everybody's own priority."""
    spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        spinning.kill()
        spinning.wait()


def run(seed: int, workers: int, tests: Sequence[str]) -> Outcome:
    """Run the tests once; one worker is pytest's own process."""
    spread = ["-n", str(workers), "--dist", "loadfile"] if workers > 1 else []
    command = [sys.executable, "-m", "pytest", "-q", "--shuffle", str(seed), *spread, *tests]
    load, start = os.getloadavg()[0], time.monotonic()
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    return Outcome(done.returncode, counts_of(said), said, (time.monotonic() - start) / 60, load)


def counts_of(said: str) -> str:
    """Return what the last line of pytest counts: passed, failed, skipped."""
    counts = re.findall(r"^(?:\d+ \w+(?:, )?)+(?= in )", said, re.MULTILINE)
    return counts[-1] if counts else "no end"


def shuffle(items: list[T], chance: random.Random) -> None:
    """Put them in random order, a file's tests together: what they share would be made for each of them otherwise."""
    files: dict[Path, list[T]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    groups = list(files.values())
    chance.shuffle(groups)
    for group in groups:
        chance.shuffle(group)
    items[:] = [item for group in groups for item in group]


def row(number: int, seed: int, workers: int, outcome: Outcome) -> str:
    """Return the run's line, with the names of the tests that failed."""
    names = [name for name in re.findall(r"^(?:FAILED|ERROR) (\S+)", outcome.said, re.MULTILINE)]
    told = "; ".join([outcome.counts, *(f"`{name}`" for name in names)])
    return f"| {number} | {seed} | {workers} | {told} | {outcome.minutes:.1f} | {outcome.load:.1f} |"


if __name__ == "__main__":
    sys.exit(main())

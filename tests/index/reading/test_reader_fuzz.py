"""Mutated files: a reader answers or refuses. Its process may die of one in a thousand, never ours, nor outlast the clock."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
_LEAST_PER_DEATH = 300


@pytest.mark.parametrize("kind", ["pdf", "html", "eml"])
@pytest.mark.parametrize("count", [60, pytest.param(3_000, marks=pytest.mark.full)])
def test_mutated_files_are_read_or_refused(kind: str, count: int) -> None:
    deaths: list[tuple[int, int]] = []
    first = 0
    while first < count:
        command = [sys.executable, "-m", "tests.support.fuzz_readers", kind, str(first), str(count - first)]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1_200, check=False)
        assert run.returncode <= 0, run.stderr
        last = int(run.stdout.split()[-1])
        if run.returncode:
            deaths.append((last, run.returncode))
        first = last + 1
    assert len(deaths) <= count // _LEAST_PER_DEATH, deaths

"""Whole runs in random order: the order is had again by its seed, and a run's line names what failed."""

import random
from pathlib import Path
from typing import NamedTuple

import pytest

from scripts.release import shuffled_runs
from scripts.release.shuffled_runs import Outcome, shuffle


class Item(NamedTuple):
    path: Path
    name: int


def shuffled(seed: str) -> list[Item]:
    items = [Item(Path(f"test_{file}.py"), number) for file in "abcdefgh" for number in range(5)]
    shuffle(items, random.Random(seed))
    return items


def test_an_order_is_had_again_by_its_seed() -> None:
    assert shuffled("2026") == shuffled("2026")
    assert shuffled("2026") != shuffled("2027")
    assert sorted(shuffled("2026")) == sorted(shuffled("2027"))


def test_the_tests_of_a_file_stay_together() -> None:
    files = [item.path for item in shuffled("2026")]
    assert [files[start : start + 5] for start in range(0, 40, 5)] == [[files[start]] * 5 for start in range(0, 40, 5)]
    assert files != sorted(files)


def test_a_line_names_what_failed() -> None:
    said = "..F\nFAILED tests/a.py::test_b[1] - assert 1 == 2\nERROR tests/c.py::test_d\n1 failed, 2 passed, 1 error in 3.2s\n"
    row = shuffled_runs.row(3, 2028, 4, Outcome(1, "1 failed, 2 passed, 1 error", said, 1.25, 2.0))
    assert (
        row
        == "| 3 | 2028 | 4 | 1 failed, 2 passed, 1 error; `tests/a.py::test_b[1]`; `tests/c.py::test_d` | 1.2 | 2.0 |"
    )


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ("....\n17 passed in 11.53s\n", "17 passed"),
        (
            "=== short test summary info ===\n2 failed, 3 passed, 1 skipped in 0:03:12\n",
            "2 failed, 3 passed, 1 skipped",
        ),
        ("Traceback", "no end"),
    ],
)
def test_the_counts_are_those_of_the_last_line(said: str, counts: str) -> None:
    assert shuffled_runs.counts_of(said) == counts

"""What was freed between things still in use goes back to the system."""

import re
from pathlib import Path

import pytest

from index.search.publication import _malloc_trim, give_back_memory


def own_mb() -> float:
    (kilobytes,) = re.findall(r"^Anonymous: +(\d+)", Path("/proc/self/smaps_rollup").read_text(), re.MULTILINE)
    return int(kilobytes) / 1024


@pytest.mark.alone
def test_what_lies_below_something_in_use_is_given_back() -> None:
    if _malloc_trim() is None:
        pytest.skip("another C library than glibc")
    give_back_memory()
    before = own_mb()
    rows = [b"x" * 50_000 for _ in range(2_000)]
    full = own_mb()
    del rows[:-1]
    give_back_memory()
    assert full - before > 80
    assert own_mb() - before < 20

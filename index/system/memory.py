"""Freed memory, given back to the system."""

import ctypes
import sys
from functools import cache
from typing import Any


def give_back() -> None:
    """For after work that took much for a while. glibc keeps what lies below anything still in use, a hundred MB in the end;
    where there is another C library this does nothing.
    """
    if trim := _malloc_trim():
        trim(0)


@cache
def _malloc_trim() -> Any:  # noqa: ANN401  (a foreign function, or None)
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None

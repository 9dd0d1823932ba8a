"""After a deletion: until its words are in no file. Deleted rows are overwritten where they lay, but what was written
before stays in the write-ahead log, and in the database as long as a snapshot keeps the log from being written back.
"""

import time
from collections.abc import Callable
from pathlib import Path

from index.store.connection import truncate_log

_PAUSE = 0.05


def erase(folder: Path, seconds: float, move_on: Callable[[], object] = lambda: None) -> bool:
    """Whether the log is gone within ``seconds``; False where somebody still reads what was before.

    ``move_on`` is called before every try, for readers of one's own: they need two steps, one to let the log be written
    back, and one not to read from it any more.
    """
    until = time.monotonic() + seconds
    while True:
        move_on()
        if truncate_log(folder):
            return True
        if time.monotonic() >= until:
            return False
        time.sleep(_PAUSE)

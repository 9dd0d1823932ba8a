"""Make ``api/client/sync.py`` of ``asynchronous.py``: the same client without await. ``--check`` only compares.

python -m scripts.release.sync_client
"""

import re
import sys
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "api" / "client"
SOURCE, TARGET = CLIENT / "asynchronous.py", CLIENT / "sync.py"
_RULES = (  # regular expression, replacement; in this order
    (
        r'\A""".*?"""',
        '"""The client that waits. Made of asynchronous.py by ``python -m scripts.release.sync_client``."""',
    ),
    (r"For one event loop\.", "Safe to share between threads."),
    (r"from asyncio import sleep\n", ""),
    (r"from time import monotonic\n", "from time import monotonic, sleep\n"),
    (r"AsyncIterator, Iterable\b", "Iterable, Iterator"),
    (r"\bAsync([A-Z])", r"\1"),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"__a(enter|exit)__", r"__\1__"),
    (r"\.a(close|read|iter_sse)\(", r".\1("),
    (r"\benter_async_context\b", "enter_context"),
)


def waiting(awaiting: str) -> str:
    """Return the source of the client that waits, given that of the one that awaits."""
    for pattern, replacement in _RULES:
        awaiting = re.sub(pattern, replacement, awaiting, flags=re.DOTALL)
    return awaiting


def main() -> int:
    made = waiting(SOURCE.read_text("utf-8"))
    if "--check" in sys.argv[1:]:
        return int(TARGET.read_text("utf-8") != made)
    TARGET.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

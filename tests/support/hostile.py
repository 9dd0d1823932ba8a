"""A splitter that does on command what Kiwi has done by accident. For a process made to die."""

import os
import signal
import time
from collections.abc import Callable, Sequence

from index.articles import Span
from index.korean.sentences import ParsedSentence
from tests.support.fakes import RegexSplitter

HOSTILE: dict[str, Callable[[], object]] = {
    "죽어라": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "멈춰라": lambda: os.abort(),
    "나가라": lambda: os._exit(0),
    "잡아라": lambda: bytearray(1 << 40),
    "넘쳐라": lambda: list[int]().__getitem__(3),
}


class HostileSplitter(RegexSplitter):
    """Sleeps at "자라" until somebody ends it."""

    def split(self, text: str, spans: Sequence[Span]) -> list[ParsedSentence]:
        for word, act in HOSTILE.items():
            if word in text:
                act()
        while "자라" in text:
            time.sleep(1)
        return super().split(text, spans)


class StillbornSplitter(RegexSplitter):
    def load(self) -> None:
        os._exit(3)


class SlowToLoad(RegexSplitter):
    """Holds the interpreter lock for a long time, as Kiwi does while it loads."""

    def load(self) -> None:
        sum(range(10**12))

"""The other side of :mod:`index.korean.parser_process`: reads articles until the one who asks is gone."""

import contextlib
import ctypes
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from index.articles import Article
from index.errors import GeungeoError, ParseError
from index.korean.parsing import Parsed, parse
from index.korean.sentences import SentenceSplitter
from index.system.limits import limit_memory, set_alarm
from index.system.spawned_process import READY

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class ParserLimits:
    """For one article: ``seconds`` and one more for each ``characters_a_second``.

    ``memory`` bytes beyond Kiwi's own.
    """

    seconds: float = 30.0
    characters_a_second: int = 10_000
    memory: int = 2 << 30

    def time_for(self, article: Article) -> float:
        """Return the seconds that an article may take."""
        return self.seconds + len(article.text) / self.characters_a_second


def serve(
    connection: Connection,
    begun: Any,  # noqa: ANN401  (ctypes' c_longlong in shared memory)
    make_splitter: Callable[[], SentenceSplitter],
    limits: ParserLimits,
    parent: int,
) -> None:
    """Read and write in threads of their own, so that no side ever waits for a full pipe."""
    inbox: queue.SimpleQueue[tuple[Article, float]] = queue.SimpleQueue()
    outbox: queue.SimpleQueue[Parsed | GeungeoError] = queue.SimpleQueue()
    threading.Thread(target=lambda: _read(connection, inbox), daemon=True).start()
    with _ending_with(parent):
        splitter = make_splitter()
        splitter.load()
    with contextlib.suppress(OSError):
        connection.send(READY)
    threading.Thread(target=lambda: _write(connection, outbox), daemon=True).start()
    limit_memory(limits.memory)
    while True:
        article, seconds = inbox.get()
        begun.value += 1
        set_alarm(seconds)
        outbox.put(_attempt(article, splitter))
        set_alarm(0)


@contextlib.contextmanager
def _ending_with(parent: int) -> Iterator[None]:
    """Let the kernel end this process with the first: loading holds the interpreter lock, so no thread here could notice.

    Linux only. It ends this process with the *thread* that started it, too, and so only while this one loads.
    """
    if sys.platform != "linux":  # and on Windows there is no SIGKILL to name
        yield
        return
    _ask_for_signal(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)  # it was gone before we asked
    yield
    _ask_for_signal(0)


def _ask_for_signal(number: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number)


def _attempt(article: Article, splitter: SentenceSplitter) -> Parsed | GeungeoError:
    try:
        return parse(article, splitter)
    except GeungeoError as error:
        return error
    except Exception:
        return crash(article)


def _read(connection: Connection, inbox: "queue.SimpleQueue[tuple[Article, float]]") -> None:
    try:
        while True:
            inbox.put(connection.recv())
    except (EOFError, OSError):
        os._exit(0)  # whoever asked is gone, and so are we, whatever Kiwi is doing


def _write(connection: Connection, outbox: "queue.SimpleQueue[Parsed | GeungeoError]") -> None:
    try:
        while True:
            connection.send(outbox.get())
    except OSError:
        os._exit(0)


def crash(article: Article) -> ParseError:
    """Return the error for an article on which the parser died."""
    return ParseError(
        f"글을 분석하지 못했습니다: {article.id}. 이상한 글자가 이어지는 곳이 없는지 보세요.",
        f"the article could not be analysed: {article.id}. Look for long runs of unusual characters.",
    )

"""The cleaner and Kiwi in a process of its own, with limits: an article that crashes, hangs or bloats it costs itself.

Kiwi has ended its process before (kiwipiepy#21, #158), and nothing in Python can stop native code that hangs. So the
kernel does: an alarm for the time, an address-space limit for the memory. The process lives on from article to
article and works ahead while the encoder works; a new one is started only after one has died.
"""

import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.sharedctypes import RawValue
from typing import Any

from index.articles import Article
from index.errors import GeungeoError, ModelError, ParseError, ParseTimeoutError
from index.korean.parser_child import ParserLimits, crash, serve
from index.korean.parsing import Parsed
from index.korean.sentences import SentenceSplitter
from index.system.failpoints import reach
from index.system.limits import ALARM
from index.system.spawned_process import SpawnedProcess

AHEAD_CHARACTERS = 120_000  # read before they are asked for: two batches of an ingest
_START_SECONDS = 120.0
_SLACK_SECONDS = 30.0  # for the alarm to be heard
_MOST_DEATHS = 3  # of no article's making


_LIMITS = ParserLimits()


@dataclass(slots=True)
class _Sent:
    """An article in the other process's hands; ``verdict`` once it is known to be what ended one."""

    article: Article
    verdict: ParseError | None = None


class _DiedError(Exception):
    """The other process is gone; ``timed_out`` where that is why."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__(timed_out)
        self.timed_out = timed_out


class ParserProcess:
    """See :class:`index.korean.parsing.Parser`. For one caller at a time.

    Parameters
    ----------
    make_splitter: called in the other process; must be picklable.
    """

    def __init__(self, make_splitter: Callable[[], SentenceSplitter], limits: ParserLimits = _LIMITS) -> None:
        self._make_splitter = make_splitter
        self._limits = limits
        self._waiting: deque[_Sent] = deque()  # not yet answered, oldest first
        self._process: SpawnedProcess | None = None
        self._begun: Any = None  # how many articles the process has begun to read, in memory shared with it
        self._answered = 0
        self._ended = False

    def start(self) -> None:
        """Begin to load; returns at once. Otherwise the first article does it. Raises ModelError after :meth:`end`."""
        if self._ended:
            raise _ended()
        if self._process is not None:
            return
        self._begun, self._answered = RawValue("q", 0), 0
        own = {
            "begun": self._begun,
            "make_splitter": self._make_splitter,
            "limits": self._limits,
            "parent": os.getpid(),
        }
        self._process = SpawnedProcess(partial(serve, **own))

    def close(self) -> None:
        """Stop the process. May be called more than once."""
        if self._process is not None:
            self._process.close()
            self._process = None
        self._waiting.clear()

    def end(self) -> None:
        """Stop for good, from whatever thread: one that is waiting for an article gets ModelError."""
        self._ended = True
        process = self._process
        if self._waiting and process is not None:  # whoever waits sees it die, and closes
            process.kill()
        else:
            self.close()

    def parse_many(self, articles: Iterable[Article]) -> Iterator[tuple[Article, Parsed | GeungeoError]]:
        """Yield each article, read or failed. Raises ModelError where the process does not even start."""
        characters = 0
        try:
            for article in articles:
                reach("ingest.parse")
                self.start()
                self._waiting.append(_Sent(article))
                self._send(article)
                characters += article.weight
                while characters >= AHEAD_CHARACTERS:
                    done, parsed = self._next()
                    characters -= done.weight
                    yield done, parsed
            while self._waiting:
                yield self._next()
        finally:
            if self._waiting:  # nobody wants the answers any more, and the next caller must not get them
                self.close()

    def _send(self, article: Article) -> None:
        assert self._process is not None
        with contextlib.suppress(OSError):  # it has died; whoever waits for the answer will see
            self._process.connection.send((replace(article, original=None), self._limits.time_for(article)))

    def _next(self) -> tuple[Article, Parsed | GeungeoError]:
        """Return the oldest article and what became of it."""
        head, deaths = self._waiting[0], 0
        while head.verdict is None:
            try:
                parsed = self._receive(self._limits.time_for(head.article) + _SLACK_SECONDS)
            except _DiedError as died:
                deaths += 1
                self._blame(died, deaths)
                self._start_again()
            else:
                self._waiting.popleft()
                return head.article, parsed
        self._waiting.popleft()
        return head.article, head.verdict

    def _blame(self, died: _DiedError, deaths: int) -> None:
        """Settle the article that was being read.

        Answers to those before it may be lost with it: they are read again.
        """
        unanswered = [request for request in self._waiting if request.verdict is None]
        place = self._begun.value - self._answered - 1
        if place >= 0:
            article = unanswered[place].article
            unanswered[place].verdict = _timeout(article) if died.timed_out else crash(article)
        elif deaths > _MOST_DEATHS:
            raise _did_not_start()

    def _start_again(self) -> None:
        waiting = list(self._waiting)
        self.close()
        self.start()
        self._waiting.extend(waiting)
        for request in waiting:
            if request.verdict is None:
                self._send(request.article)

    def _receive(self, seconds: float) -> Parsed | GeungeoError:
        process = self._process
        assert process is not None
        if not process.is_ready(_START_SECONDS):
            raise _did_not_start()
        try:
            if not process.connection.poll(seconds):
                raise _DiedError(timed_out=True)
            parsed: Parsed | GeungeoError = process.connection.recv()
        except (EOFError, OSError):
            raise _DiedError(timed_out=ALARM is not None and process.exit_code() == -ALARM) from None
        self._answered += 1
        return parsed


def _timeout(article: Article) -> ParseTimeoutError:
    return ParseTimeoutError(
        f"글을 분석하는 데 너무 오래 걸립니다: {article.id}. 글을 나누어 넣으세요.",
        f"analysing the article takes too long: {article.id}. Split it.",
    )


def _ended() -> ModelError:
    return ModelError("한국어 분석기를 이미 끝냈습니다.", "the Korean analysis has been ended.")


def _did_not_start() -> ModelError:
    return ModelError(
        "한국어 분석기가 시작되지 않습니다. kiwipiepy를 새로 설치하고, 메모리가 모자라지 않은지 확인하세요.",
        "the Korean analysis does not start. Reinstall kiwipiepy, and check that there is memory enough.",
    )

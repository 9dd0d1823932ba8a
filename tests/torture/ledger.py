"""The outside oracle: what was acknowledged, and so what each article may be found to be after a crash."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from index.articles import Article
from tests.torture import texts

State = int | None  # which version of an article is stored; None: it is not there


class Verdict(Enum):
    """Of one article as it was found."""

    RIGHT = "right"
    LOST = "lost"  # an acknowledged write is undone: an earlier version, nothing, or a deleted article back again
    TORN = "torn"  # no version that anybody ever wrote


@dataclass(slots=True)
class Found:
    """Counts over many articles, and the first few that were not right."""

    lost: int = 0
    torn: int = 0
    wrong: int = 0
    complaints: list[str] = field(default_factory=list)

    def complain(self, what: str) -> None:
        if len(self.complaints) < 10:
            self.complaints.append(what)

    def add(self, other: "Found") -> None:
        self.lost, self.torn, self.wrong = self.lost + other.lost, self.torn + other.torn, self.wrong + other.wrong
        for complaint in other.complaints:
            self.complain(complaint)


class Ledger:
    """Safe to share between threads; each article has one writer at a time."""

    def __init__(self) -> None:
        self._possible: dict[str, set[State]] = {}
        self._ever: dict[str, set[int]] = {}
        self._lock = threading.Lock()
        self.acknowledged = 0

    def begin(self, article_id: str, state: State) -> None:
        """A write is on its way: from now on both the old and the new may be found."""
        with self._lock:
            self._possible.setdefault(article_id, {None}).add(state)
            if state is not None:
                self._ever.setdefault(article_id, set()).add(state)

    def acknowledge(self, article_id: str, state: State) -> None:
        """It was answered: from now on nothing but the new may be found."""
        with self._lock:
            self._possible[article_id] = {state}
            self.acknowledged += 1

    def ids(self) -> list[str]:
        return sorted(self._possible)

    def certain(self, article_id: str) -> State:
        """What it must be; None also where that is open."""
        states = self._possible.get(article_id, {None})
        return next(iter(states)) if len(states) == 1 else None

    def is_open(self, article_id: str) -> bool:
        """Whether a write was under way that nobody acknowledged."""
        return len(self._possible.get(article_id, {None})) > 1

    def wrote(self, article_id: str, version: int) -> bool:
        """Whether anybody ever wrote, or tried to write, that version."""
        return version in self._ever.get(article_id, ())

    def judge(self, article_id: str, found: Article | None) -> Verdict:
        """And from now on it may be nothing else: whoever could have changed it is dead."""
        state = None if found is None else self._version(found)
        with self._lock:
            if state in self._possible.setdefault(article_id, {None}) and (state is None) == (found is None):
                self._possible[article_id] = {state}
                return Verdict.RIGHT
        return Verdict.LOST if found is None or state is not None else Verdict.TORN

    def judge_all(self, found: Iterable[Article]) -> Found:
        """Every article that was found anywhere, and everyone that was not and should have been."""
        result, left = Found(), set(self.ids())
        for article in found:
            left.discard(article.id)
            self.count(result, article.id, article)
        for article_id in sorted(left):
            self.count(result, article_id, None)
        return result

    def count(self, result: Found, article_id: str, found: Article | None) -> None:
        """Judge one article, into ``result``."""
        verdict = self.judge(article_id, found)
        if verdict is Verdict.RIGHT:
            return
        result.lost += verdict is Verdict.LOST
        result.torn += verdict is Verdict.TORN
        result.complain(f"{verdict.value}: {article_id} found as {found and found.title!r}")

    def _version(self, found: Article) -> int | None:
        """Which version it is to the last byte, if any."""
        named = texts.version_in(found.title)
        if named is None or named[0] != found.id:
            return None
        whole = texts.article(*named)
        return named[1] if (whole.title, whole.text, whole.source) == (found.title, found.text, found.source) else None

"""Judging citations: whether one stands on the gold evidence, holds a gold answer, and is truly verbatim.

Pure functions over offsets in code points; nothing here trusts what the pipeline says of its own citations.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from eval.datasets.datasets import GoldQuestion, GoldSpan
from index.articles import Article

FIRST_FEW = 3
_SHORTEST_ANSWER = 2  # characters; "예" or "3" alone stands in too many sentences to prove anything


class Quoted(Protocol):
    """A span of an article and what it is said to read."""

    @property
    def article_id(self) -> str:
        """Of the article that is quoted."""

    @property
    def start(self) -> int:
        """The first code point of the quote in its article."""

    @property
    def end(self) -> int:
        """The code point after its last."""


def overlaps(cited: Quoted, spans: Iterable[GoldSpan]) -> bool:
    """Return whether the cited span shares at least one character with a gold span of the same article."""
    return any(
        span.article_id == cited.article_id and cited.start < span.end and span.start < cited.end for span in spans
    )


def fold(text: str) -> str:
    """Return the text in NFC with every run of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def answer_strings(question: GoldQuestion, article: Callable[[str], Article | None]) -> tuple[str, ...]:
    """Return the gold answers, folded, that a verbatim quote could contain.

    An answer that stands in none of the relevant articles is a paraphrase; no quote can hold it, so it is left out.
    """
    texts = [fold(answer.text if isinstance(answer, GoldSpan) else answer) for answer in question.answers]
    articles = [article(article_id) for article_id, grade in question.relevant.items() if grade > 0]
    folded = [fold(article.text) for article in articles if article is not None]
    return tuple(text for text in texts if len(text) >= _SHORTEST_ANSWER and any(text in whole for whole in folded))


def contains_answer(quote: str, answers: Sequence[str]) -> bool:
    """Return whether the quote holds one of the folded ``answers``."""
    folded = fold(quote)
    return any(answer in folded for answer in answers)


def holds_answer(cited: Quoted, quote: str, question: GoldQuestion, answers: Sequence[str]) -> bool:
    """Return whether the quote holds a gold answer: its letters, or the very place where it stands.

    The place counts for answers of one character too, whose letters alone prove nothing.
    """
    spans = question.answer_spans
    return contains_answer(quote, answers) or any(
        span.article_id == cited.article_id and cited.start <= span.start and span.end <= cited.end for span in spans
    )


def is_exact(article: Article | None, start: int, end: int, quote: str) -> bool:
    """Return whether ``quote == article.text[start:end]`` with offsets inside the text, and not empty."""
    return article is not None and 0 <= start < end <= len(article.text) and article.text[start:end] == quote


def is_right(cited: Quoted, quote: str, question: GoldQuestion, answers: Sequence[str]) -> bool | None:
    """Return whether the cited span answers the question, by the finest verdict the data set has.

    Gold spans, else gold answer strings, else relevant articles; ``None`` where it has nothing.
    """
    if not question.answerable:
        return False
    if question.spans:
        return overlaps(cited, question.spans)
    if answers:
        return contains_answer(quote, answers)
    return question.relevant.get(cited.article_id, 0) > 0 if question.relevant else None

"""The record of one evaluation: what was asked, what came back, and how it was judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eval.ranking import Ranking


@dataclass(frozen=True, slots=True)
class Expected:
    """A gold answer; with offsets where it is known where it stands. ``evidence`` is the sentence around it."""

    text: str
    article_id: str | None = None
    start: int | None = None
    end: int | None = None
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation and our verdicts: verbatim in the corpus, and on the gold evidence (``None``: no verdict)."""

    article_id: str
    title: str
    start: int
    end: int
    quote: str
    exact: bool
    right: bool | None


@dataclass(frozen=True, slots=True)
class Row:
    """One question of the report.

    ``right`` judges what ``confidence`` is about: the first citation, or where it abstained the nearest passage;
    always ``False`` for an unanswerable question, ``None`` where the data set has no verdict.
    ``values`` holds the measures of this question alone; one that does not apply is absent, never zero.
    """

    id: str
    question: str
    half: str | None
    type: str | None
    tags: tuple[str, ...]
    answerable: bool
    why: str
    relevant: Mapping[str, int]
    expected: tuple[Expected, ...]
    ranking: Ranking
    asked: bool = False
    answered: bool = False
    reason: str | None = None
    confidence: float = 0.0
    text: str | None = None
    latency_ms: float = 0.0
    citations: tuple[Cited, ...] = ()
    right: bool | None = None
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure over ``n`` questions (or citations) with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Slice:
    """The questions of one type, tag or half."""

    n: int
    measures: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything ``report.json`` says, but the comparison with a baseline."""

    dataset: Mapping[str, Any]  # name, sha256, articles, questions, unjudged
    settings: Mapping[str, Any]  # mode, half, sample, and what the caller adds
    provenance: Mapping[str, Any]  # version, commit, created_at, python
    index: Mapping[str, Any]  # generation, encoder, articles, passages
    measures: Mapping[str, Estimate]
    breakdown: Mapping[str, Mapping[str, Slice]]  # "half" | "type" | "tag" -> name -> slice
    rows: tuple[Row, ...]


def row_from_record(record: Mapping[str, Any]) -> Row:
    """A row read back from ``report.json``. Raises TypeError or KeyError where it is no row."""
    nested = {
        "tags": tuple(record["tags"]),
        "expected": tuple(Expected(**each) for each in record["expected"]),
        "ranking": tuple((str(name), float(score)) for name, score in record["ranking"]),
        "citations": tuple(Cited(**each) for each in record["citations"]),
    }
    return Row(**{**record, **nested})

"""The record of one evaluation: what was asked, what came back, and how it was judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Ranking = tuple[tuple[str, float], ...]  # (article id, score), best first, scores strictly falling


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

    ``right`` judges what ``confidence`` is about: the first citation; where it abstained the first of ``unspoken``
    (what it would have cited), else the nearest passage; always ``False`` for an unanswerable question, ``None``
    where the data set has no verdict. ``must_not`` is what the first quote holds of what it must not. ``timed`` is false
    where ``latency_ms`` was flattered by a remembered vector. ``values`` holds the measures of this question alone; one
    that does not apply is absent, never zero.
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
    timed: bool = True
    citations: tuple[Cited, ...] = ()
    unspoken: tuple[Cited, ...] = ()
    right: bool | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    kind: str | None = None
    certainty: str | None = None  # the confidence in words, where the answer says it
    must_not: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure over ``n`` questions (or citations) with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Slice:
    """The questions of one type, tag, kind or half."""

    n: int
    measures: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Step:
    """One way to rank: its value, and its difference from the row before (none for the first)."""

    name: str
    value: Estimate
    change: Estimate | None


@dataclass(frozen=True, slots=True)
class Ablation:
    """Every way to rank in order; ``gain`` is the last against ``better_half``, the better of dense and lexical."""

    measure: str
    steps: tuple[Step, ...]
    better_half: str
    gain: Estimate


@dataclass(frozen=True, slots=True)
class Kept:
    """Questions asked in another form: the share whose gold passage is among the first three, plain and changed.

    ``low`` to ``high`` holds 95 % of ``changed / plain``. ``skipped`` says why nothing was asked, where nothing was.
    """

    name: str
    n: int
    plain: float = 0.0
    changed: float = 0.0
    ratio: float = 0.0
    low: float = 0.0
    high: float = 0.0
    skipped: str = ""
    korean: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything ``report.json`` says, but the comparison with a baseline."""

    dataset: Mapping[str, Any]  # name, sha256, articles, questions, unjudged
    settings: Mapping[str, Any]  # mode, half, sample, and what the caller adds
    provenance: Mapping[str, Any]  # version, commit, created_at, python
    index: Mapping[str, Any]  # generation, encoder, articles, passages
    measures: Mapping[str, Estimate]
    breakdown: Mapping[str, Mapping[str, Slice]]  # "half" | "type" | "tag" | "kind" -> name -> slice
    rows: tuple[Row, ...]
    ablation: Ablation | None = None
    robustness: tuple[Kept, ...] = ()


def row_from_record(record: Mapping[str, Any]) -> Row:
    """Return a row read back from ``report.json``. Raises TypeError or KeyError where it is no row."""
    nested = {
        "tags": tuple(record["tags"]),
        "expected": tuple(Expected(**expected) for expected in record["expected"]),
        "ranking": tuple((str(name), float(score)) for name, score in record["ranking"]),
        "citations": tuple(Cited(**cited) for cited in record["citations"]),
        "must_not": tuple(record.get("must_not", ())),
        "unspoken": tuple(Cited(**cited) for cited in record.get("unspoken", ())),
    }
    return Row(**{**record, **nested})

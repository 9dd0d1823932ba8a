"""Ranked passages to evidence sentences: what each sentence has in common with the question, as numbers.

Which numbers, and nothing else, decide how good a sentence is and how sure the answer; the weights that turn them
into a score are data (``rag/data/models.json``), fitted by ``scripts/fit_models.py``.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.articles import Passage, SpanKind
from index.encoder import Vectors
from index.engine import Engine
from index.store import SentenceRow
from index.terms import bigrams, search_key
from rag.answers import Hit
from rag.question import AnswerType, Question

EVIDENCE_PASSAGES = 10
FEATURES = (
    "sentence_cosine",
    "passage_fused",
    "passage_cosine",
    "passage_rank",
    "coverage",
    "coverage_with_neighbours",
    "coverage_of_passage",
    "rarest_missing",
    "bigram_coverage",
    "has_answer_type",
    "asks_type",
    "new_number",
    "is_headline",
    "is_short",
    "log_length",
    "ends_open",
    "position",
)

_NUMBER = re.compile(r"\d|[일이삼사오육칠팔구십백천]+(?:만|억|조)|한두|두세|세\s?가지|두\s?가지|절반|여러")
_DATE = re.compile(
    r"\d{1,4}\s*(?:년|월|일|분기|시)|\d{4}[.\-]\d|지난해|지난달|지난\s달|올해|올\s|내년|작년|금년|이듬해|내달|다음\s?달|이달|오는|최근|이날"
    r"|오전|오후|상반기|하반기|연말|연초|당시|까지|부터|기간|매년|매월|매주|이내"
)
_PERSON = re.compile(
    r"[가-힣]{2,4}\s?(?:[가-힣A-Z]{1,10}\s?)?(?:대표|사장|회장|부사장|장관|차관|총장|교수|의원|위원장|본부장|단장|부문장|기자|씨|박사|감독|대통령|총리"
    r"|CEO|관계자|의장|시장|지사|청장|국장|과장|팀장|선수|왕|작가|배우|가수)|(?:고|며|라고)\s(?:말|밝|강조|설명|전|했|주장)"
)
_PLACE = re.compile(
    r"[가-힣]+(?:시|도|군|구|동|읍|면|리|호텔|센터|본사|공항|학교|대학교|병원|역|관|원|국|산|강|섬|만|주)(?:\b|[에서의로를은는이가])|에서|서울|미국|중국|일본|유럽"
)
_REASON = re.compile(r"때문|위해|위한|따라|이유|까닭|배경|므로|[아어해]서|으로써|덕분|탓|려고|고자|판단|인해|원인|근거")
_TYPE_PATTERNS: Mapping[AnswerType, re.Pattern[str]] = {
    AnswerType.NUMBER: _NUMBER,
    AnswerType.DATE: _DATE,
    AnswerType.PERSON: _PERSON,
    AnswerType.PLACE: _PLACE,
    AnswerType.REASON: _REASON,
}
_DIGITS = re.compile(r"\d[\d,.]*")
_CLOSED = re.compile(r"[.!?。…\"'”’)\]]\s*$|[다요죠음함됨임]$")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence that may answer, the hit it was found in, and its features (len(FEATURES),) float32."""

    row: SentenceRow
    text: str
    hit: Hit
    features: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TermWeights:
    """How telling each of a question's words is: inverse document frequency over passages (Robertson and Zaragoza 2009)."""

    weights: Mapping[str, float]

    @classmethod
    def of(cls, engine: Engine, question: Question) -> "TermWeights":
        total = engine.manifest.passages
        weights = {}
        for word in question.words:
            frequency = engine.document_frequency(word)
            weights[word] = math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))
        return cls(weights)


def gather_evidence(
    engine: Engine, question: Question, vector: Vectors, hits: Sequence[Hit]
) -> tuple[list[Evidence], TermWeights]:
    """Every content sentence of the best passages, once each, with its features. vector: (1, dim) of the question."""
    weights = TermWeights.of(engine, question)
    found: dict[tuple[str, int], Evidence] = {}
    for hit in hits[:EVIDENCE_PASSAGES]:
        rows = engine.sentences(hit.passage.article_id, hit.passage.start, hit.passage.end)
        matches = [match_words(question, row.words, _slice(hit.passage, row)) for row in rows]
        for place, row in enumerate(rows):
            key = (hit.passage.article_id, row.sentence.start)
            if key not in found and row.sentence.kind is not SpanKind.QUESTION:
                features = _features(question, weights, vector, hit, rows, matches, place)
                found[key] = Evidence(row, _slice(hit.passage, row), hit, features)
    return list(found.values()), weights


def match_words(question: Question, words: Sequence[str], text: str) -> dict[str, float]:
    """How well each of the question's words is met: 1 itself, .8 an alias, up to .6 most of its letters in a row."""
    present = set(words)
    key = search_key(text).replace(" ", "")
    pairs: set[str] | None = None
    matches = {}
    for word in question.words:
        if word in present or (len(word) > 1 and word in key):
            matches[word] = 1.0
        elif any(word in stands_for and alias in present for alias, stands_for in question.aliases.items()):
            matches[word] = 0.8
        else:
            pairs = set(bigrams(text)) if pairs is None else pairs
            own = bigrams(word)
            share = sum(pair in pairs for pair in own) / len(own) if len(word) > 2 and own else 0.0
            matches[word] = 0.6 * share if share >= 0.5 else 0.0
    return matches


def coverage(matches: Mapping[str, float], weights: TermWeights) -> float:
    """The share of the question's weight that is met, in [0, 1]."""
    total = sum(weights.weights.values())
    return sum(weights.weights[word] * matches[word] for word in matches) / total if total else 0.0


def has_answer_type(kind: AnswerType, text: str, question_text: str) -> bool:
    """Whether the text holds the kind of thing that is asked for; a number the question names itself does not count."""
    pattern = _TYPE_PATTERNS.get(kind)
    if pattern is None:
        return True
    if kind is AnswerType.NUMBER:
        asked = set(_DIGITS.findall(question_text))
        return any(number not in asked for number in _DIGITS.findall(text)) or bool(
            pattern.search(_DIGITS.sub("", text))
        )
    return bool(pattern.search(text))


def _slice(passage: Passage, row: SentenceRow) -> str:
    return passage.text[row.sentence.start - passage.start : row.sentence.end - passage.start]


def _union(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {word: max(part[word] for part in parts) for word in parts[0]} if parts else {}


def _features(
    question: Question,
    weights: TermWeights,
    vector: Vectors,
    hit: Hit,
    rows: Sequence[SentenceRow],
    matches: Sequence[Mapping[str, float]],
    place: int,
) -> npt.NDArray[np.float32]:
    row, match = rows[place], matches[place]
    text = _slice(hit.passage, row)
    head = match_words(question, (), f"{hit.passage.title} {hit.passage.context}")
    around = _union([head, *matches[max(0, place - 2) : place + 1]])
    missing = max((weights.weights[word] * (1 - around[word]) for word in around), default=0.0)
    own_pairs = set(bigrams(text))
    cosine = float(row.vector @ vector[0])
    values = (
        cosine,
        hit.scores.fused,
        cosine if hit.scores.dense is None else hit.scores.dense,
        1 / hit.rank,
        coverage(match, weights),
        coverage(around, weights),
        coverage(_union([head, *matches]), weights),
        missing / (max(weights.weights.values(), default=0.0) or 1.0),
        sum(pair in own_pairs for pair in question.bigrams) / max(1, len(question.bigrams)),
        float(has_answer_type(question.kind, text, question.text)),
        float(question.kind is not AnswerType.OTHER),
        float(bool(set(_DIGITS.findall(text)) - set(_DIGITS.findall(question.text)))),
        float(row.sentence.kind in (SpanKind.HEADLINE, SpanKind.SUBHEADLINE)),
        float(len(text) < 15),
        math.log(max(len(text), 1)) / 5,
        float(not _CLOSED.search(text)),
        1 / (1 + row.sentence.start / 500),
    )
    return np.array(values, dtype=np.float32)

"""Ranked passages to evidence: every sentence of the best passages, with what it has in common with the question.

What is in common is told as numbers (:data:`FEATURES`) and nothing else decides how good a sentence is; the weights
that turn the numbers into a score are data (``rag/data/models.json``), fitted by ``scripts/fit/models.py``.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.articles import Passage, SpanKind
from index.korean.terms import search_key
from index.store.store import SentenceRow
from rag.answers import Hit
from rag.evidence.answer_types import has_answer_type, names_person, new_values, unit_agreement
from rag.question.question import AnswerType, Question
from rag.ranking.matching import Prepared, Values, inverse_frequency, matched_weights, share, word_similarities
from rag.ranking.retrieval import Ranked

EVIDENCE_PASSAGES = 10
FEATURES = (
    "sentence_cosine",
    "previous_cosine",
    "next_cosine",
    "passage_fused",
    "passage_cosine",
    "passage_rank",
    "maxsim",
    "maxsim_weighted",
    "maxsim_least",
    "maxsim_with_neighbours",
    "coverage",
    "coverage_with_neighbours",
    "rare_coverage",
    "rare_coverage_with_neighbours",
    "noun_coverage",
    "verb_coverage",
    "name_coverage",
    "focus_covered",
    "rarest_missing",
    "bigram_coverage",
    "trigram_coverage",
    "has_answer_type",
    "names_person",
    "new_value",
    "unit_agreement",
    "is_headline",
    "is_short",
    "log_length",
    "ends_open",
    "position",
)
_CLOSED = re.compile(r"[.!?。…\"'”’)\]]\s*$|[다요죠음함됨임]$")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence that may answer, the best hit it was found in, and its features (len(FEATURES),) float64."""

    row: SentenceRow
    text: str
    hit: Hit
    features: Values


@dataclass(frozen=True, slots=True)
class _Found:
    """A sentence before its features are known. ``letters`` is its search key."""

    row: SentenceRow
    text: str
    letters: str
    hit: Hit


def gather_evidence(asked: Prepared, ranked: Sequence[Ranked]) -> list[Evidence]:
    """Every content sentence of the best passages, once each, with its features."""
    found: dict[tuple[str, int], _Found] = {}
    for one in ranked[:EVIDENCE_PASSAGES]:
        for row in one.sentences:
            key = (row.sentence.article_id, row.sentence.start)
            if row.sentence.kind is not SpanKind.QUESTION:
                text = _slice(one.hit.passage, row)
                found.setdefault(key, _Found(row, text, search_key(text), one.hit))
    ordered = [found[key] for key in sorted(found)]
    if not ordered:
        return []
    matrix = _feature_matrix(asked, ordered)
    return [Evidence(one.row, one.text, one.hit, matrix[place]) for place, one in enumerate(ordered)]


def within_question(evidence: Sequence[Evidence]) -> Values:
    """(sentences, features), each feature as its distance from the question's mean in standard deviations.

    What a question's sentences share tells nothing about which of them answers.
    """
    matrix = np.stack([one.features for one in evidence])
    standardised: Values = (matrix - matrix.mean(axis=0)) / (matrix.std(axis=0) + 1e-3)
    return standardised


def _feature_matrix(asked: Prepared, found: Sequence[_Found]) -> Values:
    question, weights = asked.question, asked.weights
    before, after = _neighbours(found)
    cosines = np.array([float(one.row.vector @ asked.whole[0]) for one in found])
    matches = np.stack([asked.matcher.match(one.row.words, one.letters) for one in found])
    around = np.maximum(np.maximum(matches, matches[before]), np.maximum(matches[before[before]], matches[after]))
    rarity = inverse_frequency(matches.sum(axis=0), len(found)) * weights
    similar = word_similarities(asked, [one.row for one in found])
    columns = {
        "sentence_cosine": cosines,
        "previous_cosine": cosines[before],
        "next_cosine": cosines[after],
        "passage_fused": [one.hit.scores.fused for one in found],
        "passage_cosine": _passage_cosines(found, cosines),
        "passage_rank": [1 / one.hit.rank for one in found],
        **_maxsim(asked, similar, similar[before]),
        "coverage": share(matches, weights),
        "coverage_with_neighbours": share(around, weights),
        "rare_coverage": share(matches, rarity),
        "rare_coverage_with_neighbours": share(around, rarity),
        **_coverage_by_class(question, matches, weights),
        "rarest_missing": (weights * (1 - around)).max(axis=1, initial=0.0) / max(weights.max(initial=0.0), 1e-9),
        **_letters(question, found),
        **_surface(question, found),
    }
    return np.stack([np.asarray(columns[name], dtype=np.float64) for name in FEATURES], axis=1)


def _neighbours(found: Sequence[_Found]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The places of the sentence before and after each, its own where there is none of the same article."""
    articles = [one.row.sentence.article_id for one in found]
    last = len(found) - 1
    before = [place - 1 if place and articles[place - 1] == articles[place] else place for place in range(len(found))]
    after = [
        place + 1 if place < last and articles[place + 1] == articles[place] else place for place in range(len(found))
    ]
    return np.array(before), np.array(after)


def _maxsim(asked: Prepared, similar: Values, before: Values) -> dict[str, Values]:
    importance = matched_weights(asked)
    if not similar.shape[1]:
        return dict.fromkeys(
            ("maxsim", "maxsim_weighted", "maxsim_least", "maxsim_with_neighbours"), np.zeros(len(similar))
        )
    return {
        "maxsim": similar.mean(axis=1),
        "maxsim_weighted": share(similar, importance),
        "maxsim_least": similar.min(axis=1),
        "maxsim_with_neighbours": share(np.maximum(similar, before), importance),
    }


def _coverage_by_class(question: Question, matches: Values, weights: Values) -> dict[str, Values]:
    tags = [question.tags.get(word, "") for word in question.words]
    nouns = np.array([tag.startswith("N") or tag == "XR" for tag in tags], dtype=bool)
    verbs = np.array([tag.startswith("V") for tag in tags], dtype=bool)
    names = np.array([tag in ("NNP", "SL", "SH") for tag in tags], dtype=bool)
    common = [place for place, tag in enumerate(tags) if tag == "NNG"]
    return {
        "noun_coverage": share(matches, weights * nouns),
        "verb_coverage": share(matches, weights * verbs),
        "name_coverage": share(matches, weights * names),
        "focus_covered": matches[:, common[-1]] if common else np.zeros(len(matches)),
    }


def _letters(question: Question, found: Sequence[_Found]) -> dict[str, list[float]]:
    asked = search_key(question.text).replace(" ", "")
    triples = {asked[place : place + 3] for place in range(len(asked) - 2)}
    pair_shares, triple_shares = [], []
    for one in found:
        key = one.letters.replace(" ", "")
        pair_shares.append(sum(map(one.letters.__contains__, question.bigrams)) / max(1, len(question.bigrams)))
        triple_shares.append(sum(map(key.__contains__, triples)) / max(1, len(triples)))
    return {"bigram_coverage": pair_shares, "trigram_coverage": triple_shares}


def _surface(question: Question, found: Sequence[_Found]) -> dict[str, list[float]]:
    valued = question.kind in (AnswerType.NUMBER, AnswerType.DATE)
    asks_person = question.kind is AnswerType.PERSON
    kinds = (SpanKind.HEADLINE, SpanKind.SUBHEADLINE)
    return {
        "has_answer_type": [float(has_answer_type(question.kind, one.text, question.text)) for one in found],
        "names_person": [float(asks_person and names_person(one.text, question.text)) for one in found],
        "new_value": [float(valued and bool(new_values(one.text, question.text))) for one in found],
        "unit_agreement": [unit_agreement(question.text, one.text) for one in found],
        "is_headline": [float(one.row.sentence.kind in kinds) for one in found],
        "is_short": [float(len(one.text) < 15) for one in found],
        "log_length": [math.log(max(len(one.text), 1)) / 5 for one in found],
        "ends_open": [float(not _CLOSED.search(one.text)) for one in found],
        "position": [1 / (1 + one.row.sentence.start / 500) for one in found],
    }


def _passage_cosines(found: Sequence[_Found], cosines: Values) -> list[float]:
    return [
        cosine if one.hit.scores.dense is None else one.hit.scores.dense
        for one, cosine in zip(found, cosines.tolist(), strict=True)
    ]


def _slice(passage: Passage, row: SentenceRow) -> str:
    return passage.text[row.sentence.start - passage.start : row.sentence.end - passage.start]

"""How near a passage is to a question: what both searches say and how the words meet, as numbers for one linear model.

The weights are data (``rag/data/models.json``), fitted by ``scripts/fit/fusion.py`` and tested with whole sets left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.korean.terms import search_key
from index.store.rows import ReadPassage
from rag.ranking.matching import Prepared, Values, share

FEATURES = (
    "passage_cosine",
    "sentence_cosine",  # of the best sentence
    "bm25",  # as a share of the best candidate's
    "bm25_words",  # the same of morphemes without bigrams
    "maxsim",  # every word of the question against its nearest word of the passage, weighted (Khattab and Zaharia 2020)
    "maxsim_pair",  # the same against the best two sentences in a row
    "maxsim_least",  # the word of the question that is met worst
    "title_coverage",
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that one of the searches found. ``dense`` is its cosine, ``lexical`` and ``words`` are BM25."""

    seq: int
    read: ReadPassage
    dense: float
    lexical: float
    words: float


def fusion_features(asked: Prepared, candidates: Sequence[Candidate]) -> Values:
    """Return (candidates, len(FEATURES)), NaN where the encoder has no vectors of words."""
    columns = {
        "passage_cosine": [candidate.dense for candidate in candidates],
        "sentence_cosine": _best_sentences(asked, candidates),
        "bm25": _of_best([candidate.lexical for candidate in candidates]),
        "bm25_words": _of_best([candidate.words for candidate in candidates]),
        **_maxsim(asked, candidates),
        "title_coverage": _titles(asked, candidates),
    }
    return np.stack([np.asarray(columns[name], dtype=np.float64) for name in FEATURES], axis=1)


def _of_best(scores: Sequence[float]) -> Values:
    return np.array(scores) / (max(scores, default=0.0) or 1.0)


def _best_sentences(asked: Prepared, candidates: Sequence[Candidate]) -> list[float]:
    rows = [row.vector for candidate in candidates for row in candidate.read.sentences]
    cosines = iter((np.stack(rows) @ asked.whole[0]).tolist() if rows else ())
    return [max((next(cosines) for _ in candidate.read.sentences), default=candidate.dense) for candidate in candidates]


def _maxsim(asked: Prepared, candidates: Sequence[Candidate]) -> dict[str, list[float]]:
    names = ("maxsim", "maxsim_pair", "maxsim_least")
    similar = asked.meanings.match([row for candidate in candidates for row in candidate.read.sentences])
    if not similar.shape[1]:
        return dict.fromkeys(names, [float("nan")] * len(candidates))
    found: dict[str, list[float]] = {name: [] for name in names}
    start = 0
    for candidate in candidates:
        count = len(candidate.read.sentences)
        own = similar[start : start + count] if count else np.zeros((1, similar.shape[1]))
        start += count
        whole = own.max(axis=0, keepdims=True)
        pairs = np.maximum(own[:-1], own[1:]) if len(own) > 1 else own
        found["maxsim"].append(float(share(whole, asked.matched_weights)[0]))
        found["maxsim_pair"].append(float(share(pairs, asked.matched_weights).max()))
        found["maxsim_least"].append(float(whole.min()))
    return found


def _titles(asked: Prepared, candidates: Sequence[Candidate]) -> list[float]:
    """Score each candidate's title; passages of one article share theirs, so each is looked at once."""
    heads = [f"{candidate.read.passage.title} {candidate.read.passage.context}" for candidate in candidates]
    matches = {head: asked.matcher.match((), search_key(head)) for head in dict.fromkeys(heads)}
    known = {head: float(share(match[None], asked.weights)[0]) for head, match in matches.items()}
    return [known[head] for head in heads]

"""Retrieval: a passage ranking folded to articles, TREC files of it, and its measures by ``ir-measures``."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import ir_measures
import numpy as np
from ir_measures import RR, Qrel, R, ScoredDoc, nDCG

from eval.results import Ranking
from rag.answers import Hit

MEASURES = {
    "nDCG@10": nDCG @ 10,
    "Recall@1": R @ 1,
    "Recall@5": R @ 5,
    "Recall@10": R @ 10,
    "MRR@10": RR @ 10,
}
RUN_TAG = "geungeo"


def fold_to_articles(hits: Iterable[Hit]) -> Ranking:
    """Rank articles by their best passage, that of a near copy right behind the passage it copies.

    The scores are the fused ones, lowered by the least step where they do not fall: trec_eval sorts by score in
    single precision and breaks ties by id, so equal scores would be rescored in another order than ours.
    """
    ranking: dict[str, float] = {}
    ceiling = np.float32(np.inf)
    for hit in hits:
        for passage in (hit.passage, *hit.duplicates):
            if passage.article_id not in ranking:
                ceiling = min(np.float32(hit.scores.fused), np.nextafter(ceiling, np.float32(-np.inf)))
                ranking[passage.article_id] = float(ceiling)
    return tuple(ranking.items())


def retrieval_scores(
    relevant: Mapping[str, Mapping[str, int]], rankings: Mapping[str, Ranking]
) -> dict[str, dict[str, float]]:
    """Return question id -> measure -> value for every judged question; one without hits scores 0."""
    qrels = [Qrel(key, doc, grade) for key, grades in relevant.items() for doc, grade in grades.items()]
    run = [ScoredDoc(key, doc, score) for key in relevant for doc, score in rankings.get(key, ())]
    names = {measure: name for name, measure in MEASURES.items()}
    scores: dict[str, dict[str, float]] = {key: dict.fromkeys(MEASURES, 0.0) for key in relevant}
    if not qrels or not run:
        return scores
    for metric in ir_measures.iter_calc(list(names), qrels, run):
        scores[metric.query_id][names[metric.measure]] = float(metric.value)
    return scores


def run_lines(rankings: Mapping[str, Ranking]) -> Iterator[str]:
    """Yield ``qid Q0 docid rank score tag`` lines; nine digits give a single-precision score back exactly."""
    for key, ranking in rankings.items():
        for rank, (article_id, score) in enumerate(ranking, 1):
            yield f"{trec_id(key)} Q0 {trec_id(article_id)} {rank} {score:.9g} {RUN_TAG}"


def qrels_lines(relevant: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Yield ``qid 0 docid grade`` lines whose ids are spelled as in the run."""
    for key, grades in relevant.items():
        for article_id, grade in grades.items():
            yield f"{trec_id(key)} 0 {trec_id(article_id)} {grade}"


def trec_id(name: str) -> str:
    """Return the id, with white space (which TREC's columns cannot hold) and ``%`` percent-encoded."""
    return re.sub(r"[\s%]", lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), name)


def first_relevant_rank(ranking: Sequence[tuple[str, float]], relevant: Mapping[str, int]) -> int | None:
    """Rank of the best relevant article, 1 is first; ``None`` where none was found."""
    places = (rank for rank, (article_id, _) in enumerate(ranking, 1) if relevant.get(article_id, 0) > 0)
    return next(places, None)

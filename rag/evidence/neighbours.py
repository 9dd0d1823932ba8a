"""What is thought of the sentences that stand around one: whoever repeats the question often stands beside the answer."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rag.ranking.matching import Values
from rag.reader.windows import Candidate

FEATURES = (
    "reader_before",  # the reader's score of the sentence before it, of those that the question found in its article
    "reader_after",
    "reader_two_before",
    "reader_two_after",
    "evidence_before",
    "evidence_after",
    "above_before",  # how far the reader's score is above that of the sentence before
    "above_after",
    "reader_in_article",  # the best of its article
    "evidence_in_article",
    "reader_elsewhere",  # the best of all other articles
    "place_in_article",  # by the reader's score, 0 for the best
    "read_in_article",  # how many of its article's sentences the reader has read
    "from_reader_first",  # how many sentences behind the reader's first, in its article
    "from_evidence_first",
    "gap_before",  # characters that no sentence found holds
    "gap_after",
    "length",  # in characters
)
_NOBODY = -12.0  # the score of a sentence that is not there
_FAR, _MOST_STEPS, _MOST_GAP = 9.0, 6, 1000.0
_Rows = npt.NDArray[np.int64]


def neighbour_features(candidates: Sequence[Candidate], evidence: Values, reader: Values, unread: float) -> Values:
    """Return (sentences, len(FEATURES)) of both scores (sentences,); ``unread`` is the reader's of an unread one."""
    names = {name: at for at, name in enumerate(dict.fromkeys(candidate.article for candidate in candidates))}
    article = np.array([names[candidate.article] for candidate in candidates])
    start, end = np.array([(candidate.start, candidate.end) for candidate in candidates], dtype=np.float64).T
    order = np.lexsort((start, article))  # as they are read
    place = np.empty_like(order)
    place[order] = np.arange(len(order))

    def shifted(scores: Values, steps: int, nobody: float = _NOBODY) -> Values:
        return _shifted(scores, order, article, steps, nobody)

    before, after = shifted(reader, 1), shifted(reader, -1)
    in_article, elsewhere = _best(reader, article)
    columns = [
        before, after, shifted(reader, 2), shifted(reader, -2), shifted(evidence, 1), shifted(evidence, -1),
        reader - before, reader - after, in_article, _best(evidence, article)[0], elsewhere,
        _place_in_article(reader, article), _count(reader > unread, article),
        _steps_from(int(np.argmax(reader)), place, article), _steps_from(int(np.argmax(evidence)), place, article),
        np.clip(start - shifted(end, 1, -np.inf), 0, _MOST_GAP),
        np.clip(shifted(start, -1, np.inf) - end, 0, _MOST_GAP),
        end - start,
    ]  # fmt: skip
    return np.column_stack(columns)


def _shifted(scores: Values, order: _Rows, article: _Rows, steps: int, nobody: float) -> Values:
    """Return the score of the sentence that stands ``steps`` before each, of its article; behind it where negative."""
    found, pairs = np.full(len(scores), nobody), len(scores) - abs(steps)
    if pairs > 0:
        mine, theirs = (order[steps:], order[:pairs]) if steps > 0 else (order[:pairs], order[-steps:])
        found[mine] = np.where(article[mine] == article[theirs], scores[theirs], nobody)
    return found


def _best(scores: Values, article: _Rows) -> tuple[Values, Values]:
    """Return the best score of each sentence's article, and the best outside it."""
    best = np.full(article.max() + 1, _NOBODY)
    np.maximum.at(best, article, scores)
    leader = int(np.argmax(best))
    second = float(np.max(np.delete(best, leader), initial=_NOBODY))
    return best[article], np.where(article == leader, second, best[leader])


def _place_in_article(scores: Values, article: _Rows) -> Values:
    order = np.lexsort((-scores, article))
    first = np.searchsorted(article[order], article[order])
    places = np.empty(len(scores))
    places[order] = np.arange(len(scores)) - first
    return places


def _count(marked: npt.NDArray[np.bool_], article: _Rows) -> Values:
    return np.bincount(article, marked)[article].astype(np.float64)


def _steps_from(sentence: int, place: _Rows, article: _Rows) -> Values:
    steps = np.clip(place - place[sentence], -_MOST_STEPS, _MOST_STEPS)
    return np.where(article == article[sentence], steps, _FAR)

"""Where documents disagree: another value for what is asked, in another edition or in the same words elsewhere."""

import re
from collections.abc import Sequence

from index.korean.terms import search_key
from rag.evidence.editions import read_edition
from rag.evidence.evidence import Evidence
from rag.evidence.expected import day_of, wanted_values
from rag.evidence.rivals import read_narrowing
from rag.question.asked import Asked
from rag.ranking.matching import Values
from rag.values.qualifiers import find_qualifiers, judge
from rag.values.typed_values import Value, same_value

_MARGIN = 3.0  # in logits: how much worse the other sentence may be
_MOST = 3
_VARYING = re.compile(r"[\d\W_]+")
_LEAST_WORDS = 3  # letters that two sentences share: a telephone number alone is in nobody's words


def find_conflicts(read: Asked, ranked: Sequence[Evidence], scores: Values) -> list[tuple[Value, Evidence]]:
    """Return the other values, one an article, best first: of editions of one notice, or of sentences in the same words.

    An article that is of another year, grade or name than the question names disagrees with nothing.
    """
    if not ranked:
        return []
    best, own = ranked[0], _values(read, ranked[0])
    series, words = read_edition(best.scope.article).series, _VARYING.sub("", best.text)
    found: dict[str, tuple[Value, Evidence]] = {}
    for other, score in zip(ranked[1:], scores[1:], strict=True):
        article = other.scope.article
        if not own or score < scores[0] - _MARGIN or len(found) == _MOST:
            break
        if article.id == best.scope.article.id or article.id in found:
            continue
        if read_edition(article).series != series and (
            len(words) < _LEAST_WORDS or _VARYING.sub("", other.text) != words or _of_another(read, best, other)
        ):
            continue
        if _contradicted(read, other):
            continue
        values = _values(read, other)
        if values and not any(same_value(value, held) for value in values for held in own):
            found[article.id] = (values[0], other)
    return list(found.values())


def _of_another(read: Asked, best: Evidence, other: Evidence) -> bool:
    """Return whether the question has a word of the best article that the other lacks: 도서관 in 도서관 전화번호."""
    held, lacking = _letters(best), _letters(other)
    return any(word in held and word not in lacking for word in read_narrowing(read.core).words)


def _letters(evidence: Evidence) -> str:
    return search_key(f"{evidence.scope.article.title} {evidence.text}").replace(" ", "")


def _contradicted(read: Asked, evidence: Evidence) -> bool:
    article = evidence.scope.article
    published = day_of(article.published_at)
    held = find_qualifiers(f"{article.title} {evidence.text}", as_of=published)
    return bool(judge(read.qualifiers, held, published=published).contradicted)


def _values(read: Asked, evidence: Evidence) -> list[Value]:
    return wanted_values(read, evidence.meaning.values)

"""Where documents disagree: another value for what is asked, in another edition or in the same words elsewhere."""

import re
from collections.abc import Sequence

from rag.evidence.editions import read_edition
from rag.evidence.evidence import Evidence
from rag.evidence.expected import day_of, read_meaning, wanted_values
from rag.question.asked import Asked
from rag.ranking.matching import Values
from rag.values.typed_values import Value, same_value

_MARGIN = 3.0  # in logits: how much worse the other sentence may be
_MOST = 3
_VARYING = re.compile(r"[\d\W_]+")


def find_conflicts(read: Asked, ranked: Sequence[Evidence], scores: Values) -> list[tuple[Value, Evidence]]:
    """Return the other values, one an article, best first: of editions of one notice, or of sentences in the same words."""
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
        if read_edition(article).series != series and _VARYING.sub("", other.text) != words:
            continue
        values = _values(read, other)
        if values and not any(same_value(value, held) for value in values for held in own):
            found[article.id] = (values[0], other)
    return list(found.values())


def _values(read: Asked, evidence: Evidence) -> list[Value]:
    published = day_of(evidence.scope.article.published_at)
    return wanted_values(read, read_meaning(evidence.text, published).values)

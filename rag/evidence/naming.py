"""Questions that name a value or a clause and ask what it belongs to: what holds another one cannot answer them."""

from collections.abc import Sequence

from rag.evidence.evidence import Evidence
from rag.evidence.expected import day_of, named_values, read_meaning
from rag.evidence.standing import is_inside
from rag.question.asked import Asked, Asks


def holders(read: Asked, evidence: Sequence[Evidence]) -> list[int]:
    """The places of the sentences that hold what is named; all of them where none does or something else is asked."""
    held = [_held(read, one) for one in evidence]
    most = max(held, default=0)
    return [place for place, count in enumerate(held) if count == most]


def _held(read: Asked, one: Evidence) -> int:
    if Asks.CLAUSE in read.kinds and read.clause:
        return int(is_inside(one.standing.clause, read.clause))
    if Asks.WHAT_NUMBER in read.kinds:
        return named_values(read, read_meaning(one.text, day_of(one.scope.article.published_at)).values)
    return 0

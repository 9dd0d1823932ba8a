"""Questions that name a value or a clause and ask what it belongs to: what holds another one cannot answer them."""

from collections.abc import Sequence

from rag.evidence.evidence import Evidence
from rag.evidence.rules.pairs import named_pair
from rag.evidence.standing import is_inside
from rag.question.asked import Asked, Asks
from rag.values.typed_values import Value, ValueKind, same_value

_OPEN = frozenset({Asks.WHAT_NUMBER, Asks.LIST, Asks.DEFINITION, Asks.OTHER})


def holders(read: Asked, evidence: Sequence[Evidence]) -> list[int]:
    """Return the places of the sentences that hold what is named.

    All of them where none does or something else is asked. Where one of two is wanted, those that hold either.
    """
    held = [_held(read, sentence) for sentence in evidence]
    most = max(held, default=0)
    least = min(most, 1) if named_pair(read.core) else most
    return [row for row, count in enumerate(held) if count >= least]


def holds_number(read: Asked, sentence: Evidence) -> bool | None:
    """Return whether the sentence holds the telephone number that is asked about, None where none is.

    No two lines share a number, so that one which does answers, and one which does not never will.
    """
    numbers = [value for value in read.values if value.kind is ValueKind.PHONE]
    if Asks.WHAT_NUMBER not in read.kinds or not numbers:
        return None
    held = sentence.meaning.values
    return any(same_value(number, value) for number in numbers for value in held)


def _held(read: Asked, sentence: Evidence) -> int:
    if Asks.CLAUSE in read.kinds and read.clause:
        return int(is_inside(sentence.standing.clause, read.clause))
    if Asks.WHAT_NUMBER not in read.kinds:
        return 0
    only = read.kinds <= _OPEN  # 4월 20일 점검은 어디서 하나요 asks for a place, which may stand elsewhere
    held = sentence.meaning.values
    named = [value for value in read.values if only or value.kind is ValueKind.PHONE]
    return sum(any(_is_named(asked, value) for value in held) for asked in named)


def _is_named(asked: Value, held: Value) -> bool:
    """Return whether it is the same value; a month is not the day that lies in it."""
    whole = asked.kind is not ValueKind.DATE or held.key.count("-") >= asked.key.count("-")
    return whole and same_value(asked, held)

"""Arrows: "어진솔: 인사팀 → 부산지사" says where somebody comes from and goes to; a question asks for one of the two."""

import re
from collections.abc import Sequence
from enum import StrEnum

from rag.evidence.evidence import Evidence
from rag.question.asked import Asked, Asks

_ARROW = re.compile(r"→|⇒|➔|▶|->|=>")
_GOES = (
    r"(?:새로\s?)?(?:가[는게시]?|간|갈|갔|옮[기긴겨겼]|승진|발령|전보|이동|부임|배치|복귀|임용|전입|오[는게]?|온|올|왔)"
)
_TO = re.compile(rf"(?P<what>[가-힣A-Za-z0-9]{{2,}}?)(?:으로|로)\s{_GOES}")
_FROM = re.compile(
    r"(?P<what>[가-힣A-Za-z0-9]{2,}?)에서\s(?:다른\s?[가-힣]+\s?)?(?:옮[기긴겨겼]|떠[나난났]|나[가간갔]|전출|이동|승진|발령|전보|오[는게]|온|왔|가는|간|빠지|빠진)"
)
_SORT = re.compile(r"승진|전보|파견|복귀|임용|전출|전입")
_NO_PLACE = re.compile(r"^(?:어디|어느|무엇|무슨|뭐|다른|새|실제|처음|별도|추가|주)")


class End(StrEnum):
    """Which end of an arrow is named."""

    FROM = "from"
    TO = "to"


def named_end(question: str) -> tuple[End, str] | None:
    """Return the end of the move that a question names, and its name; None where it names none or both.

    >>> named_end("부산지사로 가는 사람은 누구인가요?")
    (<End.TO: 'to'>, '부산지사')
    """
    ends = [
        (end, match["what"])
        for end, form in ((End.TO, _TO), (End.FROM, _FROM))
        if (match := form.search(question)) and not _NO_PLACE.match(match["what"])
    ]
    return ends[0] if len(ends) == 1 else None


def moved_of(read: Asked, ranked: Sequence[Evidence]) -> list[int] | None:
    """Return the places among ``ranked`` of the lines whose arrow has what is named at the end that is asked about.

    None where the first has no arrow or nothing of the sort is asked; of its article's lines, the best first.
    """
    named = named_end(read.core) if ranked and Asks.PERSON in read.kinds else None
    if named is None or _at(named[0], ranked[0].text) is None:
        return None
    end, what = named
    sort = _SORT.search(read.core)
    return [
        at
        for at, other in enumerate(ranked)
        if other.scope.article.id == ranked[0].scope.article.id
        and what in (_at(end, other.text) or "").replace(" ", "")
        and (sort is None or sort.group() in other.with_path or not _SORT.search(other.with_path))
    ]


def _at(end: End, text: str) -> str | None:
    """Return what stands at one end of a line's only arrow."""
    sides = _ARROW.split(text)
    if len(sides) != 2:
        return None
    return sides[0].rpartition(":")[2] if end is End.FROM else sides[1]

"""Whether a text holds the kind of value that a question asks for, and whether it means the one that is asked about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import NamedTuple

from cachetools import LRUCache, cached

from rag.question.asked import Asked, Asks
from rag.values.qualifiers import Qualifier, QualifierKind, find_qualifiers, judge
from rag.values.typed_values import Value, ValueKind, find_values, same_value

_K = ValueKind
WANTED: dict[Asks, frozenset[ValueKind]] = {
    Asks.PERSON: frozenset({_K.PERSON}),
    Asks.ORGANISATION: frozenset({_K.ORGANISATION}),
    Asks.PLACE: frozenset({_K.PLACE, _K.ORGANISATION}),
    Asks.TIME: frozenset({_K.TIME, _K.DATE}),
    Asks.DATE: frozenset({_K.DATE, _K.TIME}),
    Asks.PERIOD: frozenset({_K.PERIOD, _K.DATE}),
    Asks.MONEY: frozenset({_K.MONEY}),
    Asks.COUNT: frozenset({_K.COUNT}),
    Asks.RATE: frozenset({_K.RATE}),
    Asks.AGE: frozenset({_K.AGE}),
    Asks.ORDINAL: frozenset({_K.ORDINAL, _K.AGE}),
    Asks.MEASURE: frozenset({_K.MEASURE, _K.COUNT}),
    Asks.PHONE: frozenset({_K.PHONE}),
}
_YEAR = re.compile(r"\d{4}")
_ASKS_YEAR = re.compile(r"몇\s?년|년도|연도|어느\s?해|what year", re.IGNORECASE)
_NEGATIVE = re.compile(
    r"없|않|못\s?(?:하|받|쓰|간|가|한|함|됩|됨)|안\s?(?:됩|되|됨|된|한다|합|받|나|줍|준)|금지|제외|아니(?!면|라면)|불가|말\s?것|마십|마세|마시|뺀다|빼고|면제"
)
_FREE = re.compile(
    r"무료|무상|공짜"
    r"|[가-힣]{0,7}(?:요금|금액|비용|보증금|등록금|위약금|부담금|(?<![재자치의완종음원유])료|(?<![준장대설정소예경낭])비|(?<![가-힣])값)"
    r"[은는이가을를도]?\s?(?:없(?!애|앤)[가-힣]*|받지\s?(?:않|아니)[가-힣]*|안\s?받[가-힣]*|내지\s?않[가-힣]*)"
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a text says in values: ``values`` it holds, ``qualifiers`` that narrow it, whether it denies something."""

    values: tuple[Value, ...]
    qualifiers: tuple[Qualifier, ...]
    negative: bool


def _bytes_of(meaning: Meaning) -> int:
    """Estimate the bytes of a meaning, with its text of 2,000 letters at most."""
    return 5_000 + 250 * (len(meaning.values) + len(meaning.qualifiers))


_REMEMBERED: LRUCache[tuple[object, ...], Meaning] = LRUCache(20_000_000, getsizeof=_bytes_of)


@cached(_REMEMBERED, lock=Lock())
def read_meaning(text: str, published: date | None) -> Meaning:
    """Return the values and qualifiers of a text; relative dates are counted from ``published``.

    That something is free is an amount too: what it costs is nothing.
    """
    values = find_values(text, published=published)
    free = [Value(_K.MONEY, *match.span(), "KRW 0", "원") for match in _FREE.finditer(text)]
    if free:
        values = tuple(sorted([*values, *free], key=lambda value: (value.start, value.end)))
    return Meaning(values, find_qualifiers(text, as_of=published), bool(_NEGATIVE.search(text)))


def wanted_values(asked: Asked, values: Sequence[Value]) -> list[Value]:
    """Return the values of the kind asked for that the question does not name itself."""
    kinds = frozenset().union(*(WANTED.get(kind, frozenset()) for kind in asked.kinds))
    return [
        value
        for value in values
        if value.kind in kinds
        and not any(same_value(value, named) for named in asked.values if named.kind is value.kind)
        and not (value.kind is _K.DATE and _YEAR.fullmatch(value.key) and not _ASKS_YEAR.search(asked.core))
    ]


def in_unit(asked: Asked, values: Sequence[Value]) -> bool:
    """Return whether one of the values is counted in the unit asked for."""
    return any(value.unit == asked.unit or (value.unit and value.unit in asked.unit) for value in values)


def named_values(asked: Asked, values: Sequence[Value]) -> int:
    """Count the values named by the question that stand among these."""
    return sum(any(same_value(named, value) for value in values) for named in asked.values)


class Agreement(NamedTuple):
    """The kinds of the qualifiers asked for that a text meets and contradicts, and what it says instead."""

    met: list[QualifierKind]
    contradicted: list[QualifierKind]
    instead: tuple[Qualifier, ...]


def agreement(asked: Sequence[Qualifier], held: Sequence[Qualifier], published: date | None) -> Agreement:
    """Return how the qualifiers that a text holds agree with those asked for."""
    verdict = judge(asked, held, published=published)
    return Agreement(
        [qualifier.kind for qualifier in verdict.met],
        [qualifier.kind for qualifier in verdict.contradicted],
        verdict.instead,
    )


def day_of(published: str | None) -> date | None:
    """Return a whole ISO date, None for anything coarser."""
    try:
        return date.fromisoformat(published) if published else None
    except ValueError:
        return None

"""The two that a question wants one of: 솔관 2인실이랑 참관 2인실 중, and the rows that it means by them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.korean.terms import search_key
from rag.evidence.rules.alike import Row, Rows

_JOINT = re.compile(r"(?<=\S)(?P<joint>이랑|랑|하고|과|와)\s")
_SURE = frozenset({"이랑", "랑", "하고"})  # 금이랑; but 결과 is a word
_CHOOSES = re.compile(r"중(?:에서?|에)?\s|가운데|어느|어디|누가|누구|뭐|무엇|어떤|더\s")
_WORD = re.compile(r"[가-힣A-Za-z0-9-]+")
_PARTICLE = re.compile(r"(?:에서는|에서|에게|은|는|이|가|을|를|의|에|도)$")
_MOST_WORDS = 6
_NAMING_CELLS = 3  # of a row: 솔관 | 2인실 | 690,000


@dataclass(frozen=True, slots=True)
class Pair:
    """The words before what joins the two, the nearest first, and those behind it up to what asks to choose."""

    before: tuple[str, ...]
    behind: tuple[str, ...]


def named_pair(question: str) -> Pair | None:
    """Return the two that a question wants one of, None where it names no two.

    >>> named_pair("솔관 2인실이랑 참관 2인실 중 어디가 더 싼가요?")
    Pair(before=('2인실', '솔관'), behind=('참관', '2인실'))
    """
    asked = search_key(question)
    joints = list(_JOINT.finditer(asked))
    chooses = _CHOOSES.search(asked, joints[0].end()) if joints else None
    if chooses is None:
        return None
    joint = [joint for joint in joints if joint.end() <= chooses.start()][-1]  # 새잎치과 금이랑 은 중
    before = _WORD.findall(asked[: joint.start()])[::-1]
    behind = _WORD.findall(asked[joint.end() : chooses.start()])
    if not before or not behind or (len(before[0]) < 2 and joint["joint"] not in _SURE):
        return None
    return Pair(tuple(before[:_MOST_WORDS]), tuple(behind[:_MOST_WORDS]))


def rows_meant(pair: Pair, rows: Rows) -> tuple[list[Row], list[Row]]:
    """Return the rows that each of the two means: those that hold most of its words, counted from what joins them."""
    sort = search_key(rows.names[0])
    named = {row.place: _names(row, sort) for row in rows.rows}
    return _meant(pair.before, rows.rows, named), _meant(pair.behind, rows.rows, named)


def _names(row: Row, sort: str) -> frozenset[str]:
    """Return the words of a row's first cells, also with the sort of thing that it is: 은 and 은등급."""
    words = [word for cell in row.cells[:_NAMING_CELLS] for word in _WORD.findall(search_key(cell))]
    return frozenset(words) | {word + sort for word in words}


def _meant(words: Sequence[str], rows: Sequence[Row], named: Mapping[int, frozenset[str]]) -> list[Row]:
    found: list[Row] = []
    for place, word in enumerate(words):
        holding = [row for row in found or rows if _holds(named[row.place], word)]
        if place and not found and not holding:
            break  # of 기본형 검진이랑 the nearest word may say no more than what sort of thing it is, no other
        found = holding or found
    return found


def _holds(names: frozenset[str], word: str) -> bool:
    """Return whether one of a row's words is, begins or begins with the word; of one letter only a whole word counts."""
    bare = _PARTICLE.sub("", word) or word
    if not names.isdisjoint((word, bare)):
        return True
    return len(bare) > 1 and any(bare in name or (len(name) > 1 and word.startswith(name)) for name in names)

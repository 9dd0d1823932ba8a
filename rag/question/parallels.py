"""Which word of an earlier question another word takes the place of: 부산 of 서울, 2급지 of 1급지, 라인댄스 of 서예."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress, takewhile
from operator import not_

from index.korean.terms import search_key
from rag.question.turns import Word
from rag.values.qualifiers import Qualifier, QualifierKind, find_qualifiers

_ENDINGS = frozenset("동구시군읍면도과팀반호선관실층차형기종급반권년월일회")
_COLUMNS = re.compile(r"\s*[|\t;]\s*|\s+/\s+|\s{2,}")
_ITEMS = re.compile(r"\s*[,:：/·(]\s*")
_BULLET = re.compile(
    r"\s*(?:\d{1,2}\s?[.)]|[가-하]\s?[.)]|\((?:\d{1,2}|[가-하])\)|[①-⑳㉠-㉭]|[-–—○●□■◦•·※*▪▶]|제\d+조|\[)?\s*"
)
_ROUGH = re.compile(r"\d[\d,.]*|[①-⑳]|[㉠-㉭]")
_LETTER = re.compile(r"[가-하](?=\s?[.)])")
_WORD_END = r"(?=[^가-힣]|$|(?:은|는|이|가|을|를|의|과|와|도)(?:\s|$))"


def parallel(word: Word, others: Sequence[Word], article: str) -> tuple[Word, ...]:
    """Return those of ``others`` whose place ``word`` takes: alike in kind, in shape or in place in the article."""
    candidates = [other for other in others if other.text != word.text]
    alike = _by_qualifier(word, candidates) or _by_shape(word, candidates)
    if alike is not None:
        return (alike,)
    if placed := _by_place(word, candidates, article):
        return placed
    named = _by_name(word, candidates)
    return () if named is None else (named,)


def _by_qualifier(word: Word, others: Sequence[Word]) -> Word | None:
    mine = {(qualifier.kind, qualifier.family) for qualifier in qualifiers_of(word)}
    return next((other for other in others if mine & {(q.kind, q.family) for q in qualifiers_of(other)}), None)


def qualifiers_of(word: Word) -> tuple[Qualifier, ...]:
    """Return the qualifiers that make up at least half of the word: 2023년 is one, 2023년 출자배당률 has none."""
    return tuple(
        qualifier for qualifier in find_qualifiers(word.text) if 2 * (qualifier.end - qualifier.start) >= len(word.text)
    )


def _by_shape(word: Word, others: Sequence[Word]) -> Word | None:
    """Return the word that is the same but for a number, or that ends alike: 2급지 and 1급지, 물빛동 and 은하동."""
    for other in others:
        if _ROUGH.sub("0", other.text) == _ROUGH.sub("0", word.text):
            return other
    alike = [(len(ending), at, other) for at, other in enumerate(others) if (ending := _ending(word.text, other.text))]
    return max(alike, key=lambda found: found[:2])[2] if alike else None  # of 도서관 and 중앙관 the one that narrows


def _ending(word: str, other: str) -> str:
    """Return the end that both have, where it tells what sort of thing they are."""
    ending = _common_ending(word, other)
    return ending if len(ending) >= 2 or ending in _ENDINGS else ""


def _common_ending(word: str, other: str) -> str:
    length = 0
    while length < min(len(word), len(other)) - 1 and word[-length - 1] == other[-length - 1]:
        length += 1
    return word[len(word) - length :]


def _by_name(word: Word, others: Sequence[Word]) -> Word | None:
    """Return the only proper name, where the word is one too."""
    names = [other for other in others if other.proper]
    return names[0] if word.proper and len(names) == 1 else None


def _by_place(word: Word, others: Sequence[Word], article: str) -> tuple[Word, ...]:
    """Return what stands in the same column, at the head of a line of the same list, or beside the word in its line."""
    mine = _Places(_places(word.text, article))
    for at, candidate in enumerate(others):
        for place in _places(candidate.text, article):
            if like := mine.first_like(place):
                return _with_neighbours(others, at, place.around, article.splitlines()[like.line])
    return ()


def _with_neighbours(words: Sequence[Word], at: int, text: str, other: str) -> tuple[Word, ...]:
    """Return the word and those beside it in the question that stand in the same text alone: 폭 120cm 이상 장롱."""
    within = partial(_within, text, other)
    before = tuple(takewhile(within, reversed(words[:at])))
    return (*reversed(before), words[at], *takewhile(within, words[at + 1 :]))


def _within(text: str, other: str, word: Word) -> bool:
    """Return whether the word stands in ``text``, not in ``other``, and is no time, which any part can be asked."""
    only_here = stands_in(word.text, text) and not stands_in(word.text, other)
    return only_here and not any(qualifier.kind in _TIMES for qualifier in qualifiers_of(word))


_TIMES = frozenset({QualifierKind.YEAR, QualifierKind.HALF, QualifierKind.QUARTER, QualifierKind.MONTH})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a word begins a cell: ``columns`` cells in the line, of which it is the ``number``th.

    ``mark`` is what the line begins with, ``rest`` what follows in the cell; ``heads`` where it heads a table.
    """

    line: int
    mark: str
    columns: int
    number: int
    around: str
    rest: str
    heads: bool


class _Places:
    """The places of a word, found by what they have in common with another's: an article may hold a word 100,000 times."""

    def __init__(self, places: Iterable[_Place]) -> None:
        self._in_line: dict[tuple[int, str], tuple[int, _Place]] = {}
        self._of_shape: dict[tuple[str, int, int], list[tuple[int, _Place]]] = {}
        for order, place in enumerate(places):
            self._in_line.setdefault((place.line, place.rest), (order, place))
            alike = self._of_shape.setdefault((place.mark, place.columns, place.number), [])
            if len(alike) < 2 and all(place.line != other.line for _, other in alike):  # of two lines, one is another's
                alike.append((order, place))

    def first_like(self, place: _Place) -> _Place | None:
        """Return the first beside it in its line, with the same behind it, or in the same place of another line."""
        alike = self._of_shape.get((place.mark, place.columns, place.number), [])
        found = [(order, other) for order, other in alike if other.line != place.line]
        beside = self._in_line.get((place.line, place.rest))
        if beside and (place.columns == 1 or place.heads):
            found.append(beside)
        return min(found, key=lambda pair: pair[0])[1] if found else None


def _places(text: str, article: str) -> Iterator[_Place]:
    wanted = re.compile(r"\s?".join(map(re.escape, text.replace(" ", ""))) + _WORD_END)
    for number, line in enumerate(article.splitlines()):
        bullet = _BULLET.match(line)
        start = bullet.end() if bullet else 0
        columns = _COLUMNS.split(line[start:].strip())
        cells = columns if len(columns) > 1 else _ITEMS.split(line[start:].strip())
        heads = not any(map(str.isdigit, line))
        for column, cell in enumerate(cells):
            if found := wanted.match(cell):
                around = line if len(columns) > 1 else cell
                rest, mark = _rough(cell[found.end() :]), _LETTER.sub("0", _rough(line[:start]))
                yield _Place(number, mark, len(columns), column, around, rest, heads)


def _rough(text: str) -> str:
    """Return the text with 0 for every number, whatever its form."""
    return _ROUGH.sub("0", text).strip()


def _squeezed(text: str) -> str:
    return search_key(text).replace(" ", "")


def split_tables(article: str) -> tuple[str, str]:
    """Return the lines of an article that have columns, and the others."""
    lines = article.splitlines()
    rows = [len(_COLUMNS.split(line.strip())) > 2 for line in lines]
    return tuple("\n".join(compress(lines, chosen)) for chosen in (rows, map(not_, rows)))  # type: ignore[return-value]


def stands_in(text: str, article: str) -> bool:
    """Return whether an article holds the word, however it is spaced."""
    return _squeezed(text) in _squeezed(article)

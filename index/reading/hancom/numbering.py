"""The numbers that a word processor computes before its paragraphs ("1.", "가.", "①"): they are seen, but not in the file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from index.reading.composing.list_numbers import number, raised

_PLACEHOLDER = re.compile(r"\^(1[0-9]|[1-9nN])")

FORMATS = (
    "DIGIT",
    "CIRCLED_DIGIT",
    "ROMAN_CAPITAL",
    "ROMAN_SMALL",
    "LATIN_CAPITAL",
    "LATIN_SMALL",
    "CIRCLED_LATIN_CAPITAL",
    "CIRCLED_LATIN_SMALL",
    "HANGUL_SYLLABLE",
    "CIRCLED_HANGUL_SYLLABLE",
    "HANGUL_JAMO",
    "CIRCLED_HANGUL_JAMO",
    "HANGUL_PHONETIC",
    "IDEOGRAPH",
    "CIRCLED_IDEOGRAPH",
    "DECAGON_CIRCLE",
    "DECAGON_CIRCLE_HANJA",
)
"""HWPX's names of the formats in the order of HWP 5's numbers."""


@dataclass(frozen=True, slots=True)
class Level:
    """How one level of a list is numbered: ``form`` is "^1." with ``^n`` for the number of level n."""

    form: str
    format: str = "DIGIT"
    start: int = 1


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before a paragraph of some shape: a bullet, or the number of ``list_id``'s ``level`` (from 0)."""

    list_id: str = ""
    level: int = 0
    bullet: str = ""
    is_outline: bool = False


@dataclass(slots=True)
class Numbering:
    """Counts the lists of one document as its paragraphs pass in order."""

    lists: Mapping[str, Sequence[Level]]
    _counts: dict[str, list[int]] = field(default_factory=dict)

    def mark(self, head: Head, outline_id: str = "") -> str:
        """Return what stands before a paragraph with this head, with a blank after it; "" where nothing is known to."""
        if head.bullet:
            return f"{head.bullet} "
        list_id = outline_id if head.is_outline else head.list_id
        levels = self.lists.get(list_id, ())
        if not 0 <= head.level < len(levels):
            return ""
        counts = self._count(list_id, head.level, levels)
        text = _PLACEHOLDER.sub(lambda match: _filled(match[1], counts, head.level, levels), levels[head.level].form)
        return f"{text.strip()} " if text.strip() else ""

    def _count(self, list_id: str, level: int, levels: Sequence[Level]) -> list[int]:
        counts = self._counts.setdefault(list_id, [])
        del counts[level + 1 :]
        if len(counts) > level:
            counts[level] += 1
        while len(counts) <= level:
            counts.append(levels[len(counts)].start)
        return counts


def note_mark(value: int, style: str, before: str, after: str) -> str:
    """Return the mark of a note at its place and before its text.

    >>> note_mark(4, "DIGIT", "", ")")
    '⁴⁾'
    """
    return raised(f"{before}{number(value, style)}{after}")


def _filled(place: str, counts: Sequence[int], level: int, levels: Sequence[Level]) -> str:
    if place in "nN":
        path = ".".join(str(count) for count in counts[: level + 1])
        return f"{path}." if place == "N" else path
    wanted = int(place) - 1
    return number(counts[wanted], levels[wanted].format) if wanted < len(counts) else ""

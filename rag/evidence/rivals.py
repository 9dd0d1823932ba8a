"""Another of the same sort: the question says D실, 50mm, 밤꿀 or 금 크라운, the text E실, 40mm, 아까시꿀, 지르코니아 크라운.

Told by form alone: the same ending with another beginning, the same unit with another figure, the same head behind another
modifier. What the text holds itself is no rival.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.korean.terms import search_key

_WORD = re.compile(r"[가-힣A-Za-z0-9]+")
_PARTICLE = re.compile(
    r"(?:에서는|에서도|으로는|에게는|까지는|부터는|이라는|라는|에서|에게|한테|으로|까지|부터|마다|처럼|보다|하고|이랑|이나|이란|에는|에도|은|는|이|가|을|를|의"
    r"|에|로|와|과|도|만|랑|나|란|께)$"
)
_COUNTED = re.compile(r"(\d+(?:[.,]\d+)*)\s?([가-힣A-Za-z%㎡㎝㎜㎏]{1,3})")
_UNIT_PARTICLE = re.compile(r"(?<=.)(?:은|는|이|가|을|를|의|에|로|와|과|도|만|까|부|인|짜|째|씩|쯤)[가-힣]*$")
# Endings of one syllable that name a sort of place, group or number; longer endings need no list.
_SORTS = frozenset("동읍면리시군구도과팀실국처반층호번급관점조항차기회역교길선권종형꿀장부계청")
_ASKS = frozenset(
    [
        "얼마",
        "언제",
        "어디",
        "누구",
        "무엇",
        "무슨",
        "어느",
        "어떤",
        "어떻게",
        "며칠",
        "뭐",
        "뭔가",
        "왜",
        "몇",
        "있",
        "없",
        "되",
        "하",
        "인가요",
        "나요",
        "알려",
        "알려줘",
        "알려주세요",
        "궁금합니다",
        "있나요",
        "하나요",
        "되나요",
    ]
)
_MOST_WORDS = 24


@dataclass(frozen=True, slots=True)
class Rivals:
    """How many of the question's words and figures the text answers with another of their sort."""

    endings: int
    figures: int
    modifiers: int
    missing: int  # words that neither the text nor what it stands under holds


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The question's words without particles, in order, and its counted figures as (figure, unit)."""

    words: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]


def read_narrowing(question: str) -> Narrowing:
    """Return what a question narrows with."""
    key = search_key(question)
    words = [stem(word) for word in _WORD.findall(key)]
    return Narrowing(tuple(word for word in words if word not in _ASKS)[:_MOST_WORDS], tuple(_figures(key)))


def stem(word: str) -> str:
    """Return a word without its particle, where two letters are left."""
    match = _PARTICLE.search(word)
    return word[: match.start()] if match and match.start() >= 2 else word


def find_rivals(asked: Narrowing, text: str, around: str) -> Rivals:
    """Count the rivals in ``text``, the sentence with its label, and ``around``, the lines above it, title and opening.

    Both as search keys.
    """
    joined = (text + around).replace(" ", "")
    held = [stem(word) for word in _WORD.findall(text)]
    missing = [word for word in asked.words if word not in joined and not word.isdigit() and len(word) > 1]
    ends = {word[-1] for word in missing}
    alike = {word for word in held if word[-1] in ends}
    return Rivals(
        sum(any(_same_sort(word, other) for other in alike) for word in missing),
        _other_figures(asked.figures, text, around) if asked.figures else 0,
        _other_modifiers(asked.words, held, joined),
        len(missing),
    )


def _other_figures(asked: Sequence[tuple[str, str]], text: str, around: str) -> int:
    """Count the figures in whose place the text has another with the same unit: 2호차 where 3호차 is asked for."""
    figures = set(_figures(f"{text} {around}"))
    units = {unit for _, unit in _figures(text)}
    return sum(pair not in figures and pair[1] in units for pair in asked)


def _same_sort(word: str, other: str) -> bool:
    """Return whether two words end alike and begin differently: 윗마루동 and 새벌동, 겨울독서교실 and 여름독서교실."""
    if word == other or min(len(word), len(other)) < 2:
        return False
    shared = 0
    while shared < min(len(word), len(other)) - 1 and word[-1 - shared] == other[-1 - shared]:
        shared += 1
    return shared >= 2 or (shared == 1 and word[-1] in _SORTS)


def _other_modifiers(words: Sequence[str], held: Sequence[str], joined: str) -> int:
    """Count the pairs asked for whose head stands in the text behind another word alone: 지르코니아 크라운 for 금 크라운."""
    before = {head: word for word, head in pairwise(held)}
    return sum(
        len(head) > 1
        and head in before
        and before[head] != modifier
        and modifier + head not in joined
        and modifier not in held
        for modifier, head in pairwise(words)
    )


def _figures(text: str) -> list[tuple[str, str]]:
    return [(match[1].replace(",", ""), _UNIT_PARTICLE.sub("", match[2])) for match in _COUNTED.finditer(text)]

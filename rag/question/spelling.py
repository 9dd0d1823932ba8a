"""Korean names written in Latin letters: which Hangul words of the index an English question may mean by Mulpure.

The Revised Romanization and the spellings that people use for their own names are read syllable by syllable. One spelling
stands for many Hangul words; only those whose letter pairs all occur in the index are kept.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.question.keyboard import put_together

Frequency = Callable[[str], int]  # of a search word or a pair of letters: how many passages hold it

_ONSETS = {
    "": "ㅇ", "kk": "ㄲ", "tt": "ㄸ", "pp": "ㅃ", "ss": "ㅆ", "jj": "ㅉ", "ch": "ㅊㅈ", "sh": "ㅅ", "g": "ㄱ", "k": "ㅋㄱ", "n": "ㄴㄹ",
    "d": "ㄷ", "t": "ㅌㄷ", "r": "ㄹ", "l": "ㄹㄴ", "m": "ㅁ", "b": "ㅂ", "p": "ㅍㅂ", "s": "ㅅㅆ", "j": "ㅈ", "h": "ㅎ",
}  # fmt: skip
_NUCLEI = {
    "yeo": "ㅕ", "yae": "ㅒ", "wae": "ㅙ", "eo": "ㅓ", "eu": "ㅡ", "ae": "ㅐ", "ya": "ㅑ", "ye": "ㅖ", "wa": "ㅘ", "oe": "ㅚ", "yo": "ㅛ",
    "wo": "ㅝ", "we": "ㅞ", "wi": "ㅟ", "yu": "ㅠㅕ", "ui": "ㅢ", "oo": "ㅜ", "ee": "ㅣ", "ou": "ㅕㅓ", "a": "ㅏ", "e": "ㅔㅐ", "o": "ㅗ",
    "u": "ㅜㅓ", "i": "ㅣ",
}  # fmt: skip
_CODAS: dict[str, Sequence[str]] = {
    "": ("",), "ng": "ㅇ", "g": "ㄱ", "k": "ㄱㄲㅋ", "n": "ㄴ", "d": "ㄷㅅ", "t": "ㅅㅌㅊㅈㄷㅆ", "l": "ㄹㄴ", "r": "ㄹ", "m": "ㅁㄻ",
    "b": "ㅂ", "p": "ㅂㅍㅄ", "s": "ㅅ",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
_PARTICLE = re.compile("[은는이가을를에의도로]$")
_LEAST_LETTERS, _MOST_LETTERS = 5, 24
_MOST_TRIED = 20_000  # syllables of one question: dense pairs and long names would be read in ever more ways
_TOGETHER = 3  # Baek Do-hyun, Hangyeol Saemaeum Savings: names of several words
# Begin a sentence with a capital and are no part of the name behind them.
_PLAIN = re.compile(
    r"(?:a|about|after|am|an|and|any|are|at|based|before|by|can|could|did|do|does|for|from|had|has|have|how|i|if|in|into|is|it|may|must"
    r"|next|no|of|on|or|please|should|since|tell|the|this|to|under|until|was|were|what|when|where|which|who|whom|whose|why|will|with)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Spelled:
    """A name in Latin letters at ``start`` to ``end`` of a text, and the Hangul word of the index that it may mean."""

    start: int
    end: int
    hangul: str


def hangul_names(text: str, pair_frequency: Frequency) -> list[Spelled]:
    """Return the names of an English text that the index holds in Hangul, in order, no letters read twice.

    >>> hangul_names("At Mulpure Village", lambda pair: int(pair in ("물푸", "푸레")))
    [Spelled(start=3, end=10, hangul='물푸레')]
    """
    pair_frequency = _limited(pair_frequency)
    words = [word for word in _WORD.finditer(text) if word[0][0].isupper() and not _PLAIN.fullmatch(word[0])]
    found, at = [], 0
    while at < len(words):
        run = _beside(text, words[at : at + _TOGETHER])
        spelled = next(
            (one for count in range(len(run), 0, -1) if (one := _read(text, run[:count], pair_frequency))), None
        )
        if spelled:
            found.append(spelled)
        at += sum(spelled is not None and word.start() < spelled.end for word in run) or 1
    return found


def _limited(pair_frequency: Frequency) -> Frequency:
    """Return the same with each pair asked for once, and 0 for all once too many were: what was found by then stays."""
    tried, known = 0, dict[str, int]()

    def frequency(pair: str) -> int:
        nonlocal tried
        tried += 1
        if tried > _MOST_TRIED:
            return 0
        if pair not in known:
            known[pair] = pair_frequency(pair)
        return known[pair]

    return frequency


def _beside(text: str, words: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    """Return the words from the first on that have one space between them and nothing else."""
    run = list(words[:1])
    for word in words[1:]:
        if text[run[-1].end() : word.start()] != " ":
            break
        run.append(word)
    return run


def _read(text: str, words: Sequence[re.Match[str]], pair_frequency: Frequency) -> Spelled | None:
    start, end = words[0].start(), words[-1].end()
    letters = "".join(char for char in text[start:end].lower() if char.isalpha())
    if not _LEAST_LETTERS <= len(letters) <= _MOST_LETTERS:
        return None

    def likelihood(
        word: str,
    ) -> tuple[bool, int]:  # a name seldom ends as a noun with its particle does: 곳은 for Goseul
        return not _PARTICLE.search(word), min(pair_frequency("".join(pair)) for pair in pairwise(word))

    readings = sorted(set(_readings(letters, "", pair_frequency)))
    return Spelled(start, end, max(readings, key=likelihood)) if readings else None


def _readings(letters: str, before: str, pair_frequency: Frequency) -> Iterator[str]:
    """Yield every Hangul word of two syllables or more that ``letters`` may stand for, its pairs in the index."""
    if not letters:
        if len(before) > 1:
            yield before
        return
    for syllable, used in _first_syllables(letters):
        if not before or pair_frequency(before[-1] + syllable):
            yield from _readings(letters[used:], before + syllable, pair_frequency)


def _first_syllables(letters: str) -> Iterator[tuple[str, int]]:
    """Yield each syllable that the letters may begin with, and how many letters it takes."""
    for onset, initials in _ONSETS.items():
        for nucleus, vowels in _NUCLEI.items():
            if not letters.startswith(onset + nucleus):
                continue
            for coda, finals in _CODAS.items():
                if letters.startswith(coda, len(onset + nucleus)):
                    used = len(onset + nucleus + coda)
                    for initial in initials:
                        for vowel in vowels:
                            yield from ((put_together(initial, vowel, final), used) for final in finals)

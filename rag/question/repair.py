"""The question as it is searched: what was typed in the wrong keyboard mode, in Hanja or in Latin letters is read as meant.

A word is changed only where the index does not know it as it stands and does know what it would become.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from index.korean.sentences import SentenceSplitter
from index.korean.terms import search_key, word_terms
from rag.question.hanja import hanja_words
from rag.question.keyboard import is_whole, to_hangul, to_latin
from rag.question.spelling import Frequency, hangul_names

# "KT의" and "KTdml" are two words each: the name, and a particle that may be mistyped.
_CORE = re.compile(r"[A-Z][A-Z0-9]+(?=[a-z])|[A-Za-z0-9]+(?=[가-힣]*(?![^\W_]))|[^\W_]+")
_LATIN = re.compile(r"[A-Za-z]+")
_HANGUL = re.compile("[가-힣]")
_LONE_JAMO = re.compile("[ㄱ-ㅎㅏ-ㅣ]")
_LONE_RUN = re.compile("[ㄱ-ㅎㅏ-ㅣ]+")
_RUNS = re.compile("[A-Za-z]+|[ㄱ-ㅎㅏ-ㅣ가-힣]+")
_ODD_CAPITALS = re.compile("[A-DF-NSU-VX-Z]")  # Q W E R T O P are keys of their own with shift, no others
_LEAST_LETTERS = 4  # of one word that is converted on its own account: rnd is 궁, gpt is 헷
_LEAST_UNKNOWN = 6  # of a question in Latin letters of which the index knows nothing


@dataclass(frozen=True, slots=True)
class Repaired:
    """``text`` as it is searched; ``changes`` are (as typed, as searched), in order."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()


def repair(
    text: str, splitter: SentenceSplitter, frequency: Frequency, pair_frequency: Frequency = lambda _: 0
) -> Repaired:
    """Return the question with what was mistyped, or spelled in another script, read as what was meant.

    ``text`` is NFC, without full-width forms; ``pair_frequency`` is that of a pair of letters inside words.
    """
    words = list(_CORE.finditer(text))
    keyboard = _Keyboard(splitter, frequency)
    found = {word.start(): (word.end(), meant) for word in words if (meant := keyboard.meant(word[0]))}
    if found or (not _HANGUL.search(text) and sum(map(len, _LATIN.findall(text))) >= _LEAST_UNKNOWN):
        found = _the_rest(words, frequency) | found
    for hanja in hanja_words(text):
        if keyboard.knows(hanja.sound) and not frequency(search_key(text[hanja.start : hanja.end])):
            found[hanja.start] = (hanja.end, hanja.sound)
    for name in hangul_names(text, pair_frequency):
        if name.start not in found and not frequency(search_key(text[name.start : name.end])):
            found[name.start] = (name.end, name.hangul)
    return _changed(text, found)


def _changed(text: str, found: dict[int, tuple[int, str]]) -> Repaired:
    parts, changes, at = [], [], 0
    for start, (end, meant) in sorted(found.items()):
        parts += [text[at:start], meant]
        changes.append((text[start:end], meant))
        at = end
    return Repaired("".join(parts) + text[at:], tuple(changes))


class _Keyboard:
    def __init__(self, splitter: SentenceSplitter, frequency: Frequency) -> None:
        self._splitter = splitter
        self._frequency = frequency

    def meant(self, word: str) -> str | None:
        """Return the word in the other mode, where the index knows only that."""
        candidates = self._candidates(word)
        if not candidates or self._frequency(search_key(word)):
            return None
        return next(
            (candidate for candidate in candidates if not _LONE_JAMO.search(candidate) and self.knows(candidate)), None
        )

    def _candidates(self, word: str) -> tuple[str, ...]:
        if _LONE_JAMO.search(word):
            return _RUNS.sub(_other_mode, word), _LONE_RUN.sub(_other_mode, word)
        if _looks_korean(word):
            return (to_hangul(word),) if sum(map(str.isalpha, word)) >= _LEAST_LETTERS else ()
        latin = to_latin(word)  # 재가 for work, where the index holds work and nothing of 재가
        if latin == word or len(latin) < _LEAST_LETTERS or not self._frequency(latin.lower()) or self.knows(word):
            return ()
        return (latin,)

    def knows(self, word: str) -> bool:
        """Return whether the index holds at least half of the word's search words, and one at least."""
        terms = word_terms(self._splitter.tokenize(word), word)
        return bool(terms) and 2 * sum(self._frequency(term) > 0 for term in terms) >= len(terms)


def _other_mode(run: re.Match[str]) -> str:
    return to_hangul(run[0]) if _LATIN.fullmatch(run[0]) else to_latin(run[0])


def _the_rest(words: Sequence[re.Match[str]], frequency: Frequency) -> dict[int, tuple[int, str]]:
    """Return the short and the unknown words beside a mistyped one, ``dml`` or ``sms``, if each of them could be mistyped."""
    unknown = [word for word in words if _LATIN.search(word[0]) and not frequency(word[0].lower())]
    plain = [word for word in unknown if not _ODD_CAPITALS.search(word[0])]
    if not all(_looks_korean(word[0]) for word in plain):
        return {}
    return {word.start(): (word.end(), to_hangul(word[0])) for word in plain}


def _looks_korean(word: str) -> bool:
    """Return whether its Latin letters are whole syllables on a Korean keyboard, and no English word."""
    return (
        _LATIN.search(word) is not None
        and word.isascii()
        and not _ODD_CAPITALS.search(word)
        and word.lower() not in _english_words()
        and is_whole(to_hangul(word))
    )


@cache
def _english_words() -> frozenset[str]:
    lines = files("rag").joinpath("data/english_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))

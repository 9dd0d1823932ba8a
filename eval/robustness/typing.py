"""The same question from another keyboard, machine or hurried hand: characters change, words do not."""

import re
import unicodedata

from eval.robustness.typist import Change, Typist
from rag.question.keyboard import FINALS, INITIALS, VOWELS, put_together, take_apart, to_hangul, to_latin

_FULL_WIDTH = {code: 0xFEE0 + code for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_LATIN = re.compile(r"[A-Za-z]{2,}")
_LONG_WORD = re.compile(r"[가-힣]{3,}")
_NEAR_VOWELS = dict(zip("ㅏㅓㅗㅜㅐㅔㅡㅣㅕㅑ", "ㅓㅏㅜㅗㅔㅐㅜㅏㅓㅏ", strict=True))


def nfd(text: str, _typist: Typist) -> str | None:
    """Take syllables apart, as macOS writes file names."""
    return unicodedata.normalize("NFD", text)


def full_width(text: str, _typist: Typist) -> str | None:
    """Write letters, digits, marks and spaces in full width, as Japanese and old Korean input methods do."""
    return text.translate(_FULL_WIDTH)


def spaces_as(space: str) -> Change:
    """Return a change of spaces into ``space``: U+00A0 as copied from a web page, U+3000 as typed in full width."""
    return lambda text, _typist: text.replace(" ", space)


def no_spaces(text: str, _typist: Typist) -> str | None:
    """Return the question without its spaces."""
    return text.replace(" ", "")


def space_lost(text: str, typist: Typist) -> str | None:
    """Leave out one space."""
    spaces = [space for space, char in enumerate(text) if char == " "]
    if not spaces:
        return None
    space = typist.random.choice(spaces)
    return text[:space] + text[space + 1 :]


def space_added(text: str, typist: Typist) -> str | None:
    """Put one space too many inside one of the longest words."""
    word = _longest_word(text)
    if word is None:
        return None
    at = typist.random.randrange(word.start() + 1, word.end())
    return f"{text[:at]} {text[at:]}"


def hangul_as_english(text: str, _typist: Typist) -> str | None:
    """Forget 한/영: ``안녕`` comes out as ``dkssud``."""
    return to_latin(text)


def word_as_english(text: str, _typist: Typist) -> str | None:
    """Forget 한/영 for the longest word, particle and all."""
    word = _longest_word(text)
    return text[: word.start()] + to_latin(word[0]) + text[word.end() :] if word else None


def english_as_hangul(text: str, _typist: Typist) -> str | None:
    """Forget 한/영 the other way: ``AX`` comes out as ``ㅁㅌ``."""
    return _LATIN.sub(lambda word: to_hangul(word[0]), text)


def near_vowel(text: str, typist: Typist) -> str | None:
    """Give one syllable of a word of two or more a neighbouring vowel."""
    choices = [
        at
        for word in re.finditer(r"[가-힣]{2,}", text)
        for at in range(word.start(), word.end())
        if take_apart(text[at])[1] in _NEAR_VOWELS
    ]
    if not choices:
        return None
    at = typist.random.choice(choices)
    initial, vowel, *final = take_apart(text[at])
    return text[:at] + put_together(initial, _NEAR_VOWELS[vowel], *final) + text[at + 1 :]


def other_jamo(text: str, typist: Typist) -> str | None:
    """Put the next of the alphabet for one jamo of the longest word, its last syllable (mostly a particle) aside."""
    word = _longest_word(text)
    if word is None:
        return None
    at, part = typist.random.randrange(word.start(), word.end() - 1), typist.random.randrange(3)
    jamo = [*take_apart(text[at]), ""][:3]
    letters = (INITIALS, VOWELS, FINALS)[part]
    jamo[part] = letters[(letters.index(jamo[part]) + 1) % len(letters)]
    return text[:at] + put_together(*jamo) + text[at + 1 :]


def _longest_word(text: str) -> re.Match[str] | None:
    return max(_LONG_WORD.finditer(text), key=lambda word: len(word[0]), default=None)

"""The 두벌식 keyboard: what a text typed in the wrong input mode was meant to be, both ways."""

import re
import unicodedata

_JAMO_KEYS = dict(
    zip(
        "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ",
        "rRseEfaqQtTdwWczxvgkoiOjpuPhynbml",
        strict=True,
    )
)
_PAIR_KEYS = {
    "ㅘ": "hk", "ㅙ": "ho", "ㅚ": "hl", "ㅝ": "nj", "ㅞ": "np", "ㅟ": "nl", "ㅢ": "ml",
    "ㄳ": "rt", "ㄵ": "sw", "ㄶ": "sg", "ㄺ": "fr", "ㄻ": "fa", "ㄼ": "fq", "ㄽ": "ft", "ㄾ": "fx", "ㄿ": "fv", "ㅀ": "fg", "ㅄ": "qt",
}  # fmt: skip
_KEYS = _JAMO_KEYS | _PAIR_KEYS
_JAMO = {keys: jamo for jamo, keys in _KEYS.items()}
INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_FIRST_SYLLABLE = 0xAC00


def _either(jamo: "str | tuple[str, ...]") -> str:
    return "|".join(sorted((_KEYS[letter] for letter in jamo if letter), key=len, reverse=True))


_VOWEL_KEY = "[koiOjpuPhynbml]"
_SYLLABLE = re.compile(
    rf"({_either(INITIALS)})({_either(VOWELS)})((?:{_either(FINALS)})(?!{_VOWEL_KEY}))?|{_either(VOWELS)}|[A-Za-z]"
)
_SHIFTED = frozenset("QWERTOP")  # every other letter is the same jamo with and without shift


def to_hangul(keys: str) -> str:
    """Return what Latin letters would have been in Korean mode (``qjqdls`` → ``법인``); other characters stay."""
    folded = "".join(key if key in _SHIFTED else key.lower() for key in keys)
    return _SYLLABLE.sub(_compose, folded)


def to_latin(hangul: str) -> str:
    """Return what Hangul would have been in English mode (``ㅁㅌ`` → ``ax``, ``법인`` → ``qjqdls``).

    Other characters stay.
    """
    return "".join(_KEYS.get(jamo, jamo) for char in hangul for jamo in take_apart(char))


def take_apart(char: str) -> tuple[str, ...]:
    """Return the jamo of a syllable, two or three of them; any other character alone."""
    place = ord(char) - _FIRST_SYLLABLE
    if not 0 <= place < len(INITIALS) * len(VOWELS) * len(FINALS):
        return (char,)
    rest, final = divmod(place, len(FINALS))
    initial, vowel = divmod(rest, len(VOWELS))
    parts = (INITIALS[initial], VOWELS[vowel], FINALS[final])
    return parts if parts[2] else parts[:2]


def put_together(initial: str, vowel: str, final: str = "") -> str:
    """Return the syllable of two or three jamo, each in its place."""
    place = (INITIALS.index(initial) * len(VOWELS) + VOWELS.index(vowel)) * len(FINALS) + FINALS.index(final)
    return chr(_FIRST_SYLLABLE + place)


def _compose(match: re.Match[str]) -> str:
    initial, vowel, final = match.groups()
    if initial is None:
        return _JAMO.get(match[0], match[0])
    return put_together(_JAMO[initial], _JAMO[vowel], _JAMO[final] if final else "")


def is_whole(text: str) -> bool:
    """Return whether every letter is a syllable in common use (of the 2,350 of KS X 1001): no lone jamo, no 쟉 or 앻."""
    return all(_in_use(char) for char in text if char.isalpha())


def _in_use(char: str) -> bool:
    if not unicodedata.name(char, "").startswith("HANGUL SYLLABLE"):
        return False
    try:
        return len(char.encode("euc-kr")) == 2
    except UnicodeEncodeError:
        return False

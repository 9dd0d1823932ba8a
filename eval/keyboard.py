"""The 두벌식 keyboard, to make the mistakes people make on it: Hangul typed as English, and English as Hangul."""

import unicodedata

_KEYS = (
    dict(zip("qwertyuiopasdfghjklzxcvbnm", "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ", strict=True))
    | dict(zip("QWERTOP", "ㅃㅉㄸㄲㅆㅒㅖ", strict=True))
)  # fmt: skip
_KEY_OF = {letter: key for key, letter in _KEYS.items()}
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_PAIRS = {
    "ㅘ": "ㅗㅏ",
    "ㅙ": "ㅗㅐ",
    "ㅚ": "ㅗㅣ",
    "ㅝ": "ㅜㅓ",
    "ㅞ": "ㅜㅔ",
    "ㅟ": "ㅜㅣ",
    "ㅢ": "ㅡㅣ",
    "ㄳ": "ㄱㅅ",
    "ㄵ": "ㄴㅈ",
    "ㄶ": "ㄴㅎ",
    "ㄺ": "ㄹㄱ",
    "ㄻ": "ㄹㅁ",
    "ㄼ": "ㄹㅂ",
    "ㄽ": "ㄹㅅ",
    "ㄾ": "ㄹㅌ",
    "ㄿ": "ㄹㅍ",
    "ㅀ": "ㄹㅎ",
    "ㅄ": "ㅂㅅ",
}
_JOINED = {pair: whole for whole, pair in _PAIRS.items()}
_FIRST_SYLLABLE, _LAST_SYLLABLE = 0xAC00, 0xD7A3


def is_syllable(char: str) -> bool:
    return _FIRST_SYLLABLE <= ord(char) <= _LAST_SYLLABLE


def split_syllable(char: str) -> tuple[str, str, str]:
    """(initial, vowel, final or "") as single letters; ``char`` must be a syllable."""
    place = ord(char) - _FIRST_SYLLABLE
    return _INITIALS[place // 588], _VOWELS[place % 588 // 28], _FINALS[place % 28].strip()


def join_syllable(initial: str, vowel: str, final: str = "") -> str:
    place = _INITIALS.index(initial) * 588 + _VOWELS.index(vowel) * 28 + _FINALS.index(final or " ")
    return chr(_FIRST_SYLLABLE + place)


def typed_as_english(text: str) -> str:
    """What the keys of Hangul give on the English layout: ``안녕`` is ``dkssud``; the rest stays as it is."""
    return "".join(
        _KEY_OF.get(letter, letter) for char in unicodedata.normalize("NFC", text) for letter in _letters(char)
    )


def typed_as_hangul(text: str) -> str:
    """What the keys of Latin letters give on the Hangul layout: ``AX`` is ``ㅁㅌ``, ``dkssud`` is ``안녕``."""
    typed = [_KEYS.get(char) or _KEYS.get(char.lower(), char) for char in text]
    return "".join(_composed(typed))


def _letters(char: str) -> str:
    """The keys pressed for one character, as Hangul letters."""
    parts = split_syllable(char) if is_syllable(char) else (char,)
    return "".join(_PAIRS.get(part, part) for part in parts)


def _composed(letters: list[str]) -> list[str]:
    """The letters as an input method joins them: a consonant before a vowel opens a new syllable."""
    done: list[str] = []
    initial = vowel = final = ""

    def finish() -> None:
        nonlocal initial, vowel, final
        if initial and vowel:
            done.append(join_syllable(initial, vowel, final))
        else:
            done.extend(part for part in (initial, vowel, final) if part)
        initial = vowel = final = ""

    for letter in letters:
        if letter in _VOWELS:
            if final:  # the consonant, or its second half, belongs to what comes
                kept, moved = (_PAIRS[final][0], _PAIRS[final][1]) if final in _PAIRS else ("", final)
                final = kept
                finish()
                initial, vowel = moved, letter
            elif vowel and vowel + letter in _JOINED:
                vowel = _JOINED[vowel + letter]
            elif vowel or not initial:
                finish()
                vowel = letter
            else:
                vowel = letter
        elif letter in _INITIALS:
            if initial and vowel and not final and letter in _FINALS:
                final = letter
            elif final and final + letter in _JOINED:
                final = _JOINED[final + letter]
            else:
                finish()
                initial = letter
        else:
            finish()
            done.append(letter)
    finish()
    return done

"""The same question typed otherwise, as people and machines do; each form is a pure function of text and seed.

A transformation gives ``None`` where a question has nothing that it could change.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path

from eval.keyboard import is_syllable, join_syllable, split_syllable, typed_as_english, typed_as_hangul
from index.numbers import canonical, find_numbers
from index.sentences import Token

SEED = 20241010
_HANJA = Path(__file__).parent / "data" / "hanja.txt"
_FULL_WIDTH = {code: 0xFEE0 + code for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_LATIN = re.compile(r"[A-Za-z]{2,}")
_WORD = re.compile(r"[가-힣]{4,}")
_BARE = frozenset({"은", "는", "이", "가", "을", "를", "의"})  # 조사 that people leave out
_OTHER = {"은": "이", "는": "가", "이": "은", "가": "는", "을": "은", "를": "는", "에서": "에", "에": "에서"}
_BY_FINAL = ("은는", "이가", "을를", "과와")  # behind a final consonant, behind a vowel
_NEAR_VOWELS = {
    "ㅏ": "ㅓ",
    "ㅓ": "ㅏ",
    "ㅗ": "ㅜ",
    "ㅜ": "ㅗ",
    "ㅐ": "ㅔ",
    "ㅔ": "ㅐ",
    "ㅡ": "ㅜ",
    "ㅣ": "ㅏ",
    "ㅕ": "ㅓ",
    "ㅑ": "ㅏ",
}
_SCALES = (("조", 10**12), ("억", 10**8), ("만", 10**4))


@dataclass(frozen=True, slots=True)
class Typist:
    """What a transformation may use besides the text: its own dice, Kiwi's morphemes and the alias groups."""

    random: random.Random
    tokenize: Callable[[str], Sequence[Token]]
    aliases: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Transformation:
    """``change`` gives the question in its other form, or None; see :data:`TRANSFORMATIONS`."""

    name: str
    korean: str
    change: Callable[[str, Typist], str | None] = field(repr=False)

    def __call__(
        self, text: str, tokenize: Callable[[str], Sequence[Token]], aliases: Sequence[Sequence[str]] = ()
    ) -> str | None:
        """The other form; the same for the same text, None where it would be the text itself."""
        changed = self.change(text, Typist(random.Random(f"{SEED}:{self.name}:{text}"), tokenize, aliases))
        return None if changed == text else changed


def other_particle(text: str, typist: Typist) -> str | None:
    """One 조사 replaced by another that people use in its place: 은/이, 을/은, 에/에서."""
    found = [token for token in _particles(text, typist) if token.form in _OTHER]
    if not found:
        return None
    token = typist.random.choice(found)
    return text[: token.start] + _OTHER[token.form] + text[token.end :]


def no_particles(text: str, typist: Typist) -> str | None:
    """Without 은/는, 이/가, 을/를 and 의, as in a search box."""
    return _without(text, [(token.start, token.end) for token in _particles(text, typist) if token.form in _BARE])


def nfd(text: str, _typist: Typist) -> str | None:
    """Syllables taken apart, as macOS writes file names."""
    return unicodedata.normalize("NFD", text)


def full_width(text: str, _typist: Typist) -> str | None:
    """Letters, digits, marks and spaces in full width, as Japanese and old Korean input methods give them."""
    return text.translate(_FULL_WIDTH)


def no_break_spaces(text: str, _typist: Typist) -> str | None:
    """As copied from a web page."""
    return text.replace(" ", "\u00a0")


def no_spaces(text: str, _typist: Typist) -> str | None:
    return text.replace(" ", "")


def spacing_error(text: str, typist: Typist) -> str | None:
    """One space too few; in a question of one word, one too many."""
    places = [place for place, char in enumerate(text) if char == " "]
    if places:
        place = typist.random.choice(places)
        return text[:place] + text[place + 1 :]
    words = list(_WORD.finditer(text))
    if not words:
        return None
    word = typist.random.choice(words)
    place = typist.random.randrange(word.start() + 1, word.end() - 1)
    return f"{text[:place]} {text[place:]}"


def hangul_as_english(text: str, _typist: Typist) -> str | None:
    """한/영 forgotten: ``안녕`` comes out as ``dkssud``."""
    return typed_as_english(text)


def english_as_hangul(text: str, _typist: Typist) -> str | None:
    """한/영 forgotten the other way: ``AX`` comes out as ``ㅁㅌ``."""
    return _LATIN.sub(lambda word: typed_as_hangul(word[0]), text)


def typo(text: str, typist: Typist) -> str | None:
    """One syllable of a word of two or more with a neighbouring vowel."""
    places = [
        place
        for word in re.finditer(r"[가-힣]{2,}", text)
        for place in range(word.start(), word.end())
        if split_syllable(text[place])[1] in _NEAR_VOWELS
    ]
    if not places:
        return None
    place = typist.random.choice(places)
    initial, vowel, final = split_syllable(text[place])
    return text[:place] + join_syllable(initial, _NEAR_VOWELS[vowel], final) + text[place + 1 :]


def number_form(text: str, _typist: Typist) -> str | None:
    """Every number of 1,000 or more (years left alone) in another form: 4조6000억 is 4,600,000,000,000 and back."""
    changed = text
    for start, end, value in reversed(find_numbers(text)):
        if value >= 1000 and value == int(value) and not _is_year(text, start, end):
            changed = changed[:start] + _other_number(text[start:end], value) + changed[end:]
    return changed


def alias(text: str, typist: Typist) -> str | None:
    """One word replaced by another of its alias group."""
    nouns = {
        text[token.start : token.end]: token for token in typist.tokenize(text) if token.tag in ("NNG", "NNP", "SL")
    }
    choices = [
        (nouns[name], other)
        for group in typist.aliases
        for name in group
        if name in nouns
        for other in group
        if other != name
    ]
    if not choices:
        return None
    token, other = typist.random.choice(choices)
    return text[: token.start] + other + _agreeing(other, text[token.end :])


def hanja(text: str, typist: Typist) -> str | None:
    """One noun in Hanja, where the list of :func:`hanja_words` has it."""
    words = hanja_words()
    found = [token for token in typist.tokenize(text) if token.tag in ("NNG", "NNP") and token.form in words]
    found = [token for token in found if text[token.start : token.end] == token.form]
    if not found:
        return None
    token = typist.random.choice(found)
    return text[: token.start] + words[token.form] + text[token.end :]


@cache
def hanja_words() -> Mapping[str, str]:
    """Hangul to Hanja."""
    lines = [line for line in _HANJA.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("\t") for line in lines)


TRANSFORMATIONS = (
    Transformation("particle", "조사 바꿈", other_particle),
    Transformation("no_particles", "조사 뺌", no_particles),
    Transformation("nfd", "자모 분리(NFD)", nfd),
    Transformation("full_width", "전각", full_width),
    Transformation("nbsp", "줄바꿈 없는 공백", no_break_spaces),
    Transformation("no_spaces", "띄어쓰기 없음", no_spaces),
    Transformation("spacing_error", "띄어쓰기 하나 틀림", spacing_error),
    Transformation("hangul_as_english", "한글을 영문 자판으로", hangul_as_english),
    Transformation("english_as_hangul", "영문을 한글 자판으로", english_as_hangul),
    Transformation("typo", "한 글자 오타", typo),
    Transformation("number_form", "숫자 표기", number_form),
    Transformation("alias", "별칭", alias),
    Transformation("hanja", "한자", hanja),
)


def _particles(text: str, typist: Typist) -> list[Token]:
    """조사 that stand as they are (no "난" for 나는), behind a syllable."""
    return [
        token
        for token in typist.tokenize(text)
        if token.tag.startswith("J")
        and text[token.start : token.end] == token.form
        and token.start
        and is_syllable(text[token.start - 1])
    ]


def _agreeing(word: str, rest: str) -> str:
    """``rest`` with its leading 조사 in the form that ``word`` asks for: 법인이, 회사가."""
    pair = next((pair for pair in _BY_FINAL if rest[:1] in tuple(pair) and not is_syllable(rest[1:2] or " ")), None)
    if pair is None or not is_syllable(word[-1]):
        return rest
    return pair[0 if split_syllable(word[-1])[2] else 1] + rest[1:]


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str | None:
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text


def _is_year(text: str, start: int, end: int) -> bool:
    return end - start == 4 and text[start:end].isdecimal() and not text[end:].startswith(("원", "명", "개"))


def _other_number(written: str, value: Decimal) -> str:
    """With units where it was all figures, in figures with commas where it had units."""
    if any(unit in written for unit in "천만억조") or "," not in written:
        plain = f"{int(value):,}"
        if plain != written:
            return plain
    parts, rest = [], int(value)
    for unit, size in _SCALES:
        if rest >= size:
            parts.append(f"{rest // size}{unit}")
            rest %= size
    return "".join([*parts, *([canonical(Decimal(rest))] if rest else [])])

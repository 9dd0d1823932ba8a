"""The same question in other words: particles, numbers, names, Hanja, English."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files

from eval.robustness.typist import Change, Typist, has_final, is_syllable
from index.korean.numbers import find_numbers
from index.korean.sentences import Token

_BARE = frozenset({"은", "는", "이", "가", "을", "를", "의"})  # 조사 that people leave out
_OTHER = {"은": "이", "는": "가", "이": "은", "가": "는", "을": "은", "를": "는", "에서": "에", "에": "에서"}
_BY_FINAL = ("은는", "이가", "을를", "과와")  # behind a final consonant, behind a vowel
_COMPANY = re.compile(r"(?<![A-Za-z])(?:MS|Microsoft)(?![A-Za-z])|마이크로소프트")
_SCALES = (("경", 10**16), ("조", 10**12), ("억", 10**8), ("만", 10**4))


def other_particle(text: str, typist: Typist) -> str | None:
    """Replace one 조사 by another that people use in its place: 은/이, 을/은, 에/에서."""
    particles = [token for token in _particles(text, typist) if token.form in _OTHER]
    if not particles:
        return None
    token = typist.random.choice(particles)
    return text[: token.start] + _OTHER[token.form] + text[token.end :]


def no_particles(text: str, typist: Typist) -> str | None:
    """Leave out 은/는, 이/가, 을/를 and 의, as in a search box."""
    return _without(text, [(token.start, token.end) for token in _particles(text, typist) if token.form in _BARE])


def number_in_figures(text: str, _typist: Typist) -> str | None:
    """Write every number of 1,000 or more (years left alone) in figures: 4조6000억 is 4,600,000,000,000."""
    return _with_numbers(text, "{:,}".format)


def number_with_units(text: str, _typist: Typist) -> str | None:
    """Write every number of 1,000 or more (years left alone) as a newspaper does: 4조 6000억, 46만3000."""
    return _with_numbers(text, _in_units)


def alias(text: str, typist: Typist) -> str | None:
    """Replace one word by another of its alias group."""
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


def company_as(name: str) -> Change:
    """Return the one company of the seeds that goes by three names, always by this one."""

    def change(text: str, _typist: Typist) -> str | None:
        for match in reversed(list(_COMPANY.finditer(text))):
            text = text[: match.start()] + name + _agreeing(name, text[match.end() :])
        return text

    return change


def hanja(text: str, typist: Typist) -> str | None:
    """Write one noun in Hanja, where the list of :func:`hanja_words` has it."""
    words = hanja_words()
    nouns = [token for token in typist.tokenize(text) if token.tag in ("NNG", "NNP") and token.form in words]
    nouns = [token for token in nouns if text[token.start : token.end] == token.form]
    if not nouns:
        return None
    token = typist.random.choice(nouns)
    return text[: token.start] + words[token.form] + text[token.end :]


def english(text: str, _typist: Typist) -> str | None:
    """Return the question in English where someone put it so by hand, as for some of the gold questions over the seeds."""
    return english_questions().get(text)


@cache
def hanja_words() -> Mapping[str, str]:
    """Return words in Hangul with their Hanja, which people do write so."""
    return _pairs("hanja.txt")


@cache
def english_questions() -> Mapping[str, str]:
    """Return the questions on the samples, each in Korean with its English."""
    return _pairs("seeds_english.tsv")


def _pairs(name: str) -> dict[str, str]:
    """Read two columns with a tab between, ``#`` for comments."""
    lines = files("eval").joinpath("data", name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))


def _particles(text: str, typist: Typist) -> list[Token]:
    """Return the 조사 that stand as they are (no "난" for 나는), behind a syllable."""
    return [
        token
        for token in typist.tokenize(text)
        if token.tag.startswith("J")
        and text[token.start : token.end] == token.form
        and token.start
        and is_syllable(text[token.start - 1])
    ]


def _agreeing(word: str, rest: str) -> str:
    """Return ``rest`` with its leading 조사 in the form that ``word`` asks for: 법인이, 회사가."""
    pair = next((pair for pair in _BY_FINAL if rest[:1] in tuple(pair) and not is_syllable(rest[1:2] or " ")), None)
    if pair is None or not is_syllable(word[-1]):
        return rest
    return pair[0 if has_final(word[-1]) else 1] + rest[1:]


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str | None:
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text


def _with_numbers(text: str, spell: Callable[[int], str]) -> str:
    for start, end, value in reversed(find_numbers(text)):
        if value >= 1000 and value == int(value) and not _is_year(text, start, end):
            text = text[:start] + spell(int(value)) + text[end:]
    return text


def _is_year(text: str, start: int, end: int) -> bool:
    return end - start == 4 and text[start:end].isdecimal() and not text[end:].startswith(("원", "명", "개"))


def _in_units(value: int) -> str:
    parts = []
    for unit, size in _SCALES:
        section, value = divmod(value, size)
        if section:
            parts.append(f"{section}{unit}")
    return " ".join(parts) + (str(value) if value else "")

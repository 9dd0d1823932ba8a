"""Ways people write one question: each form asks the same, so the passages found should be the same.

A form is a function of a question; where it has nothing to change it gives the question back. Nothing is random.
"""

import re
import unicodedata
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from index.numbers import canonical, find_numbers
from index.sentences import SentenceSplitter, Token
from rag.keyboard import FINALS, INITIALS, VOWELS, put_together, take_apart, to_hangul, to_latin

Form = Callable[[str], str]
_SPACE = re.compile(r"\s+")
_LATIN = re.compile(r"[A-Za-z]+")
_HANGUL_WORD = re.compile("[가-힣]{3,}")
_SWAPPED = {"은": "이", "는": "가", "이": "은", "가": "는"}
_DROPPED = frozenset({"은", "는", "이", "가", "을", "를", "의"})
_COMPANIES = ("MS", "마이크로소프트", "Microsoft")
# Words whose Hanja every reader of an older newspaper knows; only these are put into Hanja.
_HANJA = {
    "한국": "韓國", "매출": "賣出", "법인": "法人", "기업": "企業", "회사": "會社", "목표": "目標", "정부": "政府", "미국": "美國",
    "대통령": "大統領", "투자": "投資", "이유": "理由", "계획": "計劃", "협력": "協力", "시장": "市場", "기술": "技術", "국가": "國家",
    "전략": "戰略", "대표": "代表", "연구": "硏究", "개발": "開發", "전쟁": "戰爭", "선거": "選擧", "영화": "映畵", "대학": "大學",
    "도시": "都市", "여성": "女性", "역사": "歷史", "금액": "金額", "사업": "事業", "규모": "規模",
}  # fmt: skip


def forms(splitter: SentenceSplitter) -> Mapping[str, Form]:
    """Every form by name."""
    return {
        "particles dropped": lambda text: _without_particles(text, splitter),
        "particles changed": lambda text: _with_other_particles(text, splitter),
        "NFD": lambda text: unicodedata.normalize("NFD", text),
        "full width": full_width,
        "no-break space": lambda text: text.replace(" ", "\u00a0"),
        "ideographic space": lambda text: text.replace(" ", "\u3000"),
        "no spaces": lambda text: _SPACE.sub("", text),
        "one space lost": _one_space_lost,
        "one space too many": _one_space_more,
        "English mode": to_latin,
        "English mode, one word": _one_word_in_english_mode,
        "Korean mode": lambda text: _LATIN.sub(lambda run: to_hangul(run[0]), text),
        "typo": one_typo,
        "numbers written out": _numbers_in_full,
        "numbers with units": _numbers_with_units,
        "MS": lambda text: _renamed(text, 0),
        "마이크로소프트": lambda text: _renamed(text, 1),
        "Microsoft": lambda text: _renamed(text, 2),
        "English": lambda text: _english().get(text, text),
        "Hanja": lambda text: _pattern(_HANJA).sub(lambda word: _HANJA[word[0]], text),
    }


def full_width(text: str) -> str:
    """ASCII as its full-width twin, the space as U+3000."""
    return "".join(
        "\u3000" if char == " " else chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text
    )


def one_typo(text: str) -> str:
    """One jamo of one syllable in the longest Hangul word exchanged for its neighbour in the alphabet."""
    word = max(_HANGUL_WORD.finditer(text), key=lambda found: len(found[0]), default=None)
    if word is None:
        return text
    draw = zlib.crc32(text.encode())
    place = word.start() + draw % (len(word[0]) - 1)  # not the last syllable, mostly a particle
    initial, vowel, *final = take_apart(text[place])
    part = draw // 97 % 3
    if part == 0:
        initial = INITIALS[(INITIALS.index(initial) + 1) % len(INITIALS)]
    elif part == 1:
        vowel = VOWELS[(VOWELS.index(vowel) + 1) % len(VOWELS)]
    else:
        final = [FINALS[4 if final else 1]] if final != ["ㄴ"] else [FINALS[16]]
    return text[:place] + put_together(initial, vowel, *final) + text[place + 1 :]


def _without_particles(text: str, splitter: SentenceSplitter) -> str:
    return _replaced(text, splitter, lambda token: "" if token.form in _DROPPED else None)


def _with_other_particles(text: str, splitter: SentenceSplitter) -> str:
    return _replaced(text, splitter, lambda token: _SWAPPED.get(token.form))


def _replaced(text: str, splitter: SentenceSplitter, change: Callable[[Token], str | None]) -> str:
    for token in reversed(splitter.tokenize(text)):
        changed = change(token) if token.tag in ("JKS", "JX", "JKO", "JKG") else None
        if changed is not None and text[token.start : token.end] == token.form:
            text = text[: token.start] + changed + text[token.end :]
    return text


def _one_space_lost(text: str) -> str:
    spaces = [match.start() for match in re.finditer(" ", text)]
    if not spaces:
        return text
    place = spaces[zlib.crc32(text.encode()) % len(spaces)]
    return text[:place] + text[place + 1 :]


def _one_space_more(text: str) -> str:
    word = max(_HANGUL_WORD.finditer(text), key=lambda found: len(found[0]), default=None)
    if word is None:
        return text
    place = word.start() + 1 + zlib.crc32(text.encode()) % (len(word[0]) - 1)
    return f"{text[:place]} {text[place:]}"


def _one_word_in_english_mode(text: str) -> str:
    """The longest word, particle and all."""
    word = max(_HANGUL_WORD.findall(text), key=len, default="")
    return text.replace(word, to_latin(word), 1) if word else text


def _numbers_in_full(text: str) -> str:
    return _with_numbers(text, lambda value: f"{value:,}")


def _numbers_with_units(text: str) -> str:
    return _with_numbers(text, _with_units)


def _with_numbers(text: str, spell: Callable[[int], str]) -> str:
    for start, end, value in reversed(find_numbers(text)):
        if value >= 10_000 and value == value.to_integral_value():
            text = text[:start] + spell(int(canonical(value))) + text[end:]
    return text


def _with_units(value: int) -> str:
    """``46만 3000``: the way a newspaper writes it."""
    parts = []
    for unit, name in ((10**12, "조"), (10**8, "억"), (10**4, "만"), (1, "")):
        section, value = divmod(value, unit)
        if section:
            parts.append(f"{section}{name}")
    return " ".join(parts)


def _renamed(text: str, name: int) -> str:
    return _pattern(_COMPANIES).sub(_COMPANIES[name], text)


@cache
def _english() -> Mapping[str, str]:
    """Some of the gold questions over the seeds, put into English by hand."""
    lines = files("eval").joinpath("data/seeds_english.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines)


def _pattern(words: "tuple[str, ...] | Mapping[str, str]") -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True)))

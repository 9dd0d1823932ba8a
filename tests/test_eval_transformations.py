import unicodedata
from collections.abc import Sequence

import pytest

from eval.keyboard import join_syllable, split_syllable, typed_as_english, typed_as_hangul
from eval.robustness import kept
from eval.transformations import TRANSFORMATIONS, hanja_words
from index.numbers import find_numbers
from index.sentences import Token

BY_NAME = {each.name: each for each in TRANSFORMATIONS}
QUESTION = "법인이 매출을 늘린 까닭은?"
_PIECES = (
    ("법인", "NNG"),
    ("이", "JKS"),
    ("매출", "NNG"),
    ("을", "JKO"),
    ("늘리", "VV"),
    ("까닭", "NNG"),
    ("은", "JX"),
)


def tokenize(text: str) -> Sequence[Token]:
    """Kiwi's reading of ``QUESTION``, each morpheme where it next occurs; nothing of other texts."""
    found, at = [], 0
    for form, tag in _PIECES:
        at = text.find(form, at) if text.find(form, at) >= 0 else at
        if text.startswith(form, at):
            found.append(Token(form, tag, at, at + len(form)))
            at += len(form)
    return found


def change(name: str, text: str = QUESTION, aliases: Sequence[Sequence[str]] = ()) -> str | None:
    return BY_NAME[name](text, tokenize, aliases)


@pytest.mark.parametrize(
    ("hangul", "english"),
    [
        ("안녕", "dkssud"),
        ("값이", "rkqtdl"),
        ("과외", "rhkdhl"),
        ("닭을", "ekfrdmf"),
        ("까치 2마리", "Rkcl 2akfl"),
        ("법인", "qjqdls"),
    ],
)
def test_the_keyboard_both_ways(hangul: str, english: str) -> None:
    assert typed_as_english(hangul) == english
    assert typed_as_hangul(english) == hangul


@pytest.mark.parametrize(
    ("typed", "shown"), [("AX", "ㅁㅌ"), ("KT", "ㅏㅆ"), ("MS", "ㅡㄴ"), ("2024", "2024"), ("rkk", "가ㅏ")]
)
def test_latin_words_on_the_hangul_layout(typed: str, shown: str) -> None:
    assert typed_as_hangul(typed) == shown


def test_every_syllable_is_its_letters() -> None:
    syllables = [chr(code) for code in range(0xAC00, 0xD7A4)]
    assert [join_syllable(*split_syllable(char)) for char in syllables] == syllables
    assert typed_as_hangul(typed_as_english("뷁")) == "뷁"


@pytest.mark.parametrize("each", TRANSFORMATIONS, ids=lambda each: each.name)
def test_the_same_text_gives_the_same_form(each: object) -> None:
    assert change(each.name) == change(each.name)  # type: ignore[attr-defined]


def test_particles() -> None:
    one = {"법인은 매출을 늘린 까닭은?", "법인이 매출은 늘린 까닭은?", "법인이 매출을 늘린 까닭이?"}
    assert change("particle") in one
    assert change("no_particles") == "법인 매출 늘린 까닭?"
    assert change("particle", "매출?") is None


def test_unicode_forms() -> None:
    assert change("nfd") == unicodedata.normalize("NFD", QUESTION) != QUESTION
    assert change("full_width", "AX 12?") == "ＡＸ　１２？"
    assert unicodedata.normalize("NFKC", change("full_width") or "") == QUESTION
    assert change("nbsp") == QUESTION.replace(" ", "\u00a0")


def test_spacing() -> None:
    assert change("no_spaces") == "법인이매출을늘린까닭은?"
    assert change("no_spaces", "매출") is None
    assert (change("spacing_error") or "").count(" ") == QUESTION.count(" ") - 1
    assert (change("spacing_error", "개인정보보호위원회") or "").replace(" ", "") == "개인정보보호위원회"


def test_layout_mistakes() -> None:
    assert change("hangul_as_english", "AX 법인") == "AX qjqdls"
    assert change("english_as_hangul", "AX 법인") == "ㅁㅌ 법인"
    assert change("english_as_hangul") is None


def test_typo_changes_one_syllable() -> None:
    changed = change("typo") or ""
    assert len(changed) == len(QUESTION)
    assert sum(a != b for a, b in zip(changed, QUESTION, strict=True)) == 1


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("4조6000억 원", "4,600,000,000,000 원"),
        ("12,000원", "1만2000원"),
        ("1500명", "1,500명"),
        ("2021년 매출", None),
        ("세 명", None),
    ],
)
def test_number_forms_keep_the_value(text: str, changed: str | None) -> None:
    assert change("number_form", text) == changed
    if changed:
        assert [value for *_, value in find_numbers(changed)] == [value for *_, value in find_numbers(text)]


def test_alias_brings_its_particle() -> None:
    assert change("alias", aliases=[["법인", "회사"]]) == "회사가 매출을 늘린 까닭은?"
    assert change("alias", aliases=[["학교", "대학"]]) is None


def test_hanja() -> None:
    assert change("hanja") in {"法人이 매출을 늘린 까닭은?", "법인이 賣出을 늘린 까닭은?"}
    assert all(len(hangul) == len(hanja) for hangul, hanja in hanja_words().items())


def test_kept_is_changed_over_plain() -> None:
    found = kept("typo", [(1.0, 1.0), (1.0, 0.0), (0.0, 0.0), (1.0, 1.0)])
    assert (found.n, found.plain, found.changed) == (4, 0.75, 0.5)
    assert found.ratio == pytest.approx(2 / 3)
    assert found.low <= found.ratio <= found.high


def test_nothing_to_change_is_said() -> None:
    assert kept("typo", []).skipped
    assert kept("typo", [(0.0, 0.0)]).skipped

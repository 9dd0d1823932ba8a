import unicodedata
from collections.abc import Sequence

import pytest

from eval.datasets.datasets import GoldQuestion
from eval.datasets.gold import GOLD_FILE
from eval.robustness.forms import TRANSFORMATIONS
from eval.robustness.robustness import kept, measure
from eval.robustness.wording import english_questions, hanja_words
from index.korean.numbers import find_numbers
from index.korean.sentences import Token
from rag.question.keyboard import take_apart
from tests.support.eval_fakes import FakePipeline

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
    assert change("ideographic_space", "AX 법인") == "AX\u3000법인"


def test_spacing() -> None:
    assert change("no_spaces") == "법인이매출을늘린까닭은?"
    assert change("no_spaces", "매출") is None
    assert (change("space_lost") or "").count(" ") == QUESTION.count(" ") - 1
    assert change("space_lost", "매출") is None
    assert change("space_added", "개인정보보호위원회는") != "개인정보보호위원회는"
    assert (change("space_added", "긴 개인정보보호위원회") or "").replace(" ", "") == "긴개인정보보호위원회"
    assert change("space_added", "매출 까닭") is None


def test_layout_mistakes() -> None:
    assert change("hangul_as_english", "AX 법인") == "AX qjqdls"
    assert change("word_as_english", "KT가 원을 투자하는 이유는?") == "KT가 원을 xnwkgksms 이유는?"
    assert change("word_as_english", "왜 해?") is None
    assert change("english_as_hangul", "AX 법인") == "ㅁㅌ 법인"
    assert change("english_as_hangul") is None


@pytest.mark.parametrize("name", ["near_vowel", "other_jamo"])
@pytest.mark.parametrize("text", [QUESTION, "대통령은 왜 물러났나", "개인정보보호위원회의 결정"])
def test_a_typo_is_one_jamo_of_one_syllable(name: str, text: str) -> None:
    changed = change(name, text) or ""
    ((old, new),) = [(a, b) for a, b in zip(text, changed, strict=True) if a != b]
    before, after = ([*take_apart(char), ""][:3] for char in (old, new))
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


def test_no_typo_in_a_word_of_one_syllable() -> None:
    assert change("near_vowel", "왜?") is change("other_jamo", "뭐?") is None


@pytest.mark.parametrize(
    ("name", "text", "changed"),
    [
        ("number_in_figures", "4조6000억 원", "4,600,000,000,000 원"),
        ("number_in_figures", "1500명", "1,500명"),
        ("number_in_figures", "12,000원", None),
        ("number_in_figures", "2021년 매출", None),
        ("number_in_figures", "세 명", None),
        ("number_with_units", "4조6000억 원", "4조 6000억 원"),
        ("number_with_units", "12,000원", "1만2000원"),
        ("number_with_units", "463,000명과 1,500명", "46만3000명과 1500명"),
        ("number_with_units", "1500명", None),
        ("number_with_units", "2021년 매출", None),
    ],
)
def test_number_forms_keep_the_value(name: str, text: str, changed: str | None) -> None:
    assert change(name, text) == changed
    if changed:
        assert [value for *_, value in find_numbers(changed)] == [value for *_, value in find_numbers(text)]


@pytest.mark.parametrize(
    ("name", "text", "changed"),
    [
        ("ms", "KT와 마이크로소프트가 Microsoft를", "KT와 MS가 MS를"),
        ("microsoft_hangul", "MS가 KT와", "마이크로소프트가 KT와"),
        ("microsoft_hangul", "MS은 MSN", "마이크로소프트는 MSN"),
        ("microsoft", "MS의 매출", "Microsoft의 매출"),
        ("microsoft", "구글의 매출", None),
    ],
)
def test_one_company_by_three_names(name: str, text: str, changed: str | None) -> None:
    assert change(name, text) == changed


def test_alias_brings_its_particle() -> None:
    assert change("alias", aliases=[["법인", "회사"]]) == "회사가 매출을 늘린 까닭은?"
    assert change("alias", aliases=[["학교", "대학"]]) is None


def test_hanja() -> None:
    assert change("hanja") in {"法人이 매출을 늘린 까닭은?", "법인이 賣出을 늘린 까닭은?"}
    assert all(len(hangul) == len(hanja) for hangul, hanja in hanja_words().items())


def test_english_questions_are_gold_questions() -> None:
    gold = GOLD_FILE.read_text("utf-8")
    assert len(english_questions()) > 30
    for korean, english in english_questions().items():
        assert f'"question": "{korean}"' in gold
        assert english.isascii()
        assert change("english", korean) == english


def test_kept_is_changed_over_plain() -> None:
    found = kept(BY_NAME["near_vowel"], [(1.0, 1.0), (1.0, 0.0), (0.0, 0.0), (1.0, 1.0)])
    assert (found.n, found.plain, found.changed) == (4, 0.75, 0.5)
    assert found.ratio == pytest.approx(2 / 3)
    assert found.low <= found.ratio <= found.high


def test_nothing_to_change_is_said() -> None:
    assert kept(BY_NAME["near_vowel"], [(0.0, 0.0)]).skipped
    assert kept(BY_NAME["near_vowel"], []).skipped != kept(BY_NAME["english"], []).skipped


def test_every_form_is_measured_or_skipped_with_a_reason() -> None:
    asked = [GoldQuestion("q", "공사비는 얼마였나", relevant={"bridge": 1}, answers=("320억원",))]
    found = {form.name: form for form in measure(FakePipeline(), asked, tokenize, [])}
    assert found.keys() == BY_NAME.keys()
    assert (found["no_spaces"].n, found["no_spaces"].plain) == (1, 1.0)
    assert found["ms"].skipped == BY_NAME["ms"].skipped
    assert found["english"].skipped == "영어로 옮긴 질문이 없음"

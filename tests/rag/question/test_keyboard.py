"""두벌식 keys and Hanja sounds: what was typed against what was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.question.hanja import hanja_words
from rag.question.keyboard import FINALS, INITIALS, VOWELS, is_whole, put_together, take_apart, to_hangul, to_latin

KEYS = [
    ("dkssud", "안녕"),
    ("qjqdls", "법인"),
    ("ahrvysms", "목표는"),
    ("rkqtdl", "값이"),
    ("rhkdhl", "과외"),
    ("ekfrdmf", "닭을"),
    ("Rkcl 2akfl", "까치 2마리"),
    ("rkk", "가ㅏ"),
    ("dlTtmqslek", "있습니다"),
    ("ekfrdl rkqt", "닭이 값"),
    ("rhoscksgdk", "괜찮아"),
    ("aO", "먜"),
    ("ax 2024", "ㅁㅌ 2024"),
    ("r", "ㄱ"),
]


@pytest.mark.parametrize(("keys", "hangul"), KEYS)
def test_keys_and_what_they_type(keys: str, hangul: str) -> None:
    assert to_hangul(keys) == hangul
    assert to_latin(hangul) == keys


def test_a_capital_is_shift_only_where_the_key_has_a_second_letter() -> None:
    assert to_hangul("DKSSUD") == "안녕"
    assert to_hangul("Rkcl") == "까치"


@pytest.mark.parametrize(("typed", "shown"), [("AX", "ㅁㅌ"), ("KT", "ㅏㅆ"), ("MS", "ㅡㄴ"), ("2024", "2024")])
def test_latin_words_in_korean_mode(typed: str, shown: str) -> None:
    assert to_hangul(typed) == shown


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=20))
def test_whole_syllables_come_back(text: str) -> None:
    assert to_hangul(to_latin(text)) == text
    assert "".join(put_together(*take_apart(char)) for char in text) == text


@given(st.text(st.sampled_from("qwertyuiopasdfghjklzxcvbnmQWERTOP 1?"), max_size=20))
def test_keys_come_back(keys: str) -> None:
    assert to_latin(to_hangul(keys)) == keys


def test_every_syllable_has_its_jamo() -> None:
    assert len(INITIALS) * len(VOWELS) * len(FINALS) == 11_172
    assert take_apart("힣") == ("ㅎ", "ㅣ", "ㅎ")
    assert take_apart("가") == ("ㄱ", "ㅏ")
    assert take_apart("a") == ("a",)


@pytest.mark.parametrize(
    ("text", "whole"), [("법인", True), ("2024년", True), ("법ㅇ", False), ("뭏쟤뷁", False), ("ax", False)]
)
def test_whole_is_syllables_in_use(text: str, whole: bool) -> None:
    assert is_whole(text) is whole


@pytest.mark.parametrize(
    ("hanja", "sound"),
    [
        ("韓國", "한국"), ("企業", "기업"), ("女子", "여자"), ("男女", "남녀"), ("歷史", "역사"), ("來年", "내년"), ("老人", "노인"),
        ("比率", "비율"), ("確率", "확률"), ("不正", "부정"), ("不法", "불법"), ("大統領", "대통령"), ("音樂", "음악"), ("金額", "금액"),
    ],
)  # fmt: skip
def test_hanja_are_read_by_their_sounds(hanja: str, sound: str) -> None:
    assert hanja_words(f"옛 {hanja}의") == [(2, 2 + len(hanja), sound)]


@pytest.mark.parametrize("text", ["美 국무부", "龘龘", "한국", ""])
def test_what_is_no_hanja_word(text: str) -> None:
    assert hanja_words(text) == []

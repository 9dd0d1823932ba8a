"""Number forms: however a Korean newspaper writes it, it is one value at one place."""

import itertools
import time
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.korean.numbers import canonical, find_numbers

ONE = [
    ("4조6000억", "4600000000000"),
    ("4조6,000억", "4600000000000"),
    ("4조 6천억", "4600000000000"),
    ("4.6조", "4600000000000"),
    ("4,600,000,000,000", "4600000000000"),
    ("사조 육천억", "4600000000000"),
    ("1억 2천만", "120000000"),
    ("1억2000만", "120000000"),
    ("일억이천만", "120000000"),
    ("1경 2000조", "12000000000000000"),
    ("3백만", "3000000"),
    ("삼백만", "3000000"),
    ("300만", "3000000"),
    ("2천5백", "2500"),
    ("2천5백30", "2530"),
    ("1천2백30억", "123000000000"),
    ("3만5천", "35000"),
    ("3만 5천", "35000"),
    ("1.5만", "15000"),
    ("12만3456", "123456"),
    ("12만3,456", "123456"),
    ("1만2천3백45", "12345"),
    ("0", "0"),
    ("0조", "0"),
    ("007", "7"),
    ("15.30", "15.3"),
    ("1,234.5", "1234.5"),
    ("１２３", "123"),
    ("십만", "100000"),
    ("12345678901234567890123456789012345", "12345678901234567890123456789012345"),
]

SENTENCES: list[tuple[str, list[tuple[str, int | str]]]] = [
    ("입장료는 5천원이다", [("5천", 5000)]),
    ("3천여 명이 왔다", [("3천", 3000)]),
    ("축제에 3만5천 명이 왔다", [("3만5천", 35000)]),
    ("12만3456명을 뽑았다", [("12만3456", 123456)]),
    ("삼만 오천 원을 냈다", [("삼만 오천", 35000)]),
    ("오만 원을 냈다", [("오만", 50000)]),
    ("칠조 원", [("칠조", 7 * 10**12)]),
    ("2024년 10월 3일, 15.3% 늘었다", [("2024", 2024), ("10", 10), ("3", 3), ("15.3", "15.3")]),
    ("1만, 2만 3만 원", [("1만", 10000), ("2만", 20000), ("3만", 30000)]),
    ("매출 7조, 이익 3000억", [("7조", 7 * 10**12), ("3000억", 3 * 10**11)]),
    ("제2조 3항", [("2", 2), ("3", 3)]),
    ("빵 3조각과 7경기", [("3", 3), ("7", 7)]),
    ("4월3일", [("4", 4), ("3", 3)]),
    ("1.2.3", [("1.2", "1.2"), ("3", 3)]),
    ("2,3", [("2", 2), ("3", 3)]),
]

NO_NUMBERS = [
    "구조 개선",  # structure, no 9조
    "부산 구경",  # sightseeing, no 9경
    "이만 마치겠습니다",
    "일만 했다",
    "오만한 태도",
    "천안의 백화점",
    "하나 둘 셋",
    "",
]


@pytest.mark.parametrize(("text", "value"), ONE)
def test_every_form_of_a_number_is_found_whole(text: str, value: str) -> None:
    for sentence in (text, f"매출은 {text}", f"({text})", f"{text}, 그리고"):
        start = sentence.index(text)
        ((first, last, found),) = find_numbers(sentence)
        assert (first, last, canonical(found)) == (start, start + len(text), value)


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_numbers_in_sentences(text: str, expected: list[tuple[str, int | str]]) -> None:
    found = [(text[start:end], canonical(value)) for start, end, value in find_numbers(text)]
    assert found == [(form, str(value)) for form, value in expected]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_words_that_look_like_numbers(text: str) -> None:
    assert find_numbers(text) == []


@pytest.mark.parametrize(
    ("value", "text"), [("4600000000000.0", "4600000000000"), ("0.50", "0.5"), ("1E+3", "1000"), ("100", "100")]
)
def test_canonical(value: str, text: str) -> None:
    assert canonical(Decimal(value)) == text


UNITS = [(10**16, "경"), (10**12, "조"), (10**8, "억"), (10**4, "만"), (1, "")]


def with_units(number: int, *, space: str = "", comma: bool = False, small: bool = False) -> str:
    """4600000000000 as 4조6000억; with ``small`` thousands as 6천."""
    parts = []
    for unit, name in UNITS:
        section = number // unit % 10**4 if unit < 10**16 else number // unit
        if section:
            digits = f"{section:,}" if comma else str(section)
            if small and section < 10**4:
                digits = small_form(section)
            parts.append(digits + name)
    return space.join(parts) or "0"


def small_form(section: int) -> str:
    """2530 as 2천5백30."""
    form = ""
    for unit, name in ((1000, "천"), (100, "백")):
        if section // unit % 10:
            form += f"{section // unit % 10}{name}"
    return form + (str(section % 100) if section % 100 else "")


def in_hangul(number: int) -> str:
    """35000 as 삼만오천."""
    form = ""
    for unit, name in UNITS:
        section = number // unit % 10**4
        for small, small_name in ((1000, "천"), (100, "백"), (10, "십"), (1, "")):
            digit = section // small % 10
            if digit:
                form += "일이삼사오육칠팔구"[digit - 1] * (digit > 1 or small == 1) + small_name
        form += name if section else ""
    return form


def values(text: str) -> list[str]:
    return [canonical(value) for _, _, value in find_numbers(text)]


@given(st.integers(0, 10**20 - 1))
@example(4_600_000_000_000)
@example(123_456)
@example(10_000_0000)
def test_an_integer_is_found_again_in_every_form(number: int) -> None:
    for form in (
        str(number),
        f"{number:,}",
        with_units(number),
        with_units(number, comma=True),
        with_units(number, small=True),
    ):
        assert values(f"매출은 {form} 원이다") == [str(number)], form


@given(st.integers(1, 10**12).map(lambda number: number * 10_000))
def test_spaces_between_units_change_nothing(number: int) -> None:
    assert values(f"총 {with_units(number, space=' ')} 원") == [str(number)]
    assert values(f"총 {with_units(number, space=' ', small=True)} 원") == [str(number)]


@given(st.integers(1, 10**16 - 1).map(lambda number: number // 10 * 10))
def test_a_number_in_hangul_is_found_again(number: int) -> None:
    """Numbers below 만 are left to the morphemes: 오천 and 이백 are too often parts of names."""
    if number >= 20_000:
        assert values(f"총 {in_hangul(number)} 원") == ([str(number)] if len(in_hangul(number)) <= 40 else [])


@pytest.mark.parametrize("blank", [" ", "\t", "\n", "\xa0", "\u3000"])
def test_any_blank_may_part_a_number_in_hangul(blank: str) -> None:
    """Such as the one between two cells of a table, or at the end of a line."""
    assert values(f"이십억{blank}삼천만 원") == ["2030000000"]
    assert values(f"삼십만{blank}오천{blank}원") == ["305000"]


@given(st.decimals(0, 9999, places=2, allow_nan=False), st.sampled_from(UNITS))
def test_decimals_before_a_unit(figure: Decimal, unit: tuple[int, str]) -> None:
    assert values(f"{figure}{unit[1]} 원") == [canonical(figure * unit[0])]


@given(st.text(alphabet="0123456789.,만억조경십백천일이구 원명제가 \n", max_size=60))
def test_places_are_ordered_and_apart_in_any_text(text: str) -> None:
    found = find_numbers(text)
    assert all(start < end for start, end, _ in found)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(found))
    assert all(value >= 0 and canonical(value) for _, _, value in found)


@pytest.mark.parametrize("part", ["1", "1천", "1천 ", "1,111", "1만 ", "일만", "1.", "일", "1경1조1억1만", "제1"])
def test_long_runs_are_read_in_linear_time(part: str) -> None:
    started = time.thread_time()
    find_numbers(part * 20_000)
    assert time.thread_time() - started < 8.0  # it takes .5 at most, and minutes where it is not linear

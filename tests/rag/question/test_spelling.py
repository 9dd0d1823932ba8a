"""Names in Latin letters: read as the Hangul word of the index that they spell, left alone everywhere else."""

import time
from itertools import pairwise

import pytest

from rag.question.spelling import Spelled, hangul_names

INDEX = "물푸레마을 3단지, 해온시, 솔터군, 류세담 교수, 꽃내마을, 종로구, 한결새마음금고, 달빛공원, 고슬제과를 찾은 곳은 어디"
PAIRS = {a + b for a, b in pairwise(INDEX)}


def pair_frequency(pair: str) -> int:
    return INDEX.count(pair)


@pytest.mark.parametrize(
    ("text", "hangul"),
    [
        ("At Mulpure Village Complex 3, how much is the fee?", ["물푸레"]),
        ("When is the deadline for Haeon City's subsidy?", ["해온"]),
        ("In Solteo-gun, how much is it?", ["솔터군"]),
        ("Where was the botanist Ryu Se-dam born?", ["류세담"]),
        ("Kkotnae and Jongno", ["꽃내", "종로"]),
        ("loans at Hangyeol Saemaeum Savings Bank", ["한결새마음"]),
        ("Dalbit Park", ["달빛"]),
        ("How many employees does Goseul have?", ["고슬"]),
        ("Which Federal Department is in Washington?", []),
        ("When does it close on Monday?", []),
        ("mulpure", []),
        ("AX 법인의 매출 목표는?", []),
        ("Ha", []),
        ("", []),
        ("A" * 2000, []),
    ],
)
def test_names_that_the_index_holds(text: str, hangul: list[str]) -> None:
    assert [name.hangul for name in hangul_names(text, pair_frequency)] == hangul


def test_places_are_those_of_the_name_and_do_not_overlap() -> None:
    text = "Haeon City and Mulpure"
    found = hangul_names(text, pair_frequency)
    assert found == [Spelled(0, 5, "해온"), Spelled(15, 22, "물푸레")]
    assert [text[name.start : name.end] for name in found] == ["Haeon", "Mulpure"]


def test_a_noun_with_its_particle_is_no_name() -> None:
    assert pair_frequency("곳은")
    assert pair_frequency("고슬")
    assert [hangul_name.hangul for hangul_name in hangul_names("Goseul", pair_frequency)] == ["고슬"]


def test_names_that_can_be_read_in_ever_more_ways_are_given_up_soon() -> None:
    asked = 0

    def every(pair: str) -> int:
        nonlocal asked
        asked += 1
        return 1

    began = time.process_time()
    hangul_names("Ananananananan, Kangkangkang. " * 66, every)
    assert asked <= 20_000
    assert time.process_time() - began < 8.0  # 40 without an end

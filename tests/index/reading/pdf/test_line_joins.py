"""Whether a space stands between two lines."""

from collections.abc import Sequence

import pytest
from kiwipiepy import Kiwi

from index.korean.line_ends import KiwiJoiner
from index.korean.sentences import new_kiwi
from index.reading.pdf.line_joins import joined

LINES = [
    "공공언어 감수와 공공언어 교육을 늘린다. 국민의 국어능력을 조사한다.",
    "모든 공공언어는 쉽고 바르게 쓴다. 열람실을 밤 열 시까지 연다.",
    "국어능력 조사와 언어 정책을 함께 살핀다.",
]


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("실생활과 가까운 공공", "언어로 대상을 넓힌다.", True),  # so written elsewhere in the text
        ("조사와 언어", "정책을 함께 살핀다.", False),
        ("도서관의 열람실을 ", "밤까지 연다.", False),  # a blank at the line's end
        ("the next quarter of the", "fiscal year", False),
        ("inter-", "national", True),
        ("2024", "2025", False),
        ("평가한 것은 국내", "’21년 처음이다.", False),  # a year without its century begins a word
        ("", "글", False),
        ("모든 글은 가", "\u11a8 자로 끝난다.", False),  # a final consonant alone, which would change the letter before
    ],
)
def test_line_ends(before: str, after: str, whole: bool) -> None:
    assert joined([(before, after)], LINES) == [whole]


def test_a_middle_dot_binds_what_it_stands_between_however_that_reads() -> None:
    class Parting:
        def scores(self, ends: Sequence[tuple[str, str]]) -> list[float]:
            return [-8.0] * len(ends)

    ends = [("언어 환경의 급변·", "다변화로"), ("언어 환경의 급변 ·", "다변화로")]
    assert joined(ends, LINES, Parting()) == [True, False]


def test_none_for_none() -> None:
    assert joined([], LINES) == []


@pytest.fixture(scope="module")
def kiwi() -> Kiwi:
    return new_kiwi()


@pytest.mark.model
def test_kiwi_knows_words_that_the_document_does_not_hold(kiwi: Kiwi) -> None:
    joiner = KiwiJoiner(kiwi)
    ends = [
        ("일을 마치고 돌아온 사람들이 모였습니", "다. 그리고"),
        ("새 제도를 널리 알리기", "위하여 안내서를 만들었다."),
    ]
    assert joined(ends, [], joiner) == [True, False]


@pytest.mark.model
def test_kiwi_is_asked_for_each_reading_once(kiwi: Kiwi) -> None:
    class Counting:
        def __init__(self) -> None:
            self.texts: list[str] = []

        def analyze(self, texts: list[str], top_n: int) -> object:
            self.texts += texts
            return kiwi.analyze(texts, top_n=top_n)

    counting = Counting()
    scores = KiwiJoiner(counting).scores([("가나 다", "라 마")] * 3)
    assert len(counting.texts) == 2
    assert len(set(scores)) == 1

"""Where a line of a paragraph was broken, by how it stands on its page."""

import pytest

from index.reading.pdf.page_lines import Line
from index.reading.pdf.paragraphs import breaks_between_words


def line(text: str, left: float, right: float, bottom: float = 100.0, *, page: int = 1, blank: bool = False) -> Line:
    """A line of type of 10 points."""
    return Line(text, page, left, right, bottom, bottom + 10, blank)


@pytest.mark.parametrize(
    ("lines", "between"),
    [
        ([line("모든 도서관의 열람", 0, 90), line("실을 연다", 0, 45, 85)], False),  # filled, as where a word is broken
        ([line("모든 도서관의 열람", 0, 90, blank=True), line("규정", 0, 20, 85)], True),
        ([line("시의 새 도서관", 0, 70), line("운영규정에 따라 연다", 0, 100, 85)], True),  # a letter would have fitted
        ([line("시의 새 도서관", 0, 92), line("운영규정에 따라 연다", 0, 100, 85)], False),  # none would have
        ([line("시의 새 도서관", 0, 70), line("운영규정에", 200, 300, 200)], False),  # in another column
        ([line("시의 새 도서관", 0, 70), line("운영규정에 따라 연다", 0, 100, 800, page=2)], False),
        ([line("정부지원금", 0, 50), line("(70%)", 12, 38, 85)], True),  # in the middle of a cell
        ([line("추진", 0, 50), line("(4월)", 0, 26, 85)], False),
        ([line("자체 구축", 0, 50), line("(2건) 및 (3건)", 2, 48, 85)], False),  # goes on with the sentence
    ],
)
def test_a_line_is_broken_between_words(lines: list[Line], between: bool) -> None:
    assert breaks_between_words(lines, 0) is between


def test_the_width_of_a_column_is_that_of_its_other_lines() -> None:
    lines = [line("첫째 줄은 글로 가득 찬다", 0, 120), line("둘째 줄", 0, 60, 85), line("띄어 쓴", 0, 50, 70)]
    assert [breaks_between_words(lines, place) for place in (0, 1)] == [False, True]

"""Blanks that stand by themselves, in a font that is in the file: they part words, and no word is parted."""

from collections.abc import Sequence

import pytest

from index.articles import Place
from index.reading.pdf import pdf
from tests.support.pdf_files import with_its_font

SIZE, NARROW = 10.0, 1.2  # points; PDFium takes no gap so narrow for a blank
PLACED = tuple[float, float, str]
TURNS = {0: "1 0 0 1 0 0", 90: "0 1 -1 0 600 0", 180: "-1 0 0 -1 600 800", 270: "0 -1 1 0 0 800"}


class Joins:
    """Would have all lines joined."""

    def scores(self, ends: Sequence[tuple[str, str]]) -> list[float]:
        return [8.0] * len(ends)


def line(text: str, x: float = 50, y: float = 500, blank: float = NARROW) -> list[PLACED]:
    """Its letters and blanks, each by itself, and how far a blank moves what is behind it."""
    placed = []
    for char in text:
        placed.append((x, y, char))
        x += blank if char == " " else SIZE
    return placed


def drawn(placed: Sequence[PLACED], turn: str = TURNS[0]) -> bytes:
    texts = " ".join(f"BT /F {SIZE} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET" for x, y, text in placed)
    return f"q {turn} cm {texts} Q".encode()


def read(placed: Sequence[PLACED], turn: int = 0) -> str:
    return pdf.read(with_its_font(drawn(placed, TURNS[turn]), turned=turn), "시험.pdf").text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("ab ca", "가나 다가"),
        ("ab 1", "가나 1"),
        ("1 ab", "1 가나"),
        ("* ab", "* 가나"),
        ("ab  ca", "가나 다가"),
        ("a b c", "가 나 다"),
        ("ab ca ", "가나 다가"),
        (" ab ca", "가나 다가"),
        ("abca", "가나다가"),
    ],
)
@pytest.mark.parametrize("turn", TURNS)
def test_a_blank_parts_two_words_and_nothing_else(written: str, text: str, turn: int) -> None:
    assert read(line(written), turn) == text


@pytest.mark.parametrize("turn", [90, 270])
def test_so_does_one_in_letters_that_are_turned_on_their_page(turn: int) -> None:
    content = drawn(line("ab ca"), TURNS[turn])
    assert pdf.read(with_its_font(content), "시험.pdf").text == "가나 다가"


def test_so_does_one_in_a_form() -> None:
    data = with_its_font(b"/X Do", form=drawn(line("ab ca")))
    assert pdf.read(data, "시험.pdf").text == "가나 다가"


def test_so_does_one_between_letters_set_together() -> None:
    assert read([(50, 500, "ab"), (70, 500, " "), (71.2, 500, "ca")]) == "가나 다가"


def test_a_blank_where_the_page_shows_no_gap_parts_nothing() -> None:
    assert read(line("ab ca", blank=0)) == "가나다가"


def test_a_blank_of_another_line_parts_nothing() -> None:
    assert read([(50, 500, "ab"), (70, 480, " "), (71.2, 500, "ca")]) == "가나다가"


def test_a_blank_in_a_cell_leaves_the_cells_parted() -> None:
    assert read([*line("ab "), *line("ca", x=200)]) == "가나\t다가"


@pytest.mark.parametrize(("blank", "line_end"), [(" ", "split"), ("  ", "split"), ("", "joined")])
def test_a_blank_at_a_lines_end_is_a_space_whatever_the_words_say(blank: str, line_end: str) -> None:
    first, second = "abcab cabca" * 3, "bcabc" * 3
    placed = [*line(first + blank), *line(second, y=485)]
    document = pdf.read(with_its_font(drawn(placed)), "시험.pdf", Joins())
    whole = "가나다가나 다가나다가" * 3
    assert document.places[0] == Place(0, len(whole), page=1, line_end=line_end)
    assert document.text == whole + (" " if blank else "") + "나다가나다" * 3


def test_a_blank_at_a_lines_start_is_no_part_of_the_line_before() -> None:
    placed = [*line("abcab" * 6), *line(" bcabc" * 3, y=485)]
    document = pdf.read(with_its_font(drawn(placed)), "시험.pdf", Joins())
    assert document.places[0].line_end == "joined"
    assert document.text == "가나다가나" * 6 + "나다가나다 나다가나다 나다가나다"

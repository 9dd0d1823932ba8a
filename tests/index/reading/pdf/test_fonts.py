"""Letters whose font is not in the PDF: none is dropped, whatever fonts the machine has, and no other letter is touched."""

import io
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from index.reading.pdf import fonts, pdf
from index.reading.pdf.page_lines import Line, read_page
from tests.support.pdf_files import one_page, paragraph, pdf_file, stream, without_its_font

LETTERS = "한글은A(1)·、「」※①가나다힣漢字かな"
HANGUL = 129
ASKED = list[int]


@pytest.fixture
def asked() -> Iterator[ASKED]:
    """The character sets asked of the machine's fonts, of which there are none, until squares are used again."""
    calls: ASKED = []
    machine = fonts._answers(MapFont=lambda *question: calls.append(question[3]))
    pdfium.FPDF_SetSystemFontInfo(machine)
    fonts.use_squares.cache_clear()
    yield calls
    fonts.use_squares.cache_clear()
    fonts.use_squares()


def lines(data: bytes) -> tuple[Line, ...]:
    document = pypdfium2.PdfDocument(data)
    try:
        return read_page(document[0], 1).lines
    finally:
        document.close()


def letters(data: bytes) -> str:
    return "".join(pdf.read(data, "시험.pdf").text.split())


def in_a_row(text: str) -> list[tuple[float, float, str]]:
    """Each letter set by itself."""
    return [(40 + 24.0 * number, 400, char) for number, char in enumerate(text)]


@pytest.mark.parametrize("letter", LETTERS)
def test_a_letter_alone_on_its_page_is_read(letter: str) -> None:
    assert letters(pdf_file([[(72, 700, letter)]])) == letter


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_letters_set_one_by_one_are_read_in_their_order(degrees: int) -> None:
    assert letters(pdf_file([in_a_row(LETTERS)], turned=degrees)) == LETTERS


def test_lines_of_one_letter_are_read() -> None:
    assert letters(pdf_file([[(72, 700, "가"), (72, 500, "나"), *paragraph("다라마", top=300)]])) == "가나다라마"


@pytest.mark.parametrize("entries", [b"", b"/CIDToGIDMap/Identity"])
def test_letters_told_by_their_glyphs_numbers_are_read(entries: bytes) -> None:
    content = b"BT /F 12 Tf 50 700 Td <0002> Tj 100 0 Td <0003> Tj 100 0 Td <0002> Tj ET"
    assert letters(without_its_font(content, entries)) == "글가글"


def test_a_letter_right_below_the_same_letter_is_no_shadow_of_it() -> None:
    content = b".1 0 0 .1 0 0 cm BT /F 120 Tf 500 7000 Td <0002> Tj <0003> Tj 0 -120 Td <0002> Tj <0003> Tj ET"
    assert letters(without_its_font(content)) == "글가글가"


def test_a_blank_set_by_itself_parts_two_words() -> None:
    assert pdf.read(pdf_file([[(72, 700, "국어"), (96, 700, " "), (97, 700, "능력")]]), "시험.pdf").text == "국어 능력"


def test_the_machine_is_asked_for_no_font(asked: ASKED) -> None:
    data = pdf_file([in_a_row("한글")])
    assert lines(data) == ()
    assert HANGUL in asked
    asked.clear()
    assert letters(data) == "한글"
    assert not asked


def test_a_font_in_the_file_is_read_as_without_squares(asked: ASKED) -> None:
    font = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
    pdfmetrics.registerFont(TTFont("Vera", font))
    file = io.BytesIO()
    sheet = canvas.Canvas(file)
    sheet.setFont("Vera", 11)
    for x, y, text in (*in_a_row("letters"), *paragraph("The library opens (at ten).", "illi WMWM")):
        sheet.drawString(x, y, text)
    sheet.save()
    before = lines(file.getvalue())
    fonts.use_squares()
    assert len(before) == 3
    assert lines(file.getvalue()) == before


@pytest.mark.parametrize(
    "name", [b"Helvetica", b"Times-Bold", b"Arial,Italic", b"CourierNew", b"Symbol", b"ZapfDingbats"]
)
def test_fonts_that_pdfium_holds_are_its_own(name: bytes, asked: ASKED) -> None:
    font = b"<</Type/Font/Subtype/Type1/BaseFont/%s>>" % name
    data = one_page(stream(b"BT /F 12 Tf 50 700 Td (illi WMWM) Tj 0 -30 Td (j) Tj ET"), b"<</Font<</F 5 0 R>>>>", font)
    before = lines(data)
    fonts.use_squares()
    assert before
    assert lines(data) == before

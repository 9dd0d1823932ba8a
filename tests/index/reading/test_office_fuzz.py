"""Bytes turned over, cut and put in: a reader gives a sound document or a ReadError, and does not take long."""

import contextlib
import io
import random
import time
import zipfile
from collections.abc import Callable

import pytest

from index.errors import ReadError
from index.reading.composing.composer import Document
from index.reading.office import docx, pptx
from index.reading.spreadsheets import csv_rows, sheets
from tests.support import office_files as make
from tests.support.office_files import data, row, shape, w_p, w_table

Reader = Callable[[bytes, str], Document]
CELLS = [(0, 0, "항목", 0), (0, 1, 45721.0, 1), (1, 0, "값", 0), (1, 1, 0.35, 2)]
FORMATS = ["yyyy-mm-dd", "0%"]
RUN = "<w:r><w:t>글</w:t></w:r>"
WORD = make.docx(
    w_p("본문")
    + w_table(["가", "나"], [w_table(["다"]), "라"])
    + f"<w:p><w:ins>{RUN}</w:ins><w:r><w:footnoteReference w:id='1'/></w:r></w:p>"
    "<mc:AlternateContent><mc:Choice><w:txbxContent>"
    + w_p("상자")
    + "</w:txbxContent></mc:Choice></mc:AlternateContent>"
    "<w:p><m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num></m:f></m:oMath></w:p>",
    footnotes='<w:footnote w:id="1">' + w_p("각주") + "</w:footnote>",
    core=make.core("제목", "이름", "2025-01-01"),
)
MADE: dict[str, tuple[Reader, bytes]] = {
    "docx": (docx.read, WORD),
    "pptx": (pptx.read, make.pptx([shape("제목", "title") + shape("본문"), shape("둘")], {1: "노트"})),
    "xlsx": (sheets.read, make.xlsx({"가": data(row(1, "항목", (45721, 1)), row(2, "값", (0.35, 2)))}, FORMATS)),
    "xls": (sheets.read, make.xls(CELLS, FORMATS)),
    "xlsb": (sheets.read, make.xlsb(CELLS, FORMATS)),
    "ods": (
        sheets.read,
        make.ods(
            "<table:table><table:table-row><table:table-cell><text:p>가</text:p></table:table-cell></table:table-row></table:table>"
        ),
    ),
    "csv": (csv_rows.read, "가,나\n1,2\n".encode()),
}


def mutated(original: bytes, chance: random.Random) -> bytes:
    """A few bytes or stretches changed."""
    made = bytearray(original)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place = chance.randrange(len(made) + 1)
        size = chance.choice((1, 1, 2, 4, 64))
        change = chance.randrange(5)
        if change == 0:
            made[place : place + size] = chance.randbytes(size)
        elif change == 1:
            del made[place : place + size]
        elif change == 2:
            made[place:place] = made[chance.randrange(len(made) + 1) :][:size]
        elif change == 3:
            made[place : place + size] = bytes([chance.choice((0, 0xFF, 0x7F, 0x80))]) * size
        elif place < len(made):
            made[place] ^= 1 << chance.randrange(8)
    return bytes(made)


def mutated_parts(original: bytes, chance: random.Random) -> bytes:
    """A package with one of its parts changed within, so that the change is read."""
    with zipfile.ZipFile(io.BytesIO(original)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    name = chance.choice(sorted(parts))
    parts[name] = mutated(parts[name], chance)
    return make.package(parts)


def check(kind: str, count: int) -> None:
    read, original = MADE[kind]
    is_sound(read(original, kind))
    chance = random.Random(kind)
    for number in range(count):
        inside = original.startswith(b"PK") and number % 3
        content = (mutated_parts if inside else mutated)(original, chance)
        begun = time.process_time()
        with contextlib.suppress(ReadError):
            is_sound(read(content, kind))
        assert time.process_time() - begun < 10, number


def is_sound(document: Document) -> None:
    edge = 0
    for place in document.places:
        assert edge <= place.start < place.end <= len(document.text)
        edge = place.end
    edge = 0
    for span in document.spans:
        assert edge <= span.start < span.end <= len(document.text)
        edge = span.end
    document.text.encode()


@pytest.mark.parametrize("kind", MADE)
def test_changed_bytes(kind: str) -> None:
    check(kind, 60)


@pytest.mark.full
@pytest.mark.parametrize("kind", MADE)
def test_changed_bytes_at_length(kind: str) -> None:
    check(kind, 3_000)

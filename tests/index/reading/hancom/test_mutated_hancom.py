"""Bytes of a document changed by chance: a reader reads them or refuses them, and never anything else."""

import random
import struct
import zipfile
from collections.abc import Callable

import pytest

from index.errors import ReadError
from index.reading.composing.composer import Document
from index.reading.hancom import hwp, hwpx
from index.reading.hancom.distribution import distribution_key
from tests.index.reading.hancom.test_distribution import encrypt
from tests.index.reading.hancom.test_hwp import numbered_doc_info
from tests.support import hwp_files as made

BODY = (
    made.paragraph(0, made.control(2, "secd"), "제목이다.", made.control(11, "tbl "), "둘째다.", shape=1)
    + made.ctrl(1, "secd", bytes(30))
    + made.table(1, [["이름", "값"], ["가", "1"]], caption="표 제목")
    + made.paragraph(0, made.control(11, "gso "), made.control(17, "fn  "), made.control(23, "tdut"), "끝", shape=2)
    + made.ctrl(1, "gso ", bytes(42))
    + made.record(0x4C, 2)
    + made.listed(3, made.paragraph(3, "글상자"))
    + made.ctrl(1, "fn  ", struct.pack("<IHH", 1, 0, 41))
    + made.listed(2, made.paragraph(2, "각주"))
    + made.ctrl(1, "tdut", struct.pack("<H", 1) + made.units("가") + struct.pack("<H", 1) + made.units("나"))
)
ENCRYPTED = encrypt(made.deflate(BODY).ljust(1024, b"\0"), distribution_key(bytes(256)))
SECTION = made.p(
    made.t("제목이다.")
    + made.tbl([[made.p(made.t("이름")), made.p(made.t("값"))]], "표 제목")
    + made.t("둘째다.<hp:deleteBegin/>")
) + made.p(
    '<hp:ctrl><hp:footNote number="1"><hp:subList>' + made.p(made.t("각주")) + "</hp:subList></hp:footNote></hp:ctrl>"
)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, a stretch taken out, doubled, or all after a place cut off."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8, 40))):
        place = chance.randrange(len(changed) or 1)
        stretch = slice(place, place + chance.choice((1, 2, 4, 64)))
        match chance.randrange(6):
            case 0 | 1:
                changed[stretch] = chance.randbytes(len(changed[stretch]))
            case 2:
                changed[stretch] = chance.choice((b"\0", b"\xff")) * len(changed[stretch])
            case 3:
                del changed[stretch]
            case 4:
                changed[place:place] = changed[stretch] * chance.choice((1, 30))
            case _ if chance.random() < 0.2:
                del changed[place:]
    return bytes(changed)


def hwp_file(chance: random.Random) -> bytes:
    more = {"\x05HwpSummaryInformation": mutated(made.summary("제목", "이름"), chance)}
    return mutated(made.hwp(BODY, doc_info=numbered_doc_info(), flags=chance.randrange(2), more=more), chance)


def hwp_records(chance: random.Random) -> bytes:
    return made.hwp(mutated(BODY, chance), doc_info=mutated(numbered_doc_info(), chance))


def hwp_distribution(chance: random.Random) -> bytes:
    view = mutated(made.record(0x1C, 0, bytes(256)) + ENCRYPTED, chance)
    return made.hwp(BODY, flags=5, more={"ViewText/Section0": view})


def hwpx_file(chance: random.Random) -> bytes:
    return mutated(made.hwpx(SECTION, method=chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))), chance)


def hwpx_xml(chance: random.Random) -> bytes:
    """Whole elements taken out, doubled and nested, so that most of it stays well-formed."""
    section = SECTION
    for _ in range(chance.randrange(1, 6)):
        name = chance.choice(("p", "run", "t", "tbl", "tr", "tc", "subList", "cellAddr", "footNote", "caption", "ctrl"))
        other = chance.choice(("p", "run", "t", "tbl", "tc", "subList", "switch", "equation", "header", "deleteBegin"))
        section = section.replace(f"<hp:{name}", f"<hp:{other}").replace(f"</hp:{name}>", f"</hp:{other}>")
    return made.hwpx(
        section,
        header=chance.choice(("", "<hh:numbering/>", '<hh:paraPr id="0"><hh:heading type="NUMBER"/></hh:paraPr>')),
    )


MAKERS: list[tuple[Callable[[random.Random], bytes], Callable[[bytes, str], Document]]] = [
    (hwp_file, hwp.read),
    (hwp_records, hwp.read),
    (hwp_distribution, hwp.read),
    (hwpx_file, hwpx.read),
    (hwpx_xml, hwpx.read),
]


def run(make: Callable[[random.Random], bytes], read: Callable[[bytes, str], Document], seeds: range) -> int:
    """How many of the files were read."""
    count = 0
    for seed in seeds:
        data = make(random.Random(seed))
        try:
            document = read(data, "문서")
        except ReadError:
            continue
        count += 1
        edges = [edge for place in document.places for edge in (place.start, place.end)]
        assert edges == sorted(edges)
        assert not edges or edges[-1] <= len(document.text)
        document.text.encode()
    return count


@pytest.mark.parametrize(("make", "read"), MAKERS)
def test_no_bytes_are_read_to_anything_but_a_document_or_a_reason(
    make: Callable[[random.Random], bytes], read: Callable[[bytes, str], Document]
) -> None:
    assert run(make, read, range(100)) > 0


@pytest.mark.full
@pytest.mark.parametrize(("make", "read"), MAKERS)
def test_nor_are_a_thousand_of_each(
    make: Callable[[random.Random], bytes], read: Callable[[bytes, str], Document]
) -> None:
    assert run(make, read, range(100, 1100)) > 0

"""HWP 5, by documents made of hand-written records: what a reader of the page sees, where it stands, what is refused."""

import struct
from itertools import pairwise

import pytest

from index.articles import SpanKind
from index.errors import EmptyTextError, ReadError, UnpackingError
from index.reading.composing.composer import Document
from index.reading.containers.bounds import MAX_DEPTH
from index.reading.hancom.distribution import distribution_key
from index.reading.hancom.hwp import read
from index.reading.hancom.hwp_records import Record, pieces, records, with_raised
from tests.index.reading.hancom.test_distribution import encrypt
from tests.support.hwp_files import (
    control,
    ctrl,
    deflate,
    hwp,
    listed,
    ole,
    paragraph,
    record,
    summary,
    table,
    units,
)

OBJECT, FIELD, NOTE, HEADER, COMMENT, OVER, NUMBER = 11, 3, 17, 16, 15, 23, 18


def document(*parts: bytes, **options: object) -> Document:
    return read(hwp(b"".join(parts), **options), "문서.hwp")  # type: ignore[arg-type]


def kinds(made: Document) -> list[tuple[str, str]]:
    return [(span.kind.value, made.text[span.start : span.end]) for span in made.spans]


def test_a_paragraph_is_a_line_with_its_place() -> None:
    made = document(paragraph(0, "첫째 문단이다."), paragraph(0, ""), paragraph(0, " 셋째 문단이다. "))
    assert made.text == "첫째 문단이다.\n셋째 문단이다."
    assert [(place.section, place.paragraph, made.text[place.start : place.end]) for place in made.places] == [
        (1, 1, "첫째 문단이다."),
        (1, 3, "셋째 문단이다."),
    ]


def test_sections_come_in_the_order_of_their_numbers() -> None:
    made = read(hwp(*(paragraph(0, f"{place}구역") for place in range(12))), "")
    assert made.text.split("\n") == [f"{place}구역" for place in range(12)]
    assert [place.section for place in made.places] == list(range(1, 13))


def test_a_raised_mark_is_no_part_of_the_figure_before_it() -> None:
    plain, raised = (record(0x15, 0, bytes(46) + struct.pack("<I", attributes)) for attributes in (0, 1 << 15))
    shapes = record(0x44, 1, struct.pack("<12I", 0, 0, 5, 1, 7, 0, 10, 1, 11, 0, 18, 1))
    made = document(paragraph(0, "2,9093)명 m2 단위: 102") + shapes, doc_info=plain + raised)
    assert made.text == "2,909 ³⁾명 m2 단위: 10 ²"
    assert document(paragraph(0, "2,9093)명") + shapes, doc_info=plain + plain).text == "2,9093)명"


def test_control_characters() -> None:
    made = document(
        paragraph(0, "가", control(9), "나", units("\x1e\x1f\x18"), "다", units("\n"), "라", control(8), "마")
    )
    assert made.text == "가\t나  -다\n라마"


def test_parameters_of_a_control_are_no_text_even_where_they_look_like_one() -> None:
    tricky = struct.pack("<HIIIH", 11, 0xD8000041, 0x000D0009, 0xDC00000B, 11)
    assert pieces(units("가") + tricky + units("나")) == ["가", 0, "나"]


def test_text_is_nfc_and_half_a_pair_is_replaced() -> None:
    made = document(paragraph(0, "\u1112\u1161\u11ab글", b"\x00\xd8", "끝"))
    assert made.text == "한글�끝"


def test_long_records_state_their_size_apart() -> None:
    made = document(paragraph(0, "가" * 5000))
    assert made.text == "가" * 5000
    cut = record(0x43, 1, units("가나다"))[:-3]
    assert list(records(cut)) == [Record(0x43, 1, cut[4:])]


def test_a_table_row_is_a_line_and_each_cell_has_its_place() -> None:
    rows = [["이름", "금액"], ["", ""], ["연필", "1,200원"]]
    made = document(paragraph(0, "앞 문단.", control(OBJECT, "tbl ")), table(1, rows, caption="표 제목"))
    assert made.text == "앞 문단.\n표 제목\n\n이름\t금액\n연필\t1,200원"
    found = {made.text[place.start : place.end]: (place.table, place.row, place.column) for place in made.places}
    assert found["1,200원"] == (1, 3, 2)
    assert found["앞 문단."] == (None, None, None)
    assert kinds(made) == [("caption", "표 제목")]


def test_a_nested_table_follows_the_outer_one() -> None:
    inner = listed(2, paragraph(2, "안", control(OBJECT, "tbl ")), table(3, [["ㄱ", "ㄴ"]]))
    outer = ctrl(1, "tbl ", bytes(42)) + record(0x4D, 2) + inner + listed(2, paragraph(2, "밖"), column=1)
    made = document(paragraph(0, control(OBJECT, "tbl ")), outer)
    assert made.text == "안\t밖\n\nㄱ\tㄴ"
    assert [(place.table, place.column) for place in made.places] == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_a_table_of_one_cell_is_but_a_frame() -> None:
    cell = listed(2, paragraph(2, "첫 줄."), paragraph(2, "둘째 줄."))
    made = document(paragraph(0, control(OBJECT, "tbl ")), ctrl(1, "tbl ", bytes(42)), record(0x4D, 2), cell)
    assert made.text == "첫 줄.\n둘째 줄."
    assert [(place.table, place.row, place.column) for place in made.places] == [(1, 1, 1)] * 2


def test_a_table_in_the_line_stands_between_two_sentences_and_never_in_one() -> None:
    between = document(paragraph(0, "앞이다.", control(OBJECT, "tbl "), "뒤이다."), table(1, [["ㄱ", "ㄴ"]]))
    assert between.text == "앞이다.\n\nㄱ\tㄴ\n\n뒤이다."
    within = document(paragraph(0, "한 문장의 ", control(OBJECT, "tbl "), "가운데."), table(1, [["ㄱ", "ㄴ"]]))
    assert within.text == "한 문장의 가운데.\n\nㄱ\tㄴ"
    floating = document(paragraph(0, control(OBJECT, "tbl "), "글."), table(1, [["ㄱ", "ㄴ"]], in_line=False))
    assert floating.text == "글.\n\nㄱ\tㄴ"


def test_tables_without_text_around_them_come_as_they_are_anchored() -> None:
    two = (table(1, [["가", "나"]], in_line=False), table(1, [["다", "라"]]))
    made = document(paragraph(0, control(OBJECT, "tbl "), control(OBJECT, "tbl ")), *two)
    assert made.text == "가\t나\n\n다\t라"


def test_a_row_of_one_cell_is_read_as_lines_with_the_tables_in_it() -> None:
    inner = table(3, [["ㄱ", "ㄴ"]])
    rows = (
        listed(2, paragraph(2, "항목")) + listed(2, paragraph(2, "값"), column=1),
        listed(2, paragraph(2, "앞이다.", control(OBJECT, "tbl "), "뒤이다."), inner, paragraph(2, "끝이다."), row=1),
        listed(2, paragraph(2, "하나"), paragraph(2, "둘"), column=1, row=2),
    )
    made = document(
        paragraph(0, control(OBJECT, "tbl ")), ctrl(1, "tbl ", bytes(42)), record(0x4D, 2), *rows, paragraph(0, "다음")
    )
    assert made.text == "항목\t값\n앞이다.\n\nㄱ\tㄴ\n\n뒤이다.\n끝이다.\n하나 둘\n\n다음"
    places = {made.text[place.start : place.end]: (place.table, place.row, place.column) for place in made.places}
    assert [places[text] for text in ("뒤이다.", "ㄴ", "끝이다.", "하나 둘")] == [
        (1, 2, 1),
        (2, 1, 2),
        (1, 2, 1),
        (1, 3, 2),
    ]


def test_notes_headers_and_comments_have_their_kinds() -> None:
    note = ctrl(1, "fn  ", struct.pack("<IHH", 1, 0, ord(")")))
    number = ctrl(3, "atno", struct.pack("<IHHHH", 1, 1, 0, 0, ord(")")))
    made = document(
        paragraph(0, control(HEADER, "head"), "값은 12", control(NOTE, "fn  "), "이다.", control(COMMENT, "tcmt")),
        ctrl(1, "head", bytes(8)) + listed(2, paragraph(2, "머리말")),
        note + listed(2, paragraph(2, control(NUMBER, "atno"), " 잠정치") + number),
        ctrl(1, "tcmt") + listed(2, paragraph(2, "확인 바람")),
    )
    assert made.text == "값은 12 ¹⁾이다.\n머리말\n¹⁾ 잠정치\n확인 바람"
    assert kinds(made) == [("furniture", "머리말"), ("note", "¹⁾ 잠정치\n확인 바람")]


def test_a_note_is_marked_at_its_place_as_before_its_text() -> None:
    note = ctrl(1, "en  ", struct.pack("<IHHI", 4, ord("("), ord(")"), 3)) + listed(2, paragraph(2, "끝주"))
    made = document(paragraph(0, "액체", control(NOTE, "en  "), "와"), note)
    assert made.text == "액체⁽ⁱᵛ⁾와\n끝주"


def test_a_note_in_a_cell_is_read_in_it() -> None:
    note = ctrl(3, "fn  ", struct.pack("<IHH", 1, 0, ord(")"))) + listed(4, paragraph(4, "잠정"))
    cell = listed(2, paragraph(2, "세입", control(NOTE, "fn  ")), note)
    rest = listed(2, paragraph(2, "909"), column=1)
    made = document(paragraph(0, control(OBJECT, "tbl ")), ctrl(1, "tbl ", bytes(42)), record(0x4D, 2), cell, rest)
    assert made.text == "세입¹⁾ [잠정]\t909"


def test_the_same_header_of_two_sections_is_read_once() -> None:
    section = paragraph(0, control(HEADER, "head"), "본문") + ctrl(1, "head") + listed(2, paragraph(2, "머리말"))
    assert read(hwp(section, section), "").text == "본문\n머리말\n본문"


def test_shapes_captions_and_text_art() -> None:
    shape = (
        record(0x4C, 2)
        + listed(3, paragraph(3, "글상자"))
        + record(0x5A, 3, bytes(32) + struct.pack("<H", 3) + units("글맵시"))
    )
    hover = struct.pack("<H", 5) + units("그림입니다")
    number = ctrl(3, "atno", struct.pack("<IHHHH", 3, 12, 0, 0, 0))
    made = document(
        paragraph(0, "본문", control(OBJECT, "gso ")),
        ctrl(1, "gso ", bytes(42) + hover)
        + listed(2, paragraph(2, "그림 ", control(NUMBER, "atno"), " 설명") + number)
        + shape,
    )
    assert made.text == "본문\n그림 12 설명\n글상자\n글맵시"
    assert kinds(made) == [("caption", "그림 12 설명")]


def test_text_that_only_controls_hold() -> None:
    over = struct.pack("<H", 2) + units("韓國") + struct.pack("<H", 2) + units("한국")
    made = document(
        paragraph(
            0,
            control(OVER, "tdut"),
            " ",
            control(OVER, "tcps"),
            " ",
            control(OBJECT, "eqed"),
            " ",
            control(OBJECT, "form"),
        ),
        ctrl(1, "tdut", over),
        ctrl(1, "tcps", struct.pack("<H", 2) + units("40")),
        ctrl(1, "eqed", bytes(42)) + record(0x58, 2, struct.pack("<IH", 0, 3) + units("a=b")),
        ctrl(1, "form", bytes(42))
        + record(0x5B, 2, units("CommonSet:set:9:x Caption:wstring:2:동의 Name:wstring:1:a")),
    )
    assert made.text == "韓國(한국) 40 a=b 동의"


def test_the_nth_extended_character_belongs_to_the_nth_control() -> None:
    made = document(
        paragraph(
            0, control(2, "secd"), control(FIELD, "%hlk"), "주소", control(4), " ", control(OVER, "tcps"), "이다"
        ),
        ctrl(1, "secd", bytes(30)),
        ctrl(1, "%hlk", bytes(10)),
        ctrl(1, "tcps", struct.pack("<H", 1) + units("①")),
    )
    assert made.text == "주소 ①이다"


def numbered_doc_info() -> bytes:
    def shape(kind: int, level: int, number: int) -> bytes:
        return record(0x19, 0, struct.pack("<I", kind << 23 | level << 25) + bytes(26) + struct.pack("<HH", number, 0))

    levels = b""
    for level, style in enumerate((0, 8, 1, 0, 0, 0, 0), 1):
        form = f"^{level}." if style != 1 else f"^{level}"
        levels += struct.pack("<III", style << 5, 0, 0) + struct.pack("<H", len(form)) + units(form)
    numbering = record(0x17, 0, levels + struct.pack("<H7I", 1, *[1] * 7))
    bullet = record(0x18, 0, bytes(12) + units("■") + bytes(4))
    return numbering + bullet + shape(0, 0, 0) + shape(2, 0, 1) + shape(2, 1, 1) + shape(2, 2, 1) + shape(3, 0, 1)


def test_numbers_of_lists_are_restored() -> None:
    texts = [(1, "총칙"), (2, "목적"), (2, "정의"), (3, "용어"), (1, "보칙"), (2, "위임"), (4, "점"), (0, "글")]
    body = b"".join(paragraph(0, text, shape=shape) for shape, text in texts)
    file = hwp(body, doc_info=numbered_doc_info())
    marked = ["1. 총칙", "가. 목적", "나. 정의", "① 용어", "2. 보칙", "가. 위임", "■ 점", "글"]
    assert read(file, "").text.split("\n") == marked


def test_title_author_and_date_are_those_of_the_properties() -> None:
    made = document(paragraph(0, "글"), more={"\x05HwpSummaryInformation": summary("업무 계획", "홍길동")})
    assert (made.title, made.author, made.published_at) == ("업무 계획", "홍길동", "2025-03-04")
    assert set(made.known_by.values()) == {"properties"}
    assert document(paragraph(0, "글")).known_by == {}


def test_an_uncompressed_document() -> None:
    assert document(paragraph(0, "글"), flags=0).text == "글"


def test_a_distribution_document_is_read_and_its_notice_marked() -> None:
    """The key's record was made with the plain seed 0: its mask is that of Visual C's rand()."""
    key_record = bytes(256)
    hidden = deflate(paragraph(0, "감춘 본문이다."))
    hidden += bytes(-len(hidden) % 16)
    view = record(0x1C, 0, key_record) + encrypt(hidden, distribution_key(key_record))
    made = document(paragraph(0, "뷰어가 필요합니다."), flags=5, more={"ViewText/Section0": view})
    assert made.text == "감춘 본문이다.\n뷰어가 필요합니다."
    assert kinds(made) == [("furniture", "뷰어가 필요합니다.")]


@pytest.mark.parametrize(
    ("data", "korean", "english"),
    [
        (b"HWP Document File V3.00 \x1a\x01\x02", "HWP 3", "HWP 3"),
        (b"<?xml version='1.0'?><HWPML Version='2.8'>", "HWPML", "HWPML"),
        (hwp(paragraph(0, "글"), flags=3), "암호가 걸린", "password"),
        (hwp(paragraph(0, "글"), flags=0x11), "DRM", "DRM"),
        (b"", "손상된", "HWP 5"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE", "OLE"),
        (hwp(paragraph(0, "글"))[:900], "OLE", "OLE"),
        (ole({"WordDocument": b"x"}), "FileHeader", "FileHeader"),
        (hwp(), "BodyText", "BodyText"),
    ],
)
def test_what_is_refused_says_why_and_what_to_do(data: bytes, korean: str, english: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(data, "문서.hwp")
    assert korean in caught.value.korean
    assert "저장" in caught.value.korean
    assert english in caught.value.english
    assert "save it" in caught.value.english.lower()


def test_a_document_of_pictures_says_so() -> None:
    with pytest.raises(EmptyTextError, match="그림"):
        document(paragraph(0, ""))


def test_what_a_damaged_section_still_holds_is_read_with_a_warning() -> None:
    packed = deflate(b"".join(paragraph(0, f"{number}째 문단이다. {number * 7919}") for number in range(3000)))
    broken = ole(
        {
            "FileHeader": b"HWP Document File".ljust(32, b"\0") + struct.pack("<II", 0x05010100, 1),
            "BodyText/Section0": packed[: len(packed) // 2] + b"\xff" * 5000,
        }
    )
    made = read(broken, "")
    assert made.text.startswith("0째 문단이다. 0\n1째 문단이다. 7919\n")
    assert made.warnings == ("1구역이 깨져 있어 앞부분만 읽었습니다.",)


def test_tracked_changes_are_warned_of() -> None:
    made = document(paragraph(0, "글"), doc_info=record(0x60, 0, bytes(8)))
    assert "변경 내용 추적" in made.warnings[0]


def test_nesting_has_a_limit() -> None:
    def nested(depth: int) -> bytes:
        return b"".join(
            paragraph(level, control(OBJECT, "gso "))
            + ctrl(level + 1, "gso ", bytes(42))
            + record(0x48, level + 2, bytes(8))
            for level in range(0, depth, 2)
        ) + paragraph(depth, "속")

    assert document(nested(MAX_DEPTH - 2)).text == "속"
    with pytest.raises(ReadError, match="200단계"):
        document(nested(MAX_DEPTH + 2))


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(UnpackingError, match="64 MB"):
        document(bytes(65 << 20))


def test_spans_and_places_are_in_order_and_slices() -> None:
    made = document(
        paragraph(0, "앞.", control(OBJECT, "tbl "), "뒤.", control(HEADER, "foot")),
        table(1, [["가", " "], ["", "라 마"]], caption="제목"),
        ctrl(1, "foot") + listed(2, paragraph(2, "꼬리말")),
    )
    assert all(before.end <= after.start for before, after in pairwise(made.places))
    assert all(before.end <= after.start for before, after in pairwise(made.spans))
    assert all(made.text[place.start : place.end].strip() for place in made.places)
    assert made.spans[-1].kind is SpanKind.FURNITURE


def test_damaged_properties_are_left_out() -> None:
    whole = summary("제목", "이름")
    for kind in (0x101F, 0x1F):  # a vector of texts, or one text, of four thousand million
        damaged = whole.replace(struct.pack("<II", 0x1F, 3), struct.pack("<II", kind, 0xFFFFFFF0))
        made = document(paragraph(0, "글"), more={"\x05HwpSummaryInformation": damaged})
        assert (made.text, made.title, made.author) == ("글", None, None)


def test_a_record_of_letters_shapes_that_holds_none_leaves_the_text_as_it_is() -> None:
    text = "가".encode("utf-16-le")
    assert with_raised(text, b"", {1}) == with_raised(text, b"\0\0\0", {1}) == text

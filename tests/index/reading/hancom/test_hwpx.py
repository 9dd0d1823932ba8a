"""HWPX, by documents zipped here: what a reader of the page sees, where it stands, what is refused."""

import zipfile

import pytest

from index.errors import EmptyTextError, ReadError, UnpackingError
from index.reading.composing.composer import Document
from index.reading.containers.bounds import MAX_DEPTH, MAX_MEMBERS
from index.reading.hancom.hwpx import read
from tests.support.hwp_files import hwpx, p, t, tbl


def document(*paragraphs: str, **options: object) -> Document:
    return read(hwpx("".join(paragraphs), **options), "문서.hwpx")  # type: ignore[arg-type]


def kinds(made: Document) -> list[tuple[str, str]]:
    return [(span.kind.value, made.text[span.start : span.end]) for span in made.spans]


def sub(*paragraphs: str) -> str:
    return f"<hp:subList>{''.join(paragraphs)}</hp:subList>"


def test_a_paragraph_is_a_line_with_its_place() -> None:
    made = read(hwpx(p(t("첫째다.")) + p("") + p(t("셋째") + t("다.")), p(t("둘째 구역."))), "")
    assert made.text == "첫째다.\n셋째다.\n둘째 구역."
    assert [(place.section, place.paragraph) for place in made.places] == [(1, 1), (1, 3), (2, 1)]


def test_sections_come_in_the_order_of_their_numbers() -> None:
    made = read(hwpx(*(p(t(f"{place}구역")) for place in range(12))), "")
    assert made.text.split("\n") == [f"{place}구역" for place in range(12)]


def test_blanks_tabs_and_line_breaks() -> None:
    made = document(p(t("가<hp:tab/>나<hp:fwSpace/>다<hp:nbSpace/>라<hp:lineBreak/>마<hp:hyphen/>바<hp:titleMark/>")))
    assert made.text == "가\t나 다 라\n마-바"


def test_tables_captions_and_nested_tables() -> None:
    inner = p(t("안") + tbl([[p(t("ㄱ")), p(t("ㄴ"))]]))
    made = document(p(t("앞.")), p(tbl([[p(t("이름")), p(t("값"))], [inner, p(t("둘")) + p(t("셋"))]], "표 제목")))
    assert made.text == "앞.\n표 제목\n\n이름\t값\n안\t둘 셋\n\nㄱ\tㄴ"
    found = {made.text[place.start : place.end]: (place.table, place.row, place.column) for place in made.places}
    assert found["둘 셋"] == (1, 2, 2)
    assert found["ㄴ"] == (2, 1, 2)
    assert kinds(made) == [("caption", "표 제목")]


def test_a_raised_mark_is_no_part_of_the_figure_before_it() -> None:
    shapes = '<hh:charProperties><hh:charPr id="0"/><hh:charPr id="7"><hh:supscript/></hh:charPr></hh:charProperties>'
    raised = f'<hp:run charPrIDRef="7">{t("3)")}</hp:run>'
    made = read(hwpx(f'<hp:p><hp:run charPrIDRef="0">{t("2,909")}</hp:run>{raised}</hp:p>', header=shapes), "")
    assert made.text == "2,909 ³⁾"


def merged(*rows: tuple[tuple[int, str], ...]) -> str:
    """A table whose cells stand in the columns that they name."""
    made = ""
    for row, cells in enumerate(rows):
        inner = "".join(
            f'<hp:tc>{sub(p(t(text)))}<hp:cellAddr colAddr="{column}" rowAddr="{row}"/></hp:tc>'
            for column, text in cells
        )
        made += f"<hp:tr>{inner}</hp:tr>"
    return p(f"<hp:tbl>{made}</hp:tbl>")


def test_columns_of_merged_cells() -> None:
    """What stands under a heading stands in its column, beside and below merged cells."""
    head = ((0, "구분"), (1, "상반기"), (3, "비고")), ((1, "계획"), (2, "집행"))
    rows = ((0, "운영비"), (1, "10"), (2, "9"), (3, "양호")), ((1, "7"), (2, "5"), (3, "미흡"))
    made = document(merged(*head, *rows))
    assert made.text == "구분\t상반기\t\t비고\n\t계획\t집행\n운영비\t10\t9\t양호\n\t7\t5\t미흡"
    assert [place.column for place in made.places] == [1, 2, 4, 2, 3, 1, 2, 3, 4, 2, 3, 4]


def test_a_form_on_more_columns_than_it_has() -> None:
    made = document(merged(((0, "성명"), (2, "홍길동")), ((1, "주소"), (3, "서울"))))
    assert made.text == "성명\t홍길동\n주소\t서울"


def test_boxes_between_sentences() -> None:
    box = f"<hp:rect><hp:drawText>{sub(p(t('글상자다')))}</hp:drawText><hp:shapeComment>사각형입니다.</hp:shapeComment></hp:rect>"
    assert document(p(t("앞이다.") + box + t("뒤이다."))).text == "앞이다.\n글상자다\n뒤이다."
    assert document(p(t("한 문장의 ") + box + t("가운데다."))).text == "한 문장의 가운데다.\n글상자다"


def test_notes_headers_and_comments_have_their_kinds() -> None:
    number = '<hp:ctrl><hp:autoNum num="1" numType="FOOTNOTE"><hp:autoNumFormat type="DIGIT" suffixChar=")"/></hp:autoNum></hp:ctrl>'
    note = f'<hp:ctrl><hp:footNote number="1" suffixChar="41">{sub(p(number + t(" 잠정치")))}</hp:footNote></hp:ctrl>'
    memo = f'<hp:ctrl><hp:fieldBegin type="MEMO"><hp:parameters><hp:stringParam>명령</hp:stringParam></hp:parameters>{sub(p(t("확인 바람")))}</hp:fieldBegin></hp:ctrl>'
    page = '<hp:ctrl><hp:autoNum num="1" numType="PAGE"/></hp:ctrl>'
    header = f"<hp:ctrl><hp:header>{sub(p(t('머리말') + page))}</hp:header></hp:ctrl>"
    made = document(p(header + t("값은 12") + note + t("이다.") + memo))
    assert made.text == "값은 12 ¹⁾이다.\n머리말\n¹⁾ 잠정치\n확인 바람"
    assert kinds(made) == [("furniture", "머리말"), ("note", "¹⁾ 잠정치\n확인 바람")]


def test_a_note_is_marked_at_its_place_as_before_its_text() -> None:
    number = '<hp:ctrl><hp:autoNum num="4" numType="ENDNOTE"><hp:autoNumFormat type="ROMAN_SMALL" prefixChar="(" suffixChar=")"/></hp:autoNum></hp:ctrl>'
    note = f'<hp:ctrl><hp:endNote number="4" prefixChar="40" suffixChar="41">{sub(p(number + t(" 끝주")))}</hp:endNote></hp:ctrl>'
    assert document(p(t("액체") + note + t("와"))).text == "액체⁽ⁱᵛ⁾와\n⁽ⁱᵛ⁾ 끝주"
    bare = f'<hp:ctrl><hp:footNote number="2">{sub(p(t("각주")))}</hp:footNote></hp:ctrl>'
    assert document(p(t("액체") + bare + t("와"))).text == "액체²⁾와\n각주"


def test_tracked_changes_are_read_in_their_final_state() -> None:
    deleted = '<hp:deleteBegin Id="1"/>지운<hp:deleteEnd Id="1"/>'
    assert document(p(t(f"처음 {deleted}<hp:insertBegin/>넣은<hp:insertEnd/> 글"))).text == "처음 넣은 글"
    table = t("<hp:deleteBegin/>") + tbl([[p(t("지운 표")), p("")]]) + t("<hp:deleteEnd/>남은 글")
    assert document(p(table)).text == "남은 글"


def test_text_that_only_controls_hold() -> None:
    made = document(
        p(
            "<hp:dutmal><hp:mainText>韓國</hp:mainText><hp:subText>한국</hp:subText></hp:dutmal>"
            + t(" ")
            + '<hp:compose composeText="40"/>'
            + t(" ")
            + "<hp:equation><hp:script>a=b</hp:script></hp:equation>"
            + t(" ")
            + '<hp:checkBtn caption="동의"/><hp:textart text="글맵시"/>'
        )
    )
    assert made.text == "韓國(한국) 40 a=b 동의글맵시"


def test_numbers_of_lists_are_restored() -> None:
    levels = "".join(
        f'<hh:paraHead level="{level}" numFormat="{style}" start="1">^{level}.</hh:paraHead>'
        for level, style in ((1, "DIGIT"), (2, "HANGUL_SYLLABLE"))
    )
    shapes = "".join(
        f'<hh:paraPr id="{place}"><hh:heading type="{kind}" idRef="{number}" level="{level}"/></hh:paraPr>'
        for place, kind, number, level in ((1, "NUMBER", 7, 0), (2, "OUTLINE", 0, 1), (3, "BULLET", 2, 0))
    )
    header = f'<hh:numbering id="7">{levels}</hh:numbering><hh:bullet id="2" char="■"/>{shapes}'
    outline = '<hp:secPr outlineShapeIDRef="7"/>'
    body = p(outline + t("총칙"), "1") + p(t("목적"), "2") + p(t("정의"), "2") + p(t("보칙"), "1") + p(t("점"), "3")
    marked = ["1. 총칙", "가. 목적", "나. 정의", "2. 보칙", "■ 점"]
    assert read(hwpx(body, header=header), "").text.split("\n") == marked


def test_title_author_and_date_are_those_of_the_package() -> None:
    package = '<opf:title>업무 계획</opf:title><opf:meta name="creator" content="text">홍길동</opf:meta>'
    package += '<opf:meta name="ModifiedDate" content="text">2025-03-04T07:46:04Z</opf:meta>'
    made = document(p(t("글")), package=package)
    assert (made.title, made.author, made.published_at) == ("업무 계획", "홍길동", "2025-03-04")
    assert set(made.known_by.values()) == {"properties"}


LOCKED = '<m:manifest xmlns:m="m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'


@pytest.mark.parametrize(
    ("data", "korean"),
    [
        (b"", "zip"),
        (b"PK\x03\x04 and no more", "zip"),
        (hwpx(p(t("글")), members={"META-INF/manifest.xml": LOCKED}), "암호"),
        (hwpx(), "section0"),
        (hwpx("<hp:p>"), "section0"),
        (hwpx(p(t("글")), method=zipfile.ZIP_LZMA), "section0"),
    ],
)
def test_what_is_refused_says_why_and_what_to_do(data: bytes, korean: str) -> None:
    with pytest.raises(ReadError, match=korean) as caught:
        read(data, "문서.hwpx")
    assert "저장" in caught.value.korean
    assert "save it" in caught.value.english.lower()


def test_a_document_of_pictures_says_so() -> None:
    with pytest.raises(EmptyTextError, match="그림"):
        document(p("<hp:pic/>"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_no_document_type_and_no_entities(encoding: str) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "비">]><sec><p><run><t>&b;</t></run></p></sec>'.encode(
        encoding
    )
    with pytest.raises(ReadError, match="DOCTYPE"):
        read(hwpx(members={"Contents/section0.xml": bomb}), "")


def test_a_damaged_section_is_named_and_the_others_read() -> None:
    made = read(hwpx(p(t("하나")), "<hp:p>", p(t("셋"))), "")
    assert made.text == "하나\n셋"
    assert [place.section for place in made.places] == [1, 3]
    assert made.warnings[0].startswith("2구역을 읽지 못했습니다")


def test_limits() -> None:
    with pytest.raises(UnpackingError, match="64 MB"):
        document(p(t("가" * (22 << 20))))
    with pytest.raises(UnpackingError, match=str(MAX_MEMBERS)):
        document(p(t("글")), members={f"BinData/{number}": b"" for number in range(MAX_MEMBERS)})
    deep = "<hp:x>" * MAX_DEPTH + "</hp:x>" * MAX_DEPTH
    with pytest.raises(ReadError, match="200단계"):
        document(p(deep))

"""Slide shows: the title first, notes marked, the slide's number as the page."""

from index.articles import SpanKind
from index.reading.office import pptx
from tests.support.office_files import package, relations, shape
from tests.support.office_files import pptx as make_pptx


def test_slides_with_title_first_and_notes_marked() -> None:
    first = (
        shape("본문 하나\n본문 둘") + shape("7", "sldNum") + shape("표지 제목", "ctrTitle") + shape("우리 기관", "ftr")
    )
    document = pptx.read(make_pptx([first, shape("둘째 제목", "title")], {1: "발표자 노트"}), "a.pptx")
    assert document.text == "표지 제목\n본문 하나\n본문 둘\n우리 기관\n발표자 노트\n\n둘째 제목"
    assert (document.title, document.known_by) == ("표지 제목", {"title": "first slide"})
    assert [(document.text[span.start : span.end], span.kind) for span in document.spans] == [
        ("우리 기관", SpanKind.FURNITURE),
        ("발표자 노트", SpanKind.NOTE),
    ]
    assert [place.page for place in document.places] == [1, 1, 1, 1, 1, 2]


def test_a_raised_mark_is_no_part_of_the_figure_before_it() -> None:
    runs = '<a:r><a:t>2,909</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>3)</a:t></a:r><a:r><a:rPr baseline="-25000"/><a:t>1</a:t></a:r>'
    made = make_pptx([f"<p:sp><p:txBody><a:p>{runs}</a:p></p:txBody></p:sp>"])
    assert pptx.read(made, "a.pptx").text == "2,909 ³⁾1"


def test_tables_groups_and_alternatives() -> None:
    cells = [["구분", "값"], ["매출", "4조"]]
    rows = "".join(
        "<a:tr>"
        + "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{c}</a:t></a:r></a:p></a:txBody></a:tc>" for c in r)
        + "</a:tr>"
        for r in cells
    )
    frame = (
        f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{rows}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )
    other = f"<mc:AlternateContent><mc:Choice>{shape('고른 것')}</mc:Choice><mc:Fallback>{shape('버린 것')}</mc:Fallback></mc:AlternateContent>"
    document = pptx.read(
        make_pptx([frame + f"<p:grpSp><p:grpSp>{shape('묶음 안')}</p:grpSp></p:grpSp>{other}"]), "a.pptx"
    )
    assert document.text == "구분\t값\n매출\t4조\n\n묶음 안\n고른 것"
    assert [(place.table, place.row, place.column) for place in document.places][:4] == [
        (1, 1, 1),
        (1, 1, 2),
        (1, 2, 1),
        (1, 2, 2),
    ]


def test_hidden_slides_are_marked() -> None:
    document = pptx.read(make_pptx([shape("보임"), shape("숨김")], s2='show="0"'), "a.pptx")
    assert document.text == "보임\n\n숨김"
    assert [(document.text[span.start : span.end], span.kind) for span in document.spans] == [("숨김", SpanKind.HIDDEN)]


def test_numbered_lists() -> None:
    auto = '<a:pPr><a:buAutoNum type="{}"/></a:pPr>'
    body = shape("하나\n둘", more=auto.format("arabicPeriod")) + shape("셋", more=auto.format("circleNumDbPlain"))
    assert pptx.read(make_pptx([body]), "a.pptx").text == "1. 하나\n2. 둘\n① 셋"


def test_a_broken_slide_does_not_stop_the_rest() -> None:
    parts = {
        "_rels/.rels": relations({"r": ("officeDocument", "ppt/presentation.xml")}),
        "ppt/presentation.xml": '<p:presentation xmlns:p="urn:p"/>',
        "ppt/slides/slide1.xml": "<p:sld",
        "ppt/slides/slide2.xml": f'<p:sld xmlns:p="urn:p" xmlns:a="urn:a"><p:cSld><p:spTree>{shape("둘째")}</p:spTree></p:cSld></p:sld>',
    }
    document = pptx.read(package(parts), "a.pptx")
    assert document.text == "둘째"
    assert document.places[0].page == 2
    assert document.warnings[0].startswith("1번째 슬라이드를 읽지 못했습니다")

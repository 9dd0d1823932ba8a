"""Word documents: what people see, where it stands, and nothing else."""

import pytest

from index.articles import SpanKind
from index.korean.numbers import find_numbers
from index.korean.terms import search_key
from index.reading.composing.composer import Document
from index.reading.office import docx
from tests.support.office_files import docx as make_docx
from tests.support.office_files import relations, w_p, w_table


def read(body: str, **parts: str) -> Document:
    return docx.read(make_docx(body, **parts), "a.docx")


def text(body: str, **parts: str) -> str:
    return read(body, **parts).text


def marked(document: Document, kind: SpanKind) -> list[str]:
    return [document.text[span.start : span.end] for span in document.spans if span.kind is kind]


def run(words: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{words}</w:t></w:r>"


def test_a_paragraph_is_a_line_and_empty_ones_part() -> None:
    assert text(w_p("하나") + w_p("") + w_p("") + w_p("둘") + w_p("셋")) == "하나\n\n둘\n셋"
    assert (
        text(f"<w:p>{run('가')}<w:r><w:tab/><w:t>나</w:t><w:br/><w:t>다</w:t><w:noBreakHyphen/></w:r></w:p>")
        == "가\t나\n다-"
    )


def test_tracked_changes_are_final() -> None:
    body = (
        f"<w:p><w:ins>{run('넣은')}</w:ins><w:del><w:r><w:delText>지운</w:delText></w:r></w:del></w:p>"
        f"<w:p><w:moveFrom>{run('옮기기 전')}</w:moveFrom><w:moveTo>{run('옮긴 뒤')}</w:moveTo></w:p>"
        f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{run('앞')}</w:p><w:p>{run('뒤')}</w:p>"
        "<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>"
        + w_p("지운 행")
        + "</w:tc></w:tr><w:tr><w:tc>"
        + w_p("남은 행")
        + "</w:tc></w:tr></w:tbl>"
    )
    assert text(body) == "넣은\n옮긴 뒤\n앞뒤\n남은 행"


def test_hidden_text_is_left_out() -> None:
    styles = '<w:style w:type="character" w:styleId="h"><w:name w:val="숨김"/><w:rPr><w:vanish/></w:rPr></w:style>'
    body = "<w:p>" + run("보임") + run("숨김", "<w:vanish/>") + run("다시", '<w:vanish w:val="0"/>')
    assert text(body + run("숨은 꼴", '<w:rStyle w:val="h"/>') + "</w:p>", styles=styles) == "보임다시"


def test_fields_show_their_result() -> None:
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>HYPERLINK "http://x"</w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("결과")}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    simple = f'<w:fldSimple w:instr="DATE">{run("날짜")}</w:fldSimple><w:hyperlink>{run("고리")}</w:hyperlink>'
    assert text(f"<w:p>{field}{simple}</w:p>") == "결과날짜고리"


def test_content_controls_text_boxes_and_old_drawings() -> None:
    box = "<mc:AlternateContent><mc:Choice Requires='wps'><wps:txbx><w:txbxContent>{}</w:txbxContent></wps:txbx></mc:Choice>"
    box += "<mc:Fallback><w:pict><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent>"
    body = f"<w:sdt><w:sdtContent>{w_p('컨트롤')}</w:sdtContent></w:sdt><w:p>{run('앞')}<w:r>{box.format(w_p('상자'), w_p('상자'))}</w:r>{run('뒤')}</w:p>"
    assert text(body + w_p("끝")) == "컨트롤\n앞뒤\n상자\n끝"
    assert text(f"<w:p><w:r>{box.format('', w_p('옛 상자'))}</w:r></w:p>") == "옛 상자"


def test_a_table_in_a_cell_beside_others_comes_after_its_own() -> None:
    inner = w_table(["품목", "값"], ["사과", "1,000원"])
    document = read(w_table(["구분", "내용"], ["가", w_p("앞") + inner + w_p("뒤")]) + w_p("끝"))
    assert document.text == "구분\t내용\n가\t앞 뒤\n\n품목\t값\n사과\t1,000원\n\n끝"
    places = {document.text[place.start : place.end]: (place.table, place.row) for place in document.places}
    assert (places["앞 뒤"], places["1,000원"]) == ((1, 2), (2, 2))
    assert text(w_table([w_p("틀") + inner + w_p("뒤")])) == "틀\n품목\t값\n사과\t1,000원\n뒤"


def test_a_raised_mark_is_no_part_of_the_figure_before_it() -> None:
    raised = '<w:vertAlign w:val="superscript"/>'
    body = (
        run("2,909")
        + run("3)", raised)
        + run("명, m")
        + run("2", raised)
        + run(", H")
        + run("2", '<w:vertAlign w:val="subscript"/>')
    )
    assert text(f"<w:p>{body}</w:p>") == "2,909 ³⁾명, m2, H2"


def test_a_deleted_paragraph_end_joins_nothing_beyond_its_cell() -> None:
    joined = f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{run('앞')}</w:p>"
    assert text(w_table([joined, "옆"]) + w_p("뒤")) == "앞\t옆\n뒤"
    assert text(joined + w_table(["하나", "둘"])) == "앞\n하나\t둘"


def test_the_end_of_a_page_or_column_ends_a_line() -> None:
    page, column = (f'<w:r><w:br w:type="{kind}"/></w:r>' for kind in ("page", "column"))
    assert (
        text(f"<w:p>{page}{run('앞이다.')}{page}{run('뒤이다.')}{column}</w:p>" + w_p("끝")) == "앞이다.\n뒤이다.\n끝"
    )


def test_tables_are_rows_with_places() -> None:
    document = read(
        w_p("앞") + w_table(["이름", "나이"], ["홍길동", w_p("서른") + w_p("살")]) + w_table(["둘째", "표"])
    )
    assert document.text == "앞\n이름\t나이\n홍길동\t서른 살\n\n둘째\t표"
    places = {
        document.text[place.start : place.end]: (place.table, place.row, place.column) for place in document.places
    }
    assert places == {
        "앞": (None, None, None),
        "이름": (1, 1, 1),
        "나이": (1, 1, 2),
        "홍길동": (1, 2, 1),
        "서른 살": (1, 2, 2),
        "둘째": (2, 1, 1),
        "표": (2, 1, 2),
    }


def test_merged_cells_keep_their_columns() -> None:
    wide = f'<w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{w_p("넓은")}</w:tc><w:tc>{w_p("셋")}</w:tc>'
    covered = (
        f"<w:tc>{w_p('하나')}</w:tc><w:tc><w:tcPr><w:vMerge/></w:tcPr>{w_p('가린')}</w:tc><w:tc>{w_p('다')}</w:tc>"
    )
    document = read(f"<w:tbl><w:tr>{wide}</w:tr><w:tr>{covered}</w:tr></w:tbl>")
    assert document.text == "넓은\t\t셋\n하나\t\t다"
    assert [(place.row, place.column) for place in document.places] == [(1, 1), (1, 3), (2, 1), (2, 3)]


def test_a_table_that_only_frames_keeps_its_paragraphs() -> None:
    inner = w_table(["안", "표"])
    assert text(w_table([w_p("첫째 문단") + w_p("둘째 문단") + inner])) == "첫째 문단\n둘째 문단\n안\t표"
    assert text(w_table(["밖", w_p("글") + inner])) == "밖\t글 안 표"


def test_notes_follow_marked() -> None:
    notes = (
        '<w:footnote w:id="-1" w:type="separator">' + w_p("선") + '</w:footnote><w:footnote w:id="1">{}</w:footnote>'
    )
    reference = '<w:r><w:footnoteReference w:id="1"/></w:r><w:r><w:commentReference w:id="0"/></w:r><w:r><w:endnoteReference w:id="2"/></w:r>'
    document = read(
        w_p("본문") + f"<w:p>{run('둘째')}{reference}</w:p>",
        footnotes=notes.format(w_p(" 각주말")) + '<w:footnote w:id="9">' + w_p("안 쓰인") + "</w:footnote>",
        endnotes='<w:endnote w:id="2">' + w_p("미주말") + "</w:endnote>",
        comments='<w:comment w:id="0">' + w_p("메모말") + "</w:comment>",
    )
    assert document.text == "본문\n둘째¹ⁱ\n\n¹ 각주말\nⁱ 미주말\n메모말"
    assert marked(document, SpanKind.NOTE) == ["¹ 각주말\nⁱ 미주말\n메모말"]
    assert [place.paragraph for place in document.places] == [1, 2, 2, 2, 2]


def test_notes_are_numbered_as_the_document_says_and_not_where_it_marks_them_itself() -> None:
    custom = '<w:r><w:footnoteReference w:customMarkFollows="1" w:id="1"/><w:t>*</w:t></w:r>'
    document = read(
        f'<w:p>{run("값은 12")}{custom}{run("이다.")}<w:r><w:footnoteReference w:id="2"/></w:r></w:p>',
        footnotes="".join(
            f'<w:footnote w:id="{place}">{w_p(note)}</w:footnote>' for place, note in ((1, "* 잠정"), (2, "확정"))
        ),
        settings='<w:footnotePr><w:numFmt w:val="decimalEnclosedCircle"/></w:footnotePr>',
    )
    assert document.text == "값은 12*이다.①\n\n* 잠정\n① 확정"


def test_a_note_after_a_figure_is_no_part_of_it() -> None:
    document = read(
        f'<w:p>{run("수입은 2,909")}<w:r><w:footnoteReference w:id="1"/></w:r>{run("이다.")}</w:p>',
        footnotes=f'<w:footnote w:id="1">{w_p("잠정")}</w:footnote>',
    )
    assert document.text == "수입은 2,909 ¹이다.\n\n¹ 잠정"
    assert next(value for _, _, value in find_numbers(search_key(document.text))) == 2909


def test_heads_and_feet_are_furniture_once() -> None:
    section = '<w:sectPr><w:headerReference r:id="r-header1"/><w:headerReference r:id="r-header2"/><w:footerReference r:id="r-footer1"/></w:sectPr>'
    document = read(
        w_p("본문") + section, header1=w_p("머리말"), header2=w_p("머리말"), footer1=w_p("- 3 -") + w_p("꼬리말")
    )
    assert document.text == "본문\n\n머리말\n꼬리말"
    assert marked(document, SpanKind.FURNITURE) == ["머리말\n꼬리말"]


def test_captions_contents_and_titles_are_known_by_style() -> None:
    names = {"c": "caption", "t": "toc 1", "T": "Title", "1": "heading 1"}
    styles = "".join(
        f'<w:style w:styleId="{key}" w:type="paragraph"><w:name w:val="{name}"/></w:style>'
        for key, name in names.items()
    )
    lines = [("T", "문서 제목"), ("t", "1장 3"), ("1", "1장"), ("c", "표 1. 예산")]
    document = read("".join(w_p(words, f'<w:pStyle w:val="{key}"/>') for key, words in lines), styles=styles)
    assert document.text == "문서 제목\n1장 3\n1장\n표 1. 예산"
    assert (document.title, document.known_by) == ("문서 제목", {"title": "title style"})
    assert marked(document, SpanKind.CAPTION) == ["표 1. 예산"]
    assert marked(document, SpanKind.NAVIGATION) == ["1장 3"]


NUMBERING = (
    '<w:abstractNum w:abstractNumId="0">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="ganada"/><w:lvlText w:val="%2)"/></w:lvl>'
    '<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1-%3"/><w:suff w:val="nothing"/></w:lvl>'
    '</w:abstractNum><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xF0D8;"/></w:lvl>'
    '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
)


def listed(words: str, list_id: int, level: int = 0) -> str:
    return w_p(words, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>')


def test_list_numbers_are_restored() -> None:
    body = (
        listed("목적", 1)
        + listed("가항", 1, 1)
        + listed("나항", 1, 1)
        + listed("붙임", 1, 2)
        + listed("정의", 1)
        + listed("다시", 1, 1)
    )
    body += listed("점", 2) + listed("처음", 3) + listed("없음", 0)
    wanted = ["1. 목적", "가) 가항", "나) 나항", "1-1붙임", "2. 정의", "가) 다시", "➢ 점", "1. 처음", "없음"]
    assert text(body, numbering=NUMBERING).split("\n") == wanted


def test_styles_carry_lists() -> None:
    styles = '<w:style w:styleId="a" w:type="paragraph"><w:name w:val="list"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    styles += '<w:style w:styleId="b" w:type="paragraph"><w:name w:val="more"/><w:basedOn w:val="a"/></w:style>'
    styles += '<w:style w:styleId="x" w:type="paragraph"><w:name w:val="loop"/><w:basedOn w:val="x"/></w:style>'
    body = "".join(
        w_p(words, f'<w:pStyle w:val="{style}"/>') for words, style in (("하나", "a"), ("둘", "b"), ("셋", "x"))
    )
    assert text(body, styles=styles, numbering=NUMBERING) == "1. 하나\n2. 둘\n셋"


def test_pages_only_where_word_wrote_them() -> None:
    broken = "<w:r><w:lastRenderedPageBreak/><w:t>둘째 쪽</w:t></w:r>"
    document = read(w_p("첫 쪽") + f"<w:p>{run('걸친 ')}{broken}</w:p>" + w_p("셋"))
    assert [(document.text[place.start : place.end], place.page) for place in document.places] == [
        ("첫 쪽", 1),
        ("걸친 ", 1),
        ("둘째 쪽", 2),
        ("셋", 2),
    ]
    assert read(w_p("가")).places[0].page is None
    cells = f"<w:tc><w:p>{broken}</w:p></w:tc>" * 3
    assert read(f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>{w_p('뒤')}").places[-1].page == 2


@pytest.mark.parametrize(("counted", "wanted"), [("2", [1, 2]), ("3", [None, None]), ("", [1, 2])])
def test_pages_are_dropped_where_word_counted_others(counted: str, wanted: list[int | None]) -> None:
    body = w_p("첫 쪽") + "<w:p><w:r><w:lastRenderedPageBreak/><w:t>둘째 쪽</w:t></w:r></w:p>"
    document = read(body, app=f"<Properties><Pages>{counted}</Pages></Properties>")
    assert [place.page for place in document.places] == wanted


def test_sections_and_paragraphs_are_counted() -> None:
    document = read(w_p("하나") + w_p("둘", "<w:sectPr/>") + w_p("셋"))
    assert [(place.section, place.paragraph) for place in document.places] == [(1, 1), (1, 2), (2, 1)]


def test_small_print_and_mathematics() -> None:
    ruby = f"<w:p><w:r><w:ruby><w:rt>{run('한자')}</w:rt><w:rubyBase>{run('漢字')}</w:rubyBase></w:ruby></w:r></w:p>"
    m = "<m:r><m:t>{}</m:t></m:r>"
    fraction = f"<m:f><m:num>{m.format('a+b')}</m:num><m:den>{m.format('2')}</m:den></m:f>"
    power = f"<m:sSup><m:e>{m.format('x')}</m:e><m:sup>{m.format('2')}</m:sup></m:sSup>"
    brackets = f"<m:d><m:dPr><m:begChr m:val='['/><m:endChr m:val=']'/></m:dPr><m:e>{m.format('y')}</m:e></m:d>"
    assert text(f"{ruby}<w:p><m:oMath>{fraction}{power}{brackets}</m:oMath></w:p>") == "漢字(한자)\n(a+b)/2x^2[y]"


def test_a_chart_is_a_table() -> None:
    def points(*values: str) -> str:
        return "".join(f'<c:pt idx="{n}"><c:v>{value}</c:v></c:pt>' for n, value in enumerate(values))

    series = f"<c:ser><c:tx>{points('매출')}</c:tx><c:cat>{points('2024', '2025')}</c:cat><c:val>{points('4.3000000000000001', '5')}</c:val></c:ser>"
    title = '<c:title><a:p xmlns:a="urn:a"><a:r><a:t>해마다</a:t></a:r></a:p></c:title>'
    chart = f'<c:chartSpace xmlns:c="urn:c">{title}{series}</c:chartSpace>'
    assert (
        text(w_p("앞") + '<w:p><w:r><c:chart r:id="r-chart1"/></w:r></w:p>', chart1=chart)
        == "앞\n\n해마다\n\t매출\n2024\t4.3\n2025\t5"
    )


def test_letters_are_composed() -> None:
    parted = "<w:r><w:t>\u1100\u1161</w:t></w:r><w:r><w:lastRenderedPageBreak/><w:t>\u11a8 끝</w:t></w:r>"
    assert text(f"<w:p>{parted}</w:p>") == "각 끝"


def test_broken_parts_beside_the_text_are_said() -> None:
    document = read(w_p("본문"), numbering="<w:num", styles="<")
    assert document.text == "본문"
    assert len(document.warnings) == 2
    assert read(w_p("본문") + '<w:altChunk r:id="x"/>').warnings == ("통째로 넣은 문서 1개는 읽지 않았습니다.",)


@pytest.mark.parametrize("root", ["hdr", "html"])
def test_another_root_is_refused(root: str) -> None:
    from index.errors import ReadError
    from tests.support.office_files import package

    with pytest.raises(ReadError, match="Word 문서가 아닙니다"):
        docx.read(package({"word/document.xml": f"<{root}/>", "_rels/.rels": relations({})}), "a.docx")

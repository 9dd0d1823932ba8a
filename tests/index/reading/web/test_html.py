"""HTML pages and text that holds HTML."""

import re
import time

import pytest

from index.articles import Layout, SpanKind
from index.errors import EmptyTextError, ReadError
from index.reading.composing.composer import Document
from index.reading.web import html
from index.structure.layouts import pack_layout, unpack_layout

ARTICLE = """<!DOCTYPE html><html><head><meta charset="{charset}"><title>도서관 밤 10시까지 연다 | 하나군청</title>
<meta property="og:title" content="도서관 밤 10시까지 연다"><meta property="og:site_name" content="하나군청">
<style>p {{ color: red }}</style></head><body>
<nav><ul>{menu}</ul></nav>
<div id="content"><h3>도서관 밤 10시까지 연다</h3>
<ul class="info"><li>등록일 2025.12.10</li><li>조회 24</li></ul>
<div class="view_cont"><p>하나군은 내년부터 모든 도서관의 <b>열람실</b>을 밤&nbsp;10시까지 연다고 밝혔다.</p>
<p>이용 시간은 평일 오전 9시부터 오후 10시까지이며, 주말에는 오후 6시에 닫는다.</p>
<figure><img src="a.jpg"><figcaption>새로 문을 연 열람실</figcaption></figure>
<table><tr><th>요일</th><th>시간</th></tr><tr><td>평일</td><td>9~22시</td></tr><tr><td rowspan=2>주말</td><td>토 9~18시</td></tr>
<tr><td>일 휴관</td></tr></table><div style="display: none">보이지 않는 글</div></div></div>
<div class="comment_list"><p>댓글 3개가 있습니다. 로그인하면 댓글을 쓸 수 있습니다.</p></div>
<div class="related_news"><a href="/1">다른 기사를 보시려면 누르세요</a></div>
<footer><p>Copyright ⓒ 하나군청. All rights reserved.</p></footer><script>var x = "<p>글</p>";</script></body></html>"""
MENU = "".join(f'<li><a href="/{n}">메뉴 {n}번입니다</a></li>' for n in range(20))


def page(charset: str = "utf-8", declared: str | None = None) -> bytes:
    return ARTICLE.format(charset=declared or charset, menu=MENU).encode(charset)


def read(data: bytes) -> Document:
    return html.read(data, "쪽.html")


def of_kind(document: Document, kind: SpanKind) -> list[str]:
    return [document.text[span.start : span.end] for span in document.spans if span.kind is kind]


def body(document: Document) -> str:
    marked = {place for span in document.spans for place in range(span.start, span.end)}
    return "".join(char for place, char in enumerate(document.text) if place not in marked).strip()


def test_the_article_is_body_and_the_rest_is_marked() -> None:
    assert body(read(page())).split("\n") == [
        "등록일 2025.12.10",
        "조회 24",
        "하나군은 내년부터 모든 도서관의 열람실을 밤 10시까지 연다고 밝혔다.",
        "이용 시간은 평일 오전 9시부터 오후 10시까지이며, 주말에는 오후 6시에 닫는다.",
        "",
        "요일\t시간",
        "평일\t9~22시",
        "주말\t토 9~18시",
        "\t일 휴관",
    ]


def test_kinds() -> None:
    document = read(page())
    assert of_kind(document, SpanKind.HEADLINE) == ["도서관 밤 10시까지 연다"]
    assert of_kind(document, SpanKind.CAPTION) == ["새로 문을 연 열람실"]
    assert of_kind(document, SpanKind.COMMENTS) == ["댓글 3개가 있습니다. 로그인하면 댓글을 쓸 수 있습니다."]
    assert of_kind(document, SpanKind.RELATED) == ["다른 기사를 보시려면 누르세요"]
    assert of_kind(document, SpanKind.COPYRIGHT) == ["Copyright ⓒ 하나군청. All rights reserved."]
    assert len(of_kind(document, SpanKind.NAVIGATION)) == 20


def test_what_nobody_sees_is_left_out() -> None:
    text = read(page()).text
    assert "보이지 않는" not in text
    assert "var x" not in text
    assert "color" not in text


def test_columns_of_merged_cells() -> None:
    """What stands under a heading stands in its column, beside and below merged cells."""
    rows = "<tr><th rowspan=2>구분<th colspan=2>2024년<th rowspan=2>비고<tr><th>상반기<th>하반기<tr><td>매출<td>10억<td>20억<td>증가"
    document = read(f"<body><table>{rows}<tr><td colspan=3>합계<td>30억</table>".encode())
    assert document.text == "구분\t2024년\t\t비고\n\t상반기\t하반기\n매출\t10억\t20억\t증가\n합계\t\t\t30억"
    assert {document.text[place.start : place.end]: place.column for place in document.places}["30억"] == 4


def test_a_row_of_one_cell_is_but_a_frame() -> None:
    """A board's text in a table keeps its lines, each with its place."""
    text = "<p>1. 기간: 3. 10. ~ 3. 14.</p><p>2. 사유: 점검</p>도서관은 문을 닫습니다.<br>죄송합니다."
    rows = f"<tr><th>제목<td>휴관 안내<th>등록일<td>2025-03-04<tr><td colspan=4>{text}<tr><td>문의<td>총무과"
    document = read(f"<body><table>{rows}</table>".encode())
    assert document.text.split("\n") == [
        "제목\t휴관 안내\t등록일\t2025-03-04",
        "1. 기간: 3. 10. ~ 3. 14.",
        "2. 사유: 점검",
        "도서관은 문을 닫습니다.",
        "죄송합니다.",
        "문의\t총무과",
    ]
    assert [(place.row, place.column) for place in document.places][4:8] == [(2, 1)] * 4


def test_rows_with_a_heading_beside_the_text_that_holds_a_table() -> None:
    inner = "<table><tr><td>품목<td>값<tr><td>사과<td>1,000원</table>"
    document = read(f"<body><table><tr><th>제목<td>단가 안내<tr><td colspan=2>아래와 같다.{inner}</table>".encode())
    assert document.text == "제목\t단가 안내\n아래와 같다.\n품목\t값\n사과\t1,000원"
    assert (document.title, [place.table for place in document.places]) == ("단가 안내", [1, 1, 2, 2, 2, 2])


def test_a_cell_that_ends_a_row_reaches_down_no_further_than_it_says() -> None:
    document = read(b"<body><table><tr><td>A<td rowspan=2>B<tr><td>C<tr><td>D<td>E</table>")
    assert document.text == "A\tB\nC\nD\tE"
    assert [place.column for place in document.places] == [1, 2, 1, 1, 2]


def test_a_raised_mark_is_no_part_of_the_figure_before_it() -> None:
    document = read("<body><p>모두 2,909<sup>3)</sup>명, 면적 10m<sup>2</sup>, 10<sup><a>-3</a></sup>이다.".encode())
    assert document.text == "모두 2,909 ³⁾명, 면적 10m2, 10 ⁻³이다."


def test_cells_have_their_places() -> None:
    document = read(page())
    cells = {(place.row, place.column): document.text[place.start : place.end] for place in document.places}
    assert cells[2, 2] == "9~22시"
    assert cells[3, 1] == "주말"
    assert cells[4, 2] == "일 휴관"  # below a cell of two rows
    assert {place.table for place in document.places} == {1}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("<td>{한}글</td><td>둘 {한}</td><td>셋</td>", ["한글", "둘 한", "셋"]),
        ("<td>{한}</td><td>{한}{한}</td>", ["한", "한한"]),
        ("<td>첫째</td><td>둘째&#x3000;&#x3000;</td>", ["첫째", "둘째"]),
        ("<td>첫째</td><td>&#x3000;&#x3000;</td>", ["첫째"]),
        ("<td>하나</td><td>둘</td>", ["하나", "둘"]),
    ],
)
def test_cells_stand_where_they_are_in_the_text_that_is_kept(row: str, found: list[str]) -> None:
    """Also where a tag stands inside a letter that macOS took apart, and where the row ends in blanks."""
    table = f"<table>{f'<tr>{row}</tr>' * 2}</table>".replace("{한}", "\u1112<b>\u1161\u11ab</b>")
    document = read(table.encode())
    assert [document.text[place.start : place.end] for place in document.places] == found * 2
    layout = Layout((), document.places)
    assert unpack_layout(pack_layout(layout)) == layout


def test_what_the_page_says_of_itself() -> None:
    document = read(page())
    assert (document.title, document.published_at, document.source) == (
        "도서관 밤 10시까지 연다",
        "2025-12-10",
        "하나군청",
    )
    assert document.known_by == {"title": "heading", "published_at": "등록일", "source": "og:site_name"}


def test_linked_data_goes_first() -> None:
    linked = (
        '<script type="application/ld+json">{"@graph": [{"@type": "NewsArticle", "headline": "열람실 연장",'
        ' "datePublished": "2025-12-09T10:00:00+09:00", "author": [{"name": "김하나"}], "publisher": {"name": "하나일보"}}]}</script>'
    )
    document = read(page().replace(b"</head>", linked.encode() + b"</head>"))
    assert (document.title, document.published_at) == ("열람실 연장", "2025-12-09")
    assert (document.author, document.source) == ("김하나", "하나일보")
    assert set(document.known_by.values()) == {"JSON-LD"}


@pytest.mark.parametrize("broken", ["{", '{"@type": ["NewsArticle"], "headline": 3}', "[" * 5_000])
def test_broken_linked_data_is_passed_over(broken: str) -> None:
    script = f'<script type="application/ld+json">{broken}</script></head>'
    assert read(page().replace(b"</head>", script.encode())).title == "도서관 밤 10시까지 연다"


@pytest.mark.parametrize(
    ("charset", "declared"), [("cp949", "euc-kr"), ("utf-8", "euc-kr"), ("cp949", "utf-8"), ("utf-8-sig", "x")]
)
def test_charsets_also_where_they_lie(charset: str, declared: str) -> None:
    assert "열람실을 밤" in read(page(charset, declared)).text


def test_a_list_is_refused() -> None:
    items = "".join(f'<li><a href="/{n}">하나군 소식 {n}번 글의 제목입니다</a></li>' for n in range(30))
    with pytest.raises(ReadError) as caught:
        read(f"<body><div id=contents><ul>{items}</ul></div></body>".encode())
    assert "목록" in caught.value.korean


@pytest.mark.parametrize("data", [b"", b"<html><body><script>1</script></body></html>", b"<!-- -->"])
def test_a_page_without_text_is_refused(data: bytes) -> None:
    with pytest.raises(EmptyTextError):
        read(data)


def test_nested_tables_are_layout() -> None:
    data = "<table><tr><td>왼쪽 글이다.</td><td><table><tr><td>가</td><td>나</td></tr></table></td></tr></table>"
    assert read(data.encode()).text == "왼쪽 글이다.\n가\t나"


def test_lines_inside_a_cell_stay_in_its_row() -> None:
    data = "<table><tr><td><p>첫째</p><p>둘째</p></td><td>셋<br>넷</td></tr></table>"
    assert read(data.encode()).text == "첫째 둘째\t셋 넷"


def test_depth_is_no_danger() -> None:
    assert read(b"<div>" * 20_000 + "깊은 글이다.".encode()).text == "깊은 글이다."


PASTED = (
    '<p><b>재활용품 배출 요일</b>은&nbsp;매주 <span style="color:red">화·목</span>입니다.</p>\n'
    "<table><tr><td>침대</td><td>8,000원</td></tr></table>\n문의: 자원과 &lt;청소팀&gt;\n전화 031-550-7788"
)


def test_pasted_html_reads_as_people_saw_it() -> None:
    assert html.holds_markup(PASTED)
    document = html.read_markup(PASTED)
    assert document.text.split("\n") == [
        "재활용품 배출 요일은 매주 화·목입니다.",
        "침대\t8,000원",
        "문의: 자원과 <청소팀>",
        "전화 031-550-7788",
    ]
    assert [document.text[place.start : place.end] for place in document.places] == ["침대", "8,000원"]


def test_what_only_looks_like_a_tag_remains() -> None:
    text = "<b>제3조</b> <개정 2020. 1. 1.> 3 < 5 <A형> 서식"
    assert html.read_markup(text).text == "제3조 <개정 2020. 1. 1.> 3 < 5 <A형> 서식"


@pytest.mark.parametrize(
    "text", ["제3조 <개정 2020. 1. 1.>", "a < b > c", "<표 1> 참고", "꺾쇠 <A>와 <B>", "글", "<br> 하나"]
)
def test_plain_text_holds_no_markup(text: str) -> None:
    assert not html.holds_markup(text)


def test_line_breaks_written_as_tags() -> None:
    assert html.holds_markup("하나<br>둘<br/>셋")
    assert html.read_markup("하나<br>둘<br/>셋").text == "하나\n둘\n셋"


@pytest.mark.parametrize(
    ("text", "holds"),
    [("<B>글</b>", True), ("</b>글<b>", False), ("<b>하나<b>둘</b>", True), ("<p><b>글</p>", True), ("<b>" + "가" * 3_000 + "</b>", False)],
)  # fmt: skip
def test_an_element_is_one_that_ends_near_by(text: str, holds: bool) -> None:
    assert html.holds_markup(text) is holds


@pytest.mark.alone
def test_a_long_text_of_tags_is_looked_at_once() -> None:
    """Nothing else of the server goes on while a regular expression is at work."""
    tags = [tag for tag in html._TAGS.split("|") if tag.isalpha() and tag not in ("br", "hr", "p")]
    text = "".join(f"<{tag}>" for tag in tags) * 500
    began = time.process_time()
    once = len(re.findall(r"<\w+>", text))
    middle = time.process_time()
    assert not html.holds_markup(text)
    assert time.process_time() - middle < 25 * (middle - began), once

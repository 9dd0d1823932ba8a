"""Outlines of every layout people type: a line is written as its role, the place of its parent and its words."""

import time

import pytest

from index.structure.outline import Line, Outline, Role, named_cells, read_outline, row_cells

LAYOUTS = {
    "list numbers": [
        ("heading", -1, "채용 공고"),
        ("heading", 0, "1. 응시 자격"),
        ("item", 1, "가. 학력: 제한 없음"),
        ("heading", 1, "나. 연령"),
        ("item", 3, "1) 18세 이상"),
        ("item", 3, "2) 60세 미만"),
        ("heading", 0, "2. 접수"),
        ("item", 6, "가. 방법: 방문"),
    ],
    "sentences without an ending": [
        ("heading", -1, "안건 3. 경비실 에어컨"),
        ("item", 0, "- 정문 에어컨이 고장 남. 새것은 75만원"),
        ("item", 1, "→ 새것을 사기로 의결"),
        ("heading", -1, "안건 4. 놀이터"),
        ("item", 3, "- 민원이 8월에만 14건 들어옴"),
        ("text", 3, "관리소장이 살피기로 함"),
    ],
    "a series of headings": [
        ("heading", -1, "사례 가"),
        ("item", 0, "- 까닭: 늦게 냄"),
        ("heading", -1, "사례 나"),
        ("item", 2, "- 까닭: 서류가 모자람"),
        ("heading", -1, "시약장 A(산)"),
        ("item", 4, "- 염산 두 병"),
        ("heading", -1, "시약장 B(염기)"),
        ("text", 6, "암모니아수 한 병"),
    ],
    "the last lines": [
        ("heading", -1, "안건 1. 조명"),
        ("item", 0, "- 찬성 6, 반대 1"),
        ("text", -1, "다음 회의: 10월 21일"),
        ("text", -1, "기록: 옥시현"),
    ],
    "last lines of their own": [
        ("heading", -1, "1. 수영장"),
        ("item", 0, "- 한 달: 6만원"),
        ("text", 0, "문의: 체육팀"),
        ("heading", -1, "2. 강당"),
        ("item", 3, "- 하루: 3만원"),
        ("text", 3, "문의: 총무팀"),
    ],
    "circled numbers": [
        ("heading", -1, "가. 준비물"),
        ("item", 0, "① 신분증"),
        ("item", 0, "② 도장"),
        ("heading", -1, "나. 장소"),
        ("item", 3, "㉠ 본관"),
        ("item", 3, "㉡ 별관"),
    ],
    "brackets": [
        ("heading", -1, "(1) 대상"),
        ("item", 0, "(가) 주민"),
        ("item", 0, "(나) 학생"),
        ("heading", -1, "(2) 방법"),
        ("item", 3, "(가) 전화 접수"),
    ],
    "decimals": [
        ("heading", -1, "1 대상"),
        ("heading", 0, "1.1 범위"),
        ("text", 1, "전 직원이다."),
        ("heading", 0, "1.2 예외"),
        ("text", 3, "휴직자는 뺀다."),
        ("heading", -1, "2 방법"),
        ("text", 5, "방문한다."),
    ],
    "bullets": [
        ("item", -1, "□ 개요"),
        ("item", 0, " ○ 일시: 5월 3일"),
        ("heading", 0, " ○ 장소"),
        ("item", 2, "  - 본관 2층"),
        ("item", 2, "  - 별관 로비"),
        ("heading", -1, "□ 문의"),
        ("item", 5, " △ 총무과"),
        ("item", 5, " △ 재무과"),
    ],
    "typed bullets": [
        ("heading", -1, "ㅇ 제출 서류"),
        ("item", 0, " - 신청서"),
        ("item", 0, " - 통장 사본"),
        ("item", -1, "ㅇ 기한: 5월"),
    ],
    "diamonds": [
        ("item", -1, "◇ 일시: 6월 1일"),
        ("item", -1, "◇ 장소: 강당"),
        ("item", -1, "◇ 대상: 주민"),
    ],
    "a note follows the list, not its last item": [
        ("item", -1, "1. 대상: 주민"),
        ("item", -1, "2. 기간: 3월"),
        ("item", -1, "※ 예산이 없으면 일찍 끝납니다."),
    ],
    "markdown": [
        ("heading", -1, "# 이용 안내"),
        ("heading", 0, "## 시간"),
        ("text", 1, "평일 9시부터 6시까지 엽니다."),
        ("heading", 1, "### 휴관"),
        ("text", 3, "월요일에 쉽니다."),
        ("heading", 0, "## 요금"),
        ("text", 5, "무료입니다."),
    ],
    "headings in brackets": [
        ("heading", -1, "[신청 방법]"),
        ("text", 0, "누리집에서 신청합니다."),
        ("heading", -1, "<문의>"),
        ("text", 2, "총무과로 전화합니다."),
    ],
    "short lines that end in a colon": [
        ("heading", -1, "제출 서류:"),
        ("text", 0, "신청서 1부"),
        ("text", 0, "신분증 사본"),
        ("heading", -1, "문의처:"),
        ("item", 3, "- 총무과 3층"),
        ("item", 3, "- 전화 02-111-2222"),
    ],
    "headings between items of one kind": [
        ("heading", -1, "2024년 요금"),
        ("item", 0, "- 어른: 3천원"),
        ("item", 0, "- 아이: 1천원"),
        ("heading", -1, "2023년 요금"),
        ("item", 3, "- 어른: 2천원"),
    ],
    "a line that goes on with an item": [
        ("heading", -1, "제출 서류"),
        ("item", 0, "- 신청서 1부와 그에 딸린"),
        ("text", 1, "사본"),
        ("item", 0, "- 신분증"),
    ],
    "labels": [
        ("text", -1, "일시: 2024. 5. 3.(금) 14:00"),
        ("text", -1, "장소: 본관"),
        ("text", -1, "대상: 주민"),
    ],
    "a faq by letters and numbers": [
        ("question", -1, "Q1. 언제 여나요?"),
        ("answer", 0, "A1. 9시입니다."),
        ("question", -1, "Q2. 어디인가요?"),
        ("answer", 2, "A2. 본관입니다."),
    ],
    "a faq in square brackets": [
        ("question", -1, "[질문] 주차되나요?"),
        ("answer", 0, "[답변] 됩니다."),
        ("question", -1, "[질문] 얼마인가요?"),
        ("answer", 2, "[답변] 천원입니다."),
    ],
    "a faq by 문 and 답": [
        ("question", -1, "문) 누가 받나요?"),
        ("answer", 0, "답) 주민이 받습니다."),
        ("question", -1, "문) 언제 받나요?"),
        ("answer", 2, "답) 월말에 받습니다."),
    ],
    "a faq by list numbers": [
        ("question", -1, "1. 카드로 되나요?"),
        ("text", 0, "됩니다."),
        ("question", -1, "2. 한도는요?"),
        ("text", 2, "월 10만원입니다."),
    ],
    "a faq by headings": [
        ("question", -1, "### 몇 시에 출발하나요?"),
        ("text", 0, "7시에 출발합니다."),
        ("question", -1, "### 요금은 얼마인가요?"),
        ("text", 2, "무료입니다."),
    ],
    "a faq with arrows": [
        ("question", -1, "Q. 언제 여나요?"),
        ("answer", 0, "⇒ 9시에 엽니다."),
        ("question", -1, "Q. 쉬는 날은?"),
        ("answer", 2, "⇒ 월요일입니다."),
    ],
    "minutes": [
        ("heading", -1, "회의록"),
        ("speech", 0, "위원장: 회의를 시작하겠습니다."),
        ("question", 0, "김하늘 위원: 예산은 얼마입니까?"),
        ("speech", 2, "재무과장: 3억 원입니다."),
        ("speech", 0, "위원장: 원안대로 의결합니다."),
    ],
    "a table of pipes": [
        ("heading", -1, "요금표"),
        ("columns", 0, "| 시설 | 평일 | 주말 |"),
        ("rule", -1, "|---|---|---|"),
        ("row", 0, "| 강당 | 3만원 | 5만원 |"),
        ("row", 0, "| 교실 | 1만원 | 2만원 |"),
    ],
    "a table of tabs": [
        ("columns", -1, "부서\t예산\t집행"),
        ("row", -1, "총무과\t10\t8"),
        ("row", -1, "재무과\t20\t11"),
    ],
    "a table of blanks": [
        ("columns", -1, "구분    평일      주말"),
        ("row", -1, "어른    3,000원   4,000원"),
        ("row", -1, "어린이  1,000원   2,000원"),
    ],
    "a table of commas": [
        ("columns", -1, "이름,부서,전화"),
        ("row", -1, "김하늘,총무과,1234"),
        ("row", -1, "박도윤,재무과,5678"),
    ],
    "a table with two rows of names": [
        ("columns", -1, "| 구분 | 2023년 | | 2024년 | |"),
        ("columns", -1, "| | 남 | 여 | 남 | 여 |"),
        ("row", -1, "| 본사 | 10 | 12 | 11 | 13 |"),
        ("row", -1, "| 지사 | 5 | 6 | 7 | 8 |"),
    ],
}


def written(text: str, outline: Outline) -> list[tuple[str, int, str]]:
    return [(line.role.value, line.parent, text[line.start : line.end]) for line in outline.lines]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_roles_and_parents(layout: str, ends: str) -> None:
    lines = LAYOUTS[layout]
    text = ends.join(words for _, _, words in lines)
    expected = [(role, parent, words.strip()) for role, parent, words in lines]
    assert written(text, read_outline(text)) == expected


def test_blank_lines_between_markdown_change_nothing() -> None:
    lines = LAYOUTS["markdown"]
    text = "\n\n".join(words for _, _, words in lines)
    assert written(text, read_outline(text)) == [*lines]


LAW = """마루시 조례
제1장 총칙
제1조(목적) 이 조례는 알 권리를 보장한다.
제3조(위원회) ① 시장은 위원회를 둔다.
② 위원은 다음 각 호와 같다.
1. 공무원
가. 과장
나. 팀장
2. 전문가
제3조의2(제척) ① 위원은 제척된다.
② 다음 각 호의 경우는 예외로 한다.
1. 동의한 경우
가. 서면으로 한 동의
부칙
제1조(시행일) 이 조례는 공포한 날부터 시행한다."""
CLAUSES = {
    "이 조례는 알": "제1조",
    "제3조(위원회)": "제3조",
    "① 시장은": "제3조제1항",
    "② 위원은": "제3조제2항",
    "1. 공무원": "제3조제2항제1호",
    "가. 과장": "제3조제2항제1호가목",
    "나. 팀장": "제3조제2항제1호나목",
    "2. 전문가": "제3조제2항제2호",
    "제3조의2": "제3조의2",
    "① 위원은 제척": "제3조의2제1항",
    "② 다음 각 호": "제3조의2제2항",
    "가. 서면": "제3조의2제2항제1호가목",
    "이 조례는 공포": "부칙 제1조",
    "마루시": "",
    "제1장": "",
}


@pytest.mark.parametrize("words", CLAUSES)
def test_names_of_clauses(words: str) -> None:
    outline = read_outline(LAW)
    assert outline.clause(outline.place_at(LAW.index(words))) == CLAUSES[words]


def test_a_clause_stands_under_its_chapter() -> None:
    outline = read_outline(LAW)
    place = outline.place_at(LAW.index("가. 과장"))
    above = [LAW[outline.lines[at].start : outline.lines[at].end] for at in outline.ancestors(place)]
    assert above == ["제1장 총칙", "제3조(위원회)", "② 위원은 다음 각 호와 같다.", "1. 공무원"]


def test_a_sentence_that_begins_with_an_articles_name_belongs_to_its_first_paragraph() -> None:
    outline = read_outline(LAW)
    start, end = LAW.index("제3조(위원회)"), LAW.index("\n② 위원은")
    assert outline.clause(outline.place_of(start, end)) == "제3조제1항"


def test_numbers_of_a_notice_are_no_clauses() -> None:
    outline = read_outline("공고\n1. 대상\n가. 주민\n제3조제2항에 따른 위원은 뺀다.")
    assert {outline.clause(place) for place in range(len(outline.lines))} == {""}


def test_a_reference_to_an_article_begins_none() -> None:
    text = "제1조(목적) 알 권리를 보장한다.\n제2조(위원) 위원을 둔다.\n제1조에 따른 위원은 뺀다.\n제2조 제1항의 위원도 뺀다."
    outline = read_outline(text)
    assert [line.clause for line in outline.lines] == ["제1조", "제2조", "", ""]


def test_the_title_said_again() -> None:
    outline = read_outline("도서관 이용 안내\n평일에 엽니다.", "도서관 이용안내")
    assert [line.role for line in outline.lines] == [Role.TITLE, Role.TEXT]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("3. 면접장소: 본사 강당", "면접장소: "),
        ("접수마감： 9월", "접수마감： "),
        ("오전 9:30에 시작", ""),
        ("누리집 https://example.com", ""),
        ("- 총무과 3층", ""),
        ("Q. 시간: 몇 시인가요?", ""),
    ],
)
def test_labels(text: str, label: str) -> None:
    line = read_outline(text + "\n다음 줄.").lines[0]
    assert text[line.content : line.label] == label


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("우리 시는 축제를 연다.\n기간: 5월", 0),
        ("공고\n\n우리 시는 축제를 연다.\n기간: 5월", 1),
        ("1. 기간: 5월\n2. 장소: 강당", -1),
        ("", -1),
    ],
)
def test_the_opening_sentence(text: str, opening: int) -> None:
    assert read_outline(text).opening == opening


def test_offsets_are_code_points_of_the_text() -> None:
    text = "😀 안내\n\n\t| 시설 | 요금 |\n\t| 강당 😀 | 3만원 |\n\t| 교실 | 2만원 |"
    outline = read_outline(text)
    row = outline.lines[2]
    assert text[row.start : row.end] == "| 강당 😀 | 3만원 |"
    assert [text[cell.start : cell.end] for cell in row_cells(text, row)] == ["강당 😀", "3만원"]


SHARED = "구분\t평일\t\t휴일\t\n\t당직자\t내선\t당직자\t내선\n1조\t류보람\t2101\t천도윤\t2201\n2조\t심아람\t2102\t모하준\t2202"
MERGED = "품목\t규격\t수수료\t비고\n장롱\t큰 것\t15,000원\t\n\t작은 것\t8,000원\t\n침대\t\t6,000원\t접수 마감"
PIPES = "| 품목 | 규격 | 수수료 |\n|---|---|---|\n| 장롱 | 큰 것 | 15,000원 |\n| | 작은 것 | |"
INDENTED = "\t시설\t요금\n\t강당\t3만원"


@pytest.mark.parametrize(
    ("text", "words", "cells"),
    [
        (SHARED, "1조", {"구분": "1조", "평일 당직자": "류보람", "평일 내선": "2101", "휴일 당직자": "천도윤", "휴일 내선": "2201"}),
        ("구분\t1층\t\t2층\n\t폭\t값\t폭\t값\n가\t1\t2\t3\t4\n나\t5\t6\t7\t8", "나", {"구분": "나", "1층 폭": "5", "1층 값": "6", "2층 폭": "7", "2층 값": "8"}),
        (MERGED, "작은", {"품목": "", "규격": "작은 것", "수수료": "8,000원", "비고": ""}),
        (MERGED, "침대", {"품목": "침대", "규격": "", "수수료": "6,000원", "비고": "접수 마감"}),
        (PIPES, "작은", {"품목": "", "규격": "작은 것", "수수료": ""}),
        (INDENTED, "강당", {"": "", "시설": "강당", "요금": "3만원"}),
        ("시설  층  요금\n강당  3만원", "강당", {}),
        ("시설\t요금\n강당\t3만원\t예약", "강당", {}),
        ("시설: 강당", "시설", {}),
    ],
)  # fmt: skip
def test_a_cell_stands_behind_the_name_of_its_column(text: str, words: str, cells: dict[str, str]) -> None:
    """Merged cells leave blank ones below and beside them; those at a row's ends are blanks of its line."""
    outline = read_outline(text)
    row = outline.lines[outline.place_at(text.index(words))]
    named = named_cells(text, outline.lines, row)
    assert {name: text[cell.start : cell.end] for name, cell in named} == cells


def test_places_and_children() -> None:
    text = "1. 하나\n가. 첫째입니다.\n나. 둘째입니다.\n2. 둘"
    outline = read_outline(text)
    assert outline.place_at(-1) == -1
    assert outline.place_at(text.index("둘째")) == 2
    assert outline.children(0) == [1, 2]
    assert outline.children(3) == []
    assert outline.ancestors(-1) == []


@pytest.mark.alone
def test_the_rows_of_a_long_table_are_not_gone_through_for_each_line_beside_it() -> None:
    """Lines and rows together take what they take apart; four times that where each line goes through the rows."""
    lines = [f"접수 창구 가운데 {number}번" for number in range(8_000)]
    rows = ["|가|나|"] * 10_000
    assert processor_seconds([*lines, *rows]) < 2 * (processor_seconds(lines) + processor_seconds(rows)) + 0.1


def processor_seconds(lines: list[str]) -> float:
    began = time.thread_time()
    read_outline("\n".join(lines))
    return time.thread_time() - began


@pytest.mark.alone
@pytest.mark.parametrize("begins", ["- 늦었음", "언제? 답"])
def test_blanks_behind_what_seems_to_be_a_sentence_or_an_answer_do_not_linger(begins: str) -> None:
    """Looked through from each of them they take fourteen seconds and more."""
    assert processor_seconds([begins + " " * 40_000 + "가", "- 나"]) < 3


def test_an_empty_text_has_no_lines() -> None:
    assert read_outline(" \n\t\n") == Outline((), -1)


def test_every_line_is_a_slice_and_parents_come_before() -> None:
    for lines in LAYOUTS.values():
        text = "\n".join(words for _, _, words in lines)
        for place, line in enumerate(read_outline(text).lines):
            assert isinstance(line, Line)
            assert line.start <= line.content <= line.label <= line.end
            assert line.parent < place
            assert text[line.start : line.end].strip() == text[line.start : line.end]

"""Values that a question names word for word, which no model need weigh."""

import pytest

from index.korean.sentences import SentenceSplitter
from rag.evidence.evidence import Evidence
from rag.evidence.rules.outright import names_outright
from rag.question.aliases import Aliases
from rag.question.asked import read_asked
from rag.question.question import read_question
from tests.support.evidence_support import evidence_of, lines_of, scope_of

POSTER = (
    "일시 | 8월 16일(토) 오후 7시\n장소 | 새뜰수목원\n관람료 | 무료(사전 예약)\n주차 | 제2주차장\n문의 | 061-555-0199"
)
STAFF = "부서\t담당자\t업무\t전화\n보건과\t태우람\t의료기관 신고\t02-555-0211\n증진과\t빈나래\t금연 상담\t02-555-0221\n증진과\t감도운\t치매 사업\t02-555-0223"
LAW = "제5조(숙박비) ① 숙박비는 다음과 같다.\n1. 서울특별시: 10만원\n2. 광역시: 8만원\n제6조(일비) ① 일비는 2만원으로 한다.\n② 공용 차량이면 절반으로 한다."


def outright(splitter: SentenceSplitter, question: str, first: str, *ranked: Evidence) -> bool:
    lines = sorted(ranked, key=lambda line: line.text != first)
    assert lines[0].text == first
    return names_outright(read_question(question, splitter, Aliases([], splitter)), read_asked(question), lines)


@pytest.mark.parametrize(
    ("question", "first", "named"),
    [
        ("음악회 관람료는 얼마인가요?", "관람료 | 무료(사전 예약)", True),
        ("겨울 음악회 관람료는 얼마인가요?", "관람료 | 무료(사전 예약)", False),
        ("2024년 음악회 관람료는 얼마인가요?", "관람료 | 무료(사전 예약)", False),
        ("음악회 주차료는 얼마인가요?", "주차 | 제2주차장", False),
        ("음악회 장소는?", "장소 | 새뜰수목원", True),
        ("음악회는 어디에서 열리나요?", "장소 | 새뜰수목원", True),
        ("음악회는 무슨 요일인가요?", "일시 | 8월 16일(토) 오후 7시", True),
        ("음악회 예약은 언제 하나요?", "일시 | 8월 16일(토) 오후 7시", False),
        ("음악회는 어디에서 예매하나요?", "장소 | 새뜰수목원", False),
        ("음악회에 갈 수 있나요?", "장소 | 새뜰수목원", False),
    ],
)
def test_a_label_of_what_the_title_names(splitter: SentenceSplitter, question: str, first: str, named: bool) -> None:
    assert outright(splitter, question, first, *lines_of(scope_of(POSTER, "숲속 음악회"))) is named


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("금연 상담 담당자는 누구인가요?", True),
        ("금연 상담 전화는 몇 번인가요?", True),
        ("금연 상담 이메일은?", False),
        ("증진과 담당자는 누구인가요?", False),  # of two lines, either could be meant
    ],
)
def test_a_cell_by_its_row_and_column(splitter: SentenceSplitter, question: str, named: bool) -> None:
    lines = lines_of(scope_of(STAFF, "연락처"))[1:]
    assert outright(splitter, question, "증진과\t빈나래\t금연 상담\t02-555-0221", *lines) is named


@pytest.mark.parametrize(
    ("question", "first", "named"),
    [
        ("제6조제2항은 무엇인가요?", "② 공용 차량이면 절반으로 한다.", True),
        ("여비 규정 제5조제1항제2호는?", "2. 광역시: 8만원", True),
        ("복무 규정 제5조제1항제2호는?", "2. 광역시: 8만원", False),
        ("제9조는 무엇인가요?", "2. 광역시: 8만원", False),
    ],
)
def test_a_clause(splitter: SentenceSplitter, question: str, first: str, named: bool) -> None:
    lines = [line for line in lines_of(scope_of(LAW, "여비 규정")) if line.text == first]
    assert outright(splitter, question, first, *lines) is named


def test_a_clause_of_two_documents_is_not_sure(splitter: SentenceSplitter) -> None:
    lines = [
        evidence_of(scope_of(LAW, name, article_id=name), "2. 광역시: 8만원") for name in ("여비 규정", "식비 규정")
    ]
    assert not outright(splitter, "제5조제1항제2호는?", "2. 광역시: 8만원", *lines)
    assert not names_outright(
        read_question("제5조제1항제2호는?", splitter, Aliases([], splitter)), read_asked("제5조제1항제2호는?"), []
    )

"""Which sentences are quoted, how far each quote reaches, where it stands and what in it is marked."""

from datetime import date

import numpy as np
import pytest

from rag.evidence.citing import MAX_CITATIONS, MAX_LISTED, choose, make_citation, marks, whole_sentence
from rag.evidence.naming import holders
from rag.question.asked import read_asked
from rag.question.question import AnswerType
from tests.support.evidence_support import evidence_of, lines_of, question_of, scope_of

LONG = "위원회는 예산을 심의하고, 결산을 검사하며, 계획을 승인하고, 그 밖에 위원장이 부치는 안건을 심의한다."


def whole(text: str, words: str) -> str:
    start, end = whole_sentence(text, evidence_of(scope_of(text), words))
    return text[start:end]


@pytest.mark.parametrize("piece", ["위원회는 예산을 심의하고,", "결산을 검사하며,", "안건을 심의한다.", LONG])
def test_a_piece_is_made_whole_again(piece: str) -> None:
    assert whole(LONG, piece) == LONG


@pytest.mark.parametrize("piece", ["위원회는 예산을 심의하고,", "결산을 검사하며,", "안건을 심의한다."])
def test_and_not_beyond_its_sentence_or_line(piece: str) -> None:
    text = f"앞 줄\n앞 문장이다. {LONG} 뒤 문장이다.\n뒤 줄"
    assert whole(text, piece) == LONG


def test_a_whole_sentence_stays_as_it_is() -> None:
    assert whole("하나다. 둘이다. 셋이다.", "둘이다.") == "둘이다."


def test_a_sentence_too_long_to_quote_stays_a_piece() -> None:
    text = "가나다 " * 200 + "끝이다."
    assert whole(text, "끝이다.") == "끝이다."


def cited(text: str, words: str, question: str, kind: AnswerType = AnswerType.OTHER) -> tuple[list[str], object]:
    """What is marked, and the citation."""
    citation = make_citation(question_of(question, kind), read_asked(question), evidence_of(scope_of(text), words))
    assert citation.quote == text[citation.start : citation.end]
    assert all(citation.start <= first < last <= citation.end for first, last in citation.highlights)
    return [text[first:last] for first, last in citation.highlights], citation


LAW = "제1조(목적) 알린다.\n제3조의2(심의회) ① 심의회를 둔다.\n② 심의회는 다음 일을 한다.\n1. 예산 심의\n가. 본예산\n나. 추가 예산"
ROOMS = "대관 요금\n| 시설 | 인원 | 평일 요금 | 주말 요금 |\n|---|---|---|---|\n| 강당 | 300명 | 150,000원 | 220,000원 |\n| 교실 | 40명 | 45,000원 | 60,000원 |"


DUTY = "구분\t평일\t\t휴일\t\n\t당직자\t내선\t당직자\t내선\n1조\t류보람\t2101\t천도윤\t2201\n2조\t심아람\t2102\t모하준\t2202"
DUES = (
    "구분\t대상\t평일 요금\t주말 요금\n개인\t어른\t10,000원\t15,000원\n\t가족\t30,000원\t45,000원\n단체\t\t20,000원\t"
)


@pytest.mark.parametrize(
    ("text", "words", "locator"),
    [
        (LAW, "나. 추가 예산", {"clause": "제3조의2제2항제1호나목", "line": 7}),
        (ROOMS, "| 교실 | 40명 | 45,000원 | 60,000원 |", {"row": "교실", "line": 5}),
        ("1. 장소\n2. 접수 마감 : 9월 2일", "2. 접수 마감 : 9월 2일", {"label": "접수 마감", "line": 2}),
        ("글이다.", "글이다.", {"line": 1}),
    ],
)
def test_locator(text: str, words: str, locator: dict[str, object]) -> None:
    _, citation = cited(text, words, "무엇?")
    assert citation.locator == locator  # type: ignore[attr-defined]


def test_context_is_what_it_stands_under_and_not_what_it_says_itself() -> None:
    _, citation = cited(LAW, "나. 추가 예산", "무엇?")
    assert citation.context == ("제3조의2(심의회)", "② 심의회는 다음 일을 한다.", "1. 예산 심의")  # type: ignore[attr-defined]
    _, citation = cited(ROOMS, "| 강당 | 300명 | 150,000원 | 220,000원 |", "무엇?")
    assert citation.context == ("대관 요금", "| 시설 | 인원 | 평일 요금 | 주말 요금 |")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "words", "question", "marked"),
    [
        (ROOMS, "| 강당 | 300명 | 150,000원 | 220,000원 |", "강당 주말 요금은 얼마인가요?", ["220,000원"]),
        (ROOMS, "| 강당 | 300명 | 150,000원 | 220,000원 |", "강당 평일 요금은 얼마인가요?", ["150,000원"]),
        (ROOMS, "| 강당 | 300명 | 150,000원 | 220,000원 |", "강당은 얼마인가요?", ["150,000원", "220,000원"]),
        (ROOMS, "| 강당 | 300명 | 150,000원 | 220,000원 |", "강당은 몇 명까지 들어가나요?", ["300명"]),
        (DUTY, "2조\t심아람\t2102\t모하준\t2202", "2조 휴일 당직자의 내선은 몇 번인가요?", ["2202"]),
        (DUTY, "2조\t심아람\t2102\t모하준\t2202", "2조 평일 당직자는 누구인가요?", ["심아람"]),
        (DUES, "가족\t30,000원\t45,000원", "가족은 주말 요금이 얼마인가요?", ["45,000원"]),
        (DUES, "단체\t\t20,000원", "단체 평일 요금은 얼마인가요?", ["20,000원"]),
        ("어른 34곳, 아이 6곳, 모두 40곳이다.", "어른 34곳, 아이 6곳, 모두 40곳이다.", "모두 몇 곳인가요?", ["40곳"]),
        ("어른 34곳, 아이 6곳이다.", "어른 34곳, 아이 6곳이다.", "모두 몇 곳인가요?", ["34곳", "6곳"]),
        ("구는 2일 위원을 위촉했다.", "구는 2일 위원을 위촉했다.", "위원은 모두 몇 명인가요?", []),
        ("1. 최우수: 김하늘\n2. 우수: 박도윤", "2. 우수: 박도윤", "수상자는 몇 명인가요?", []),
        ("제4조(수수료) ① 1매당 50원으로 한다.", "① 1매당 50원으로 한다.", "수수료는 얼마인가요?", ["50원"]),
        ("수리비는 4,500천원이다.", "수리비는 4,500천원이다.", "수리비는 얼마인가요?", ["4,500천원"]),
        ("점검은 2024. 5. 16.에 한다.", "점검은 2024. 5. 16.에 한다.", "점검은 언제 하나요?", ["2024. 5. 16."]),
        (
            "상담 02-345-6789, 팩스 02)345-6700",
            "상담 02-345-6789, 팩스 02)345-6700",
            "02-345-6700은 무슨 번호?",
            ["02)345-6700"],
        ),
    ],
)
def test_marks(text: str, words: str, question: str, marked: list[str]) -> None:
    assert cited(text, words, question, AnswerType.NUMBER)[0] == marked


def test_a_phone_number_is_not_marked_in_pieces() -> None:
    quote = "카드사(1588-0000)에 알린다."
    asked = "카드를 잃으면 얼마나 물어내나?"
    assert marks(question_of(asked, AnswerType.NUMBER), read_asked("카드를 잃으면?"), quote, 0, date(2024, 1, 1)) == ()


LIST = "수상자 명단\n1. 최우수: 김하늘\n2. 우수: 박도윤\n3. 장려: 이서준\n시상식은 5월에 연다."


def chosen(text: str, question: str, first: str, scores: list[float] | None = None) -> list[str]:
    lines = lines_of(scope_of(text))
    ranked = sorted(lines, key=lambda sentence: sentence.text != first)
    return [sentence.text for sentence in choose(read_asked(question), ranked, np.array(scores or [0.0] * len(ranked)))]


@pytest.mark.parametrize("first", ["수상자 명단", "2. 우수: 박도윤"])
def test_a_list_is_cited_whole_in_order(first: str) -> None:
    items = ["1. 최우수: 김하늘", "2. 우수: 박도윤", "3. 장려: 이서준"]
    assert chosen(LIST, "수상자 명단 알려줘", first) == [first, *(item for item in items if item != first)]


def test_of_a_long_list_so_many() -> None:
    text = "명단\n" + "\n".join(f"{number}. 사람{number}: 과장" for number in range(1, 30))
    assert len(chosen(text, "명단 알려줘", "1. 사람1: 과장")) == MAX_LISTED


def test_supporting_sentences_are_near_and_say_something_else() -> None:
    text = "하나다.\n둘이다.\n셋이다.\n넷이다.\n다섯이다."
    assert chosen(text, "무엇인가?", "하나다.", [2.0, 1.9, 0.7, 0.5, 0.1]) == ["하나다.", "둘이다."]
    assert len(chosen(text, "무엇인가?", "하나다.")) == MAX_CITATIONS
    assert choose(read_asked("무엇?"), [], np.empty(0)) == []


def test_the_same_words_are_cited_once() -> None:
    scope, other = scope_of("하나다."), scope_of("하나다.", article_id="다른 글")
    ranked = [evidence_of(scope, "하나다."), evidence_of(other, "하나다.")]
    assert choose(read_asked("무엇?"), ranked, np.zeros(2)) == ranked[:1]


PHONES = "상담은 02-345-6789로 하십시오.\n팩스는 02)345-6700입니다.\n요금은 무료입니다."
MONTHS = "4월: 48,210명\n7월: 79,305명\n9월: 60,115명\n정시율: 7월 84.0, 9월 89.9"
DAYS = "점검은 4월 둘째 주에 한다.\n정전은 20240420에 있다.\n교육은 4월 21일이다."


@pytest.mark.parametrize(
    ("text", "question", "places"),
    [
        (PHONES, "02-345-6700은 무슨 번호인가요?", [1]),
        (PHONES, "023456789 어디 번호예요?", [0]),
        (PHONES, "02-999-9999는 무슨 번호인가요?", [0, 1, 2]),
        (PHONES, "상담 전화번호가 뭔가요?", [0, 1, 2]),
        (DAYS, "4월 20일 점검은?", [1]),
        (DAYS, "4월 21일 교육은 어디서 하나요?", [0, 1, 2]),
        (MONTHS, "7월과 9월 중 여객이 많은 달은?", [1, 2, 3]),
        (LAW, "제3조의2제2항은?", [2, 3, 4, 5]),
        (LAW, "조례 3조의2 2항 1호", [3, 4, 5]),
        (LAW, "조례 제9조는?", [0, 1, 2, 3, 4, 5]),
    ],
)
def test_what_is_named_is_looked_up(text: str, question: str, places: list[int]) -> None:
    assert holders(read_asked(question), lines_of(scope_of(text))) == places


@pytest.mark.parametrize(("piece", "value"), [("150,000원 | 220,000원", None), ("220,000원", "220,000원")])
def test_a_value_lies_in_one_cell(piece: str, value: str | None) -> None:
    line = evidence_of(scope_of(ROOMS), "| 강당 | 300명 | 150,000원 | 220,000원 |")
    start = ROOMS.index(piece)
    question = "강당 주말 요금은 얼마인가요?"
    citation = make_citation(question_of(question), read_asked(question), line, (start, start + len(piece)))
    assert citation.value == value
    assert [ROOMS[first:last] for first, last in citation.highlights] == ["220,000원"]

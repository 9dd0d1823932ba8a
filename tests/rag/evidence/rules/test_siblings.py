"""Lines that stand side by side: which of them a question means."""

import pytest

from rag.evidence.evidence import Evidence
from rag.evidence.rules.siblings import sibling_of
from rag.question.asked import read_asked
from tests.support.evidence_support import evidence_of, scope_of

CORRECTION = "1. 교육 기간\n당초: 3. 10. ~ 5. 30.\n정정: 3. 17. ~ 6. 5.\n2. 수강료\n당초: 12만원\n정정: 9만원"
MINUTES = "안건 1. 놀이터 모래 교체\n진가온 위원: 모두 바꾸려면 800만원이 듭니다.\n의결: 다음 회의까지 보류함.\n안건 2. 회비\n의결: 부결"
TARGETS = "1. 대상\n가. 연차휴가가 5일 이상 남은 직원\n나. 파견 직원은 제외\n2. 문의: 총무팀"
POSTER = "일시 | 8월 16일(토) 오후 7시\n장소 | 새뜰수목원 잔디마당\n우천 시 | 새뜰문화회관 대강당\n주최 | 새뜰군"
CARD = "1. 회원증\n분실 시: 3,000원\n발급 수수료: 무료"
COMPLAINTS = "1. 민원\n가. 처리 절차: 접수 뒤 부서로 보냄\n나. 결과: 문자로 알림"
PARKING = "1. 주차요금\n가. 일반 차량: 1시간 1,000원, 경차는 제외\n나. 경차: 500원"
SHUTTLE = "등교\n| 노선 | 첫차 | 간격 |\n|---|---|---|\n| B노선 | 07:20 | 30분 |\n\n하교\n| 노선 | 첫차 |\n|---|---|\n| B노선 | 12:00 |"


def led(text: str, question: str, first: str) -> str | None:
    """The line that is put before ``first``, the others standing behind it in their order."""
    scope = scope_of(text)
    others = [line for line in text.split("\n") if line.strip() and line != first and "|---" not in line]
    ranked: list[Evidence] = [evidence_of(scope, line) for line in [first, *others]]
    place = sibling_of(read_asked(question), ranked)
    return None if place is None else ranked[place].text


@pytest.mark.parametrize(
    ("text", "question", "first", "instead"),
    [
        (CORRECTION, "교육 기간은 언제인가요?", "당초: 3. 10. ~ 5. 30.", "정정: 3. 17. ~ 6. 5."),
        (CORRECTION, "수강료는 얼마인가요?", "당초: 12만원", "정정: 9만원"),
        (CORRECTION, "정정 전 수강료는 얼마였나요?", "정정: 9만원", "당초: 12만원"),
        (CORRECTION, "수강료는 원래 얼마였나요?", "당초: 12만원", None),
        (CORRECTION, "수강료가 바뀌었나요?", "당초: 12만원", None),
        ("당초: 12만원\n정정: 9만원\n당초: 25명\n정정: 30명", "몇 명을 뽑나요?", "당초: 25명", "정정: 30명"),
        (MINUTES, "모래 교체는 어떻게 되었나요?", "진가온 위원: 모두 바꾸려면 800만원이 듭니다.", "의결: 다음 회의까지 보류함."),
        (MINUTES, "진가온 위원은 뭐라고 말했나요?", "진가온 위원: 모두 바꾸려면 800만원이 듭니다.", None),
        (MINUTES, "모래를 바꾸는 값은 얼마로 정해졌나요?", "진가온 위원: 모두 바꾸려면 800만원이 듭니다.", None),
        (TARGETS, "촉진 대상은 누구인가요?", "나. 파견 직원은 제외", "가. 연차휴가가 5일 이상 남은 직원"),
        (TARGETS, "대상에서 제외되는 사람은 누구인가요?", "나. 파견 직원은 제외", None),
        (TARGETS, "파견 직원도 대상인가요?", "나. 파견 직원은 제외", None),
        (TARGETS, "파견 직원은 무엇이 다른가요?", "나. 파견 직원은 제외", None),
        (POSTER, "음악회는 어디에서 열리나요?", "우천 시 | 새뜰문화회관 대강당", "장소 | 새뜰수목원 잔디마당"),
        (POSTER, "비가 오면 어디에서 열리나요?", "우천 시 | 새뜰문화회관 대강당", None),
        (POSTER, "우천 시에는 어디에서 열리나요?", "우천 시 | 새뜰문화회관 대강당", None),
        (POSTER, "음악회는 언제 열리나요?", "일시 | 8월 16일(토) 오후 7시", None),
        (CARD, "회원증을 잃어버리면 재발급 비용이 얼마인가요?", "분실 시: 3,000원", None),
        ("정정: 3월 17일\n당초: 3월 10일", "사무실 이전은 언제인가요?", "정정: 3월 17일", None),
        ("기존 회원 3만원\n변경: 전화로 신청", "연회비는 얼마인가요?", "기존 회원 3만원", None),
        (COMPLAINTS, "민원은 어떻게 처리하나요?", "가. 처리 절차: 접수 뒤 부서로 보냄", None),
        (PARKING, "주차요금은 얼마인가요?", "가. 일반 차량: 1시간 1,000원, 경차는 제외", None),
        (SHUTTLE, "B노선은 몇 분마다 오나요?", "| B노선 | 12:00 |", "| B노선 | 07:20 | 30분 |"),
        (SHUTTLE, "B노선 첫차는 몇 시인가요?", "| B노선 | 12:00 |", None),
    ],
)  # fmt: skip
def test_which_line_leads(text: str, question: str, first: str, instead: str | None) -> None:
    assert led(text, question, first) == instead


def test_nothing_found_leads_nothing() -> None:
    assert sibling_of(read_asked("수강료는 얼마인가요?"), []) is None

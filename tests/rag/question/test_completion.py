"""A question that leaves something out is completed from the turns before it; one that stands alone is left alone."""

from collections.abc import Callable

import pytest

from index.korean.sentences import SentenceSplitter
from rag.question.completion import Completed, Completion, complete, depends
from rag.question.turns import Turn

pytestmark = pytest.mark.model
WASTE = """1. 신고 방법
 가. 인터넷: 시 누리집
 나. 전화: 수거대행업체 055-711-2480
2. 품목별 수수료 (단위: 원)
  1) 장롱 1쪽당 12,000
  2) 침대 2인용 매트리스 9,000
  3) 침대 1인용 매트리스 6,500
  4) 피아노 25,000
3. 수거 요일
 - 동부권(은하동): 화·금
 - 서부권(물빛동): 월·목
4. 교육비: 없음
"""
COURSES = """강좌        요일    강사     수강료(월)
서예        월      윤석호   15,000원
라인댄스    화·목   최아라   20,000원
"""
BED = Turn(
    "누리솔시에서 침대 2인용 매트리스 버리는 수수료는 얼마예요?",
    "2) 침대 2인용 매트리스 9,000",
    "대형폐기물 안내",
    WASTE,
)
CALLIGRAPHY = Turn("은하동 서예 강좌 수강료 얼마야?", "서예 월 윤석호 15,000원", "은하동 프로그램", COURSES)
OFFICER = Turn(
    "은하동 전입신고 담당자는 누구야?",
    "민원팀 | 주무관 | 이도현 | 전입신고 | 055-712-3111",
    "은하동 업무분장",
    "민원팀 | 주무관 | 이도현 | 전입신고 | 055-712-3111\n민원팀 | 주무관 | 서하늬 | 인감 | 055-712-3112",
)
HELMET = Turn(
    "온터건설 안전모는 몇 년마다 줘요?",
    "(가) 안전모: 3년마다",
    "온터건설 보호구 지급 기준",
    "(가) 안전모: 3년마다\n(나) 안전화: 1년마다\n(다) 안전대: 2년마다",
)
WATCH = Turn(
    "체육센터 은색 손목시계는 어디서 습득했어요?",
    "5-03 / 은색 손목시계 / 헬스장",
    "체육센터 분실물",
    "5-03 / 은색 손목시계 / 헬스장\n5-05 / 빨간 텀블러 / 관람석",
)
LIBRARY = Turn(
    "노을마루 도서관 중앙관 열람실은 몇 시까지 해?",
    "열람실 매일 07:00-23:00",
    "노을마루 도서관 안내",
    "중앙관\n솔숲분관",
)
SALES = Turn(
    "다온셀텍 2025년 양극재 매출은 얼마예요?",
    "- 양극재 | 1,802 | 1,940",
    "다온셀텍 2025년 실적",
    "- 양극재 | 1,802 | 1,940\n- 분리막 | 598 | 610\n누적",
)
POET = Turn(
    "바람재분관 봄 강좌 '나도 시인' 강사는 누구야?",
    "5\t나도 시인\t금보라미\t10,000원",
    "바람재분관 봄 강좌",
    "번호\t강좌\t강사\t재료비\n5\t나도 시인\t금보라미\t10,000원",
)
ICE = Turn(
    "고운뫼시에서 아이스팩은 어디에 버려요?",
    "아이스팩은 일반용 봉투에 넣으십시오.",
    "고운뫼시 분리배출 안내",
    "아이스팩은 일반용 봉투에 넣으십시오.\n두부로 만든 고양이 모래도 변기에 버리지 마십시오.",
)
STOCKS = Turn(
    "9월 3일 코스피는 몇 포인트에 마감했어?",
    "코스피는 2,601포인트로 마감했다.",
    "9월 3일 시황",
    "코스피는 2,601포인트로 마감했다.\n원/달러 환율은 6.3원 올랐다.",
)
REPAIRS = Turn(
    "물류창고 지붕 수선은 누가 해?",
    "① 지붕의 수선은 갑이 한다.",
    "물류창고 임대차 계약",
    "① 지붕의 수선은 갑이 한다.\n② 조명, 선반의 수선은 을이 한다.",
)
PEARS = Turn(
    "나래조합 배 생산량은 몇 톤이야?", "생산량 : 3,120톤", "나래조합 현황", "생산량 : 3,120톤\n판매액 : 9,126백만원"
)
STAFF = Turn(
    "다온셀텍 2024년 임직원은 몇 명이야?",
    "임직원은 2024년 말 812명이다.",
    "다온셀텍 보고서",
    "임직원은 2024년 말 812명이다.\n산업재해는 5건 일어났다.",
)
FAIR = Turn("서울 로봇 박람회는 언제 열려?")
COMPANY = Turn("한빛전자의 대표는 누구인가?")


Completer = Callable[..., Completed]


@pytest.fixture
def completed(splitter: SentenceSplitter) -> Completer:
    return lambda question, *turns: complete(question, turns, splitter.tokenize)


@pytest.mark.parametrize(
    ("turn", "question", "whole"),
    [
        pytest.param(COMPANY, "그 회사의 매출 목표는?", "한빛전자의 매출 목표는?", id="그 회사"),
        pytest.param(FAIR, "그건 어디서 해?", "서울 로봇 박람회는 어디서 해?", id="그건, its particle kept"),
        pytest.param(FAIR, "거기는 얼마나 커?", "서울 로봇 박람회는 얼마나 커?", id="거기"),
        pytest.param(FAIR, "그 박람회의 주최는?", "서울 로봇 박람회의 주최는?", id="그 박람회"),
        pytest.param(OFFICER, "그분 전화번호는?", "은하동 전입신고 이도현 전화번호는?", id="the one who was named"),
        pytest.param(COMPANY, "이 회사는 어디 있어?", "한빛전자는 어디 있어?", id="이 회사"),
        pytest.param(FAIR, "그때 의장은 누구였어?", "서울 로봇 박람회 의장은 누구였어?", id="그때, no particle"),
        pytest.param(FAIR, "그때 에어컨은 있어?", "서울 로봇 박람회 에어컨은 있어?", id="그때, letters of a particle"),
        pytest.param(FAIR, "그때의 의장은 누구였어?", "서울 로봇 박람회 의장은 누구였어?", id="그때, its particle"),
        pytest.param(FAIR, "그때에는 누가 왔어?", "서울 로봇 박람회 누가 왔어?", id="그때, two particles"),
        pytest.param(FAIR, "입장료는?", "서울 로봇 박람회 입장료는?", id="an attribute alone"),
        pytest.param(FAIR, "얼마야?", "서울 로봇 박람회 얼마야?", id="a word that asks, alone"),
        pytest.param(FAIR, "그럼 장소는요?", "서울 로봇 박람회 장소는요?", id="without its opener"),
        pytest.param(BED, "수거 요일은?", "누리솔시 침대 2인용 매트리스 수거 요일은?", id="words of the article"),
    ],
)
def test_the_topic_of_the_turn_before_is_added(completed: Completer, turn: Turn, question: str, whole: str) -> None:
    made = completed(question, turn)
    assert (made.question, made.outcome) == (whole, Completion.COMPLETED)
    assert made.added
    assert all(word in whole for word in made.added)


@pytest.mark.parametrize(
    ("turn", "question", "whole"),
    [
        pytest.param(FAIR, "부산은?", "부산 로봇 박람회는 언제 열려?", id="a city"),
        pytest.param(Turn("2024년 매출은 얼마야?"), "2023년은?", "2023년 매출은 얼마야?", id="a year"),
        pytest.param(BED, "1인용은?", "누리솔시에서 침대 1인용 매트리스 버리는 수수료는 얼마예요?", id="alike in form"),
        pytest.param(BED, "피아노는?", "누리솔시에서 피아노 버리는 수수료는 얼마예요?", id="in the same list"),
        pytest.param(BED, "장롱은 얼마예요?", "누리솔시에서 장롱 버리는 수수료는 얼마예요?", id="asked in full"),
        pytest.param(HELMET, "안전화는요?", "온터건설 안전화는 몇 년마다 줘요?", id="in a list of letters"),
        pytest.param(WATCH, "빨간 텀블러는?", "체육센터 빨간 텀블러는 어디서 습득했어요?", id="an adjective before it"),
        pytest.param(CALLIGRAPHY, "라인댄스는요?", "은하동 라인댄스 강좌 수강료 얼마야?", id="in the same column"),
        pytest.param(OFFICER, "인감은?", "은하동 인감 담당자는 누구야?", id="in the same cell of another row"),
        pytest.param(
            BED, "토요일에는요?", "누리솔시에서 침대 2인용 매트리스 버리는 토요일 수수료는 얼마예요?", id="narrowed"
        ),
        pytest.param(LIBRARY, "솔숲분관은요?", "노을마루 도서관 솔숲분관 열람실은 몇 시까지 해?", id="what narrows"),
        pytest.param(SALES, "분리막은요?", "다온셀텍 2025년 분리막 매출은 얼마예요?", id="behind a bullet in a table"),
        pytest.param(STAFF, "산업재해는?", "다온셀텍 2024년 산업재해는 몇 명이야?", id="the year stays"),
        pytest.param(
            ICE, "고양이 모래는요?", "고운뫼시에서 고양이 모래는 어디에 버려요?", id="the part that was asked of"
        ),
        pytest.param(STOCKS, "환율은?", "9월 3일 환율은?", id="not in the unit of another part"),
        pytest.param(REPAIRS, "조명은?", "물류창고 조명 수선은 누가 해?", id="what is said of both stays"),
        pytest.param(PEARS, "판매액은?", "나래조합 배 판매액은?", id="not in the unit of another amount"),
        pytest.param(
            POET, "재료비는 얼마야?", "바람재분관 강좌 '나도 시인' 재료비는 얼마야?", id="a quoted name is one word"
        ),
        pytest.param(BED, "교육비는?", "누리솔시 침대 2인용 매트리스 교육비는?", id="a label is an attribute"),
    ],
)
def test_a_part_is_put_in_the_place_of_its_like(completed: Completer, turn: Turn, question: str, whole: str) -> None:
    assert completed(question, turn).question == whole


def test_what_is_asked_of_a_part_may_be_asked_of_its_whole_article(completed: Completer) -> None:
    insurance = Turn(
        "두루미시 시민안전보험 물놀이 사망은 얼마 받아?",
        "물놀이 사망 2천만 원",
        "두루미시 시민안전보험 안내",
        "물놀이 사망",
    )
    made = completed("어디에 청구해요?", insurance)
    assert made.question == "두루미시 시민안전보험 물놀이 사망 어디에 청구해요?"
    assert made.wider
    assert (made.wider.question, made.wider.added) == (
        "두루미시 시민안전보험 어디에 청구해요?",
        ("두루미시", "시민안전보험"),
    )
    assert completed("입장료는?", FAIR).wider is None


@pytest.mark.parametrize(
    "question",
    [
        "한빛전자의 대표는 누구인가?",
        "여권 재발급 수수료는 얼마예요?",
        "'개인정보 보호에 관한 법률안'을 대표발의한 사람은?",
        "여권은 며칠 만에 나와?",
        "누리솔시 대형폐기물 배출 시각은?",
        "유아인의 영화 데뷔작은?",
        "우드로 윌슨은 1887년 한 논문을 발표했다. 이 논문의 이름은 무엇인가?",
        "이 대통령이 시행한 사업은?",
        "이레유통 입찰 일정이 왜 밀렸나요?",
        "2005년 당시 미 국무장관의 이름은?",
        "아틀라스가 그의 아내와 자식들이 숨어있다며 인도한 곳은 어디인가?",
    ],
)
@pytest.mark.parametrize("turn", [BED, OFFICER, FAIR])
def test_a_question_that_names_its_subject_is_left_alone(completed: Completer, turn: Turn, question: str) -> None:
    assert completed(question, turn) == Completed(question)


@pytest.mark.parametrize("question", ["그건 언제야?", "신청 방법은?", "얼마야?"])
def test_without_turns_it_cannot_be_completed(completed: Completer, question: str) -> None:
    assert completed(question) == Completed(question, outcome=Completion.IMPOSSIBLE)
    assert completed(question, Turn("얼마야?")).outcome is Completion.IMPOSSIBLE


def test_the_latest_turn_that_has_a_topic_counts(completed: Completer) -> None:
    assert completed("입장료는?", COMPANY, FAIR).question == "서울 로봇 박람회 입장료는?"
    assert completed("입장료는?", FAIR, Turn("얼마야?")).question == "서울 로봇 박람회 입장료는?"


def test_particles_fit_what_they_stand_behind(completed: Completer) -> None:
    assert completed("그것을 누가 만들어?", COMPANY).question == "한빛전자를 누가 만들어?"
    assert completed("그 행사는 어디서 해?", Turn("누리솔 국화 축전 언제야?")).question.startswith(
        "누리솔 국화 축전 행사는"
    )


@pytest.mark.parametrize(
    ("question", "may"), [("그건 언제야?", True), ("한빛전자가 2024년에 광주에서 연 공장의 이름은?", False)]
)
def test_only_what_may_depend_needs_the_turns(splitter: SentenceSplitter, question: str, may: bool) -> None:
    assert depends(question, splitter.tokenize) is may

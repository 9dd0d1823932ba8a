"""What a question asks for, in every ending people use."""

from datetime import date

import pytest

from rag.question.asked import Asks, find_core, find_parts, read_asked
from rag.values.typed_values import ValueKind


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("담당자가 누구인가요?", "person"),
        ("기초연금 담당자누구에요", "person"),
        ("이사장 이름이 뭐예요", "person"),
        ("감사반 팀장 성함", "person"),
        ("Who handles birth registration?", "person"),
        ("어느 부서에서 맡나요?", "organisation"),
        ("Which department handles permits?", "organisation"),
        ("회의는 어디서 열리나요?", "place"),
        ("사무실 위치 알려줘", "place"),
        ("몇 층인가요", "place"),
        ("몇 호봉인가요", "ordinal"),
        ("건강검진은 몇 년에 한 번 받나요?", "period"),
        ("몇 년에 시작했나요?", "date"),
        ("승진하려면 몇 년 있어야 하나요?", "period"),
        ("보증 기간은 몇 년인가요?", "period"),
        ("경력 몇 년", "period"),
        ("이사장은 몇 년생인가요?", "date"),
        ("여비 규정 제5조제1항은?", "clause"),
        ("Where is the office?", "place"),
        ("몇 시에 시작하나요?", "time"),
        ("몇시임", "time"),
        ("운영시간이 어떻게 되나요", "time"),
        ("언제 열려요?", "date time"),
        ("무슨 요일에 쉬죠", "date"),
        ("개강일은?", "date"),
        ("When is the deadline?", "date time"),
        ("며칠 동안 하나요?", "period"),
        ("얼마나 걸려요", "period"),
        ("몇 개월 걸리는지 궁금합니다", "period"),
        ("How long does it take?", "period"),
        ("수강료 얼마임", "money"),
        ("입장료는 얼마인가요?", "money"),
        ("How much is the fee?", "money"),
        ("몇 명이 왔나요?", "count"),
        ("반려 동물등록 병원 몇곳", "count"),
        ("모집인원 알려줘", "count"),
        ("How many people came?", "count"),
        ("몇 퍼센트 감면되나요", "rate"),
        ("몇 살부터 되나요", "age"),
        ("몇 위를 했나요", "ordinal"),
        ("면적은 몇 제곱미터예요?", "measure"),
        ("전화번호 좀요", "phone"),
        ("어디로 전화하면 되죠?", "organisation phone"),
        ("What is the phone number?", "phone"),
        ("조례 3조 2항 내용", "clause"),
        ("제6조는 뭘 정하고 있나요?", "clause"),
        ("02-6712-3491은 무슨 번호인가요?", "what_number"),
        ("01022889034", "what_number"),
        ("3월 8일 일정은?", "what_number"),
        ("2024년 3월 5일에 무슨 교육이 있나요?", "what_number"),
        ("450만 원이 배정된 마을은?", "what_number"),
        ("주차 되나요?", "yes_no"),
        ("신청할 수 있습니까", "yes_no"),
        ("카드 가능 여부", "yes_no"),
        ("9만원 맞아요?", "yes_no"),
        ("Can I pay by card?", "yes_no"),
        ("왜 바뀌었나요?", "reason"),
        ("연기된 까닭", "reason"),
        ("어떻게 신청하나요?", "method"),
        ("신청 방법", "method"),
        ("서류 전부 알려줘", "list"),
        ("둘 중 어느 쪽이 더 싼가요?", "comparison"),
        ("이월이란?", "definition"),
        ("MOQ 뜻 좀요", "definition"),
        ("야간조 휴게 공간", "other"),
    ],
)
def test_kinds(question: str, kinds: str) -> None:
    found = {kind.value for kind in read_asked(question).kinds}
    assert set(kinds.split()) <= found, found
    assert found - set(kinds.split()) <= {"list", "comparison", "period", "date"}, found


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("예산 삭감을 주장한 의원은 누구예요?", Asks.MONEY),
        ("배추값이 오른 이유는 무엇인가요?", Asks.MONEY),
        ("전화번호가 어떻게 되나요?", Asks.METHOD),
        ("월세는 얼마인가요?", Asks.LIST),
        ("강좌를 그만두는 이유", Asks.LIST),
        ("우리 동네는 어디에 속하나요?", Asks.LIST),
        ("공사가 몇 년 몇 월에 끝나나요?", Asks.PERIOD),
        ("두 시간 걸리나요?", Asks.PERIOD),
        ("붉은별농장 주인 성함", Asks.YES_NO),
        ("지원금이 360만원인 책방은?", Asks.MONEY),
    ],
)
def test_not_asked(question: str, absent: Asks) -> None:
    assert absent not in read_asked(question).kinds


@pytest.mark.parametrize(
    ("question", "unit"),
    [
        ("몇 명인가요?", "명"),
        ("병원 몇곳", "곳"),
        ("몇 개월 동안 하나요", "개월"),
        ("몇 학년이에요?", "학년"),
        ("모집 인원은?", "명"),
        ("How many people?", "명"),
        ("누가 하나요?", ""),
    ],
)
def test_unit(question: str, unit: str) -> None:
    assert read_asked(question).unit == unit


@pytest.mark.parametrize(
    ("question", "negative"),
    [
        ("지역화폐를 쓸 수 없는 곳은 어디인가요?", True),
        ("감면받지 못하는 차량은?", True),
        ("교육을 듣지 않아도 되는 사람은?", True),
        ("살 수 없는 것은?", True),
        ("대상에서 제외되는 사람은 누구죠", True),
        ("식비 안 내도 되는 건물은?", True),
        ("쓸 수 있는 곳은 어디인가요?", False),
        ("안전왕은 누구였나요?", False),
        ("주차가 안 되나요?", False),
    ],
)
def test_negative(question: str, *, negative: bool) -> None:
    assert read_asked(question).negative is negative


@pytest.mark.parametrize(
    ("question", "clause"),
    [
        ("여비규정 제6조제3항", "제6조제3항"),
        ("관람 규칙 6조 4항이 무슨 내용", "제6조제4항"),
        ("정관 제18조의2", "제18조의2"),
        ("규정 4조의2 2항은 어떤 벌칙인가요", "제4조의2제2항"),
        ("제16조 제2항 제5호의 휴학은", "제16조제2항제5호"),
        ("3조 원을 어디에 쓰나요", ""),
        ("몇 명인가요", ""),
    ],
)
def test_clause(question: str, clause: str) -> None:
    assert read_asked(question).clause == clause


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "자전거 보험 사망 보험금은 얼마이고 어디에 청구하나요?",
            ("자전거 보험 사망 보험금은 얼마인가요?", "자전거 보험 사망 보험금 어디에 청구하나요?"),
        ),
        ("수강료, 접수기간, 개강일 각각 알려줘", ("수강료?", "접수기간?", "개강일?")),
        ("라온구 평생학습관 수강료와 개강일", ("라온구 평생학습관 수강료?", "라온구 평생학습관 개강일?")),
        (
            "장학생 추천은 누가 하고 몇 명을 추천하나요",
            ("장학생 추천은 누가 하나요?", "장학생 추천 몇 명을 추천하나요"),
        ),
        ("주차 되나요? 몇 대요?", ("주차 되나요?", "주차 몇 대요?")),
        ("접수는 언제인가요?", ("접수는 언제인가요?",)),
        ("누구하고 무엇을 하나요?", ("누구하고 무엇을 하나요?",)),
        ("어느 팀하고 언제 만나나요?", ("어느 팀하고 언제 만나나요?",)),
        (
            "어느 부서에서 접수하고 언제까지 내나요?",
            ("어느 부서에서 접수하나요?", "언제까지 내나요?"),
        ),
        ("무엇을 하고 언제 끝나나요?", ("무엇을 하나요?", "언제 끝나나요?")),
        ("한상푸드와 맛드림 중 어느 쪽이 더 싼가요?", ("한상푸드와 맛드림 중 어느 쪽이 더 싼가요?",)),
        (",, 수강료, , 개강일 알려줘", ("수강료?", "개강일?")),
    ],
)
def test_parts(question: str, parts: tuple[str, ...]) -> None:
    assert find_parts(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "왜, " * 600 + "?",
        " ".join(f"{number}번 창구는 어디예요?" for number in range(130)),
        ", ".join(f"{number}층 요금" for number in range(100)),
    ],
)
def test_far_too_many_parts_are_one_question(question: str) -> None:
    assert find_parts(question) == (question,)
    asked = read_asked(f"안녕하세요. {question}")
    assert asked.parts == (asked.core,)


def test_as_many_parts_as_are_answered_one_by_one() -> None:
    asked = [f"{number}번 창구는 어디인가요?" for number in range(8)]
    assert len(find_parts(" ".join(asked))) == 8
    assert len(find_parts(", ".join(f"{number}층 요금" for number in range(8)))) == 8
    assert len(find_parts("이고 ".join(f"{number}층은 얼마" for number in range(8)) + "인가요?")) == 8


@pytest.mark.parametrize(
    ("question", "core"),
    [
        ("수강료는 얼마예요?", "수강료는 얼마예요?"),
        ("안녕하세요. 수강료는 얼마예요? 감사합니다.", "수강료는 얼마예요?"),
        ("Context: 수강료는 3만원이다.\nQuestion: 수강료는 얼마예요?\nAnswer:", "수강료는 얼마예요?"),
        (
            "저는 아이 셋을 키우는 엄마이고 둘째가 2학년입니다. 집안 사정이 넉넉하지 못해서 걱정이 많습니다. 캠프 비용은 얼마인가요?",
            "캠프 비용은 얼마인가요?",
        ),
        (
            "캠프 비용은 얼마인가요? 저는 아이 셋을 키우는 엄마이고 둘째가 2학년입니다. 집안 사정이 넉넉하지 못해서 걱정이 많습니다.",
            "캠프 비용은 얼마인가요?",
        ),
    ],
)
def test_core(question: str, core: str) -> None:
    assert find_core(question) == core


def test_a_notice_is_no_phone_number() -> None:
    asked = read_asked("공고 제2024-1234호의 접수 기간은 언제인가요?")
    assert Asks.DATE in asked.kinds
    assert Asks.WHAT_NUMBER not in asked.kinds


def test_values_and_qualifiers_are_the_question_s_own() -> None:
    asked = read_asked("작년 제3차 회의에서 450만 원을 낸 곳은?", as_of=date(2024, 3, 4))
    assert [value.key for value in asked.values if value.kind is ValueKind.MONEY] == ["KRW 4500000"]
    assert [qualifier.key for qualifier in asked.qualifiers] == ["2023", "차:3"]
    assert all(asked.core[value.start : value.end] for value in asked.values)
    assert all(asked.core[qualifier.start : qualifier.end] for qualifier in asked.qualifiers)


@pytest.mark.parametrize(
    "question",
    [
        "?",
        "ㅋ",
        "Question:",
        "Question: Answer:",
        "고 " * 900,
        "얼마이고 " * 200,
        "가" * 2_000,
        "." * 2_000,
        "// 주차 요금은 얼마인가요?",
        ",, 수강료 알려줘",
        "··요금은?",
        ",,,",
        "및 및 수강료",
    ],
)
def test_odd_questions_do_not_fail(question: str) -> None:
    asked = read_asked(question)
    assert asked.kinds
    assert asked.parts

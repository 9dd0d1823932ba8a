"""The most and the least of a list's items and a table's rows."""

import time

import pytest

from index.structure.outline import Role
from rag.evidence.superlative import extreme_of
from rag.question.asked import read_asked
from tests.support.evidence_support import lines_of, scope_of


def chosen(question: str, *items: str, title: str = "안내") -> str | None:
    """The item that the question is answered with, None where the order stays as it is."""
    ranked = [line for line in lines_of(scope_of("\n".join(f"- {item}" for item in items), title)) if line.text]
    places = extreme_of(read_asked(question), question, ranked)
    return ranked[places[0]].text.removeprefix("- ") if places else None


def chosen_row(question: str, head: str, *rows: str) -> str | None:
    text = "\n".join([f"| {head} |", "|---" * (head.count("|") + 1) + "|", *(f"| {row} |" for row in rows)])
    ranked = lines_of(scope_of(text))[2:]
    places = extreme_of(read_asked(question), question, ranked)
    return ranked[places[0]].text.strip("| ").split(" |")[0] if places else None


FEES = ("바다방: 3만원", "하늘방: 5만원", "숲속방: 2만 5천원")


@pytest.mark.parametrize(
    ("question", "item"),
    [
        ("가장 비싼 방은 무엇인가요?", FEES[1]),
        ("제일 비싼 방은 어디인가요?", FEES[1]),
        ("세 방 중 어느 방이 더 비싼가요?", FEES[1]),
        ("방 중에 무엇이 비싸고 좋은가요?", FEES[1]),
        ("가장 싼 방은 무엇인가요?", FEES[2]),
        ("가장 저렴한 방은 무엇인가요?", FEES[2]),
        ("세 방 중 어느 쪽이 싼가요?", FEES[2]),
        ("바다방과 하늘방 중 어느 쪽이 더 싼가요?", FEES[0]),
        ("값비싼 방 중에서 가장 싼 방은?", FEES[2]),
        ("방은 모두 몇 개인가요?", None),
    ],
)
def test_dear_and_cheap(question: str, item: str | None) -> None:
    assert chosen(question, *FEES) == item


@pytest.mark.parametrize(
    ("question", "item"),
    [
        ("작품 수가 가장 많은 작가는 누구인가요?", "나라온: 30점"),
        ("작년 시작한 작가 중 작품이 가장 많은 사람은?", "나라온: 30점"),
        ("가장 많은 작품을 낸 작가는?", "나라온: 30점"),
        ("가장 적은 작품을 낸 작가는?", "다솔: 9점"),
        ("작품 수가 가장 적은 작가는?", "다솔: 9점"),
        ("점수가 높은 시작은 어느 쪽인가요?", "나라온: 30점"),
        ("면적은 어느 쪽이 큰가요?", "나라온: 30점"),
        ("최저 점수 가운데 가장 높은 점수는?", "나라온: 30점"),
        ("무더위쉼터 중 작은 마을 점수가 어느 쪽이 높은가요?", "나라온: 30점"),
        ("세 산책길 중 어느 길의 점수가 낮은가요?", "다솔: 9점"),
    ],
)
def test_the_word_that_compares_is_found_among_others(question: str, item: str) -> None:
    assert chosen(question, "가람: 12점", "나라온: 30점", "다솔: 9점") == item


@pytest.mark.parametrize(
    ("question", "items", "item"),
    [
        ("보관 기간이 가장 긴 것은?", ("기록: 2년", "물품: 18개월", "음식: 90일"), "기록: 2년"),
        ("보관 기간이 가장 짧은 것은?", ("기록: 2년", "물품: 18개월", "음식: 90일"), "음식: 90일"),
        ("가장 오래 걸리는 것은?", ("갑: 90분", "을: 2시간", "병: 1시간"), "을: 2시간"),
        ("무게가 가장 큰 것은?", ("상자: 2kg", "가방: 1,500g"), "상자: 2kg"),
        ("무게가 가장 작은 것은?", ("상자: 2kg", "가방: 1,500g"), "가방: 1,500g"),
        ("가장 늦은 날은?", ("갑: 3월 7일", "을: 2024년 5월 5일"), None),
        ("가장 늦은 날은?", ("갑: 3월 7일", "을: 5월 5일"), "을: 5월 5일"),
        ("가장 일찍 여는 곳은?", ("갑: 09:30", "을: 오전 8시", "병: 14:00"), "을: 오전 8시"),
        ("가장 많은 것은?", ("갑: 3만원", "을: 20명"), None),
        ("가장 비싼 것은?", ("갑: $30", "을: 20,000원"), None),
        ("가장 많은 것은?", ("갑: 30명", "을: 30명", "병: 2명"), None),
        ("가장 큰 것은?", ("갑: 20℃", "을: 30㎡"), None),
    ],
)
def test_only_what_is_counted_alike_is_compared(question: str, items: tuple[str, ...], item: str | None) -> None:
    assert chosen(question, *items) == item


@pytest.mark.parametrize(
    ("question", "head", "rows", "row"),
    [
        ("대여 기간이 가장 긴 것은?", "물건 | 대여 기간 | 요금", ("책 | 2주 | 0", "음반 | 10일 | 500"), "책"),
        ("요금이 가장 비싼 방은?", "방 | 정원 | 요금", ("바다 | 4명 | 3만원", "하늘 | 9명 | 50,000"), "하늘"),
        ("정원이 가장 적은 방은?", "방 | 정원 | 요금", ("바다 | 4명 | 3만원", "하늘 | 9 | 50,000"), "바다"),
        ("집행률이 가장 높은 과는?", "과 | 예산 | 집행률", ("기획과 | 90 | 48.0%", "환경과 | 10 | 80"), "환경과"),
        ("요금이 가장 비싼 방은?", "방 | 정원 | 요금", ("바다 | 4명 | $30", "하늘 | 9명 | 20,000원"), None),
        ("가격이 가장 싼 것은?", "물건 | 가격 | 비고", ("책 | 900 |", "붓 | 700 | 품절"), "붓"),
        ("무게가 가장 큰 것은?", "물건 | 무게", ("상자 | 2kg", "가방 | 1,500g"), "상자"),
        ("개막일이 가장 늦은 것은?", "행사 | 개막일", ("꽃 | 2024-03-07", "달 | 2023-05-05"), "꽃"),
        ("개막일이 가장 늦은 것은?", "행사 | 개막일", ("꽃 | 3월 7일", "달 | 2024년 5월 5일"), None),
        ("거리가 가장 먼 곳은?", "곳 | 거리", ("산 | 2km", "강 | 900m"), None),
        ("주소가 가장 큰 곳은?", "곳 | 값", ("산 | 2", "강 | 9"), None),
    ],
)
def test_a_table_is_compared_by_the_column_that_is_named(
    question: str, head: str, rows: tuple[str, ...], row: str | None
) -> None:
    assert chosen_row(question, head, *rows) == row


def led(question: str, text: str) -> list[str]:
    """The lines that are put before all others."""
    ranked = [line for line in lines_of(scope_of(text)) if line.standing.line.role is not Role.COLUMNS]
    return [ranked[place].text for place in extreme_of(read_asked(question), question, ranked)]


CROWNS = "항목 / 값 / 보증\n임플란트 / 1,100,000 / 5년\n크라운 금 / 600,000 / 3년\n크라운 지르코니아 / 500,000 / 4년\n교정 / 상담 뒤 / -"
ROOMS = "| 관 | 방 | 관리비 | 정원 |\n|---|---|---|---|\n| 솔관 | 2인실 | 690,000 | 40 |\n| 솔관 | 4인실 | 480,000 | 90 |\n| 참관 | 2인실 | 740,000 | 0 |\n| 합계 | | 1,910,000 | 130 |"
FIRM = "수출이 늘었다.\n\n1분기 이익은 90억 원이었다.\n\n2분기에는 560억 원을 벌었다.\n\n3분기에는 20% 줄었다."
COURSES = "과목 교시 교수 정원\n1) 미분적분학 1-3교시 함이레 60\n2) 한국사 산책 비대면 반다울 120\n3) 글쓰기 4-5교시 소보라 35\n계 215"


@pytest.mark.parametrize(
    ("question", "text", "lines"),
    [
        ("금이랑 지르코니아 크라운 중 더 비싼 건 뭐예요?", CROWNS, ["크라운 금 / 600,000 / 3년", "크라운 지르코니아 / 500,000 / 4년"]),
        ("금이랑 지르코니아 크라운 중 보증이 긴 쪽", CROWNS, ["크라운 지르코니아 / 500,000 / 4년", "크라운 금 / 600,000 / 3년"]),
        ("금이랑 은 크라운 중 더 비싼 건 뭐예요?", CROWNS, []),
        ("금이랑 지르코니아 크라운 값은 얼마예요?", CROWNS, []),
        ("솔관 2인실이랑 참관 2인실 관리비 어디가 더 싼가요?", ROOMS, ["| 솔관 | 2인실 | 690,000 | 40 |", "| 참관 | 2인실 | 740,000 | 0 |"]),
        ("솔관이랑 참관 중 관리비가 싼 곳은?", ROOMS, []),
        ("1분기와 2분기 중 이익이 많은 분기는?", FIRM, ["2분기에는 560억 원을 벌었다.", "1분기 이익은 90억 원이었다."]),
        ("1분기와 3분기 중 이익이 많은 분기는?", FIRM, []),
        ("이익이 가장 많은 분기는?", FIRM, []),
    ],
)  # fmt: skip
def test_of_two_that_are_named_the_better_leads_and_the_other_follows(
    question: str, text: str, lines: list[str]
) -> None:
    assert led(question, text) == lines


@pytest.mark.parametrize(
    ("question", "text", "lines"),
    [
        ("정원이 제일 많은 과목은?", COURSES, ["2) 한국사 산책 비대면 반다울 120"]),
        ("정원이 두 번째로 많은 과목은?", COURSES, []),
        ("가장 비싼 것은 무엇인가요?", CROWNS, ["임플란트 / 1,100,000 / 5년"]),
        ("크라운에서 가장 싼 재료는?", "| 구분 | 재료 | 값 |\n|---|---|---|\n| 인레이 | 세라믹 | 10 |\n| 크라운 | 금 | 60 |\n| 크라운 | 메탈 | 30 |", ["| 크라운 | 메탈 | 30 |"]),
        ("솔관은 관리비가 가장 비싼 방이 어디인가요?", ROOMS, ["| 솔관 | 2인실 | 690,000 | 40 |"]),
        ("참관은 언제 관리비가 가장 비싼가요?", ROOMS, []),
        ("정원이 하나도 없는 방은?", ROOMS, ["| 참관 | 2인실 | 740,000 | 0 |"]),
        ("관리비가 하나도 없는 방은?", ROOMS, []),
        ("요금이 가장 싼 방은?", "방 | 평일 요금 | 주말할인 요금\n갑 | 3 | 1\n을 | 2 | 9", []),
        ("가장 오래된 가게는?", "가게 | 문 연 해 | 좌석\n재집 | 1928 | 90\n두레반 | 1979 | 12", ["재집 | 1928 | 90"]),
        ("이익이 가장 큰 지점은?", "지점\t이익\n본점\t-35\n강변\t-28\n나루\t-41", ["강변\t-28"]),
    ],
)  # fmt: skip
def test_the_most_is_found_in_whatever_notation_and_totals_are_none(question: str, text: str, lines: list[str]) -> None:
    assert led(question, text) == lines


def test_of_several_values_the_one_behind_a_word_of_the_question_is_compared() -> None:
    text = "- 배합 1실 톨루엔 40ppm 소음 79dB\n- 배합 2실 톨루엔 18ppm 소음 83dB"
    assert led("1실이랑 2실 중 소음이 더 큰 데", text)[0].startswith("- 배합 2실")


def test_a_list_far_below_the_first_line_is_not_compared() -> None:
    text = "주민이 물건을 옮겼다.\n\n- 갑: 9가구\n- 을: 14가구"
    assert led("가장 많이 옮긴 것은 무엇인가요?", text) == []


@pytest.mark.alone
def test_names_of_columns_as_long_as_an_article_are_not_read_for_every_row() -> None:
    names, rows = "값" + " | 나" * 30_000, [f"{number} | {number}" for number in range(40)]
    began = time.thread_time()
    chosen_row("값이 가장 큰 것은 무엇인가요?", f"이름 | {names}", *rows)
    assert time.thread_time() - began < 5  # it takes .3; read for every row, ten

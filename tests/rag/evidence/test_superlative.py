"""The most and the least of a list's items and a table's rows."""

import time

import pytest

from rag.evidence.superlative import extreme_of
from rag.question.asked import read_asked
from tests.support.evidence_support import lines_of, scope_of


def chosen(question: str, *items: str, title: str = "안내") -> str | None:
    """The item that the question is answered with, None where the order stays as it is."""
    ranked = [line for line in lines_of(scope_of("\n".join(f"- {item}" for item in items), title)) if line.text]
    place = extreme_of(read_asked(question), question, ranked)
    return None if place is None else ranked[place].text.removeprefix("- ")


def chosen_row(question: str, head: str, *rows: str) -> str | None:
    text = "\n".join([f"| {head} |", "|---" * (head.count("|") + 1) + "|", *(f"| {row} |" for row in rows)])
    ranked = lines_of(scope_of(text))[2:]
    place = extreme_of(read_asked(question), question, ranked)
    return None if place is None else ranked[place].text.strip("| ").split(" |")[0]


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
        ("둘레길과 산책길 중 어느 길의 점수가 낮은가요?", "다솔: 9점"),
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


@pytest.mark.alone
def test_names_of_columns_as_long_as_an_article_are_not_read_for_every_row() -> None:
    names, rows = "값" + " | 나" * 30_000, [f"{number} | {number}" for number in range(40)]
    began = time.thread_time()
    chosen_row("값이 가장 큰 것은 무엇인가요?", f"이름 | {names}", *rows)
    assert time.thread_time() - began < 5  # it takes .3; read for every row, ten

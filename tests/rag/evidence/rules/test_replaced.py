"""Values that gave way to others: the line that says so leads before the line that still has them."""

import pytest

from rag.evidence.evidence import Evidence
from rag.evidence.rules.replaced import replaced_by
from rag.question.asked import read_asked
from tests.support.evidence_support import evidence_of, scope_of

BID = (
    "사무용 가구 구매 입찰 공고",
    "2026-04-13",
    "1. 납품기한: 계약일부터 45일 이내\n2. 개찰: 2026. 4. 24.(금) 16:00\n3. 규격 검토 기간: 45일",
)
FAIR = ("늘솔군 밤 축제 일정표", "2026-09-05", "개막식은 26일 17:00에 합니다.\n밤 줍기 접수는 9월 15일까지 받습니다.")
STALLS = ("장터 점포 사용자 모집", "2026-03-02", "- 채소 5칸 / 생선 7칸 / 옷 4칸\n- 나이: 19~45세만")
DUTY = ("당직 안내 메일", "2026-01-05", "· 저녁 15,000원(19시 넘어 일할 때)\n· 상담실 02-555-0100 (24시간)")
ROOM = ("걷기대회 안내문", "2026-09-30", "모이는 곳은 하늬역 광장입니다.")


def leads(old: tuple[str, str, str], first: str, title: str, published: str, line: str, question: str) -> bool:
    """Whether ``line`` of another article, among its others, is put before the line ``first`` of the ``old`` one."""
    scope, its = scope_of(old[2], old[0], old[1], "전"), scope_of(f"다음을 알립니다.\n{line}", title, published, "뒤")
    ranked: list[Evidence] = [evidence_of(scope, first), evidence_of(its, "다음을 알립니다."), evidence_of(its, line)]
    return replaced_by(read_asked(question), ranked) == 2


@pytest.mark.parametrize(
    ("old", "first", "title", "line", "question"),
    [
        (BID, "1. 납품기한: 계약일부터 45일 이내", "[정정공고] 사무용 가구 구매 입찰",
         "가. 납품기한: (정정 전) 계약일부터 45일 이내 → (정정 후) 계약일부터 60일 이내", "가구 납품기한은 며칠 이내인가요?"),
        (BID, "2. 개찰: 2026. 4. 24.(금) 16:00", "사무용 가구 입찰 변경", "개찰을 4월 24일에서 4월 27일로 미룹니다.", "가구 개찰은 언제 하나요?"),
        (FAIR, "개막식은 26일 17:00에 합니다.", "축제 바로잡음", "개막식은 17:00이 아니라 18:00에 합니다.", "축제 개막식은 몇 시인가요?"),
        (STALLS, "- 채소 5칸 / 생선 7칸 / 옷 4칸", "점포 정정", "- 생선 7칸을 6칸으로", "생선 점포는 몇 칸인가요?"),
        (STALLS, "- 나이: 19~45세만", "점포 정정", "- 나이 19~45세를 18~45세로", "점포는 몇 살부터 빌릴 수 있나요?"),
        (DUTY, "· 저녁 15,000원(19시 넘어 일할 때)", "정정: 당직", "저녁값은 18시 30분이 넘으면 됩니다(19시 아님).", "저녁값은 몇 시부터 나오나요?"),
        (DUTY, "· 상담실 02-555-0100 (24시간)", "정정: 당직", "상담실은 24시간이 아니라 07~23시입니다.", "새벽에 상담실에 전화할 수 있나요?"),
        (ROOM, "모이는 곳은 하늬역 광장입니다.", "걷기대회 안내문 바로잡음", "'하늬역 광장'이 아니라 '물레방아공원'입니다.", "걷기대회는 어디에 모이나요?"),
    ],
)  # fmt: skip
def test_what_holds_now_leads(old: tuple[str, str, str], first: str, title: str, line: str, question: str) -> None:
    assert leads(old, first, title, old[1], line, question)


@pytest.mark.parametrize(
    ("title", "published", "line", "question"),
    [
        ("사무용 가구 정정", "2026-04-16", "납품기한: 45일 → 60일", "가구 납품기한은 당초 며칠이었나요?"),  # what it was is asked
        ("사무용 가구 정정", "2026-04-16", "납품기한: 45일 → 60일", "가구 납품기한은 왜 바뀌었나요?"),
        ("사무용 가구 정정", "2026-04-01", "납품기한: 45일 → 60일", "가구 납품기한은 며칠인가요?"),  # an older notice
        ("도로 점용 정정", "2026-04-16", "납품기한: 45일 → 60일", "가구 납품기한은 며칠인가요?"),  # of another matter
        ("사무용 가구 정정", "2026-04-16", "납품기한: 30일 → 60일", "가구 납품기한은 며칠인가요?"),  # another value gave way
        ("사무용 가구 정정", "2026-04-16", "납품기한은 45일입니다.", "가구 납품기한은 며칠인가요?"),  # nothing gave way
        ("사무용 가구 정정", "2026-04-16", "하자보수: 45일 → 60일", "가구 납품기한은 며칠인가요?"),  # of something else
    ],
)  # fmt: skip
def test_nothing_else_is_put_before(title: str, published: str, line: str, question: str) -> None:
    assert not leads(BID, "1. 납품기한: 계약일부터 45일 이내", title, published, line, question)


def test_of_several_values_in_a_line_the_one_that_is_asked_for_must_have_given_way() -> None:
    first, line = "- 채소 5칸 / 생선 7칸 / 옷 4칸", "- 생선 7칸 → 6칸"
    assert leads(STALLS, first, "점포 정정", "2026-03-09", line, "생선 점포는 몇 칸인가요?")
    assert not leads(STALLS, first, "점포 정정", "2026-03-09", line, "채소 점포는 몇 칸인가요?")


def test_in_one_article_what_stands_further_down_changes_what_stands_above() -> None:
    scope = scope_of("11월 7일 해설: 배찬설\n그 밖의 날은 쉽니다.\n* 11월 7일 배찬설 → 배찬솔로 바뀜", "해설 당번")
    above, below = evidence_of(scope, "11월 7일 해설: 배찬설"), evidence_of(scope, "* 11월 7일 배찬설 → 배찬솔로 바뀜")
    read = read_asked("11월 7일 해설은 누가 하나요?")
    assert replaced_by(read, [above, below]) == 1
    assert replaced_by(read, [below, above]) is None


def test_nothing_found_replaces_nothing() -> None:
    assert replaced_by(read_asked("납품기한은 며칠인가요?"), []) is None

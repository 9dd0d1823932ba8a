"""Where a sentence stands, and what is never cited."""

import time

import pytest

from rag.evidence.citing import context_of
from rag.evidence.standing import is_inside, may_be_cited
from tests.support.evidence_support import evidence_of, lines_of, scope_of

NOTICE = """채용 공고
1. 응시 자격
가. 학력: 제한 없음
나. 연령
1) 18세 이상
| 시설 | 평일 | 주말 |
|---|---|---|
| 강당 | 3만원 | 5만원 |
| 교실 | 1만원 | 2만원 |"""


def path(text: str, words: str) -> list[str]:
    scope = scope_of(text)
    return [scope.text_of(place) for place in evidence_of(scope, words).standing.path]


def test_the_path_is_outermost_first_and_ends_in_the_columns() -> None:
    assert path(NOTICE, "가. 학력: 제한 없음") == ["채용 공고", "1. 응시 자격"]
    assert path(NOTICE, "1) 18세 이상") == ["채용 공고", "1. 응시 자격", "나. 연령"]
    assert path(NOTICE, "| 교실 | 1만원 | 2만원 |")[-1] == "| 시설 | 평일 | 주말 |"


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("가. 학력: 제한 없음", "학력: "),
        ("| 강당 | 3만원 | 5만원 |", "강당"),
        ("나. 연령", ""),
        ("제한 없음", "학력: "),
    ],
)
def test_labels(words: str, label: str) -> None:
    assert evidence_of(scope_of(NOTICE), words).standing.label == label


MERGED = "품목\t규격\t수수료\n장롱\t큰 것\t15,000원\n\t작은 것\t8,000원\n침대\t2인용\t10,000원\n\t\t6,000원"


@pytest.mark.parametrize(
    ("words", "group"), [("작은 것\t8,000원", "장롱"), ("침대\t2인용\t10,000원", ""), ("6,000원", "침대")]
)
def test_a_cell_that_reaches_down_names_the_rows_beside_it(words: str, group: str) -> None:
    evidence = evidence_of(scope_of(MERGED), words)
    assert evidence.standing.group == group
    assert evidence.standing.label == group or not group
    assert group in evidence.with_path
    assert group in evidence.scope.around(evidence.standing)
    assert context_of(evidence) == ("품목 규격 수수료", *([group] if group else []))


@pytest.mark.alone
def test_blanks_behind_what_seems_to_be_a_question_do_not_linger() -> None:
    line = evidence_of(scope_of("가"), "가")
    began = time.thread_time()
    assert may_be_cited("누가 하는가요" + " " * 40_000 + "가", line.standing)
    assert time.thread_time() - began < 3  # looked through from each, twenty


@pytest.mark.alone
def test_wide_rows_are_not_read_again_for_each_row_below() -> None:
    scope = scope_of("\n".join(f"\t{number}" + "\t가" * 3_000 for number in range(49)))
    began = time.thread_time()
    lines_of(scope)
    assert time.thread_time() - began < 4  # it takes .8; read for each, thirteen


def test_what_reaches_down_counts_by_its_first_letters() -> None:
    evidence = evidence_of(scope_of("품목\t값\t비고\n" + "가" * 9_000 + "\t1\t\n\t2\t나"), "2\t나")
    assert evidence.standing.group == "가" * 2_000


def test_a_row_without_a_name_is_called_by_its_first_words() -> None:
    assert evidence_of(scope_of("\t강당\t3만원\n\t교실\t2만원\n"), "교실\t2만원").standing.label == "교실"


def test_how_many_lines_stand_under_it() -> None:
    assert evidence_of(scope_of(NOTICE), "1. 응시 자격").standing.children == 2
    assert evidence_of(scope_of(NOTICE), "가. 학력: 제한 없음").standing.children == 0


def test_an_answer_stands_under_its_question() -> None:
    assert path("Q1. 언제 여나요?\nA1. 9시입니다.", "9시입니다.") == ["Q1. 언제 여나요?"]


NEVER = {
    "a question": ("1. 카드로 되나요?\n됩니다.", "1. 카드로 되나요?"),
    "a question in quotes": ("그는 “언제 오나요?”\n내일 온다.", "그는 “언제 오나요?”"),
    "a marked question without a question mark": ("문) 신청 기간\n답) 5월입니다.", "문) 신청 기간"),
    "names of columns": ("| 시설 | 요금 |\n| 강당 | 3만원 |", "| 시설 | 요금 |"),
    "a drawn line": ("글이다.\n━━━━━\n글이다.", "━━━━━"),
    "an announcement": ("대상은 다음과 같습니다.\n- 주민", "대상은 다음과 같습니다."),
    "another announcement": ("대상은 아래와 같다.\n- 주민", "대상은 아래와 같다."),
    "a clause that only announces": (
        "위원은 다음 각 호의 사람으로 한다.\n1. 과장",
        "위원은 다음 각 호의 사람으로 한다.",
    ),
    "a label without a value": ("제출 서류:\n신청서 1부", "제출 서류:"),
    "a marked label without a value": ("○ 문의처 :\n- 총무과", "○ 문의처 :"),
    "a question without its mark": ("물5. 겨울에도 같은 데입니까\n거의 같습니다.", "물5. 겨울에도 같은 데입니까"),
    "another": ("신청은 어떻게 하나요\n창구에서 합니다.", "신청은 어떻게 하나요"),
    "one of a speaker": ("김: 값을 내리면 어떨까요.\n이: 좋습니다.", "김: 값을 내리면 어떨까요."),
    "the title said again": ("안내\n글이다.", "안내"),
}


@pytest.mark.parametrize("what", NEVER)
def test_what_is_never_cited(what: str) -> None:
    text, words = NEVER[what]
    one = evidence_of(scope_of(text), words)
    assert not may_be_cited(one.text, one.standing)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1. 카드로 되나요?\n됩니다.", "됩니다."),
        ("| 시설 | 요금 |\n| 강당 | 3만원 |", "| 강당 | 3만원 |"),
        ("일시: 5월 3일\n장소: 본관", "일시: 5월 3일"),
        ("두 값은 같다.", "두 값은 같다."),
        ("제가 있으면 말씀을 못 하시니까요.", "제가 있으면 말씀을 못 하시니까요."),
        ("볶은 냄새가 안 나요.", "볶은 냄새가 안 나요."),
        ("사람들이 밖으로 나가요.", "사람들이 밖으로 나가요."),
        ("A1. 9시입니다.", "A1. 9시입니다."),
    ],
)
def test_what_may_be_cited(text: str, words: str) -> None:
    one = evidence_of(scope_of(text), words)
    assert may_be_cited(one.text, one.standing)


@pytest.mark.parametrize(
    ("clause", "asked", "inside"),
    [
        ("제3조제2항제1호", "제3조제2항", True),
        ("제3조제2항", "제3조제2항", True),
        ("제3조의2", "제3조", False),
        ("제3조의2제1항", "제3조", False),
        ("제4조제2항", "제3조", False),
        ("", "제3조", False),
    ],
)
def test_inside_a_clause(clause: str, asked: str, inside: bool) -> None:
    assert is_inside(clause, asked) is inside


def test_every_line_of_a_list_has_a_place() -> None:
    places = [sentence.standing.place for sentence in lines_of(scope_of(NOTICE))]
    assert places == list(range(9))

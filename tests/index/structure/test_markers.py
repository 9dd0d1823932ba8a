"""What stands before the words of a line."""

import pytest

from index.structure.markers import answer_mark, asks, counted, question_mark, read_marker


@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        ("1. 대상", "호", "대상"),
        ("12. 대상", "호", "대상"),
        ("1.대상", "호", "대상"),
        ("가. 대상", "목", "대상"),
        ("1) 대상", "1)", "대상"),
        ("가) 대상", "가)", "대상"),
        ("(1) 대상", "(1)", "대상"),
        ("(가) 대상", "(가)", "대상"),
        ("① 대상", "항", "대상"),
        ("㉑ 대상", "항", "대상"),
        ("㉠ 대상", "ㄱ원", "대상"),
        ("㉮ 대상", "가원", "대상"),
        ("Ⅱ. 대상", "로마", "대상"),
        ("IV. 대상", "로마", "대상"),
        ("a. 대상", "a.", "대상"),
        ("○ 대상", "○", "대상"),
        ("ㅇ 대상", "o", "대상"),
        ("- 대상", "-", "대상"),
        ("–대상", "-", "대상"),
        ("· 대상", "·", "대상"),
        ("※ 대상", "※", "대상"),
        ("주) 대상", "주)", "대상"),
        ("비고: 대상", "주)", "대상"),
        ("△ 대상", "△", "대상"),
        ("◇　대상", "◇", "대상"),
        ("☞ 대상", "☞", "대상"),
        ("## 대상", "#2", "대상"),
        ("* 대상", "*", "대상"),
        ("제2장 총칙", "장", "총칙"),
        ("제3조(목적) 알린다.", "조", "(목적) 알린다."),
        ("제3조의2 (제척) 뺀다.", "조", "(제척) 뺀다."),
        ("[신청 방법]", "<", "[신청 방법]"),
    ],
)
def test_markers(line: str, kind: str, words: str) -> None:
    marker = read_marker(line)
    assert marker is not None
    assert (marker.kind, line[marker.end :]) == (kind, words)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "대상",
        "2024. 5. 16. 실시",
        "5. 16.(목) 실시",
        "3.5% 오른다",
        "10.5도",
        "제3조제2항에 따라",
        "제3조에 따른 위원",
        "제3조의 규정",
        "제3조 및 제4조",
        "가나다",
        "아니다. 그렇다",
        "-5도",
        "1,000원",
        "x.y",
    ],
)
def test_no_markers(line: str) -> None:
    assert read_marker(line) is None


def test_lines_that_count_without_a_full_stop() -> None:
    found = counted(["1 대상", "글이다", "2 방법", "2.1 방문", "2.2 전화"])
    assert {place: (marker.kind, marker.number) for place, marker in found.items()} == {
        0: ("n0", "1"),
        2: ("n0", "2"),
        3: ("n1", "2.1"),
        4: ("n1", "2.2"),
    }


def test_figures_that_do_not_count_up_are_values() -> None:
    assert counted(["12 명이 왔다", "7 명이 갔다", "30 명이 남았다"]) == {}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Q1. 언제?", "언제?"),
        ("Q: 언제?", "언제?"),
        ("Q1 언제?", "언제?"),
        ("q) 언제?", "언제?"),
        ("[Q] 언제?", "언제?"),
        ("문) 언제?", "언제?"),
        ("문 1. 언제?", "언제?"),
        ("질문) 언제?", "언제?"),
        ("[질문 2] 언제?", "언제?"),
        ("<문의> 언제?", "언제?"),
        ("【질의】언제?", "언제?"),
        ("Q1-2. 언제?", "언제?"),
    ],
)
def test_marks_of_questions(line: str, words: str) -> None:
    assert line[question_mark(line) :] == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("A1. 오늘.", "오늘."),
        ("A: 오늘.", "오늘."),
        ("A1 오늘.", "오늘."),
        ("답) 오늘.", "오늘."),
        ("답변) 오늘.", "오늘."),
        ("[답변] 오늘.", "오늘."),
        ("【회신】 오늘.", "오늘."),
        ("→ 오늘.", "오늘."),
        ("⇒ 오늘.", "오늘."),
        ("-> 오늘.", "오늘."),
        ("☞ 오늘.", "오늘."),
        ("└ 오늘.", "오늘."),
    ],
)
def test_marks_of_answers(line: str, words: str) -> None:
    assert line[answer_mark(line) :] == words


@pytest.mark.parametrize(
    "line", ["문화회관은 쉽니다.", "질문을 받습니다.", "Quality", "답답하다", "Apple", "답변서 제출"]
)
def test_words_that_only_begin_like_a_mark(line: str) -> None:
    assert question_mark(line) == answer_mark(line) == 0


@pytest.mark.parametrize(
    ("line", "does"),
    [("언제?", True), ("언제？ ", True), ("“언제?”", True), ("언제?)", True), ("언제? 오늘.", False), ("언제", False)],
)
def test_asks(line: str, does: bool) -> None:
    assert asks(line) is does

import pytest

from eval.measures.values import best_value, character_f1, exact_match, normalized


@pytest.mark.parametrize(("text", "plain"), [("《삼국사기》", "삼국사기"), (" 1,000  원. ", "1000 원"), ("‘KT’", "kt")])
def test_marks_and_case_do_not_count(text: str, plain: str) -> None:
    assert normalized(text) == plain


def test_exact_match() -> None:
    assert exact_match("1989년 2월 15일.", "1989년 2월 15일") == 1
    assert exact_match("1989년", "1989년 2월") == 0


def test_f1_is_over_characters() -> None:
    assert character_f1("임수경이", "임수경") == pytest.approx(2 * 3 / 7)
    assert character_f1("가가나", "가나나") == pytest.approx(2 * 2 / 6)
    assert character_f1("가", "나") == character_f1("", "나") == 0


def test_the_best_answer_counts() -> None:
    assert best_value("15일", ["2월 15일", "15일"]) == (1, 1)

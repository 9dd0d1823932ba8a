"""Place, disagreement and absence in words."""

from dataclasses import replace

import pytest

from rag.answers import Absent, Answer, Citation, Conflict, Part, Reason
from rag.wording import absence, notes, place_of

CITATION = Citation("글", "축제 안내", None, None, "2024-03-02", 0, 3, "말.", 0.5)
ANSWER = Answer("?", True, Reason.ANSWERED, "말.", 0.9, (CITATION,), ())


def test_a_place_is_headings_clause_and_label() -> None:
    placed = replace(CITATION, context=("제2장 위원회",), locator={"clause": "제3조제2항", "line": 4})
    assert place_of(placed, "ko") == "제2장 위원회 › 제3조제2항"
    assert place_of(replace(CITATION, locator={"row": "강당", "line": 4}), "ko") == ""
    assert place_of(replace(CITATION, context=("문의",), locator={"label": "문의"}), "ko") == "문의"
    assert place_of(CITATION, "ko") == ""


@pytest.mark.parametrize(
    ("locator", "korean", "english"),
    [
        ({"page": 3, "line": 9}, "3쪽", "p. 3"),
        ({"sheet": "예산", "cell": "B2", "row": "본예산"}, "예산!B2", "예산!B2"),
        ({"sheet": "예산"}, "시트 예산", "sheet 예산"),
        ({"table": 4, "row": 2, "column": 3, "label": "강당"}, "표 4, 2행", "table 4, row 2"),
        ({"row": 7, "column": 1}, "7행", "row 7"),
        (
            {"page": 2, "table": 1, "row": 5, "clause": "제3조"},
            "2쪽 › 표 1, 5행 › 제3조",
            "p. 2 › table 1, row 5 › 제3조",
        ),
        ({"section": 1, "paragraph": 12}, "", ""),
    ],
)
def test_a_place_in_a_file(locator: dict[str, str | int], korean: str, english: str) -> None:
    placed = replace(CITATION, locator=locator)
    assert (place_of(placed, "ko"), place_of(placed, "en")) == (korean, english)


def test_letters_that_steer_a_terminal_do_not_reach_it() -> None:
    assert "\x1b" not in place_of(replace(CITATION, context=("\x1b[31m빨강",)), "ko")


def test_absence_in_both_languages() -> None:
    both, alone = Absent(("2023년",), ("2024년", "2025년")), Absent(("2023년",), ())
    assert "2023년" in absence(both, "ko")
    assert "2024년, 2025년" in absence(both, "ko")
    assert "2024년, 2025년" in absence(both, "en")
    assert "2023년" in absence(alone, "ko")
    assert absence(alone, "ko") != absence(alone, "en")


def test_notes_name_missing_parts_and_other_values() -> None:
    answer = replace(
        ANSWER,
        parts=(Part("얼마인가요", (0,)), Part("어디인가요", ())),
        conflicts=(Conflict("5천원", CITATION), Conflict("4천원", replace(CITATION, title="", published_at=None))),
    )
    missing, other, undated = notes(answer, "ko")
    assert "어디인가요" in missing
    assert all(word in other for word in ("5천원", "축제 안내", "2024-03-02"))
    assert all(word in undated for word in ("4천원", "글"))
    assert list(notes(ANSWER, "ko")) == []

"""Place, disagreement and absence in words."""

from dataclasses import replace

from rag.answers import Absent, Answer, Citation, Conflict, Part, Reason
from rag.wording import absence, notes, place_of

CITATION = Citation("글", "축제 안내", None, None, "2024-03-02", 0, 3, "말.", 0.5)
ANSWER = Answer("?", True, Reason.ANSWERED, "말.", 0.9, (CITATION,), ())


def test_a_place_is_headings_clause_and_label() -> None:
    placed = replace(CITATION, context=("제2장 위원회",), locator={"clause": "제3조제2항", "line": 4})
    assert place_of(placed) == "제2장 위원회 › 제3조제2항"
    assert place_of(replace(CITATION, locator={"row": "강당", "line": 4})) == ""
    assert place_of(replace(CITATION, context=("문의",), locator={"label": "문의"})) == "문의"
    assert place_of(CITATION) == ""


def test_letters_that_steer_a_terminal_do_not_reach_it() -> None:
    assert "\x1b" not in place_of(replace(CITATION, context=("\x1b[31m빨강",)))


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

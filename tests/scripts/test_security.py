"""Every row of docs/testing.md that HTTP has is named by a test, or it is said why there is none."""

import re
from pathlib import Path

from scripts.bench.endurance.bounds import BEGIN, END
from scripts.docs import security_results as script


def test_every_row_is_tested_or_it_is_said_why_not() -> None:
    assert len(script.WANTED) == 59
    assert set(script.WANTED) - script.named_rows().keys() == script.NOT_HERE.keys()


def test_every_row_is_explained() -> None:
    explained = set(re.findall(r"[FHST]\d+", (script.ROOT / "docs" / "testing.md").read_text("utf-8")))
    assert (set(script.WANTED) | torture_rows()) - explained == set()


def torture_rows() -> set[str]:
    sources = [path.read_text("utf-8") for path in (script.TESTS / "torture").rglob("*.py")]
    named = [name for text in sources for name in re.findall(r'"(F\d+(?:, F\d+)*)"', text)]
    return {row for name in named for row in name.split(", ")}


def test_rows_are_read_from_names() -> None:
    assert script.rows_in("test_h13_ranges[T4-a]") == {"H13", "T4"}
    assert script.rows_in("test_length[UTF8-x] test_x_h13_") == set()


def test_what_is_written_behind_the_tests_stays(tmp_path: Path) -> None:
    page = tmp_path / "security.md"
    assert script._kept(page) == ""
    page.write_text(f"old\n\n{BEGIN}\n\n| a |\n\n{END}\n\nOn two cores.\n", "utf-8")
    assert script._kept(page) == f"\n{BEGIN}\n\n| a |\n\n{END}\n\nOn two cores.\n"


def test_the_page_says_what_failed() -> None:
    cases = [
        script.Case("test_api_rows.py", "test_not_json[H1-cut]", True, False, ""),
        script.Case("test_api_rows.py", "test_not_json[H1-bom]", False, False, "assert (500, 'internal') == …"),
        script.Case("test_api_logs.py", "test_s17_no_question_is_logged", False, False, "canary"),
        script.Case(script.PAGE, "test_s13_questions", False, True, ""),
    ]
    page = script.render(cases, ["…", "…"])
    assert "| 2 | 3 | 1 | 1 | not run (no browser here) | 0 | 1 |" in page
    assert "| H1 | 2 | 1 | api_rows |" in page
    assert "| S15 | – | – | no language model" in page

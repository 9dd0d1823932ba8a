"""Every row of the reliability plan that HTTP has is named by a test, or it is said why there is none."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    spec = importlib.util.spec_from_file_location("security_results", SCRIPTS / "security_results.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "security_results", module)
    spec.loader.exec_module(module)
    return module


def test_every_row_is_tested_or_it_is_said_why_not(script: ModuleType) -> None:
    assert len(script.WANTED) == 59
    assert set(script.WANTED) - script.named_rows().keys() == script.NOT_HERE.keys()


def test_rows_are_read_from_names(script: ModuleType) -> None:
    assert script.rows_in("test_h13_ranges[T4-a]") == {"H13", "T4"}
    assert script.rows_in("test_length[UTF8-x] test_x_h13_") == set()


def test_the_page_says_what_failed(script: ModuleType) -> None:
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

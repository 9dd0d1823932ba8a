"""What is counted of a repository: entries, rooms and their arrows, and what calls what while a question is answered."""

from pathlib import Path

import pytest

from scripts.docs import house
from tests.support.rag_support import first_ask

FILES = {
    "rag/__init__.py": "",
    "rag/answers.py": "import index.text\nfrom rag.ranking.fusion import fuse\n",
    "rag/pipeline.py": "from rag import answers\n\n\nclass Pipeline:\n    def ask(self): return fuse()\n",
    "rag/ranking/__init__.py": "",
    "rag/ranking/fusion.py": "from rag.ranking.models import Model\n",
    "rag/ranking/models.py": "\n" * 40,
    "index/text.py": "",
    "docs/a.md": "",
    "docs/b.md": "",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_entries_are_what_ls_shows(tree: Path) -> None:
    (tree / "docs" / ".hidden").touch()
    (tree / "docs" / "__pycache__").mkdir()
    assert house.entries(tree) == {".": 3, "docs": 2, "index": 1, "rag": 4, "rag/ranking": 3}


def test_modules_are_counted_without_the_files_that_make_packages(tree: Path) -> None:
    names = [path.relative_to(tree).as_posix() for path in house.modules(tree)]
    assert names == [
        "index/text.py",
        "rag/answers.py",
        "rag/pipeline.py",
        "rag/ranking/fusion.py",
        "rag/ranking/models.py",
    ]


def test_an_arrow_is_a_pair_of_rooms_of_one_package(tree: Path) -> None:
    assert house.arrows(tree) == 2  # answers → ranking, pipeline → answers; inside a room and between packages is none


def test_columns_stand_side_by_side() -> None:
    lines = house.table({"993ab36": {"modules": "3"}, "HEAD": {"modules": "2"}}).splitlines()
    assert lines == ["|  | 993ab36 | HEAD |", "| --- | --- | --- |", "| modules | 3 | 2 |"]


@pytest.mark.model
def test_a_question_enters_the_pipelines_modules_and_those_they_call(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = first_ask(tmp_path_factory.getbasetemp())
    monkeypatch.setenv("GEUNGEO_CACHE", str(made.cache))
    found = house.entered(house.ROOT, made.data)
    assert found["rag/evidence/gate.py"] >= 1
    assert found["index/engine.py"] >= 3
    assert not any(name.startswith(("rag/cli/", "api/")) for name in found)

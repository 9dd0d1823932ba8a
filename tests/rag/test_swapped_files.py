"""F10: files of another index put in place of ours under a running program. Each answer is of one index, letter for letter."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from index.search.generation import FOLDER
from index.store.store import DATABASE
from rag.answers import Query
from tests.rag.test_changed_files import QUESTION, kept
from tests.support.fakes import ARTICLES
from tests.support.rag_support import build_index, open_pipeline

Swap = Callable[[Path, Path], None]
OURS, THEIRS = "4조6000억", "9조9000억"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    build_index(tmp_path / "ours")
    return tmp_path / "ours"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """As many articles of the same names, under the same numbers; another sum."""
    build_index(
        tmp_path / "theirs", [replace(article, text=article.text.replace(OURS, THEIRS)) for article in ARTICLES]
    )
    return tmp_path / "theirs"


def swap_generations(folder: Path, other: Path) -> None:
    shutil.rmtree(folder / FOLDER)
    shutil.copytree(other / FOLDER, folder / FOLDER)


def swap_database(folder: Path, other: Path) -> None:
    for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"):
        (folder / name).unlink(missing_ok=True)
        if (other / name).exists():
            shutil.copy(other / name, folder / name)


def overwrite_database(folder: Path, other: Path) -> None:
    for name in (f"{DATABASE}-wal", f"{DATABASE}-shm"):
        (folder / name).unlink(missing_ok=True)
    shutil.copy(other / DATABASE, folder / DATABASE)


def swap_both(folder: Path, other: Path) -> None:
    swap_database(folder, other)
    swap_generations(folder, other)


@pytest.mark.parametrize(
    ("swap", "sum_"),
    [(swap_generations, OURS), (swap_database, OURS), (overwrite_database, OURS), (swap_both, THEIRS)],
)
def test_no_answer_is_made_of_two_indexes(folder: Path, other: Path, swap: Swap, sum_: str) -> None:
    """One half of another's changes nothing; all of it is another index, and is what answers."""
    pipeline = open_pipeline(folder)
    right = kept(pipeline.ask(Query(QUESTION)))
    swap(folder, other)
    for _ in range(3):
        answer = pipeline.ask(Query(QUESTION))
        for citation in answer.citations:
            text = pipeline.article(citation.article_id).text
            assert text[citation.start : citation.end] == citation.quote
        assert sum_ in answer.citations[0].quote
        assert (kept(answer) == right) is (sum_ == OURS)
        pipeline._newest.keep_fresh()
    pipeline.close()

"""The written office questions of the repository: valid to the letter, split by file, and counted in their page."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from eval.datasets.check import check_folder
from eval.datasets.datasets import SPLITS, DataSet, load_folder
from eval.datasets.written import read_folder
from scripts.docs.office_gold import DOCUMENT, FOLDER, ROOT, render


@cache
def load_once(split: Path) -> DataSet:
    return load_folder(split)


@pytest.fixture(scope="module", autouse=True)
def files_are_read_once() -> Iterator[None]:
    """Tens of thousands of questions take seconds to read, and nothing here changes what was read."""
    with pytest.MonkeyPatch.context() as patched:
        for reader in ("eval.datasets.check", "eval.datasets.datasets"):
            patched.setattr(f"{reader}.read_folder", read_once)
        patched.setattr("scripts.docs.office_gold.load_folder", load_once)
        yield


read_once = cache(read_folder)


def test_nothing_is_wrong_with_it() -> None:
    checked = check_folder(FOLDER)
    assert [fault.english for fault in checked.faults] == []
    assert checked.questions >= 3000
    assert checked.articles >= 400


@pytest.mark.parametrize("split", SPLITS)
def test_every_span_is_exact_and_a_third_is_unanswerable(split: str) -> None:
    dataset = load_once(FOLDER / split)
    texts = {article.id: article.text for article in dataset.articles}
    for question in dataset.questions:
        assert question.answerable == bool(question.answers) == bool(question.evidence) == (not question.why)
        assert all(texts[span.article_id][span.start : span.end] == span.text for span in question.spans)
    unanswerable = sum(not question.answerable for question in dataset.questions) / len(dataset.questions)
    assert 0.3 < unanswerable < 0.36


def test_the_number_of_a_file_decides_its_split() -> None:
    for path in FOLDER.rglob("*.txt"):
        number = int(path.stem[-2:])
        if path.stem[:2] >= "w8":
            split = "tune" if number % 4 == 3 or (path.stem.startswith("wc") and number > 12) else "train"
        else:
            tune = number == 3 or (path.stem.startswith(("w6", "w7")) and number >= 17)
            split = "test" if number % 4 == 0 else "tune" if tune else "train"
        assert path.relative_to(FOLDER).parts[0] == split, path


def test_the_page_counts_what_is_there() -> None:
    page = DOCUMENT.read_text("utf-8")
    assert render(page) == page, "python -m scripts.docs.office_gold"


def test_the_wheel_leaves_it_out() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "eval/data/office" in project["tool"]["hatch"]["build"]["targets"]["wheel"]["exclude"]

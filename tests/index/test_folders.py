"""Folders indexed again: unchanged, edited, renamed and gone files."""

import gzip
import random
from pathlib import Path

import pytest

from index.editing import keep_entered
from index.folders import Gone, find_gone, known_files
from index.ingest import Ingestor, IngestReport, remove_articles
from index.reading.readers import read_changed
from index.store.store import Store
from tests.support.fakes import HashEncoder, RegexSplitter


class Folder:
    """A folder of files and the index made of it."""

    def __init__(self, path: Path) -> None:
        self.path, self.data = path / "문서", path / "data"
        self.path.mkdir()
        self.write("휴가(안).txt", "휴가비는 20만원이다.")
        self.write("식당.txt", "점심값은 5,500원이다.")

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, "utf-8")

    def index(self) -> tuple[IngestReport, Gone]:
        report = Ingestor(self.data, HashEncoder(), RegexSplitter()).ingest(
            lambda store: keep_entered(store, read_changed([self.path], None, known_files(store)))
        )
        return report, find_gone(self.data, [self.path], report)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    report, gone = made.index()
    assert (sorted(report.added), gone) == (["식당", "휴가(안)"], Gone())
    return made


def test_what_is_unchanged_is_not_read(folder: Folder) -> None:
    report, gone = folder.index()
    assert (sorted(report.unchanged), report.digests, gone) == (["식당", "휴가(안)"], {}, Gone())


def test_an_edited_file_replaces_its_article(folder: Folder) -> None:
    folder.write("식당.txt", "점심값은 6,000원이다.")
    report, gone = folder.index()
    assert (report.replaced, report.unchanged, gone) == (["식당"], ["휴가(안)"], Gone())


def test_a_renamed_file_is_known_by_its_content(folder: Folder) -> None:
    (folder.path / "식당.txt").rename(folder.path / "구내식당.txt")
    assert folder.index()[1] == Gone(renamed=["식당"])


def test_renamed_and_edited_or_gone_is_gone(folder: Folder) -> None:
    (folder.path / "휴가(안).txt").unlink()
    folder.write("휴가.txt", "휴가비는 30만원이다.")
    (folder.path / "식당.txt").unlink()
    report, gone = folder.index()
    assert (report.added, sorted(gone.removed)) == (["휴가"], ["식당", "휴가(안)"])
    remove_articles(folder.data, gone.removed)
    assert folder.index()[1] == Gone()


def test_an_article_that_was_removed_is_read_again(folder: Folder) -> None:
    remove_articles(folder.data, ["식당"])
    assert folder.index()[0].added == ["식당"]


def test_a_line_that_left_a_file_of_lines_is_gone(folder: Folder) -> None:
    folder.write("글.jsonl", '{"id": "a", "text": "하나다."}\n{"id": "b", "text": "둘이다."}\n')
    folder.index()
    folder.write("글.jsonl", '{"id": "a", "text": "하나다."}\n')
    report, gone = folder.index()
    assert "a" in report.unchanged
    assert gone == Gone(removed=["b"])


@pytest.mark.parametrize("line", ["{", '{"id": "b", "text": ""}', '{"id": "b", "text": "' + "둘이다. " * 10_001 + '"}'])
def test_what_merely_was_not_read_of_a_file_is_not_gone(folder: Folder, line: str) -> None:
    folder.write("글.jsonl", "".join(f'{{"id": "{name}", "text": "{name} 글이다."}}\n' for name in "abc"))
    folder.index()
    folder.write("글.jsonl", f'{{"id": "a", "text": "a 글이다."}}\n{line}\n')
    report, gone = folder.index()
    assert (len(report.failures), gone) == (1, Gone())
    folder.write("글.jsonl", '{"id": "a", "text": "a 글이다."}\n{"id": "b", "text": "b 글이다."}\n')
    assert folder.index()[1] == Gone(removed=["c"])


def test_nothing_is_gone_of_a_file_cut_early_by_its_bad_lines(folder: Folder) -> None:
    good = '{"id": "z", "text": "마지막 글이다."}\n'
    folder.write("글.jsonl", good)
    folder.index()
    folder.write("글.jsonl", '{"id": "a", "text": "글이다."}\n' + "x\n" * 1_100 + good)
    report, gone = folder.index()
    assert ("z" in report.unchanged, report.failures.total, gone) == (False, 1_001, Gone())


def test_nothing_is_gone_of_a_packed_file_that_ends_too_soon(folder: Folder) -> None:
    lines = [f'{{"id": "{number}", "text": "{random.Random(number).random()} 글이다."}}\n' for number in range(500)]
    (folder.path / "글.jsonl.gz").write_bytes(gzip.compress("".join(lines).encode()))
    folder.index()
    (folder.path / "글.jsonl.gz").write_bytes(gzip.compress("".join(lines[1:]).encode())[:-2_000])
    report, gone = folder.index()
    assert (report.failures.total, gone) == (1, Gone())


def test_what_came_another_way_since_is_not_the_folder_s(folder: Folder) -> None:
    store = Store(folder.data, writable=True)
    rows = store.files(str(folder.path.resolve()))
    store.note_files([(row.folder, row.path, row.article, row.digest, "00") for row in rows])
    store.close()
    (folder.path / "식당.txt").unlink()
    assert folder.index()[1] == Gone()


def test_what_a_person_entered_outlives_the_next_reading_of_the_file(folder: Folder) -> None:
    ingestor = Ingestor(folder.data, HashEncoder(), RegexSplitter())
    assert ingestor.edit("식당", {"source": "총무과", "published_at": None})
    report, gone = folder.index()
    assert (sorted(report.unchanged), report.digests, gone) == (["식당", "휴가(안)"], {}, Gone())
    folder.write("식당.txt", "점심값은 6,000원이다.")
    assert folder.index()[0].replaced == ["식당"]
    store = Store(folder.data)
    article = store.article("식당")
    store.close()
    assert (article.source, article.text) == ("총무과", "점심값은 6,000원이다.")
    (folder.path / "식당.txt").unlink()
    assert folder.index()[1] == Gone(removed=["식당"])

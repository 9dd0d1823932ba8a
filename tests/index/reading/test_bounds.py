"""What is too large is refused where it is first read, and what cannot be read is counted rather than collected."""

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest

from index.articles import Article
from index.errors import ReadError
from index.ingest import MOST_REPORTED, Ingestor
from index.reading import readers
from index.reading.documents import Failure
from index.reading.plain_text import lines
from index.reading.plain_text.fitting import MAX_ID, MAX_LINE, MAX_TEXT, MAX_TITLE_ENDS, require_fits
from index.reading.readers import count_articles, read_articles
from tests.support.fakes import HashEncoder, RegexSplitter
from tests.support.waiting import traced

MIB = 1 << 20


@pytest.mark.parametrize("mebibytes", [16, pytest.param(200, marks=pytest.mark.full)])
def test_lines_are_counted_without_holding_one(tmp_path: Path, mebibytes: int) -> None:
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(mebibytes):
            file.write(b" " * MIB)
        file.write(b"x\n\n \ny")
    with traced():
        assert count_articles([path]) == 2
        assert tracemalloc.get_traced_memory()[1] < 2 * MIB


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 1 << 16])
def test_lines_are_counted_wherever_the_file_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(lines, "_PIECE", piece)
    path = tmp_path / "a.jsonl"
    for data in (b"", b"\n", b"a", b"a\n", b"\n \na b\n\t\nc", b" a \n b ", b"ab\ncd\n\n\nef\n", b"a\r\n\r\nb\r\n"):
        path.write_bytes(data)
        assert count_articles([path]) == sum(bool(line.strip()) for line in data.split(b"\n")), data


def test_a_file_of_nothing_but_line_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_MOST_BLANK", 10)
    record, path = b'{"id": "b", "text": "b."}\n', tmp_path / "a.jsonl"
    path.write_bytes(record + b"\n" * 9 + record + b" \n" * 10_000 + record)
    *articles, failure = read_articles([path])
    assert len(articles) == 2
    assert isinstance(failure, Failure)
    assert "line 21" in failure.error.english


@pytest.mark.parametrize("mebibytes", [80, pytest.param(200, marks=pytest.mark.full)])
def test_an_endless_line_is_a_failure_and_the_next_is_read(tmp_path: Path, mebibytes: int) -> None:
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(mebibytes):
            file.write(b"x" * MIB)
        file.write(b'\n{"id": "b", "text": "b."}\n')
    with traced():
        assert [type(article) for article in read_articles([path])] == [Failure, Article]
        assert tracemalloc.get_traced_memory()[1] < 64 * MIB


def test_a_line_of_many_values_takes_no_room(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "a", "text": "a", "x": [' + "[]," * 1_200_000 + "0]}", "utf-8")
    (failure,) = read_articles([path])
    assert isinstance(failure, Failure)
    assert "too many values" in failure.error.english


def test_what_yields_only_errors_ends_early(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"x\n" * 1_000_000)
    items = list(read_articles([path]))
    assert len(items) == 1001
    assert isinstance(items[-1], Failure)
    assert "too many lines" in items[-1].error.english
    assert "멈췄습니다" in items[-1].error.korean


def test_some_bad_lines_among_many_good_ones_end_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = json.dumps({"id": "a", "text": "a."}) + "\n"
    path.write_text((good + "x\n") * 3000, "utf-8")
    assert sum(isinstance(article, Failure) for article in read_articles([path])) == 3000


def test_failures_are_counted_and_the_first_kept(tmp_path: Path) -> None:
    items = (Failure(f"{number}", ReadError("나쁨", "bad")) for number in range(50_000))
    report = Ingestor(tmp_path, HashEncoder(), RegexSplitter()).ingest(items)
    assert (len(report.failures), report.failures.total, report.done) == (MOST_REPORTED, 50_000, 50_000)


FITS = Article("a", "제목", "글이다.")
UNFIT = {
    "id": Article("a" * (MAX_ID + 1), "", "글이다."),
    "title": Article("a", "가" * (MAX_LINE + 1), "글이다."),
    "sentences": Article("a", "문장. " * (MAX_TITLE_ENDS + 1), "글이다."),
    "lines": Article("a", "가\n" * (MAX_TITLE_ENDS + 2), "글이다."),
    "source": Article("a", "", "글이다.", source="가" * (MAX_LINE + 1)),
    "url": Article("a", "", "글이다.", url="https://a/" + "a" * MAX_LINE),
    "author": Article("a", "", "글이다.", meta={"author": "가" * (MAX_LINE + 1)}),
    "text": Article("a", "", "가" * (MAX_TEXT + 1)),
}


@pytest.mark.parametrize("name", UNFIT)
def test_one_validation_whatever_door(tmp_path: Path, name: str) -> None:
    """By the ingestor, which every door leads to, and by file with the line."""
    article = UNFIT[name]
    report = Ingestor(tmp_path / "data", HashEncoder(), RegexSplitter()).ingest([article, FITS])
    assert (report.failures.total, report.added) == (1, ["a"])
    record = {"id": article.id, "title": article.title, "text": article.text, "source": article.source}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record | {"url": article.url} | dict(article.meta), ensure_ascii=False), "utf-8")
    (failure,) = read_articles([path])
    assert isinstance(failure, Failure)
    assert failure.where == f"{path}:1"


def test_what_just_fits() -> None:
    require_fits(Article("a" * MAX_ID, "1. 3분기 매출 3.5% 증가. " * 5, "가" * MAX_TEXT, url="a" * MAX_LINE))


def test_a_manifest_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_RECORD_BYTES", 10)
    (tmp_path / "manifest.json").write_text("[" + " " * 20 + "]", "utf-8")
    (failure,) = read_articles([tmp_path])
    assert isinstance(failure, Failure)


def test_an_article_of_very_many_sentences_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.ingest.MAX_SENTENCES", 3)
    many = Article("b", "", "글이다.\n" * 4)
    report = Ingestor(tmp_path, HashEncoder(), RegexSplitter()).ingest([many, FITS])
    assert (report.added, [failure.where for failure in report.failures]) == (["a"], ["b"])
    report = Ingestor(tmp_path, HashEncoder(), RegexSplitter()).ingest([], rebuild=True)
    assert report.failures.total == 0

"""What a document may be is what any article may be; what it says of itself and would not fit is left out."""

from pathlib import Path

import pytest

from index.articles import Article
from index.errors import ReadError
from index.ingest import Ingestor
from index.reading import documents
from index.reading.composing.composer import Document
from index.reading.documents import DocumentSource, Failure, read_document
from index.reading.plain_text.fitting import MAX_LINE, MAX_TEXT
from index.reading.reader_child import Read
from index.reading.reader_process import ReaderProcess
from index.reading.readers import read_articles
from tests.support.fakes import HashEncoder, RegexSplitter


class Prepared(ReaderProcess):
    """Reads files as the documents it was given, the last one again and again, each in so many seconds."""

    def __init__(self, *given: Document, seconds: float = 0.0) -> None:
        super().__init__()
        self._documents = list(given)
        self._seconds = seconds

    def read(self, source: Path | bytes, name: str, kind: str = "") -> Read:
        self.spent += self._seconds
        document = self._documents.pop(0) if len(self._documents) > 1 else self._documents[0]
        return Read(document, kind or "pdf", "pdf-1")


def items(*given: Document, seconds: float = 0.0) -> list[Article | Failure]:
    source = DocumentSource(b"", "a.pdf", "a.pdf", "/folder/a.pdf")
    return list(read_document(Prepared(*given, seconds=seconds), source, {}))


def test_a_document_too_long_is_refused_with_its_length_and_its_attachment_read() -> None:
    document = Document("가" * (MAX_TEXT + 12), attachments=(("표.txt", "붙인 글이다.".encode()),))
    failure, attached = items(document)
    assert isinstance(failure, Failure)
    assert failure.where == "/folder/a.pdf"
    assert "500,000자를 넘습니다(500,012자)" in failure.error.korean
    assert "longer than 500,000 characters (500,012)" in failure.error.english
    assert isinstance(attached, Article)
    assert attached.id == "a.pdf/표.txt"


def test_an_attached_text_too_long_is_a_failure_of_its_own() -> None:
    article, failure = items(Document("글이다.", attachments=(("긴.txt", b"a" * (MAX_TEXT + 1)),)))
    assert isinstance(article, Article)
    assert isinstance(failure, Failure)
    assert failure.where == "/folder/a.pdf/긴.txt"


def test_of_what_is_attached_to_mails_in_mails_only_so_many_are_read() -> None:
    mail = Document("글이다.", attachments=tuple((f"{n}.eml", b"Subject: a") for n in range(30)))
    found = items(mail)
    assert len(found) == 1 + documents._MAX_ATTACHED
    assert "읽지 않은 첨부파일" in found[-1].meta["notice"]  # type: ignore[union-attr]


def test_a_mail_of_pictures_alone_says_that_nothing_was_read() -> None:
    (failure,) = items(Document("", attachments=(("약도.png", b"PNG"), ("사진.jpg", b"JPG"))))
    assert isinstance(failure, Failure)
    assert "첨부파일 2개: 약도.png, 사진.jpg" in failure.error.korean
    assert "2 attachments not read: 약도.png, 사진.jpg" in failure.error.english


def test_what_is_attached_has_a_time_in_all() -> None:
    mail = Document("글이다.", attachments=tuple((f"{n}.pdf", b"%PDF-") for n in range(30)))
    found = items(mail, Document("글이다."), seconds=30.0)
    failures = [item for item in found if isinstance(item, Failure)]
    assert (len(found), len(failures)) == (31, 20)
    assert "took too long" in failures[0].error.english


def test_lines_that_are_read_for_nothing_have_a_time_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"id": "{n}", "text": "<b>글</b>"}}\n' for n in range(30)), "utf-8")

    def stopped(self: ReaderProcess, *_: object) -> Read:
        self.spent += 30.0
        raise ReadError("오래 걸립니다.", "took too long.")

    monkeypatch.setattr(ReaderProcess, "read", stopped)
    found = list(read_articles([path]))
    assert len(found) == 11
    assert isinstance(found[-1], Failure)
    assert "too many lines cannot be read" in found[-1].error.english


@pytest.mark.parametrize("title", ["가" * (MAX_LINE + 1), "문장이다. " * 30])
def test_a_title_that_is_none_gives_way_to_the_first_line(title: str) -> None:
    (article,) = items(Document("안내문\n글이다.", title=title, known_by={"title": "Subject"}))
    assert isinstance(article, Article)
    assert (article.title, article.meta["title_basis"]) == ("안내문", "first line")


def test_a_publisher_of_paragraphs_is_left_out_and_a_long_notice_cut() -> None:
    long = "가" * (MAX_LINE + 1)
    (article,) = items(Document("글이다.", source=long, author=long, warnings=(long,)))
    assert isinstance(article, Article)
    assert (article.source, "author" in article.meta, len(article.meta["notice"])) == (None, False, MAX_LINE)


def test_a_table_of_too_many_rows_is_refused_with_their_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.ingest.MAX_SENTENCES", 3)
    monkeypatch.setattr("index.reading.plain_text.fitting.MAX_SENTENCES", 3)
    path = tmp_path / "표.csv"
    path.write_text("이름,값\n" + "가,1\n" * 5, "utf-8")
    report = Ingestor(tmp_path / "data", HashEncoder(), RegexSplitter()).ingest(read_articles([path]))
    (failure,) = report.failures
    assert "more than 3 sentences or lines (6)" in failure.error.english


@pytest.mark.parametrize(
    ("known_by", "date", "basis"),
    [
        ({}, "2025-03-04", "등록일"),
        ({"published_at": "properties"}, "2025-03-04", "등록일"),
        ({"published_at": "JSON-LD"}, "2026-01-02", "JSON-LD"),
    ],
)
def test_the_date_that_the_first_lines_name_goes_before_that_of_the_last_saving(
    known_by: dict[str, str], date: str, basis: str
) -> None:
    document = Document(
        "알림\n등록일 2025. 3. 4.\n글이다.", published_at="2026-01-02" if known_by else None, known_by=known_by
    )
    (article,) = items(document)
    assert isinstance(article, Article)
    assert (article.published_at, article.meta["published_at_basis"]) == (date, basis)

"""A document as its reader gives it, made an article; what is attached to a mail, articles of their own."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from index.articles import Article, Layout, Origin, Original, Span, SpanKind
from index.errors import GeungeoError, ReadError
from index.korean.terms import strip_ignorable
from index.reading.composing.composer import Document
from index.reading.composing.dates import labelled_date
from index.reading.composing.metadata import PROPERTIES
from index.reading.kinds import DOCUMENT_SUFFIXES, HEAD, TEXT_SUFFIXES, is_document, suffix_of
from index.reading.plain_text.decoding import decode
from index.reading.plain_text.fitting import MAX_LINE, has_too_many_sentences, require_fits
from index.reading.plain_text.records import article_from_record, read_record
from index.reading.reader_child import MARKUP, broken
from index.reading.reader_process import ReaderProcess
from index.system.faults import log_fault
from index.text.characters import normalize

_TITLE_LENGTH = 120
_STATEMENT = re.compile(r"\s\S*[다요죠오음임함됨]\.[\"'”’)\]]*$")  # headlines go without the full stop
_FIELDS_BEFORE = re.compile(r"---[ \t]*\r?\n(?P<fields>(?:.*\n){0,50}?)---[ \t]*(?:\r?\n|$)")  # a Markdown text
_TITLE_FIELD = re.compile(r"^title:[ \t]*[\"']?(?P<title>.*?)[\"']?[ \t]*\r?$", re.MULTILINE)
_FIRST_LINES = 5
_HEAD = 1_000  # characters among which a document names itself
_DATED_HEAD = 1_500  # and its date
_MAX_DEPTH = 4  # mails attached to mails
_MAX_ATTACHED = 200  # to a mail and to what is attached to it
_MOST_NAMED = 10
_MOST_SECONDS = 300.0  # of the processor, for all of them: one alone has 30
_PAGES = frozenset({"html", "eml", "markup"})  # where the cleaner may find bylines and menus
_MARKUP_NOTICE = "글에 HTML 태그가 들어 있어, 태그를 뺀 글로 읽었습니다."
_FIELDS = ("title", "published_at", "source", "author")


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that could not be read: ``where`` is a path, with the line number for JSON lines.

    ``origin`` is its file, where the folder is followed: what else was read of that file before is not known to be gone.
    """

    where: str
    error: GeungeoError
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """A document to be read: its path or bytes, the id its article gets, its name, and how it is called to people."""

    content: Path | bytes
    id: str
    name: str
    where: str
    depth: int = 0

    def attached(self, name: str, data: bytes) -> "DocumentSource":
        """Return a file attached to this one."""
        return DocumentSource(data, f"{self.id}/{name}", name, f"{self.where}/{name}", self.depth + 1)


@dataclass(slots=True)
class _Allowance:
    """What may still be read of what is attached to one file: so many, until the reader has spent so many seconds."""

    until: float
    left: int = _MAX_ATTACHED


def read_document(
    reader: ReaderProcess, source: DocumentSource, told: Mapping[str, Any], allowance: _Allowance | None = None
) -> Iterator[Article | Failure]:
    """Yield the article of a document and of what is attached to it. ``told`` is what a manifest says. Raises ReadError.

    ``allowance``: of a mail that this is attached to.
    """
    read = reader.read(source.content, source.name)
    document = read.document
    allowance = allowance or _Allowance(reader.spent + _MOST_SECONDS)
    attached, left_out = _attachments(source, document, allowance)
    notices = (*document.warnings, *([_told_left_out(left_out)] if left_out else []))
    if strip_ignorable(document.text).strip():
        record = {"id": source.id, "title": source.name, **_told(told), "text": document.text, "kind": read.kind}
        article = with_document(article_from_record(record), document, read.reader, *notices)
        article = article if "title" in told else _titled(article, document, source.name)
        article = replace(article, original=_attached_file(source))
        yield _fitting(article, source.where)
    elif left_out:  # nothing of it is an article that could say so
        yield Failure(source.where, _nothing_read(left_out))
    for attachment in attached:
        yield from _read_attached(reader, attachment, allowance)


def _attached_file(source: DocumentSource) -> Original | None:
    """Return the file itself where it lies in no folder but in a mail."""
    return Original(source.name, source.content) if isinstance(source.content, bytes) else None


def _fitting(article: Article, where: str) -> Article | Failure:
    """Return the article, or why it is too long; what is attached to a mail is read all the same."""
    try:
        require_fits(article)
    except ReadError as error:
        return Failure(where, error)
    return article


def with_document(article: Article, document: Document, reader: str, *notices: str) -> Article:
    """Return ``article`` with what its document says of itself where nothing else did, its layout, and who read it."""
    meta = {**article.meta, "reader": reader}
    if notices:
        meta["notice"] = _cut("\n".join(notices))
    document = _dated(_with_short_lines(document))
    known = {name: getattr(document, name) for name in _FIELDS if getattr(document, name)}
    for name in known:
        if not (meta.get(name) if name == "author" else getattr(article, name)):
            meta.setdefault(f"{name}_basis", document.known_by.get(name, ""))
    layout = Layout(tuple(_spans(document, reader)), document.places, reader.partition("-")[0] in _PAGES)
    return replace(
        article,
        text=document.text,
        source=article.source or document.source,
        published_at=article.published_at or document.published_at,
        meta={key: value for key, value in ({"author": document.author or ""} | meta).items() if value},
        layout=layout if normalize(document.text) == document.text else None,
    )


def is_markup(text: str) -> bool:
    """Return whether a text holds HTML."""
    if "<" not in text or ">" not in text:
        return False
    from index.reading.web.html import holds_markup  # loads a parser that most texts do not need

    return holds_markup(text)


def without_markup(reader: ReaderProcess, article: Article) -> Article:
    """Return an article whose text holds HTML as people see it, any other as it is. Raises ReadError where nothing is seen."""
    if not is_markup(article.text):
        return article
    read = reader.read(article.text.encode(), article.id, MARKUP)
    return with_document(article, read.document, read.reader, _MARKUP_NOTICE)


def read_error(error: Exception) -> ReadError:
    """Return why a document cannot be read; an error that nobody foresaw is logged, and keeps none of the others."""
    if isinstance(error, ReadError):
        return error
    log_fault(error)
    return broken(type(error).__name__)


def first_line(text: str) -> str:
    """Return the first line of a text as a title, "" where it is too long for one or says something in a sentence.

    A sentence that was its article's title would not be cited as an answer.
    """
    if fields := _FIELDS_BEFORE.match(text):
        named = _TITLE_FIELD.search(fields["fields"])
        text = named["title"] if named else text[fields.end() :]
    line = next((line.strip() for line in text.splitlines() if any(map(str.isalnum, line))), "").lstrip("#").strip()
    return line if len(line) <= _TITLE_LENGTH and not _STATEMENT.search(line) else ""


def _told(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name != "text"}


def _titled(article: Article, document: Document, name: str) -> Article:
    """Return the article titled by the document, or by its first line, or by its file's name."""
    stem = normalize(PurePosixPath(name).stem)
    fitting = ((text, basis) for text, basis in _title_candidates(document) if text and _is_title(text))
    title, basis = next(fitting, (stem or name, "file name"))
    return replace(article, title=title, meta={**article.meta, "title_basis": basis})


def _title_candidates(document: Document) -> list[tuple[str | None, str]]:
    """Return what may be the title, best first, each with how it is known.

    Properties that name another document come last. Of a workbook they are left out: its file's name says more.
    """
    known = (document.title, document.known_by.get("title", ""))
    has_own_line = document.title_line is not None
    line = (first_line(document.title_line or "") if has_own_line else _first_body_line(document), "first line")
    if not _is_stale(document):
        return [known, line]
    return [line] if has_own_line else [line, known]


def _with_short_lines(document: Document) -> Document:
    """Return the document without a publisher or an author that is too long to be one."""
    source, author = (line if len(line or "") <= MAX_LINE else None for line in (document.source, document.author))
    return replace(document, source=source, author=author)


def _dated(document: Document) -> Document:
    """Return the document with the date that its first lines name ("등록일 2025. 3. 4."), which no copying changes."""
    known = labelled_date(document.text[:_DATED_HEAD])
    if known is None or document.known_by.get("published_at", PROPERTIES) != PROPERTIES:
        return document
    return replace(document, published_at=known.iso, known_by={**document.known_by, "published_at": known.label})


def _is_title(text: str) -> bool:
    return len(text) <= MAX_LINE and not has_too_many_sentences(text)


def _cut(notice: str) -> str:
    return notice if len(notice) <= MAX_LINE else notice[: MAX_LINE - 1] + "…"


def _is_stale(document: Document) -> bool:
    """Return whether the properties name a document that the text does not begin with, as one it was made from."""
    if document.known_by.get("title") != "properties" or document.title is None:
        return False
    return _letters(document.title) not in _letters(document.text[:_HEAD])


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _first_body_line(document: Document) -> str:
    """Return the first line that is neither a head line nor a note; "" where none of the first lines is."""
    left = next((span for span in document.spans if not span.start), None)
    text = document.text[left.end if left and not left.kind.is_content else 0 :]
    lines = (" ".join(line.split()) for line in text.strip().splitlines()[:_FIRST_LINES])
    return next((first_line(line) for line in lines if sum(map(str.isalpha, line)) > 1), "")


def _spans(document: Document, reader: str) -> Iterator[Span]:
    """Yield the spans of a document: a caption names what follows and may be cited; on a news page it may not."""
    is_page = reader.partition("-")[0] in _PAGES
    for span in document.spans:
        if span.kind is SpanKind.CAPTION and not is_page:
            yield Span(span.start, span.end, SpanKind.SUBHEADLINE)
        else:
            yield span


def _attachments(
    source: DocumentSource, document: Document, allowance: _Allowance
) -> tuple[list[DocumentSource], list[str]]:
    """Return the attachments to be read, and the names of those that are not."""
    found: dict[str, DocumentSource] = {}
    left_out: list[str] = []
    for name, data in document.attachments:
        if not data:
            continue
        if not allowance.left or source.depth >= _MAX_DEPTH or not _is_readable(name, data):
            left_out.append(name)
            continue
        given, count = name, 1
        while given in found:
            count += 1
            given = f"{PurePosixPath(name).stem} ({count}){PurePosixPath(name).suffix}"
        found[given] = source.attached(given, data)
        allowance.left -= 1
    return list(found.values()), left_out


def _nothing_read(names: Sequence[str]) -> ReadError:
    return ReadError(
        f"글이 없는 메일입니다. {_told_left_out(names)}",
        f"a mail without text; {len(names)} attachments not read: {', '.join(names[:_MOST_NAMED])}",
    )


def _told_left_out(names: Sequence[str]) -> str:
    return f"읽지 않은 첨부파일 {len(names)}개: {', '.join(names[:_MOST_NAMED])}"


def _is_readable(name: str, data: bytes) -> bool:
    return suffix_of(name) in (*TEXT_SUFFIXES, *DOCUMENT_SUFFIXES) or is_document(name, data[:HEAD])


def _read_attached(reader: ReaderProcess, source: DocumentSource, allowance: _Allowance) -> Iterator[Article | Failure]:
    try:
        if reader.spent >= allowance.until:
            raise ReadError(
                "앞의 첨부파일을 읽는 데 너무 오래 걸려 읽지 않았습니다. 따로 저장해 넣으세요.",
                "not read: the attachments before it took too long. Save it and add it by itself.",
            )
        if suffix_of(source.name) in TEXT_SUFFIXES and isinstance(source.content, bytes):
            text = decode(source.content)
            title = first_line(text) or PurePosixPath(source.name).stem
            article = read_record({"id": source.id, "title": title, "text": text})
            yield replace(article, original=_attached_file(source))
        else:
            yield from read_document(reader, source, {}, allowance)
    except ReadError as error:
        yield Failure(source.where, error)

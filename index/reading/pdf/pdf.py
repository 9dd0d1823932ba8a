"""PDF files that hold text: what stands on their pages, its paragraphs put together again.

Built on PDFium. It can neither be interrupted nor be told how much memory to take: call :func:`read` in a process with
limits of its own.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import pypdfium2
import pypdfium2.raw as pdfium

from index.articles import Place, Span, SpanKind
from index.errors import EmptyTextError, ReadError
from index.reading.composing.composer import Document
from index.reading.pdf import fonts, guard
from index.reading.pdf.line_joins import Joiner, joined
from index.reading.pdf.page_lines import Line, PageText, read_page
from index.reading.pdf.paragraphs import Paragraph, breaks_between_words, paragraphs
from index.reading.plain_text.decoding import reads_as_korean
from index.text.characters import normalize

MAX_BYTES = 512 * 1024 * 1024
MAX_PAGES = 5_000
MAX_CHARS = 64 * 1024 * 1024
_MAY_COPY = 1 << 4  # bit 5 of the permissions, ISO 32000-1 table 22
_UNMAPPED = 0.3  # of a page's letters: ligatures and bullets of a good page stay far below
_FOREIGN = 20  # letters beyond ASCII that are enough to judge a page by
_NO_TITLE = re.compile(
    r"(?:untitled|무제|제목 ?없음|document ?\d*|문서 ?\d*|slide ?\d*|microsoft (?:word|powerpoint|excel) - .*|.*\.(?:hwpx?|docx?"
    r"|pptx?|xlsx?|pdf|indd|qxd|ai|ps))\s*",
    re.IGNORECASE,
)
_NOBODY = frozenset("user users admin administrator owner unknown anonymous pc hp samsung lg 사용자 관리자".split())  # noqa: SIM905
_TITLE_LENGTH = 120
_HEADING_SIZE, _HEADING_LENGTH = 1.2, 60
_TITLE_SIZE = 1.2  # how much larger than the body a title's letters are


def read(data: bytes, name: str, joiner: Joiner | None = None, *, ignore_permissions: bool = False) -> Document:
    """Return the text of a PDF file.

    Parameters
    ----------
    data: the file.
    name: what it is called, for messages.
    joiner: judges line ends, such as :class:`index.korean.line_ends.KiwiJoiner`; without one the document's own habits do.
    ignore_permissions: read also what its owner forbids to copy from.

    Raises ReadError where nothing of it can be read, saying why: a password, no text on its pages, fonts that do not say
    what their letters are.
    """
    if len(data) > MAX_BYTES:
        raise ReadError(
            f"{MAX_BYTES >> 20}MB보다 큰 PDF입니다. 나누어 넣으세요.", f"larger than {MAX_BYTES >> 20} MB; split it."
        )
    guard.check(data)
    document = _open(data)
    try:
        if not ignore_permissions and not pdfium.FPDF_GetDocPermissions(document) & _MAY_COPY:
            raise ReadError(
                "만든 사람이 내용 복사를 막아 둔 PDF입니다. 복사가 허용된 파일을 받아 넣으세요.",
                "the PDF's owner forbids to extract its content. Ask for a file that allows it.",
            )
        pages, unread = _read_pages(document)
        title, author = _property(document, "Title"), _property(document, "Author")
    finally:
        document.close()
    good, warnings = _judged(pages, unread)
    return _document(good, warnings, title, author, joiner)


def _open(data: bytes) -> pypdfium2.PdfDocument:
    fonts.use_squares()
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise ReadError(
                "비밀번호가 걸린 PDF입니다. 비밀번호를 풀어 저장한 뒤 넣으세요.",
                "the PDF is locked with a password. Save it without one.",
            ) from None
        raise ReadError(
            "PDF로 읽을 수 없습니다: 파일이 깨졌습니다. 다시 받거나 다시 저장해 넣으세요.",
            "cannot be read as PDF: the file is damaged. Fetch or save it anew.",
        ) from None


def _read_pages(document: pypdfium2.PdfDocument) -> tuple[list[PageText], list[int]]:
    """Return the pages, and the numbers of those that PDFium cannot load."""
    count = len(document)
    if count > MAX_PAGES:
        raise ReadError(
            f"{count:,}쪽입니다. {MAX_PAGES:,}쪽까지 읽습니다. 나누어 넣으세요.",
            f"{count:,} pages; at most {MAX_PAGES:,} are read. Split it.",
        )
    pages, unread, chars = [], [], 0
    for number in range(1, count + 1):
        try:
            page = document[number - 1]
        except pypdfium2.PdfiumError:
            unread.append(number)
            continue
        try:
            pages.append(read_page(page, number))
        except pypdfium2.PdfiumError:
            unread.append(number)
        finally:
            page.close()
        chars += sum(len(line.text) for line in pages[-1].lines) if pages else 0
        if chars > MAX_CHARS:
            raise ReadError(
                f"{number}쪽에서 글이 너무 깁니다. 나누어 넣으세요.", f"too much text by page {number}; split it."
            )
    return pages, unread


def _judged(pages: Sequence[PageText], unread: Sequence[int]) -> tuple[list[PageText], list[str]]:
    """Return the pages that hold readable text, and in Korean what is wrong with the others. Raises ReadError if none does."""
    rubbish = [page.number for page in pages if _is_rubbish(page)]
    pictures = [page.number for page in pages if not page.lines and page.shows_something]
    good = [page for page in pages if page.lines and page.number not in set(rubbish)]
    if not good:
        raise _nothing(rubbish, pictures, unread)
    warnings = []
    if pictures:
        warnings.append(f"{_ranges(pictures)}쪽은 그림만 있고 글자가 없어 읽지 못했습니다(스캔).")
    if rubbish:
        warnings.append(f"{_ranges(rubbish)}쪽은 글꼴에 글자 정보가 없어 읽지 못했습니다.")
    if partly := [page.number for page in good if any(line.is_rubbish for line in page.lines)]:
        warnings.append(f"{_ranges(partly)}쪽의 일부 글은 글꼴에 글자 정보가 없어 알아볼 수 없습니다.")
    if unread:
        warnings.append(f"{_ranges(unread)}쪽은 깨져서 읽지 못했습니다.")
    return good, warnings


def _is_rubbish(page: PageText) -> bool:
    """Return whether the page's fonts do not say what its letters are, and PDFium's guess is no Korean."""
    if page.unmapped < _UNMAPPED:
        return False
    text = "".join(line.text for line in page.lines)
    foreign = sum(char > "\x7f" and char.isalpha() for char in text)
    return not reads_as_korean(text) if foreign >= _FOREIGN else page.unmapped > 0.9


def _nothing(rubbish: Sequence[int], pictures: Sequence[int], unread: Sequence[int]) -> ReadError:
    if rubbish:
        where = _ranges(rubbish)
        return ReadError(
            f"{where}쪽의 글꼴에 글자 정보(ToUnicode)가 없어 글을 알아볼 수 없습니다. 원본 문서에서 PDF를 다시 만들어 넣으세요.",
            f"the fonts of page {where} do not say what their letters are (no ToUnicode). Make the PDF anew from its source.",
        )
    if pictures:
        where = _ranges(pictures)
        return EmptyTextError(
            f"{where}쪽에 글자가 없습니다(스캔한 그림). 문자 인식(OCR)을 한 파일이나 원본 문서를 넣으세요.",
            f"page {where} holds no text (scanned). Give a file with recognised text (OCR), or its source.",
        )
    if unread:
        return ReadError(
            "PDF의 쪽을 하나도 열 수 없습니다: 파일이 깨졌습니다. 다시 받거나 다시 저장해 넣으세요.",
            "no page of the PDF can be loaded: the file is damaged. Fetch or save it anew.",
        )
    return EmptyTextError("빈 PDF입니다. 글자가 있는 파일을 넣으세요.", "the PDF is empty. Give a file with text.")


def _ranges(numbers: Iterable[int]) -> str:
    """Return ``1–3, 7`` for 1, 2, 3, 7."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)


def _document(
    pages: Sequence[PageText], warnings: Sequence[str], title: str, author: str, joiner: Joiner | None
) -> Document:
    parts = list(paragraphs(pages))
    text, spans, places = _put_together(parts, joiner)
    known_by: dict[str, str] = {}
    if title := title if not _NO_TITLE.fullmatch(title) else "":
        known_by["title"] = "properties"
    elif title := _largest_line(pages):
        known_by["title"] = "largest line"
    if author := author if author.lower() not in _NOBODY else "":
        known_by["author"] = "properties"
    return Document(
        text,
        title=title or None,
        author=author or None,
        spans=spans,
        places=places,
        known_by=known_by,
        warnings=tuple(warnings),
    )


def _put_together(parts: Sequence[Paragraph], joiner: Joiner | None) -> tuple[str, tuple[Span, ...], tuple[Place, ...]]:
    """Return the text, its headings, head and foot lines, and a place for each stretch up to a line end inside a paragraph."""
    ends = [
        (line.text + " " * breaks_between_words(part.lines, place), after.text)
        for part in parts
        for place, (line, after) in enumerate(pairwise(part.lines))
    ]
    joints = iter(joined(ends, (line.text for part in parts for line in part.lines), joiner))
    body = _body_height(parts)
    writer = _Writer()
    for part in parts:
        start = writer.length
        for line in part.lines[:-1]:
            writer.write(line, is_joined=next(joints))
        writer.write(part.lines[-1])
        if kind := _kind(part, body):
            writer.spans.append(Span(start, writer.length - 1, kind))
    return writer.text, tuple(writer.spans), tuple(writer.places)


def _kind(part: Paragraph, body: float) -> SpanKind | None:
    """Return the kind of a paragraph, None for body text; what nobody can read is hidden, so that it is never cited."""
    if part.furniture:
        return SpanKind.FURNITURE
    if any(line.is_rubbish for line in part.lines):
        return SpanKind.HIDDEN
    return SpanKind.SUBHEADLINE if _is_heading(part, body) else None


def _body_height(parts: Sequence[Paragraph]) -> float:
    """Return the height of most letters of the document."""
    letters = Counter[float]()
    for part in parts:
        for line in part.lines:
            letters[round(line.height, 1)] += len(line.text)
    counts = sorted(letters.items())
    half, seen = letters.total() / 2, 0
    for height, count in counts:
        seen += count
        if seen >= half:
            return height
    return 0.0


def _is_heading(part: Paragraph, body: float) -> bool:
    """Return whether its letters are larger than the body's and it is as short as a heading."""
    larger = all(line.height > _HEADING_SIZE * body and not line.is_row for line in part.lines)
    return larger and len(part.lines) <= 2 and sum(len(line.text) for line in part.lines) <= _HEADING_LENGTH


class _Writer:
    def __init__(self) -> None:
        self._parts: list[str] = []
        self.length = 0
        self.spans: list[Span] = []
        self.places: list[Place] = []

    @property
    def text(self) -> str:
        return "".join(self._parts).rstrip("\n")

    def write(self, line: Line, *, is_joined: bool | None = None) -> None:
        """Add a line; ``is_joined`` says how the next one of its paragraph follows, None that none does."""
        line_end = None if is_joined is None else "joined" if is_joined else "split"
        start, end = self.length, self.length + len(line.text)
        self._append(line.text + ("\n" if is_joined is None else "" if is_joined else " "))
        last = self.places[-1] if self.places else None
        if last and last.page == line.page and last.line_end is None:
            self.places[-1] = Place(last.start, end, page=line.page, line_end=line_end)
        else:
            self.places.append(Place(start, end, page=line.page, line_end=line_end))

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self.length += len(text)


def _property(document: pypdfium2.PdfDocument, key: str) -> str:
    try:
        value = document.get_metadata_value(key)
    except (pypdfium2.PdfiumError, UnicodeError):
        return ""
    value = " ".join(normalize(value).split())
    return value if len(value) <= _TITLE_LENGTH and "\ufffd" not in value and value.isprintable() else ""


def _largest_line(pages: Sequence[PageText]) -> str:
    """Return the largest lines in the upper half of the first page, where they are larger than the body."""
    first = [line for line in pages[0].lines if line.rise > 0.5 and not (line.is_row or line.is_rubbish)]
    heights = sorted(line.height for page in pages[:3] for line in page.lines)
    if not first or not heights:
        return ""
    largest = max(line.height for line in first)
    if largest < _TITLE_SIZE * heights[len(heights) // 2]:
        return ""
    start = next(position for position, line in enumerate(first) if line.height == largest)
    lines = first[start : start + 3]
    lines = [line for line in lines if line.height > 0.95 * largest]
    title = " ".join(line.text for line in lines)
    return title if 3 < len(title) <= _TITLE_LENGTH and any(char.isalpha() for char in title) else ""

"""What a reader makes of a file, and how: its text put together line by line, with where each stretch stands and what it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from index.articles import Place, Span, SpanKind
from index.errors import EmptyTextError
from index.korean.terms import strip_ignorable
from index.reading.composing.metadata import Properties
from index.text.characters import normalize


@dataclass(frozen=True, slots=True)
class Document:
    """One document as read: the text that every offset counts in, and where in the file each stretch of it stands.

    ``text`` is NFC: a line a paragraph, a table row a line with its cells parted by tabs. ``spans`` say which stretches
    are not body (captions, notes, page furniture, hidden text that was kept), in order, not overlapping; ``places`` are
    in order and do not overlap. ``known_by`` says of "title", "published_at", "source" and "author" how each is known
    ("properties", "letterhead", "등록일", "JSON-LD"); nothing is invented. ``warnings`` are for people, in Korean:
    what was not read and why. ``attachments`` are documents of their own, named as in the file. ``title_line`` is the line
    that names it, "" where none does; None leaves that to its first line.
    """

    text: str
    title: str | None = None
    published_at: str | None = None
    source: str | None = None
    author: str | None = None
    spans: tuple[Span, ...] = ()
    places: tuple[Place, ...] = ()
    known_by: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    attachments: tuple[tuple[str, bytes], ...] = ()
    title_line: str | None = None


class Spot(NamedTuple):
    """A Place before its stretch of text is known; the fields are those of Place, in its order."""

    page: int | None = None
    sheet: str | None = None
    cell: str | None = None
    section: int | None = None
    paragraph: int | None = None
    table: int | None = None
    row: int | None = None
    column: int | None = None


class Piece(NamedTuple):
    """A stretch of a line that stands in one place and is of one kind."""

    text: str
    spot: Spot | None = None
    kind: SpanKind = SpanKind.BODY


Line = list[Piece]
TAB = Piece("\t")


def cell_text(text: str) -> str:
    """Return ``text`` as it may stand in a row: on one line, without tabs."""
    return " ".join(text.split())


def row_line(cells: Iterable[tuple[str, Spot | None]], kind: SpanKind = SpanKind.BODY) -> Line:
    """Return a row as a line, its cells parted by tabs, of which none stands behind the last that holds something."""
    line: Line = []
    for position, (text, spot) in enumerate(cells):
        if position:
            line.append(TAB)
        if text:
            line.append(Piece(text, spot, kind))
    while line and line[-1] is TAB:
        line.pop()
    return line


class Composer:
    """Lines are added in order; of empty ones no two follow each other and none begins or ends the text."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._blank = False
        self._spans: list[Span] = []
        self._places: list[Place] = []

    def blank(self) -> None:
        """Put an empty line before the next, if there is one."""
        self._blank = bool(self._parts)

    def lines(self, lines: Iterable[Line]) -> None:
        """Add each line, or an empty one for a line without words."""
        for line in lines:
            self.line(line)

    def line(self, pieces: Sequence[Piece]) -> None:
        """Add one line."""
        pieces = _composed(pieces)
        if not any(piece.text.strip() for piece in pieces):
            self.blank()
            return
        if self._parts:
            self._write("\n\n" if self._blank else "\n")
        self._blank = False
        for piece in pieces:
            self._piece(piece)

    def document(
        self, properties: Properties, warnings: Sequence[str] = (), *, title_line: str | None = None
    ) -> Document:
        """Return the whole. Raises EmptyTextError where no line was added."""
        text = "".join(self._parts)
        if not strip_ignorable(text).strip():
            raise EmptyTextError(
                "글자가 없는 문서입니다(그림만 있거나 비어 있음). 글자가 든 파일을 넣으세요.",
                "the document holds no text (only pictures, or nothing). Give a file that holds text.",
            )
        return Document(
            text,
            title=properties.title,
            published_at=properties.published_at,
            author=properties.author,
            spans=tuple(self._spans),
            places=tuple(self._places),
            known_by=dict(properties.known_by),
            warnings=tuple(warnings),
            title_line=title_line and normalize(title_line),
        )

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _piece(self, piece: Piece) -> None:
        start = self._length
        self._write(piece.text)
        if not piece.text:
            return
        if piece.spot is not None and piece.text != "\t":
            self._places.append(Place(start, self._length, *piece.spot))
        if piece.kind is not SpanKind.BODY:
            self._span(start, self._length, piece.kind)

    def _span(self, start: int, end: int, kind: SpanKind) -> None:
        last = self._spans[-1] if self._spans else None
        if last and last.kind is kind and start - last.end <= 1:
            self._spans[-1] = Span(last.start, end, kind)
        else:
            self._spans.append(Span(start, end, kind))


def _composed(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """Return the pieces in NFC, also where a letter was cut between two of them."""
    if all(piece.text.isascii() for piece in pieces):
        return pieces
    pieces = [piece._replace(text=normalize(piece.text)) for piece in pieces]
    whole = "".join(piece.text for piece in pieces)
    normal = normalize(whole)
    return pieces if normal == whole else [pieces[0]._replace(text=normal)]

"""Slide shows (PPTX, PPTM, PPSX): of each slide the title first, then what stands on it, then the speaker's notes."""

from collections.abc import Iterator

from index.articles import SpanKind
from index.errors import ReadError
from index.reading.composing.composer import Composer, Document, Line, Piece, Spot, cell_text, row_line
from index.reading.composing.metadata import properties
from index.reading.containers.bounds import DamagedError
from index.reading.containers.package import Package, Relation
from index.reading.containers.xml import Node
from index.reading.office.drawing import drawn_children, paragraph_text, paragraphs, related_rows, table_rows

_TITLES = frozenset({"title", "ctrTitle"})
_COUNTED = frozenset({"sldNum", "dt", "sldImg"})
_FURNITURE = frozenset({"ftr", "hdr"})
_SHAPES = frozenset({"sp", "cxnSp", "txSp"})


def read(data: bytes, name: str) -> Document:
    """Return the document of a file's bytes. Raises ReadError saying what is wrong and the cure."""
    return _Reader(Package(data, name)).document()


class _Reader:
    def __init__(self, package: Package) -> None:
        self._package = package
        self._composer = Composer()
        self._warnings: list[str] = []
        self._first_title = ""
        self._tables = 0

    def document(self) -> Document:
        slides = self._slides()
        for number, part in enumerate(slides, 1):
            try:
                self._slide(number, part)
            except DamagedError as error:
                if len(slides) == 1:
                    raise
                self._warnings.append(f"{number}번째 슬라이드를 읽지 못했습니다: {error.korean}")
        known = properties(self._package.described()).titled(self._first_title, "first slide")
        return self._composer.document(known, self._warnings)

    def _slides(self) -> list[str]:
        """Return the parts of the slides as they are shown."""
        main = self._package.main_part("ppt/presentation.xml")
        root = self._package.tree(main)
        if root.tag != "presentation":
            raise ReadError(
                f"프레젠테이션이 아닙니다: {main}. 확장자가 맞는지 보세요.",
                f"not a presentation: {main}. Check the file's suffix.",
            )
        listed = root.child("sldIdLst")
        relations = self._package.relations(main)
        ids = [node.get("r:id") for node in listed.all("sldId")] if listed else []
        parts = [relations[relation].target for relation in ids if relation in relations]
        return [part for part in parts if part in self._package] or self._package.parts(r"ppt/slides/slide\d+\.xml")

    def _slide(self, number: int, part: str) -> None:
        root = self._package.tree(part)
        relations = self._package.relations(part)
        kind = SpanKind.HIDDEN if root.get("show") in ("0", "false") else SpanKind.BODY
        shapes = list(_shapes(root))
        shapes.sort(key=lambda shape: _placeholder(shape) not in _TITLES)
        lines = [line for shape in shapes for line in self._shape(shape, Spot(page=number), kind, relations)]
        if number == 1 and shapes and _placeholder(shapes[0]) in _TITLES and lines:
            self._first_title = cell_text("".join(piece.text for piece in lines[0]))
        self._composer.blank()
        self._composer.lines(lines)
        self._notes(number, relations)

    def _shape(self, shape: Node, spot: Spot, kind: SpanKind, relations: dict[str, Relation]) -> Iterator[Line]:
        role = _placeholder(shape)
        if role in _COUNTED or _is_hidden(shape):
            return
        if role in _FURNITURE:
            kind = SpanKind.FURNITURE
        if shape.tag == "graphicFrame":
            yield from self._frame(shape, spot, kind, relations)
            return
        for body in shape.all("txBody"):
            if role in _TITLES:
                yield [Piece(cell_text(" ".join(map(paragraph_text, body.all("p")))), spot, kind)]
            else:
                yield from ([Piece(text, spot, kind)] for text in paragraphs(body))

    def _frame(self, frame: Node, spot: Spot, kind: SpanKind, relations: dict[str, Relation]) -> Iterator[Line]:
        for node in frame.walk():
            if node.tag == "tbl":
                self._tables += 1
                yield from self._table(list(table_rows(node)), spot._replace(table=self._tables), kind)
            elif node.tag in ("chart", "relIds"):
                relation = relations.get(node.get("r:id") or node.get("r:dm"))
                rows = related_rows(self._package, relation.target) if relation else []
                yield from (row_line(((text, spot) for text in row), kind) for row in rows)

    def _table(self, rows: list[list[str]], spot: Spot, kind: SpanKind) -> Iterator[Line]:
        for number, row in enumerate(rows, 1):
            spots = [spot._replace(row=number, column=column) for column in range(1, len(row) + 1)]
            if any(row):
                yield row_line(zip(row, spots, strict=True), kind)
        yield []

    def _notes(self, number: int, relations: dict[str, Relation]) -> None:
        """Add the speaker's notes and people's comments."""
        for kind in ("notesSlide", "comments", "comment"):
            for part in [
                relation.target
                for relation in relations.values()
                if relation.kind == kind and relation.target in self._package
            ]:
                try:
                    root = self._package.tree(part)
                except DamagedError as error:
                    self._warnings.append(f"{number}번째 슬라이드의 메모를 읽지 못했습니다: {error.korean}")
                    continue
                texts = _speaker_notes(root) if kind == "notesSlide" else _comments(root)
                self._composer.lines([Piece(text, Spot(page=number), SpanKind.NOTE)] for text in texts)


def _speaker_notes(root: Node) -> Iterator[str]:
    for shape in _shapes(root):
        if _placeholder(shape) == "body":
            for body in shape.all("txBody"):
                yield from paragraphs(body)


def _comments(root: Node) -> Iterator[str]:
    """Yield comments of both kinds: ``p:cm/p:text``, and threads whose words stand in a ``txBody``."""
    for node in root.walk():
        if node.tag == "text":
            yield cell_text(node.text)
        elif node.tag == "txBody":
            yield from paragraphs(node)


def _shapes(root: Node) -> Iterator[Node]:
    """Yield the shapes of a slide with those in groups, in the order they are drawn; of alternatives the first."""
    common = root.child("cSld")
    tree = common.child("spTree") if common else None
    stack = [tree] if tree else []
    while stack:
        node = stack.pop()
        if node.tag in _SHAPES or node.tag == "graphicFrame":
            yield node
        elif node.tag in ("spTree", "grpSp", "AlternateContent", "Choice", "Fallback") and not _is_hidden(node):
            stack.extend(reversed(drawn_children(node)))


def _properties(shape: Node) -> Node | None:
    return next((node for node in shape.children if node.tag.startswith("nv")), None)


def _placeholder(shape: Node) -> str:
    properties = _properties(shape)
    own = properties.child("nvPr") if properties else None
    place = own.child("ph") if own else None
    return place.get("type", "obj") if place else ""


def _is_hidden(shape: Node) -> bool:
    properties = _properties(shape)
    named = properties.child("cNvPr") if properties else None
    return named is not None and named.get("hidden") in ("1", "true")

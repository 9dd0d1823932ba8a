"""Word documents (DOCX, DOCM, DOTX) as people see them: the final state of tracked changes, without hidden text."""

from collections.abc import Iterable
from itertools import chain

from index.articles import SpanKind
from index.errors import ReadError
from index.reading.composing.composer import Composer, Document, Line, Piece
from index.reading.composing.metadata import properties
from index.reading.containers.bounds import DamagedError
from index.reading.containers.package import Package, Relation
from index.reading.containers.xml import Node, events
from index.reading.office.docx_flow import Flow, Reference
from index.reading.office.docx_styles import Lists, Styles
from index.reading.office.drawing import related_rows

_NOTE_PARTS = {"footnote": "footnotes", "endnote": "endnotes", "comment": "comments"}
_MARKS = {"footnote": "decimal", "endnote": "lowerRoman"}  # where settings.xml says no other


def read(data: bytes, name: str) -> Document:
    """Return the document of a file's bytes. Raises ReadError saying what is wrong and the cure."""
    return _Reader(Package(data, name)).document()


class _Reader:
    def __init__(self, package: Package) -> None:
        self._package = package
        self._main = package.main_part("word/document.xml")
        self._relations = package.relations(self._main)
        self._warnings: list[str] = []
        self._styles = Styles(self._tree("styles"))
        self._numbering = self._tree("numbering")
        self._marks = {kind: _mark_format(self._tree("settings"), kind) for kind in _MARKS}

    def document(self) -> Document:
        body = self._body()
        composer = Composer()
        composer.lines(body.lines)
        composer.blank()
        for kind in _NOTE_PARTS:
            composer.lines(self._notes(kind, body.references))
        composer.blank()
        composer.lines(self._furniture(body.heads))
        if body.unread:
            self._warnings.append(f"통째로 넣은 문서 {body.unread}개는 읽지 않았습니다.")
        known = properties(self._package.described()).titled(body.title, "title style")
        return composer.document(known, self._warnings)

    def _body(self) -> Flow:
        data = self._package.markup(self._main)
        flow = self._flow(self._relations, paged=b"lastRenderedPageBreak" in data, numbered=True)
        stream = events(data, self._main)
        first = next(stream)
        if first[1] != "document":
            raise ReadError(
                f"Word 문서가 아닙니다: {self._main}. 확장자가 맞는지 보세요.",
                f"not a Word document: {self._main}. Check the file's suffix.",
            )
        flow.feed(chain([first], stream))
        if flow.page is not None and flow.page != (self._package.page_count() or flow.page):
            flow.forget_pages()  # Word's marks are of another state of the text than its count: neither is to be trusted
        return flow

    def _flow(self, relations: dict[str, Relation], *, paged: bool = False, numbered: bool = False) -> Flow:
        def embedded(relation: str) -> list[list[str]]:
            return related_rows(self._package, relations[relation].target) if relation in relations else []

        lists = Lists(self._numbering, self._styles)
        return Flow(self._styles, lists, embedded, paged=paged, numbered=numbered, marks=self._marks)

    def _notes(self, kind: str, references: Iterable[Reference]) -> Iterable[Line]:
        wanted = [reference for reference in references if reference.kind == kind]
        part = self._package.related(self._relations, _NOTE_PARTS[kind])
        if not wanted or not part:
            return
        notes = self._side_flow(part).notes
        for reference in wanted:
            mark = f"{reference.mark} " if reference.mark else ""
            for line in notes.pop(reference.id, []):
                pieces = [Piece(piece.text, reference.spot, SpanKind.NOTE) for piece in line]
                yield [pieces[0]._replace(text=mark + pieces[0].text.lstrip()), *pieces[1:]]
                mark = ""

    def _furniture(self, heads: Iterable[str]) -> Iterable[Line]:
        seen: set[str] = set()
        for head in dict.fromkeys(heads):
            part = self._relations[head].target if head in self._relations else ""
            if part not in self._package:
                continue
            for line in self._side_flow(part).lines:
                text = "".join(piece.text for piece in line)
                if any(char.isalpha() for char in text) and text not in seen:
                    seen.add(text)
                    yield [Piece(piece.text, None, SpanKind.FURNITURE) for piece in line]

    def _side_flow(self, part: str) -> Flow:
        flow = self._flow(self._package.relations(part))
        try:
            flow.feed(self._package.events(part))
        except DamagedError as error:
            self._warnings.append(error.korean)
        return flow

    def _tree(self, kind: str) -> Node | None:
        part = self._package.related(self._relations, kind)
        if not part:
            return None
        try:
            return self._package.tree(part)
        except DamagedError as error:
            self._warnings.append(error.korean)
            return None


def _mark_format(settings: Node | None, kind: str) -> str:
    """Return the format in which the notes of a kind are numbered."""
    properties = settings.child(f"{kind}Pr") if settings else None
    format_node = properties.child("numFmt") if properties else None
    return format_node.get("val") if format_node else _MARKS[kind]

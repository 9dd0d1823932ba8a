"""HWPX (KS X 6101, OWPML): the zip of XML that Hangul writes since 2010.

Tracked changes are read in their final state; links, pictures and scripts are never opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from index.articles import SpanKind
from index.reading.composing.composer import Document
from index.reading.composing.list_numbers import above, beside, number
from index.reading.composing.metadata import Properties, properties
from index.reading.containers.bounds import DamagedError, damaged, locked
from index.reading.containers.package import Package
from index.reading.containers.xml import Node
from index.reading.hancom.flow import Box, Cell, Paragraph, Table, compose
from index.reading.hancom.hwp_records import bullet
from index.reading.hancom.numbering import Head, Level, Numbering, note_mark

_SECTION = r"(?:.*/)?section\d{1,5}\.xml"
_LAYOUT = frozenset(  # what says how things look, the bulk of a section
    {
        *("linesegarray", "sz", "pos", "outMargin", "inMargin", "offset", "orgSz", "curSz", "flip", "rotationInfo"),
        *("renderingInfo", "lineShape", "fillBrush", "shadow", "cellSpan", "cellSz", "cellMargin", "pagePr", "grid"),
        *("footNotePr", "endNotePr", "pageBorderFill", "startNum", "visibility", "lineNumberShape", "effects"),
        *("img", "imgRect", "imgClip", "imgDim", "fontfaces", "borderFills", "tabProperties"),
        *("styles", "metaTag", "shapeComment", "parameters"),  # the last three hold text that nobody sees
    }
)
_KINDS = {
    "header": SpanKind.FURNITURE,
    "footer": SpanKind.FURNITURE,
    "masterPage": SpanKind.FURNITURE,
    "footNote": SpanKind.NOTE,
    "endNote": SpanKind.NOTE,
    "hiddenComment": SpanKind.NOTE,
    "fieldBegin": SpanKind.NOTE,  # only a memo's has text of its own
    "caption": SpanKind.CAPTION,
}
_CHARACTERS = {"tab": "\t", "lineBreak": "\n", "nbSpace": " ", "fwSpace": " ", "hyphen": "-"}
_NOTES = frozenset({"footNote", "endNote"})
_AROUND = (("prefixChar", "\0"), ("suffixChar", ")"))  # of a note's mark, and what stands there where it does not say
_NOTE_NUMBERS = frozenset({"FOOTNOTE", "ENDNOTE"})
_CAPTION_NUMBERS = frozenset({"PICTURE", "TABLE", "EQUATION"})


def read(data: bytes, name: str) -> Document:
    """Return the document in ``data``, a file called ``name``. Raises ReadError."""
    package = Package(data, name)
    _refuse_locked(package)
    sections, warnings = _read_sections(package, _Header.of(package))
    return compose(sections).document(_properties(package), warnings)


def _read_sections(package: Package, header: "_Header") -> tuple[list[list[Paragraph]], list[str]]:
    """Return the sections, empty where one is damaged, and a warning for each of these."""
    sections, warnings, numbering = list[list[Paragraph]](), list[str](), Numbering(header.lists)
    for section, part in enumerate(package.parts(_SECTION), 1):
        try:
            root = package.tree(part, _LAYOUT)
        except DamagedError as error:
            warnings.append(f"{section}구역을 읽지 못했습니다: {error.korean}")
            sections.append([])
        else:
            sections.append(_Section(header, numbering).read(root))
    if not any(sections):
        raise damaged("Contents/section0.xml")
    return sections, warnings


def _refuse_locked(package: Package) -> None:
    manifest = "META-INF/manifest.xml"
    if manifest in package and b"encryption-data" in package.read(manifest):
        raise locked()


def _optional(package: Package, pattern: str) -> Node | None:
    """Return the first part of that name, None where there is none or it is damaged."""
    parts = package.parts(pattern)
    try:
        return package.tree(parts[0], _LAYOUT) if parts else None
    except DamagedError:
        return None


def _properties(package: Package) -> Properties:
    """Return title, author and date of the package's description."""
    root = _optional(package, r".*\.hpf")
    metadata = root.child("metadata") if root else None
    given = {node.get("name", node.tag): node.text for node in metadata.children} if metadata else {}
    return properties(given | {"modified": given.get("ModifiedDate", ""), "created": given.get("CreatedDate", "")})


@dataclass(slots=True)
class _Header:
    """What header.xml says that the text depends on."""

    heads: dict[str, Head] = field(default_factory=dict)  # by the id of a paragraph's shape
    lists: dict[str, list[Level]] = field(default_factory=dict)
    raised: set[str] = field(default_factory=set)  # ids of letters' shapes

    @classmethod
    def of(cls, package: Package) -> "_Header":
        """Return that of a document, empty where it has none."""
        header, bullets = cls(), dict[str, str]()
        pending = [root] if (root := _optional(package, r".*header\.xml")) else []
        shapes = list[Node]()
        while pending:
            element = pending.pop()
            if element.tag == "numbering":
                header.lists[element.get("id")] = _levels(element)
            elif element.tag == "bullet":
                bullets[element.get("id")] = bullet(element.get("char")[:1])
            elif element.tag == "paraPr":
                shapes.append(element)
            elif element.tag == "charPr":
                header.raised |= {element.get("id")} if element.child("supscript") else set()
            else:
                pending.extend(element.children)
        header.heads = {shape.get("id"): head for shape in shapes if (head := _head(shape, bullets))}
        return header


def _levels(numbering: Node) -> list[Level]:
    heads = sorted(
        (child for child in numbering.children if child.tag == "paraHead"), key=lambda head: head.number("level")
    )
    return [Level(head.text, head.get("numFormat") or "DIGIT", head.number("start", 1)) for head in heads]


def _head(shape: Node, bullets: dict[str, str]) -> Head | None:
    heading = shape.child("heading")
    kind = heading.get("type") if heading else ""
    if heading is None or kind not in ("BULLET", "NUMBER", "OUTLINE"):
        return None
    if kind == "BULLET":
        return Head(bullet=bullets.get(heading.get("idRef"), ""))
    return Head(heading.get("idRef"), heading.number("level"), is_outline=kind == "OUTLINE")


@dataclass(slots=True)
class _Open:
    """A paragraph while its parts are read."""

    paragraph: Paragraph
    mark: str
    texts: list[str] = field(default_factory=list)
    length: int = 0

    def write(self, text: str) -> None:
        """Go on with its text."""
        self.texts.append(text)
        self.length += len(text)

    def hang(self, block: Table | Box) -> None:
        """Hang a block where its text has got to."""
        self.paragraph.hang(block, self.length)

    def close(self) -> None:
        """Put its text together."""
        self.paragraph.write("".join(self.texts), self.mark)


@dataclass(frozen=True, slots=True)
class _Part:
    """Something still to be read: as a part of an open paragraph, or else into a list of paragraphs."""

    what: "str | Node | _Open"
    into: _Open | None
    paragraphs: list[Paragraph] | None


class _Section:
    """One section; its parts wait on a stack, so that nothing recurses."""

    def __init__(self, header: _Header, numbering: Numbering) -> None:
        self._header, self._numbering = header, numbering
        self._outline = ""
        self._deleting = False
        self._pending: list[_Part] = []

    def read(self, root: Node) -> list[Paragraph]:
        """Return the paragraphs under ``root``."""
        paragraphs = list[Paragraph]()
        self._push(root.children, None, paragraphs)
        while self._pending:
            self._take(self._pending.pop())
        return paragraphs

    def _push(self, parts: Sequence[str | Node], into: _Open | None, paragraphs: list[Paragraph] | None = None) -> None:
        self._pending.extend(_Part(part, into, paragraphs) for part in reversed(parts))

    def _take(self, part: _Part) -> None:
        what = part.what
        if isinstance(what, _Open):
            what.close()
        elif isinstance(what, str):
            self._write(part.into, what)
        elif what.tag == "p":
            self._paragraph(what, part)
        elif what.tag == "run" and what.get("charPrIDRef") in self._header.raised and _is_text(what):
            before = part.into.texts[-1] if part.into and part.into.texts else ""
            self._write(part.into, above(before, "".join(child.text for child in what.children)))
        elif what.tag in _CHARACTERS:
            self._write(part.into, _CHARACTERS[what.tag])
        elif what.tag in ("deleteBegin", "deleteEnd"):
            self._deleting = what.tag == "deleteBegin"
        elif what.tag == "tbl":
            self._table(what, part)
        elif what.tag in _KINDS:
            self._box(what, part)
        elif (seen := _seen(what)) is not None:
            self._write(part.into, seen)
            self._push([child for child in what.children if child.tag == "caption"], part.into, part.paragraphs)
        else:
            self._push(_read_on(what), part.into, part.paragraphs)

    def _write(self, into: _Open | None, text: str) -> None:
        if into is not None and text and not self._deleting:
            into.write(text)

    def _paragraph(self, element: Node, part: _Part) -> None:
        paragraph = Paragraph()
        if part.paragraphs is not None:
            part.paragraphs.append(paragraph)
        elif part.into is not None and not self._deleting:  # in a shape
            part.into.hang(Box(None, [paragraph]))
        if (properties := next((found for run in element.children if (found := run.child("secPr"))), None)) is not None:
            self._outline = properties.get("outlineShapeIDRef")
        head = self._header.heads.get(element.get("paraPrIDRef"))
        opened = _Open(paragraph, self._numbering.mark(head, self._outline) if head else "")
        self._pending.append(_Part(opened, None, None))
        self._push(element.children, opened)

    def _box(self, element: Node, part: _Part) -> None:
        if element.tag in _NOTES and part.into is not None:
            texts = part.into.texts
            self._write(part.into, beside(texts[-1] if texts else "", _anchor(element)))
        box = Box(_KINDS[element.tag])
        if part.into is not None and not self._deleting:
            part.into.hang(box)
        self._push(element.children, None, box.paragraphs)

    def _table(self, element: Node, part: _Part) -> None:
        table = Table()
        if part.into is not None and not self._deleting:
            part.into.hang(table)
        cells = [cell for row in element.children if row.tag == "tr" for cell in row.children if cell.tag == "tc"]
        for cell in reversed(cells):
            address = cell.child("cellAddr") or Node("cellAddr", {})
            made = Cell(address.number("rowAddr") + 1, address.number("colAddr") + 1)
            table.cells.append(made)
            self._push(cell.children, None, made.paragraphs)
        caption = element.child("caption")
        self._push(caption.children if caption else [], None, table.caption)


def _read_on(element: Node) -> Sequence[str | Node]:
    """Return what is to be read of an element without a meaning of its own: a run, a control, a shape, something new."""
    if element.tag == "t":
        return element.parts
    if element.tag == "switch":
        return (element.child("case") or element.child("default") or element).children
    return element.children


def _is_text(run: Node) -> bool:
    """Return whether a run holds letters alone."""
    return all(child.tag == "t" and not child.children for child in run.children)


def _seen(element: Node) -> str | None:
    """Return the text that an element shows at its place, None for one that only holds others."""
    match element.tag:
        case "dutmal":
            return _over(element)
        case "compose":
            return element.get("composeText")
        case "btn" | "radioBtn" | "checkBtn":
            return element.get("caption")
        case "equation":
            return script.text if (script := element.child("script")) else ""
        case "textart":
            return element.get("text")
        case "autoNum":
            return _note_number(element)
    return None


def _anchor(note: Node) -> str:
    """Return the mark of a note at its place, in the style of the one before the note's text."""
    style = next((node.get("type") for node in note.walk() if node.tag == "autoNumFormat"), "") or "DIGIT"
    before, after = (
        chr(code) if 0 < (code := note.number(name, ord(usual))) < 0xD800 else "" for name, usual in _AROUND
    )
    return note_mark(value, style, before, after) if (value := note.number("number")) else ""


def _over(dutmal: Node) -> str:
    """Return the text under a 덧말 and, in brackets, what stands above it."""
    main, above = (found.text if (found := dutmal.child(name)) else "" for name in ("mainText", "subText"))
    return f"{main}({above})" if above.strip() else main


def _note_number(element: Node) -> str:
    """Return the number before a note's text, or of a caption ("표 1"). Not that of a page, which the file does not know."""
    kind, style = element.get("numType"), element.child("autoNumFormat") or Node("autoNumFormat", {})
    if kind in _CAPTION_NUMBERS:
        return number(element.number("num", 1), style.get("type") or "DIGIT")
    if kind not in _NOTE_NUMBERS:
        return ""
    before, after = style.get("prefixChar")[:1], style.get("suffixChar")[:1]
    return note_mark(element.number("num", 1), style.get("type") or "DIGIT", before, after)

"""HWPX (KS X 6101, OWPML): the zip of XML that Hangul writes since 2010.

Tracked changes are read in their final state; links, pictures and scripts are never opened.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from index.articles import SpanKind
from index.errors import EmptyTextError, ReadError
from index.reading.composing.document import Document
from index.reading.composing.metadata import described
from index.reading.containers.bounds import Archive, Element, parse_xml
from index.reading.hancom.flow import Box, Cell, Paragraph, Table, compose
from index.reading.hancom.hwp_records import bullet
from index.reading.hancom.numbering import Head, Level, Numbering, note_mark, number

_SECTION = re.compile(r"(?:.*/)?section(\d{1,5})\.xml", re.IGNORECASE)
_LAYOUT = frozenset(  # what says how things look, the bulk of a section
    {
        *("linesegarray", "sz", "pos", "outMargin", "inMargin", "offset", "orgSz", "curSz", "flip", "rotationInfo"),
        *("renderingInfo", "lineShape", "fillBrush", "shadow", "cellSpan", "cellSz", "cellMargin", "pagePr", "grid"),
        *("footNotePr", "endNotePr", "pageBorderFill", "startNum", "visibility", "lineNumberShape", "effects"),
        *("img", "imgRect", "imgClip", "imgDim", "charProperties", "fontfaces", "borderFills", "tabProperties"),
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
_NOTE_NUMBERS = frozenset({"FOOTNOTE", "ENDNOTE"})
_CAPTION_NUMBERS = frozenset({"PICTURE", "TABLE", "EQUATION"})


def read(data: bytes, name: str, *, restore_numbers: bool = False) -> Document:
    """The document in ``data``, a file called ``name``. Raises ReadError.

    ``restore_numbers`` writes the numbers of lists ("1.", "가.") that Hangul computes and does not store.
    """
    archive = Archive(data, _broken("ZIP 구조", "zip structure"), _locked())
    _refuse_locked(archive)
    header = _Header.of(archive)
    numbering = Numbering(header.lists if restore_numbers else {})
    sections, warnings = _read_sections(archive, header, numbering)
    composed = compose(sections)
    if not composed.text.strip():
        raise EmptyTextError(
            f"글이 없습니다: {name}. 그림만 있는 문서라면 글자로 다시 저장하세요.",
            f"no text in {name}; if it holds only pictures, save it again as text.",
        )
    about = described(**_properties(archive))
    return Document(composed.text, spans=composed.spans, places=composed.places, warnings=tuple(warnings), **about)


def _read_sections(
    archive: Archive, header: "_Header", numbering: Numbering
) -> tuple[list[list[Paragraph]], list[str]]:
    """The sections, empty where one is damaged, and a warning for each of these."""
    sections, warnings = list[list[Paragraph]](), list[str]()
    for place, member in enumerate(_sections(archive), 1):
        try:
            root = parse_xml(archive.read(member), _broken(f"{place}구역의 XML", f"XML of section {place}"), _LAYOUT)
        except _BrokenError as error:
            warnings.append(f"{place}구역을 읽지 못했습니다: {error.korean}")
            sections.append([])
        else:
            sections.append(_Section(header, numbering).read(root))
    if not any(sections):
        raise _broken("본문", "body")
    return sections, warnings


class _BrokenError(ReadError):
    """Damage in one member, which need not keep the others from being read."""


def _broken(korean: str, english: str) -> _BrokenError:
    return _BrokenError(
        f"올바른 HWPX 문서가 아니거나 깨져 있습니다: {korean}. 한글에서 열어 다시 저장하세요.",
        f"no HWPX document, or a damaged one: {english}; open it in Hangul and save it again.",
    )


def _locked() -> ReadError:
    return ReadError(
        "암호가 걸리거나 암호화된 문서입니다. 한글에서 열어 암호를 풀고 다시 저장하세요.",
        "the document has a password or is encrypted; open it in Hangul, take it off and save it.",
    )


def _refuse_locked(archive: Archive) -> None:
    for name in archive.names:
        if name.casefold() == "meta-inf/manifest.xml" and b"encryption-data" in archive.read(name):
            raise _locked()


def _sections(archive: Archive) -> list[str]:
    """The members of the body in their order. Raises ReadError where there are none."""
    found = sorted((int(match[1]), name) for name in archive.names if (match := _SECTION.fullmatch(name)))
    if not found:
        raise _broken("Contents/section0.xml 없음", "no Contents/section0.xml")
    return list(dict.fromkeys(name for _, name in found))


def _optional(archive: Archive, end: str) -> Element | None:
    """The first member whose name ends so, None where there is none or it is damaged."""
    name = next((name for name in archive.names if name.casefold().endswith(end)), None)
    if name is None:
        return None
    try:
        return parse_xml(archive.read(name), _broken(name, name), _LAYOUT)
    except _BrokenError:
        return None


def _properties(archive: Archive) -> dict[str, str]:
    """Title and author of the package's description."""
    package = _optional(archive, ".hpf")
    metadata = package.find("metadata") if package else None
    known = dict[str, str]()
    for child in metadata.children if metadata else ():
        if child.name == "title":
            known["title"] = child.text
        elif child.name == "meta" and child.get("name") == "creator":
            known["author"] = child.text
    return known


@dataclass(slots=True)
class _Header:
    """What header.xml says that the text depends on."""

    heads: dict[str, Head] = field(default_factory=dict)  # by the id of a paragraph's shape
    lists: dict[str, list[Level]] = field(default_factory=dict)

    @classmethod
    def of(cls, archive: Archive) -> "_Header":
        """That of a document, empty where it has none."""
        header, bullets = cls(), dict[str, str]()
        pending = [root] if (root := _optional(archive, "header.xml")) else []
        shapes = list[Element]()
        while pending:
            element = pending.pop()
            if element.name == "numbering":
                header.lists[element.get("id")] = _levels(element)
            elif element.name == "bullet":
                bullets[element.get("id")] = bullet(element.get("char")[:1])
            elif element.name == "paraPr":
                shapes.append(element)
            else:
                pending.extend(element.children)
        header.heads = {shape.get("id"): head for shape in shapes if (head := _head(shape, bullets))}
        return header


def _levels(numbering: Element) -> list[Level]:
    heads = sorted(
        (child for child in numbering.children if child.name == "paraHead"), key=lambda one: one.number("level")
    )
    return [Level(head.text, head.get("numFormat") or "DIGIT", head.number("start", 1)) for head in heads]


def _head(shape: Element, bullets: dict[str, str]) -> Head | None:
    heading = shape.find("heading")
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

    what: "str | Element | _Open"
    into: _Open | None
    paragraphs: list[Paragraph] | None


class _Section:
    """One section; its parts wait on a stack, so that nothing recurses."""

    def __init__(self, header: _Header, numbering: Numbering) -> None:
        self._header, self._numbering = header, numbering
        self._outline = ""
        self._deleting = False
        self._pending: list[_Part] = []

    def read(self, root: Element) -> list[Paragraph]:
        """The paragraphs under ``root``."""
        paragraphs = list[Paragraph]()
        self._push(root.children, None, paragraphs)
        while self._pending:
            self._take(self._pending.pop())
        return paragraphs

    def _push(
        self, parts: Sequence[str | Element], into: _Open | None, paragraphs: list[Paragraph] | None = None
    ) -> None:
        self._pending.extend(_Part(part, into, paragraphs) for part in reversed(parts))

    def _take(self, part: _Part) -> None:
        what = part.what
        if isinstance(what, _Open):
            what.close()
        elif isinstance(what, str):
            self._write(part.into, what)
        elif what.name == "p":
            self._paragraph(what, part)
        elif what.name in _CHARACTERS:
            self._write(part.into, _CHARACTERS[what.name])
        elif what.name in ("deleteBegin", "deleteEnd"):
            self._deleting = what.name == "deleteBegin"
        elif what.name == "tbl":
            self._table(what, part)
        elif what.name in _KINDS:
            self._box(what, part)
        elif (seen := _seen(what)) is not None:
            self._write(part.into, seen)
            self._push([child for child in what.children if child.name == "caption"], part.into, part.paragraphs)
        else:
            self._push(_read_on(what), part.into, part.paragraphs)

    def _write(self, into: _Open | None, text: str) -> None:
        if into is not None and not self._deleting:
            into.write(text)

    def _paragraph(self, element: Element, part: _Part) -> None:
        paragraph = Paragraph()
        if part.paragraphs is not None:
            part.paragraphs.append(paragraph)
        elif part.into is not None and not self._deleting:  # in a shape
            part.into.hang(Box(None, [paragraph]))
        if (properties := next((found for run in element.children if (found := run.find("secPr"))), None)) is not None:
            self._outline = properties.get("outlineShapeIDRef")
        head = self._header.heads.get(element.get("paraPrIDRef"))
        opened = _Open(paragraph, self._numbering.mark(head, self._outline) if head else "")
        self._pending.append(_Part(opened, None, None))
        self._push(element.children, opened)

    def _box(self, element: Element, part: _Part) -> None:
        if element.name in _NOTES:
            self._write(part.into, _anchor(element))
        box = Box(_KINDS[element.name])
        if part.into is not None and not self._deleting:
            part.into.hang(box)
        self._push(element.children, None, box.paragraphs)

    def _table(self, element: Element, part: _Part) -> None:
        table = Table()
        if part.into is not None and not self._deleting:
            part.into.hang(table)
        cells = [cell for row in element.children if row.name == "tr" for cell in row.children if cell.name == "tc"]
        for cell in reversed(cells):
            address = cell.find("cellAddr") or Element("cellAddr", {})
            made = Cell(address.number("rowAddr") + 1, address.number("colAddr") + 1)
            table.cells.append(made)
            self._push(cell.children, None, made.paragraphs)
        caption = element.find("caption")
        self._push(caption.children if caption else [], None, table.caption)


def _read_on(element: Element) -> Sequence[str | Element]:
    """What is to be read of an element without a meaning of its own: a run, a control, a shape, something new."""
    if element.name == "t":
        return element.parts
    if element.name == "switch":
        return (element.find("case") or element.find("default") or element).children
    return element.children


def _seen(element: Element) -> str | None:
    """The text that an element shows at its place, None for one that only holds others."""
    match element.name:
        case "dutmal":
            return _over(element)
        case "compose":
            return element.get("composeText")
        case "btn" | "radioBtn" | "checkBtn":
            return element.get("caption")
        case "equation":
            return script.text if (script := element.find("script")) else ""
        case "textart":
            return element.get("text")
        case "autoNum":
            return _note_number(element)
    return None


def _anchor(note: Element) -> str:
    """The mark of a note at its place."""
    after = note.get("suffixChar")
    suffix = chr(int(after)) if after.isascii() and after.isdigit() and len(after) < 6 else ")"
    return note_mark(value, "DIGIT", "", suffix) if (value := note.number("number")) else ""


def _over(dutmal: Element) -> str:
    """덧말: the text itself, and what stands above it."""
    main, above = (found.text if (found := dutmal.find(name)) else "" for name in ("mainText", "subText"))
    return f"{main}({above})" if above.strip() else main


def _note_number(element: Element) -> str:
    """The number before a note's text, or of a caption ("표 1"). Not that of a page, which the file does not know."""
    kind, style = element.get("numType"), element.find("autoNumFormat") or Element("autoNumFormat", {})
    if kind in _CAPTION_NUMBERS:
        return number(element.number("num", 1), style.get("type") or "DIGIT")
    if kind not in _NOTE_NUMBERS:
        return ""
    before, after = style.get("prefixChar")[:1], style.get("suffixChar")[:1]
    return note_mark(element.number("num", 1), style.get("type") or "DIGIT", before, after)

"""Office documents made by hand from their XML, or from their records: small, and of no one's licence."""

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence

_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
SPACES = (
    f'xmlns:w="{_W}" xmlns:r="{_REL}" xmlns:a="{_A}" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)


def package(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip file of parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return made.getvalue()


def relations(given: Mapping[str, tuple[str, str]]) -> str:
    """A list of relations: id to kind and target."""
    rows = "".join(
        f'<Relationship Id="{name}" Type="{_REL}/{kind}" Target="{target}"/>' for name, (kind, target) in given.items()
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'


def core(title: str = "", creator: str = "", modified: str = "") -> str:
    """docProps/core.xml."""
    return (
        '<cp:coreProperties xmlns:cp="urn:cp" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="urn:t">'
        f"<dc:title>{title}</dc:title><dc:creator>{creator}</dc:creator>"
        f"<dcterms:modified>{modified}</dcterms:modified></cp:coreProperties>"
    )


def docx(body: str, **parts: str) -> bytes:
    """A Word document; ``parts`` are styles, numbering, footnotes, endnotes, comments, header1, chart1, core, app."""
    listed = {}
    files: dict[str, str | bytes] = {
        "_rels/.rels": relations({"rId1": ("officeDocument", "word/document.xml")}),
        "word/document.xml": f"<w:document {SPACES}><w:body>{body}</w:body></w:document>",
    }
    for name, content in parts.items():
        if name in ("core", "app"):
            files[f"docProps/{name}.xml"] = content
            continue
        kind = name.rstrip("0123456789")
        listed[f"r-{name}"] = (kind, f"{name}.xml")
        root = {"header": "hdr", "footer": "ftr"}.get(kind, kind)
        tag = content if kind == "chart" else f"<w:{root} {SPACES}>{content}</w:{root}>"
        files[f"word/{name}.xml"] = tag
    files["word/_rels/document.xml.rels"] = relations(listed)
    return package(files)


def w_p(text: str, properties: str = "") -> str:
    """A paragraph of Word."""
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


def w_table(*rows: Sequence[str]) -> str:
    """A table of Word; a cell that begins with ``<`` is XML."""
    made = "".join(
        "<w:tr>" + "".join(f"<w:tc>{cell if cell.startswith('<') else w_p(cell)}</w:tc>" for cell in row) + "</w:tr>"
        for row in rows
    )
    return f"<w:tbl>{made}</w:tbl>"


def shape(text: str, kind: str = "", more: str = "") -> str:
    """A shape of a slide, a paragraph a line of ``text``."""
    place = f'<p:ph type="{kind}"/>' if kind else ""
    lines = "".join(f"<a:p>{more}<a:r><a:t>{line}</a:t></a:r></a:p>" for line in text.split("\n"))
    named = f'<p:nvSpPr><p:cNvPr id="1" name="n"/><p:nvPr>{place}</p:nvPr></p:nvSpPr>'
    return f"<p:sp>{named}<p:txBody>{lines}</p:txBody></p:sp>"


def pptx(slides: Sequence[str], notes: Mapping[int, str] | None = None, **attributes: str) -> bytes:
    """A slide show; ``notes`` of slides by number, ``s2="…"`` attributes of a slide."""
    ids = "".join(f'<p:sldId id="{n}" r:id="s{n}"/>' for n in range(1, len(slides) + 1))
    files: dict[str, str | bytes] = {
        "_rels/.rels": relations({"rId1": ("officeDocument", "ppt/presentation.xml")}),
        "ppt/presentation.xml": f"<p:presentation {SPACES}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(
            {f"s{n}": ("slide", f"slides/slide{n}.xml") for n in range(1, len(slides) + 1)}
        ),
    }
    for number, content in enumerate(slides, 1):
        tree = f"<p:cSld><p:spTree>{content}</p:spTree></p:cSld>"
        files[f"ppt/slides/slide{number}.xml"] = f"<p:sld {SPACES} {attributes.get(f's{number}', '')}>{tree}</p:sld>"
    for number, content in (notes or {}).items():
        tree = f"<p:cSld><p:spTree>{shape(content, 'body')}{shape('3', 'sldNum')}</p:spTree></p:cSld>"
        files[f"ppt/notesSlides/notesSlide{number}.xml"] = f"<p:notes {SPACES}>{tree}</p:notes>"
        rels = relations({"n": ("notesSlide", f"../notesSlides/notesSlide{number}.xml")})
        files[f"ppt/slides/_rels/slide{number}.xml.rels"] = rels
    return package(files)


def escaped(text: str) -> str:
    """For XML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def xlsx(
    sheets: Mapping[str, str],
    formats: Sequence[str] = (),
    strings: Sequence[str] = (),
    more: Mapping[str, str] | None = None,
) -> bytes:
    """A workbook: sheet data by name (``!name`` is hidden); style n+1 is the n-th format; ``more`` parts."""
    listed = "".join(
        f'<sheet name="{name.lstrip("!")}" sheetId="{n}" {"state=" + chr(34) + "hidden" + chr(34) if name[0] == "!" else ""} '
        f'r:id="s{n}"/>'
        for n, name in enumerate(sheets, 1)
    )
    codes = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{escaped(code)}"/>' for n, code in enumerate(formats))
    xfs = '<xf numFmtId="0"/>' + "".join(f'<xf numFmtId="{164 + n}"/>' for n in range(len(formats)))
    rels = {f"s{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)}
    rels |= {"st": ("styles", "styles.xml"), "ss": ("sharedStrings", "sharedStrings.xml")}
    files: dict[str, str | bytes] = {
        "_rels/.rels": relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook xmlns:r="{_REL}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(rels),
        "xl/styles.xml": f"<styleSheet><numFmts>{codes}</numFmts><cellXfs>{xfs}</cellXfs></styleSheet>",
        "xl/sharedStrings.xml": "<sst>" + "".join(f"<si>{string}</si>" for string in strings) + "</sst>",
    }
    for number, content in enumerate(sheets.values(), 1):
        files[f"xl/worksheets/sheet{number}.xml"] = f"<worksheet>{content}</worksheet>"
    return package({**files, **(more or {})})


def row(number: int, *cells: str | tuple[float, int], attributes: str = "") -> str:
    """A row of a sheet from column A: texts, and numbers with their styles."""
    made = []
    for column, cell in enumerate(cells):
        place = f"{chr(ord('A') + column)}{number}"
        if isinstance(cell, str):
            made.append(f'<c r="{place}" t="inlineStr"><is><t>{escaped(cell)}</t></is></c>' if cell else "")
        else:
            made.append(f'<c r="{place}" s="{cell[1]}"><v>{cell[0]!r}</v></c>')
    return f'<row r="{number}" {attributes}>{"".join(made)}</row>'


def data(*rows: str) -> str:
    """The rows of a sheet."""
    return f"<sheetData>{''.join(rows)}</sheetData>"


# OLE and the records of XLS


def ole(streams: Mapping[str, bytes]) -> bytes:
    """A compound file; each stream is filled up to 4,096 bytes, so that none is a small one."""
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    table: list[int] = []
    body, entries = b"", []
    for name, content in streams.items():
        content = content.ljust(4096, b"\0")
        count = -(-len(content) // 512)
        first = 2 + len(table)
        table += [*range(first + 1, first + count), end]
        body += content.ljust(count * 512, b"\0")
        entries.append((name, 2, first, len(content)))
    directory = b"".join(
        _entry(*entrie, child=free, right=n + 2 if n + 1 < len(entries) else free) for n, entrie in enumerate(entries)
    )
    directory = _entry("Root Entry", 5, end, 0, child=1, right=free) + directory
    assert len(directory) <= 512
    assert len(table) <= 126
    fat = [0xFFFFFFFD, end, *table]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0) + b"\xff" * 432
    return head + struct.pack("<128I", *fat, *[free] * (128 - len(fat))) + directory.ljust(512, b"\0") + body


def _entry(name: str, kind: int, first: int, size: int, *, child: int, right: int) -> bytes:
    written = name.encode("utf-16-le")
    made = written.ljust(64, b"\0") + struct.pack("<HBB", len(written) + 2, kind, 1)
    return made + struct.pack("<III", 0xFFFFFFFF, right, child) + bytes(36) + struct.pack("<IQ", first, size)


def record(kind: int, content: bytes = b"") -> bytes:
    """A record of BIFF8."""
    return struct.pack("<HH", kind, len(content)) + content


def xls(cells: Iterable[tuple[int, int, str | float, int]], formats: Sequence[str], *, hidden: int = -1) -> bytes:
    """An XLS file of one sheet, 예산: row and column from 0, value, the format's number from 1 or 0; a hidden row."""
    bof = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    book = bof + record(0x42, struct.pack("<H", 1200))
    for number, code in enumerate(formats):
        book += record(0x41E, struct.pack("<HHB", 164 + number, len(code), 1) + code.encode("utf-16-le"))
    for number in (0, *range(164, 164 + len(formats))):
        book += record(0xE0, struct.pack("<HH", 0, number).ljust(20, b"\0"))
    name = "예산"
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    if hidden >= 0:
        sheet += record(0x208, struct.pack("<HHHHHHI", hidden, 0, 9, 255, 0, 0, 0x20))
    for place, column, value, style in cells:
        if isinstance(value, str):
            written = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
            sheet += record(0x204, struct.pack("<HHH", place, column, style) + written)
        else:
            sheet += record(0x203, struct.pack("<HHHd", place, column, style, value))
    sheet += record(0x0A)
    listed = struct.pack("<BBBB", 0, 0, len(name), 1) + name.encode("utf-16-le")
    start = len(book) + 4 + 4 + len(listed) + 4
    book += record(0x85, struct.pack("<I", start) + listed) + record(0x0A)
    return ole({"Workbook": book + sheet})


# XLSB


def binary_record(kind: int, content: bytes = b"") -> bytes:
    """A record of a binary part."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(content)
    return head + (bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])) + content


def wide(text: str) -> bytes:
    """A text of a binary part."""
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(cells: Iterable[tuple[int, int, str | float, int]], formats: Sequence[str]) -> bytes:
    """An XLSB file of one sheet, 예산, as :func:`xls`."""
    styles = b"".join(binary_record(44, struct.pack("<H", 164 + n) + wide(code)) for n, code in enumerate(formats))
    styles += binary_record(617) + b"".join(
        binary_record(47, struct.pack("<HH", 0, number).ljust(16, b"\0"))
        for number in (0, *range(164, 164 + len(formats)))
    )
    sheet, last = binary_record(129) + binary_record(145), -1
    for place, column, value, style in cells:
        if place != last:
            sheet += binary_record(0, struct.pack("<IIH", place, 0, 300).ljust(17, b"\0"))
            last = place
        head = struct.pack("<II", column, style)
        sheet += (
            binary_record(6, head + wide(value))
            if isinstance(value, str)
            else binary_record(5, head + struct.pack("<d", value))
        )
    sheet += binary_record(146) + binary_record(130)
    book = binary_record(131) + binary_record(143)
    book += (
        binary_record(156, struct.pack("<II", 0, 1) + wide("s1") + wide("예산"))
        + binary_record(144)
        + binary_record(132)
    )
    return package(
        {
            "_rels/.rels": relations({"rId1": ("officeDocument", "xl/workbook.bin")}),
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": relations(
                {"s1": ("worksheet", "worksheets/sheet1.bin"), "st": ("styles", "styles.bin")}
            ),
            "xl/styles.bin": styles + binary_record(618),
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def ods(content: str, more: Mapping[str, str] | None = None) -> bytes:
    """A workbook of LibreOffice."""
    spaces = " ".join(f'xmlns:{prefix}="urn:{prefix}"' for prefix in ("office", "table", "text", "style", "dc", "meta"))
    return package(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f"<office:document-content {spaces}>{content}</office:document-content>",
            **(more or {}),
        }
    )

"""HWP 5 and HWPX documents made by hand: records, a small OLE container, a small zip."""

import datetime
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence

SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_MINIMUM = 4096  # smaller streams lie elsewhere in an OLE file


def record(tag: int, level: int, payload: bytes = b"") -> bytes:
    """One record, its size in four bytes of its own where twelve bits are too few."""
    size = min(len(payload), 0xFFF)
    head = struct.pack("<I", tag | level << 10 | size << 20)
    return head + (struct.pack("<I", len(payload)) if size == 0xFFF else b"") + payload


def units(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def control(code: int, name: str = "\0\0\0\0") -> bytes:
    """A control character of eight units."""
    return struct.pack("<H4s8xH", code, name.encode("latin-1")[::-1], code)


def paragraph(level: int, *parts: str | bytes, shape: int = 0) -> bytes:
    """PARA_HEADER and PARA_TEXT."""
    text = b"".join(part if isinstance(part, bytes) else units(part) for part in parts)
    header = struct.pack("<IIHBB10x", len(text) // 2, 0, shape, 0, 0)
    return record(0x42, level, header) + record(0x43, level + 1, text + units("\r"))


def ctrl(level: int, name: str, rest: bytes = b"") -> bytes:
    return record(0x47, level, name.encode("latin-1")[::-1] + rest)


def listed(level: int, *paragraphs: bytes, row: int = 0, column: int = 0) -> bytes:
    """A LIST_HEADER, a cell's address in it, and the list."""
    address = struct.pack("<HHHH", column, row, 1, 1)
    return record(0x48, level, struct.pack("<iI", len(paragraphs), 0) + address + bytes(26)) + b"".join(paragraphs)


def table(level: int, rows: Sequence[Sequence[str]], *, caption: str = "", in_line: bool = True) -> bytes:
    """A table's control with all that is in it; its paragraphs lie at ``level + 1``."""
    made = ctrl(level, "tbl ", struct.pack("<I38x", int(in_line)))
    if caption:
        made += listed(level + 1, paragraph(level + 1, caption))
    made += record(0x4D, level + 1, struct.pack("<IHH", 0, len(rows), len(rows[0])))
    for row, cells in enumerate(rows):
        for column, text in enumerate(cells):
            made += listed(level + 1, paragraph(level + 1, text), row=row, column=column)
    return made


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def hwp(
    *sections: bytes, doc_info: bytes = b"", flags: int = 1, storage: str = "BodyText", more: Mapping[str, bytes] = {}
) -> bytes:
    """A whole HWP 5 file of these sections' records."""
    pack = deflate if flags & 1 else bytes
    header = b"HWP Document File".ljust(32, b"\0") + struct.pack("<II", 0x05010100, flags) + bytes(216)
    streams = {"FileHeader": header, "DocInfo": pack(doc_info)}
    streams |= {f"{storage}/Section{place}": pack(section) for place, section in enumerate(sections)}
    return ole(streams | dict(more))


def ole(streams: Mapping[str, bytes]) -> bytes:
    """An OLE container; "folder/name" lies in a storage. Every stream is filled up with zeros to 4,096 bytes."""
    entries: list[dict[str, int | str]] = [{"name": "Root Entry", "type": 5, "start": _END, "size": 0, "child": _FREE}]
    folders, last, sectors, chains = {"": 0}, dict[int, int](), list[bytes](), list[int]()

    def add(parent: int, entry: dict[str, int | str]) -> int:
        entries.append({"child": _FREE, "right": _FREE, **entry})
        here = len(entries) - 1
        if parent in last:
            entries[last[parent]]["right"] = here
        else:
            entries[parent]["child"] = here
        last[parent] = here
        return here

    for path, data in streams.items():
        folder, _, name = path.rpartition("/")
        if folder not in folders:
            folders[folder] = add(0, {"name": folder, "type": 1, "start": 0, "size": 0})
        data = data.ljust(_MINIMUM, b"\0")
        start = len(sectors)
        _store(data, sectors, chains)
        add(folders[folder], {"name": name, "type": 2, "start": start, "size": len(data)})
    directory = len(sectors)
    _store(b"".join(map(_entry, entries)), sectors, chains)
    tables = 1
    while tables * (SECTOR // 4) < len(chains) + tables:
        tables += 1
    first = len(sectors)
    fat = chains + [_FAT] * tables
    fat += [_FREE] * (tables * (SECTOR // 4) - len(fat))
    sectors.append(struct.pack(f"<{len(fat)}I", *fat))
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIIII", 0, tables, directory, 0, _MINIMUM, _END, 0, _END, 0, first)
    head += struct.pack("<108I", *range(first + 1, first + tables), *[_FREE] * (109 - tables))
    return head + b"".join(sectors)


def _store(data: bytes, sectors: list[bytes], chains: list[int]) -> None:
    count = -(-len(data) // SECTOR)
    sectors.extend(data[place : place + SECTOR].ljust(SECTOR, b"\0") for place in range(0, len(data), SECTOR))
    chains.extend([*range(len(chains) + 1, len(chains) + count), _END])


def _entry(entry: Mapping[str, int | str]) -> bytes:
    name = units(str(entry["name"])) + b"\0\0"
    links = struct.pack("<III", _FREE, entry.get("right", _FREE), entry["child"])
    tail = struct.pack("<IQ", entry["start"], entry["size"])
    return name.ljust(64, b"\0") + struct.pack("<HBB", len(name), entry["type"], 1) + links + bytes(36) + tail


def summary(title: str, author: str, saved: datetime.date = datetime.date(2025, 3, 4)) -> bytes:
    """A property set with a title (2), an author (4) and the time when it was last saved (13)."""
    ticks = (saved - datetime.date(1601, 1, 1)).days * 24 * 3600 * 10_000_000 + 1
    texts = {number: units(text + "\0") for number, text in ((2, title), (4, author))}
    values = {
        number: struct.pack("<II", 0x1F, len(text) // 2) + text + bytes(-len(text) % 4)
        for number, text in texts.items()
    } | {13: struct.pack("<IQ", 0x40, ticks)}
    body, offsets, place = b"", b"", 8 + 8 * len(values)
    for number, value in values.items():
        offsets += struct.pack("<II", number, place + len(body))
        body += value
    section = struct.pack("<II", 8 + len(offsets) + len(body), len(values)) + offsets + body
    return struct.pack("<HHI16sI16sI", 0xFFFE, 0, 0, bytes(16), 1, bytes(16), 48) + section


def hwpx(
    *sections: str,
    header: str = "",
    package: str = "",
    members: Mapping[str, bytes | str] = {},
    method: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """A whole HWPX file; the sections are the XML of their paragraphs."""
    spaces = (
        'xmlns:hp="http://www.hancom.co.kr/hwpml/2011/paragraph" xmlns:hh="http://www.hancom.co.kr/hwpml/2011/head"'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as zipped:
        zipped.writestr("mimetype", "application/hwp+zip")
        zipped.writestr("Contents/header.xml", f"<hh:head {spaces}>{header}</hh:head>")
        opf = 'xmlns:opf="http://www.idpf.org/2007/opf/"'
        zipped.writestr(
            "Contents/content.hpf", f"<opf:package {opf}><opf:metadata>{package}</opf:metadata></opf:package>"
        )
        for place, section in enumerate(sections):
            zipped.writestr(
                f"Contents/section{place}.xml", f"<?xml version='1.0'?><hs:sec xmlns:hs='s' {spaces}>{section}</hs:sec>"
            )
        for name, data in members.items():
            zipped.writestr(name, data)
    return file.getvalue()


def p(inner: str, shape: str = "0") -> str:
    """A paragraph of one run."""
    return f'<hp:p paraPrIDRef="{shape}"><hp:run>{inner}</hp:run></hp:p>'


def t(text: str) -> str:
    return f"<hp:t>{text}</hp:t>"


def tbl(rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """A table; each cell is the XML of its paragraphs."""
    made = f"<hp:caption><hp:subList>{p(t(caption))}</hp:subList></hp:caption>" if caption else ""
    for row, cells in enumerate(rows):
        made += "<hp:tr>"
        for column, inner in enumerate(cells):
            address = f'<hp:cellAddr colAddr="{column}" rowAddr="{row}"/>'
            made += f"<hp:tc><hp:subList>{inner}</hp:subList>{address}</hp:tc>"
        made += "</hp:tr>"
    return f"<hp:tbl>{made}</hp:tbl>"

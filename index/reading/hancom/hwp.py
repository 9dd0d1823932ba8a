"""HWP 5: the file of Hangul since 2000, an OLE container of compressed record streams.

Not read are HWP 3 and HWPML, which are other formats of the same suffix, and documents with a password or other
encryption; each is refused with what to do.
"""

import re
import struct

from index.articles import SpanKind
from index.errors import ReadError
from index.reading.composing.composer import Document
from index.reading.composing.metadata import Properties, properties
from index.reading.containers.bounds import damaged, inflate
from index.reading.containers.ole import OleFile, described
from index.reading.hancom.distribution import KEY_RECORD, decrypt_ecb, distribution_key
from index.reading.hancom.flow import Box, Paragraph, compose
from index.reading.hancom.hwp_body import read_section
from index.reading.hancom.hwp_records import DISTRIBUTE_DOC_DATA, DocInfo, read_doc_info, records
from index.reading.hancom.numbering import Numbering

OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
HWP3_MAGIC = b"HWP Document File V"
_SIGNATURE = b"HWP Document File"
_COMPRESSED, _PASSWORD, _DISTRIBUTION = 0x1, 0x2, 0x4
_ENCRYPTED = 0x10 | 0x100 | 0x400  # DRM, certificates
_SUMMARY = "\x05HwpSummaryInformation"
_SECTION = re.compile(r"Section(\d{1,5})", re.IGNORECASE)


def read(data: bytes, name: str) -> Document:
    """Return the document in ``data``, a file called ``name``. Raises ReadError."""
    _refuse_others(data)
    container = _Container(data)
    flags = container.flags()
    _refuse_locked(flags)
    info = _doc_info(container, flags)
    sections, warnings = _sections(container, flags, info)
    if info.tracks_changes:
        warnings.append(
            "변경 내용 추적이 들어 있습니다. 지운 글이 남아 있을 수 있으니 변경 내용을 적용한 뒤 저장하세요."
        )
    return compose(sections).document(container.summary(), warnings)


def _refuse_others(data: bytes) -> None:
    """Raise ReadError for what is no OLE container, naming what it is where that is known."""
    if data.startswith(OLE_MAGIC):
        return
    if data.startswith(HWP3_MAGIC):
        raise ReadError(
            "한글 3.0 이전 문서(HWP 3)는 읽지 않습니다. 한글에서 열어 HWPX나 HWP 5로 다시 저장하세요.",
            "HWP 3 documents are not read; open it in Hangul and save it as HWPX or HWP 5.",
        )
    if b"<HWPML" in data[:4096]:
        raise ReadError(
            "HWPML(XML로 저장한 한글 문서)은 읽지 않습니다. 한글에서 열어 HWPX로 다시 저장하세요.",
            "HWPML documents are not read; open it in Hangul and save it as HWPX.",
        )
    raise damaged("HWP 5")


def _refuse_locked(flags: int) -> None:
    if flags & _PASSWORD:
        raise ReadError(
            "암호가 걸린 문서입니다. 한글에서 열어 암호를 풀고 다시 저장하세요.",
            "the document has a password; open it in Hangul, take the password off and save it.",
        )
    if flags & _ENCRYPTED:
        raise ReadError(
            "DRM이나 인증서로 암호화된 문서입니다. 암호화를 풀고 다시 저장하세요.",
            "the document is encrypted by DRM or a certificate; save it without.",
        )


class _Container:
    """The OLE file of a document."""

    def __init__(self, data: bytes) -> None:
        self._ole = OleFile(data)

    def unpacked(self, name: str, flags: int) -> tuple[bytes, bool]:
        """Return a stream as records, and whether it is whole."""
        data = self._ole.stream(name)
        if data is None:
            return b"", False
        if name.startswith("ViewText/"):
            data = _decrypted(data)
        if not flags & _COMPRESSED:
            self._ole.budget.spend(len(data), name)
            return data, True
        return inflate(data, self._ole.budget, name)

    def sections(self, storage: str) -> list[str]:
        """Return the names of the streams of the body in their order."""
        found = [(name, _SECTION.fullmatch(name.removeprefix(f"{storage}/"))) for name in self._ole.names]
        numbered = [(int(match[1]), name) for name, match in found if match and name.startswith(f"{storage}/")]
        return [name for _, name in sorted(numbered)]

    def flags(self) -> int:
        """Return what FileHeader says of the document. Raises ReadError where it is none of HWP 5."""
        header = self._ole.stream("FileHeader") or b""
        if not header.startswith(_SIGNATURE) or len(header) < 40:
            raise damaged("FileHeader")
        flags: int = struct.unpack_from("<I", header, 36)[0]
        return flags

    def summary(self) -> Properties:
        """Return title, author and date of the document's summary."""
        return properties(described((self._ole.stream(_SUMMARY) if _SUMMARY in self._ole.names else None) or b""))


def _decrypted(data: bytes) -> bytes:
    """Return the body of a distribution document: its key's record, then the encrypted stream."""
    first = next(records(data), None)
    if first is None or first.tag != DISTRIBUTE_DOC_DATA or len(first.payload) != KEY_RECORD:
        return b""
    return decrypt_ecb(data[4 + KEY_RECORD :], distribution_key(first.payload))


def _doc_info(container: _Container, flags: int) -> DocInfo:
    stream, _ = container.unpacked("DocInfo", flags)
    return read_doc_info(stream)


def _sections(container: _Container, flags: int, info: DocInfo) -> tuple[list[list[Paragraph]], list[str]]:
    """Return the sections as far as they can be read, and a warning for each that cannot."""
    body = container.sections("BodyText")
    names = (container.sections("ViewText") if flags & _DISTRIBUTION else []) or body
    sections, lost, numbering = list[list[Paragraph]](), list[int](), Numbering(info.lists)
    for number, name in enumerate(names, 1):
        stream, whole = container.unpacked(name, flags)
        if not whole:
            lost.append(number)
        sections.append(read_section(stream, info, numbering))
    if not any(sections):
        raise damaged("BodyText")
    if names is not body:
        sections.append([_notice(container, flags, body)])
    return sections, [f"{number}구역이 깨져 있어 앞부분만 읽었습니다." for number in lost]


def _notice(container: _Container, flags: int, names: list[str]) -> Paragraph:
    """Return what a distribution document says to programs that cannot show it: kept, marked as no part of what it is about."""
    streams = (container.unpacked(name, flags)[0] for name in names)
    blank = DocInfo()
    paragraphs = [paragraph for stream in streams for paragraph in read_section(stream, blank, Numbering({}))]
    notice = Paragraph()
    notice.hang(Box(SpanKind.FURNITURE, paragraphs), 0)
    return notice

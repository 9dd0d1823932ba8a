"""HWP 5: the file of Hangul since 2000, an OLE container of compressed record streams.

Not read are HWP 3 and HWPML, which are other formats of the same suffix, and documents with a password or other
encryption; each is refused with what to do.
"""

import io
import re
import struct

from index.articles import SpanKind
from index.errors import EmptyTextError, ReadError
from index.reading.composing.document import Document
from index.reading.composing.metadata import described, property_texts
from index.reading.containers.bounds import MAX_MEMBERS, Budget, inflate, too_large, too_many
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
_TITLE, _AUTHOR = 2, 4
_SECTION = re.compile(r"Section(\d{1,5})", re.IGNORECASE)


def read(data: bytes, name: str, *, restore_numbers: bool = True) -> Document:
    """The document in ``data``, a file called ``name``. Raises ReadError.

    ``restore_numbers`` writes the numbers of lists ("1.", "가.") that Hangul computes and does not store.
    """
    _refuse_others(data)
    container = _Container(data)
    flags = container.flags()
    _refuse_locked(flags)
    info = _doc_info(container, flags)
    sections, warnings = _sections(container, flags, info, Numbering(info.lists if restore_numbers else {}))
    composed = compose(sections)
    if not composed.text.strip():
        raise EmptyTextError(
            f"글이 없습니다: {name}. 그림만 있는 문서라면 글자로 다시 저장하세요.",
            f"no text in {name}; if it holds only pictures, save it again as text.",
        )
    if info.tracks_changes:
        warnings.append(
            "변경 내용 추적이 들어 있습니다. 지운 글이 남아 있을 수 있으니 변경 내용을 적용한 뒤 저장하세요."
        )
    about = described(**container.summary())
    return Document(composed.text, spans=composed.spans, places=composed.places, warnings=tuple(warnings), **about)


def _refuse_others(data: bytes) -> None:
    """Raises ReadError for what is no OLE container, naming what it is where that is known."""
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
    raise _broken("파일 머리", "file header")


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


def _broken(korean: str, english: str) -> ReadError:
    return ReadError(
        f"올바른 HWP 5 문서가 아니거나 깨져 있습니다: {korean}. 한글에서 열어 다시 저장하세요.",
        f"no HWP 5 document, or a damaged one: {english}; open it in Hangul and save it again.",
    )


class _Container:
    """The OLE file: its streams by name, read under the limits."""

    def __init__(self, data: bytes) -> None:
        import olefile

        self._size = len(data)
        self._budget = Budget()
        if _claims_too_much(data):
            raise _broken("OLE 할당표", "OLE allocation table")
        try:
            self._ole = olefile.OleFileIO(io.BytesIO(data))
            self._names = ["/".join(entry) for entry in self._ole.listdir()]
        except Exception:  # olefile raises whatever a damaged table leads it to
            raise _broken("OLE 구조", "OLE structure") from None
        if len(self._names) > MAX_MEMBERS:
            raise too_many(len(self._names))

    def stream(self, name: str) -> bytes | None:
        """A stream's bytes, None where there is none or it is damaged. Raises UnpackingError where it is too large."""
        try:
            size = self._ole.get_size(name)
            if size > self._size:
                return None
            if size > self._budget.member:
                raise too_large()
            data: bytes = self._ole.openstream(name).read(size)
        except ReadError:
            raise
        except Exception:  # as above
            return None
        return data

    def unpacked(self, name: str, flags: int) -> tuple[bytes, bool]:
        """A stream as records, and whether it is whole."""
        data = self.stream(name)
        if data is None:
            return b"", False
        if name.startswith("ViewText/"):
            data = _decrypted(data)
        if not flags & _COMPRESSED:
            self._budget.spend(len(data))
            return data, True
        return inflate(data, self._budget)

    def sections(self, storage: str) -> list[str]:
        """The names of the streams of the body in their order."""
        found = [(name, _SECTION.fullmatch(name.removeprefix(f"{storage}/"))) for name in self._names]
        numbered = [(int(match[1]), name) for name, match in found if match and name.startswith(f"{storage}/")]
        return [name for _, name in sorted(numbered)]

    def flags(self) -> int:
        """What FileHeader says of the document. Raises ReadError where it is none of HWP 5."""
        header = self.stream("FileHeader") or b""
        if not header.startswith(_SIGNATURE) or len(header) < 40:
            raise _broken("FileHeader", "FileHeader")
        flags: int = struct.unpack_from("<I", header, 36)[0]
        return flags

    def summary(self) -> dict[str, str]:
        """Title and author of the document's properties."""
        values = property_texts(self.stream(_SUMMARY) or b"") if _SUMMARY in self._names else {}
        return {"title": values.get(_TITLE, ""), "author": values.get(_AUTHOR, "")}


def _claims_too_much(data: bytes) -> bool:
    """Whether the OLE header claims more sectors for its tables than the file has."""
    if len(data) < 512:
        return True
    (shift,) = struct.unpack_from("<H", data, 30)
    tables = (struct.unpack_from("<I", data, place)[0] for place in (44, 64, 72))
    return shift not in (9, 12) or any(count << shift > len(data) for count in tables)


def _decrypted(data: bytes) -> bytes:
    """The body of a distribution document: its key's record, then the encrypted stream."""
    first = next(records(data), None)
    if first is None or first.tag != DISTRIBUTE_DOC_DATA or len(first.payload) != KEY_RECORD:
        return b""
    return decrypt_ecb(data[4 + KEY_RECORD :], distribution_key(first.payload))


def _doc_info(container: _Container, flags: int) -> DocInfo:
    stream, _ = container.unpacked("DocInfo", flags)
    return read_doc_info(stream)


def _sections(
    container: _Container, flags: int, info: DocInfo, numbering: Numbering
) -> tuple[list[list[Paragraph]], list[str]]:
    """The sections as far as they can be read, and a warning for each that cannot."""
    body = container.sections("BodyText")
    names = (container.sections("ViewText") if flags & _DISTRIBUTION else []) or body
    sections, lost = list[list[Paragraph]](), list[int]()
    for place, name in enumerate(names, 1):
        stream, whole = container.unpacked(name, flags)
        if not whole:
            lost.append(place)
        sections.append(read_section(stream, info, numbering))
    if not any(sections):
        raise _broken("본문", "body")
    if names is not body:
        sections.append([_notice(container, flags, body)])
    return sections, [f"{place}구역이 깨져 있어 앞부분만 읽었습니다." for place in lost]


def _notice(container: _Container, flags: int, names: list[str]) -> Paragraph:
    """What a distribution document says to programs that cannot read it; no part of what it is about."""
    streams = (container.unpacked(name, flags)[0] for name in names)
    blank = DocInfo()
    paragraphs = [one for stream in streams for one in read_section(stream, blank, Numbering({}))]
    notice = Paragraph()
    notice.hang(Box(SpanKind.FURNITURE, paragraphs), 0)
    return notice

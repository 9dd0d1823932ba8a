"""What a document may cost: bytes a member and in all, members, depth of nesting; nothing is read past them.

Sizes that a file claims of itself are never trusted: members are read until they end or are too large.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

from index.errors import ReadError, UnpackingError

MAX_MEMBER = 64 * 1024 * 1024
MAX_DOCUMENT = 256 * 1024 * 1024
MAX_MEMBERS = 5_000
MAX_DEPTH = 200
_STEP = 4096
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1


@dataclass(slots=True)
class Budget:
    """What may still be unpacked of one document."""

    left: int = MAX_DOCUMENT

    @property
    def member(self) -> int:
        """The most that the next member may hold."""
        return min(self.left, MAX_MEMBER)

    def spend(self, size: int) -> None:
        """Count ``size`` unpacked bytes. Raises UnpackingError where they are too many."""
        if size > self.member:
            raise too_large()
        self.left -= size


def too_large() -> UnpackingError:
    """Of a document that would be too large unpacked."""
    limit, whole = MAX_MEMBER >> 20, MAX_DOCUMENT >> 20
    return UnpackingError(
        f"풀면 너무 큽니다(한 부분 {limit} MB, 문서 {whole} MB까지). 문서를 나누어 저장한 뒤 넣으세요.",
        f"too large unpacked (at most {limit} MB a part, {whole} MB a document); save it as several documents.",
    )


def too_many(count: int) -> UnpackingError:
    """Of a document with too many members."""
    return UnpackingError(
        f"문서 안의 부분이 {count}개로 너무 많습니다({MAX_MEMBERS}개까지). 문서를 나누어 저장한 뒤 넣으세요.",
        f"{count} parts in one document are too many (at most {MAX_MEMBERS}); save it as several documents.",
    )


def too_deep() -> ReadError:
    """Of a document nested too deep."""
    return ReadError(
        f"문서가 {MAX_DEPTH}단계보다 깊게 겹쳐 있어 읽지 않습니다. 표와 글상자의 겹침을 풀어 다시 저장하세요.",
        f"nested deeper than {MAX_DEPTH} levels; save it again with its tables and boxes taken apart.",
    )


def inflate(data: bytes, budget: Budget) -> tuple[bytes, bool]:
    """Raw deflate: what could be unpacked, and whether that is all of it. Raises UnpackingError."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    unpacked, limit = bytearray(), budget.member
    try:
        for start in range(0, len(data), _STEP):  # in small steps: one that fails gives nothing
            rest = data[start : start + _STEP]
            while rest and not unpacker.eof:
                unpacked += unpacker.decompress(rest, 16 * _STEP)
                rest = unpacker.unconsumed_tail
                if len(unpacked) > limit:
                    raise too_large()
            if unpacker.eof:
                break
    except zlib.error:
        pass  # what came before the damage is kept
    budget.spend(len(unpacked))
    return bytes(unpacked), unpacker.eof


class Archive:
    """A document that is a zip. Raises ReadError where it is none, or one with too many members."""

    def __init__(self, data: bytes, broken: ReadError, locked: ReadError) -> None:
        self._broken, self._locked = broken, locked
        self._budget = Budget()
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError):
            raise broken from None
        self.names = tuple(self._zip.namelist())
        if len(self.names) > MAX_MEMBERS:
            raise too_many(len(self.names))

    def read(self, name: str) -> bytes:
        """One member whole. Raises UnpackingError where it is too large, ReadError where it is damaged or locked."""
        member = self._zip.getinfo(name)
        if member.flag_bits & _ENCRYPTED:
            raise self._locked
        if member.compress_type not in _METHODS:
            raise self._broken
        try:
            with self._zip.open(member) as file:
                data = file.read(self._budget.member + 1)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError):
            raise self._broken from None
        self._budget.spend(len(data))
        return data


@dataclass(slots=True)
class Element:
    """An XML element by its local name. ``parts`` are its text and its children in their order."""

    name: str
    attributes: dict[str, str]
    parts: list["str | Element"] = field(default_factory=list)

    @property
    def children(self) -> "list[Element]":
        return [part for part in self.parts if isinstance(part, Element)]

    def find(self, name: str) -> "Element | None":
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def get(self, name: str) -> str:
        """An attribute, "" where there is none."""
        return self.attributes.get(name, "")

    def number(self, name: str, otherwise: int = 0) -> int:
        """An attribute that is a whole number."""
        value = self.attributes.get(name, "")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else otherwise

    @property
    def text(self) -> str:
        """Its own text, without its children's."""
        return "".join(part for part in self.parts if isinstance(part, str))


def parse_xml(data: bytes, broken: ReadError, skipped: Iterable[str] = ()) -> Element:
    """The tree of an XML file without the elements named in ``skipped``.

    Raises ``broken`` where it is not well-formed or declares a document type or entities, ReadError where it is too deep.
    """
    builder = _Builder(broken, frozenset(skipped))
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError):  # the last two of an encoding nobody knows
        raise broken from None
    if not builder.root.children:
        raise broken
    return builder.root.children[0]


class _Builder:
    def __init__(self, broken: ReadError, skipped: frozenset[str]) -> None:
        self.root = Element("", {})
        self._broken, self._skipped = broken, skipped
        self._open = [self.root]
        self._ignored = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if self._ignored or local in self._skipped:
            self._ignored += 1
            return
        if len(self._open) > MAX_DEPTH:
            raise too_deep()
        element = Element(local, attributes)
        self._open[-1].parts.append(element)
        self._open.append(element)

    def end(self, _name: str) -> None:
        if self._ignored:
            self._ignored -= 1
        else:
            self._open.pop()

    def characters(self, text: str) -> None:
        if not self._ignored:
            self._open[-1].parts.append(text)

    def refuse(self, *_declared: object) -> None:
        raise self._broken

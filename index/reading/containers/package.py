"""Zip files of XML parts (OOXML, ODF, OWPML), read without trusting them: no size in a header, no path."""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from index.errors import ReadError
from index.reading.containers.bounds import MAX_MEMBERS, Budget, DamagedError, damaged, locked, too_large, too_many
from index.reading.containers.xml import Event, Node, events, tree

MAX_TAGS = 8_000_000  # of a document, opening and closing

_DIRECTORY_BYTES = MAX_MEMBERS * 1024
_END_OF_DIRECTORY = b"PK\x05\x06"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


class Relation(NamedTuple):
    """What a part refers to: the last word of the relation's type, and the part's name, "" for one outside."""

    kind: str
    target: str


class Package:
    """The parts of a zip file by name, whatever the case and the slashes."""

    def __init__(self, data: bytes, name: str) -> None:
        """Raise ReadError for anything but a sound zip file, saying so where a password or an old format is why."""
        self.name = name
        self._budget, self._tags_left = Budget(), MAX_TAGS
        _check_container(data)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            members = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError) as error:
            raise damaged("zip", str(error)) from None
        if len(members) > MAX_MEMBERS:
            raise too_many(len(members))
        self._members = {_plain(member.filename): member for member in members}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parts, in lower case."""
        return tuple(self._members)

    def __contains__(self, part: str) -> bool:
        return _plain(part) in self._members

    def parts(self, pattern: str) -> list[str]:
        """Return the names (in lower case) that match a regular expression, the numbers in them in order."""
        found = [name for name in self._members if re.fullmatch(pattern, name)]
        return sorted(found, key=lambda name: [int(n) if n.isdigit() else 0 for n in re.findall(r"\d+", name)])

    def read(self, part: str) -> bytes:
        """Return a part's bytes. Raises ReadError where it is missing or broken, UnpackingError where it is too large."""
        member = self._members.get(_plain(part))
        if member is None:
            raise damaged(part, "없음", "missing")
        if member.flag_bits & 1:
            raise locked()
        if member.compress_type not in _METHODS:
            raise damaged(part, "압축 방식", "compression method")
        limit = self._budget.member
        try:
            with self._zip.open(member) as file:
                data = file.read(limit + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            ValueError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise damaged(part, str(error)) from None
        self._budget.spend(len(data), part)
        return data

    def events(self, part: str) -> Iterator[Event]:
        """Return a part as events."""
        return events(self.markup(part), part)

    def markup(self, part: str) -> bytes:
        """Return a part's bytes, where the document does not hold more tags than anybody reads."""
        data = self.read(part)
        self._tags_left -= data.count(b"<")
        if self._tags_left < 0:
            raise too_large(part, f"태그 {MAX_TAGS:,}개", f"{MAX_TAGS:,} tags")
        return data

    def tree(self, part: str, skipped: Collection[str] = ()) -> Node:
        """Return a part as a tree, without the elements named in ``skipped``."""
        return tree(self.markup(part), part, skipped)

    def relations(self, part: str) -> dict[str, Relation]:
        """Return what a part refers to, by id; "" for the package itself. Empty where its list is missing or broken."""
        folder, base = posixpath.split(part)
        listed = posixpath.join(folder, "_rels", f"{base}.rels")
        if listed not in self:
            return {}
        try:
            nodes = self.tree(listed).all("Relationship")
        except DamagedError:
            return {}
        return {node.get("Id"): Relation(_last(node.get("Type")), _target(folder, node)) for node in nodes}

    def related(self, relations: Mapping[str, Relation], kind: str) -> str:
        """Return the first part of ``kind`` that is referred to; "" where none is there."""
        parts = (relation.target for relation in relations.values() if relation.kind == kind)
        return next((part for part in parts if part in self), "")

    def main_part(self, default: str) -> str:
        """Return the part that holds the document itself."""
        part = self.related(self.relations(""), "officeDocument") or default
        if part not in self:
            raise damaged(part, "없음", "missing")
        return part

    def page_count(self) -> int | None:
        """Return how many pages the program that wrote the file counted; None where it does not say."""
        part = "docProps/app.xml"
        try:
            node = self.tree(part).child("Pages") if part in self else None
        except DamagedError:
            return None
        written = node.text.strip() if node else ""
        return int(written) if written.isdecimal() and len(written) < 9 else None

    def described(self) -> Mapping[str, str]:
        """Return the fields of docProps/core.xml by their names, none where it is missing or broken."""
        part = next((r.target for r in self.relations("").values() if r.kind == "core-properties"), "docProps/core.xml")
        try:
            nodes = self.tree(part).children if part in self else []
        except DamagedError:
            return {}
        return {node.tag: " ".join(node.text.split()) for node in nodes}


def refuse_old(data: bytes) -> None:
    """Raise ReadError for an OLE container: one with a password, or a format of before 2007."""
    if not data.startswith(_OLE):
        return
    if _ENCRYPTED in data:
        raise locked()
    raise ReadError(
        "2007 이전 형식(DOC, PPT 등)입니다. DOCX, PPTX나 PDF로 저장한 뒤 다시 넣으세요.",
        "a format of before 2007 (DOC, PPT …). Save it as DOCX, PPTX or PDF and try again.",
    )


def _check_container(data: bytes) -> None:
    refuse_old(data)
    place = data.rfind(_END_OF_DIRECTORY)
    if place < 0 or len(data) < place + 22:
        raise damaged("zip", "zip이 아니거나 잘린 파일", "no zip file, or cut short")
    count = int.from_bytes(data[place + 10 : place + 12], "little")
    size = int.from_bytes(data[place + 12 : place + 16], "little")
    if count > MAX_MEMBERS:
        raise too_many(count)
    if size > _DIRECTORY_BYTES:
        limit = f"{_DIRECTORY_BYTES >> 20} MB"
        raise too_large("zip", limit, limit)


def _plain(part: str) -> str:
    return part.replace("\\", "/").lstrip("/").lower()


def _target(folder: str, node: Node) -> str:
    if node.get("TargetMode") == "External":
        return ""
    target = node.get("Target").replace("\\", "/")
    joined = target if target.startswith("/") else posixpath.join(folder, target)
    return posixpath.normpath(joined).lstrip("/")


def _last(path: str) -> str:
    return path.rpartition("/")[2]

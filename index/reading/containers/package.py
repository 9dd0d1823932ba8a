"""Packages of XML parts (OOXML, ODF), read without trusting them: no size in a header, no entity, no depth, no path.

A part is read as events or as a small tree. Names lose their namespace, but for ``m:`` (mathematics) and, in attributes,
``r:`` (relations), since those clash with others.
"""

import datetime
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.parsers import expat

from index.errors import ReadError, UnpackingError

MAX_MEMBER = 64 * 1024 * 1024
MAX_DOCUMENT = 256 * 1024 * 1024
MAX_MEMBERS = 5_000
MAX_DEPTH = 200
MAX_NODES = 1_000_000  # of a part read as a tree
MAX_TAGS = 8_000_000  # of a document, opening and closing

START, END, TEXT = 0, 1, 2
Attributes = Mapping[str, str]
Event = tuple[int, str, Attributes]

_NONE: Attributes = {}
_DIRECTORY_BYTES = MAX_MEMBERS * 1024
_END_OF_DIRECTORY = b"PK\x05\x06"
_CHUNK = 1 << 16
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_NO_CHARACTER = re.compile(rb"&#(?:x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]|[dD][89a-fA-F]..)|0*(?:[0-8]|1[124-9]|2\d|3[01]));")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_RELATION_SPACE = re.compile(r"officeDocument(?:/2006)?/relationships$")
_JUNK_TITLE = re.compile(
    r"(?i)(?:microsoft )?(?:power\s?point|word|excel)?\s?(?:프레젠테이션|presentation|문서|document|워크시트|worksheet)?\s?\d*"
    r"|제목 ?없음|untitled|(?:슬라이드|slide|sheet|book|통합 문서)\s?\d*"
)
_JUNK_AUTHOR = re.compile(r"(?i)python-docx|openpyxl|apache poi|unknown|user|admin(?:istrator)?|windows ?사용자|사용자")


class Relation(NamedTuple):
    """What a part refers to: the last word of the relation's type, and the part's name, "" for one outside."""

    kind: str
    target: str


@dataclass(slots=True)
class Node:
    """An element; ``text`` is that of itself without its children's."""

    tag: str
    attributes: Attributes
    children: list["Node"] = field(default_factory=list)
    text: str = ""

    def get(self, name: str, default: str = "") -> str:
        """An attribute's value."""
        return self.attributes.get(name, default)

    def child(self, tag: str) -> "Node | None":
        """The first child of that name."""
        return next((node for node in self.children if node.tag == tag), None)

    def all(self, tag: str) -> list["Node"]:
        """The children of that name."""
        return [node for node in self.children if node.tag == tag]

    def walk(self) -> Iterator["Node"]:
        """Itself and everything below, in the order of the file."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))


@dataclass(frozen=True, slots=True)
class Properties:
    """What a document says of itself, and how each is known."""

    title: str | None = None
    author: str | None = None
    published_at: str | None = None
    known_by: Mapping[str, str] = field(default_factory=dict)

    def titled(self, title: str, known_by: str) -> "Properties":
        """With that title where it has none."""
        if self.title or not title or len(title) > 200:
            return self
        return Properties(title, self.author, self.published_at, {**self.known_by, "title": known_by})


def damaged(where: str, why: str = "") -> ReadError:
    """A file, or a part of it, that does not hold what its kind asks for."""
    detail = f" ({why})" if why else ""
    return ReadError(
        f"손상된 파일입니다: {where}{detail}. 원래 프로그램에서 열어 다시 저장하세요.",
        f"damaged file: {where}{detail}. Open it in its program and save it again.",
    )


def locked() -> ReadError:
    """A file that asks for a password."""
    return ReadError(
        "암호가 걸린 문서입니다. 암호를 풀어 저장한 뒤 다시 넣으세요.",
        "the document is protected by a password. Save it without the password and try again.",
    )


def too_large(where: str, limit: str, english: str) -> UnpackingError:
    """What is larger unpacked than anything people write."""
    return UnpackingError(
        f"풀면 너무 큽니다: {where}, 한도 {limit}. 나누어 저장하세요.",
        f"too large unpacked: {where}, limit {english}. Split the document.",
    )


class Package:
    """The parts of a zip file by name, whatever the case and the slashes."""

    def __init__(self, data: bytes, name: str) -> None:
        """Raises ReadError for anything but a sound zip file, saying so where a password or an old format is why."""
        self.name = name
        self._left, self._tags_left = MAX_DOCUMENT, MAX_TAGS
        _check_container(data)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            members = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError) as error:
            raise damaged("zip", str(error)) from None
        if len(members) > MAX_MEMBERS:
            raise too_large("zip", f"파일 {MAX_MEMBERS}개", f"{MAX_MEMBERS} members")
        self._members = {_plain(member.filename): member for member in members}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parts, in lower case."""
        return tuple(self._members)

    def __contains__(self, part: str) -> bool:
        return _plain(part) in self._members

    def parts(self, pattern: str) -> list[str]:
        """The names (in lower case) that match a regular expression, the numbers in them in order."""
        found = [name for name in self._members if re.fullmatch(pattern, name)]
        return sorted(found, key=lambda name: [int(n) if n.isdigit() else 0 for n in re.findall(r"\d+", name)])

    def read(self, part: str) -> bytes:
        """A part's bytes. Raises ReadError where it is missing or broken, UnpackingError where it is too large."""
        member = self._members.get(_plain(part))
        if member is None:
            raise damaged(part, "없음")
        if member.flag_bits & 1:
            raise locked()
        limit = min(MAX_MEMBER, self._left)
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
        if len(data) > limit:
            raise too_large(part, f"{limit >> 20} MB", f"{limit >> 20} MB")
        self._left -= len(data)
        return data

    def events(self, part: str) -> Iterator[Event]:
        """A part as events."""
        return events(self.markup(part), part)

    def markup(self, part: str) -> bytes:
        """A part's bytes, where the document does not hold more tags than anybody reads."""
        data = self.read(part)
        self._tags_left -= data.count(b"<")
        if self._tags_left < 0:
            raise too_large(part, f"태그 {MAX_TAGS:,}개", f"{MAX_TAGS:,} tags")
        return data

    def tree(self, part: str) -> Node:
        """A part as a tree."""
        return tree(self.markup(part), part)

    def relations(self, part: str) -> dict[str, Relation]:
        """What a part refers to, by id; "" for the package itself. Empty where its list is missing or broken."""
        folder, base = posixpath.split(part)
        listed = posixpath.join(folder, "_rels", f"{base}.rels")
        if listed not in self:
            return {}
        try:
            nodes = self.tree(listed).all("Relationship")
        except UnpackingError:
            raise
        except ReadError:
            return {}
        return {node.get("Id"): Relation(_last(node.get("Type")), _target(folder, node)) for node in nodes}

    def main_part(self, default: str) -> str:
        """The part that holds the document itself."""
        for relation in self.relations("").values():
            if relation.kind == "officeDocument" and relation.target in self:
                return relation.target
        if default not in self:
            raise damaged(default, "없음")
        return default

    def page_count(self) -> int | None:
        """How many pages the program that wrote the file counted."""
        part = "docProps/app.xml"
        try:
            node = self.tree(part).child("Pages") if part in self else None
        except UnpackingError:
            raise
        except ReadError:
            return None
        written = node.text.strip() if node else ""
        return int(written) if written.isdecimal() and len(written) < 9 else None

    def properties(self) -> Properties:
        """Title, author and date of docProps/core.xml; what programs fill in by themselves is left out."""
        part = next((r.target for r in self.relations("").values() if r.kind == "core-properties"), "docProps/core.xml")
        if part not in self:
            return Properties()
        try:
            nodes = self.tree(part).children
        except UnpackingError:
            raise
        except ReadError:
            return Properties()
        return properties({node.tag: " ".join(node.text.split()) for node in nodes})


def properties(given: Mapping[str, str]) -> Properties:
    """From the fields of Dublin Core: title, creator, modified and created."""
    title = "" if _JUNK_TITLE.fullmatch(given.get("title", "")) else given.get("title", "")
    author = "" if _JUNK_AUTHOR.fullmatch(given.get("creator", "")) else given.get("creator", "")
    date = _day(given.get("modified", "")) or _day(given.get("created", ""))
    known = {"title": title, "author": author, "published_at": date}
    return Properties(title or None, author or None, date or None, {k: "properties" for k, v in known.items() if v})


def events(data: bytes, where: str) -> Iterator[Event]:
    """XML as (START, tag, attributes), (END, tag, {}) and (TEXT, text, {}).

    Raises ReadError for what is no XML, declares a document type or is nested too deep.
    """
    found: list[Event] = []
    parser = _parser(found, where)
    data = _clean(data)
    try:
        for place in range(0, len(data), _CHUNK):
            parser.Parse(data[place : place + _CHUNK])
            yield from found
            found.clear()
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise damaged(where, f"XML: {error}") from None
    yield from found


def tree(data: bytes, where: str) -> Node:
    """XML as a tree, with the limits of :func:`events` and one of its own."""
    if data.count(b"<") > 2 * MAX_NODES:
        raise too_large(where, f"태그 {2 * MAX_NODES:,}개", f"{2 * MAX_NODES:,} tags")
    root = Node("", _NONE)
    stack = [root]
    for kind, name, attributes in events(data, where):
        if kind == START:
            node = Node(name, attributes)
            stack[-1].children.append(node)
            stack.append(node)
        elif kind == END:
            stack.pop()
        else:
            stack[-1].text += name
    return root.children[0]


def _parser(found: list[Event], where: str) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = _CHUNK
    names: dict[str, str] = {}
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise too_large(where, f"깊이 {MAX_DEPTH}", f"depth {MAX_DEPTH}")
        short = {names.get(key) or _short(key, names): value for key, value in attributes.items()}
        found.append((START, names.get(name) or _short(name, names), short))

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        found.append((END, names.get(name) or _short(name, names), _NONE))

    def refuse(*_: object) -> None:
        raise ReadError(
            f"DOCTYPE이나 ENTITY가 든 XML은 읽지 않습니다: {where}. 원래 프로그램에서 다시 저장하세요.",
            f"XML with a DOCTYPE or an ENTITY is refused: {where}. Save it again in its program.",
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda text: found.append((TEXT, text, _NONE))
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _short(name: str, names: dict[str, str]) -> str:
    space, _, local = name.rpartition(" ")
    if space.endswith("/math"):
        local = f"m:{local}"
    elif _RELATION_SPACE.search(space):
        local = f"r:{local}"
    if len(names) < MAX_NODES:
        names[name] = local
    return local


def _clean(data: bytes) -> bytes:
    """Without the characters that XML forbids and real files hold."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:1] == b"\x00" or data[1:2] == b"\x00":
        return data  # UTF-16
    if _NO_CHARACTER.search(data):
        data = _NO_CHARACTER.sub(b"", data)
    return _CONTROL.sub(b"", data) if _CONTROL.search(data) else data


def refuse_old(data: bytes) -> None:
    """Raises ReadError for an OLE container: one with a password, or a format of before 2007."""
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
        raise damaged("zip", "zip이 아니거나 잘린 파일")
    count = int.from_bytes(data[place + 10 : place + 12], "little")
    size = int.from_bytes(data[place + 12 : place + 16], "little")
    if count > MAX_MEMBERS or size > _DIRECTORY_BYTES:
        raise too_large("zip", f"파일 {MAX_MEMBERS}개", f"{MAX_MEMBERS} members")


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


def _day(written: str) -> str:
    try:
        day = datetime.date.fromisoformat(written[:10])
    except ValueError:
        return ""
    return day.isoformat() if day.year >= 1990 else ""

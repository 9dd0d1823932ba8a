"""XML as events or as a small tree, read without trusting it: no document type, no entity, a bounded depth.

Names lose their namespace, but for ``m:`` (mathematics) and, in attributes, ``r:`` (relations), since those clash with others.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from index.errors import ReadError
from index.reading.containers.bounds import MAX_DEPTH, damaged, too_deep, too_large
from index.text.characters import XML_FORBIDDEN

MAX_NODES = 1_000_000  # of a part read as a tree
START, END, TEXT = 0, 1, 2
Attributes = Mapping[str, str]
Event = tuple[int, str, Attributes]

_NONE: Attributes = {}
_CHUNK = 1 << 16
_NO_CHARACTER = re.compile(rb"&#(?:x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]|[dD][89a-fA-F]..)|0*(?:[0-8]|1[124-9]|2\d|3[01]));")
_RELATION_SPACE = re.compile(r"officeDocument(?:/2006)?/relationships$")


@dataclass(slots=True)
class Node:
    """An element; ``parts`` are its text and its children in their order."""

    tag: str
    attributes: Attributes
    parts: list["str | Node"] = field(default_factory=list)

    @property
    def children(self) -> list["Node"]:
        """The elements right below it."""
        return [part for part in self.parts if isinstance(part, Node)]

    @property
    def text(self) -> str:
        """Its own text, without its children's."""
        return "".join(part for part in self.parts if isinstance(part, str))

    def get(self, name: str, default: str = "") -> str:
        """Return an attribute's value."""
        return self.attributes.get(name, default)

    def number(self, name: str, default: int = 0) -> int:
        """Return an attribute that is a whole number."""
        value = self.get(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else default

    def child(self, tag: str) -> "Node | None":
        """Return the first child of that name."""
        return next((node for node in self.children if node.tag == tag), None)

    def all(self, tag: str) -> list["Node"]:
        """Return the children of that name."""
        return [node for node in self.children if node.tag == tag]

    def walk(self) -> Iterator["Node"]:
        """Yield itself and everything below, in the order of the file."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))


def events(data: bytes, where: str) -> Iterator[Event]:
    """Yield XML as (START, tag, attributes), (END, tag, {}) and (TEXT, text, {}).

    Raises ReadError for what is no XML, declares a document type or is nested too deep.
    """
    found: list[Event] = []
    parser = _parser(
        lambda name, attributes: found.append((START, name, attributes)),
        lambda name: found.append((END, name, _NONE)),
        lambda text: found.append((TEXT, text, _NONE)),
        where,
    )
    for _ in _fed(parser, data, where):
        yield from found
        found.clear()


def tree(data: bytes, where: str, skipped: Collection[str] = ()) -> Node:
    """Return XML as a tree without elements in ``skipped``, within the limits of :func:`events` and one of its own."""
    if data.count(b"<") > 2 * MAX_NODES:
        raise too_large(where, f"태그 {2 * MAX_NODES:,}개", f"{2 * MAX_NODES:,} tags")
    root = Node("", _NONE)
    stack = [root]
    ignored = 0

    def start(name: str, attributes: Attributes) -> None:
        nonlocal ignored
        if ignored or name in skipped:
            ignored += 1
            return
        node = Node(name, attributes)
        stack[-1].parts.append(node)
        stack.append(node)

    def end(_name: str) -> None:
        nonlocal ignored
        if ignored:
            ignored -= 1
        else:
            stack.pop()

    def write(text: str) -> None:
        if not ignored:
            stack[-1].parts.append(text)

    for _ in _fed(_parser(start, end, write, where), data, where):
        pass
    if not root.children:
        raise damaged(where)
    return root.children[0]


def _fed(parser: expat.XMLParserType, data: bytes, where: str) -> Iterator[None]:
    """Give the parser the data piece by piece."""
    data = _clean(data)
    try:
        for offset in range(0, len(data), _CHUNK):
            parser.Parse(data[offset : offset + _CHUNK])
            yield
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the last two of an encoding nobody knows
        raise damaged(where, f"XML: {error}") from None
    yield


def _parser(
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None],
    write: Callable[[str], None],
    where: str,
) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = _CHUNK
    names: dict[str, str] = {}
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise too_deep()
        short = {names.get(key) or _short(key, names): value for key, value in attributes.items()}
        start(names.get(name) or _short(name, names), short)

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(names.get(name) or _short(name, names))

    def refuse(*_: object) -> None:
        raise ReadError(
            f"DOCTYPE이나 ENTITY가 든 XML은 읽지 않습니다: {where}. 원래 프로그램에서 다시 저장하세요.",
            f"XML with a DOCTYPE or an ENTITY is refused: {where}. Save it again in its program.",
        )

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = write
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
    """Return the data without the characters that XML forbids and real files hold."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:1] == b"\x00" or data[1:2] == b"\x00":
        return data  # UTF-16
    if _NO_CHARACTER.search(data):
        data = _NO_CHARACTER.sub(b"", data)
    return XML_FORBIDDEN.sub(b"", data) if XML_FORBIDDEN.search(data) else data

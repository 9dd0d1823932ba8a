"""The visible text of an HTML page: a line for each block element and each table row, with what the page says of it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from selectolax.lexbor import LexborHTMLParser, LexborNode

from index.errors import ReadError
from index.reading.composing.list_numbers import above
from index.text.characters import normalize

MAX_NODES = 2_000_000
_MAX_LOOKS = 2_000  # elements whose whole text is looked at: nested ones would be looked at again and again
_HIDDEN_TAGS = frozenset(
    [
        "script",
        "style",
        "noscript",
        "noframes",
        "template",
        "head",
        "svg",
        "math",
        "iframe",
        "object",
        "embed",
        "select",
        "option",
        "datalist",
        "button",
        "textarea",
        "audio",
        "video",
        "canvas",
        "map",
        "dialog",
        "input",
    ]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "caption",
        "tbody",
        "thead",
        "tfoot",
        "tr",
        "td",
        "th",
        "ul",
    ]
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HIDDEN_CLASS = re.compile(
    r"(?:^|[\s_-])(?:blind|sr-only|visually-hidden|screen_out|skip|hidden|hide|ir|a11y|no-?display)(?:$|[\s_-])",
    re.IGNORECASE,
)
_ASIDE_TAGS = frozenset({"nav", "footer", "aside", "header"})
_ASIDE = re.compile(
    r"(?:^|[\s_-])(?:[gls]nb|nav|navi|navigation|menu|menubar|submenu|allmenu|foot|footer|header|head_?wrap|top_?menu|banner|sns|share"
    r"|breadcrumb|location|path|quick|search|popup|paging|pagination|pager|login|satisfaction|satisfy|sidebar|side|aside"
    r"|utils?|copyright|related?|relation|recommend|popular|rank(?:ing)?|ad|ads|advert|comments?|reply|skip)(?:$|[\s_-]|wrap|area|box|list)",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"(?:article|news|view|content|detail|post|bbs|board|cnt)[\w-]*?(?:body|content|cont|text|view|detail|wrap|area|txt)"
    r"|articlebody|entry-content|dic_area|newsct|(?:^|\s)(?:contents?|article)(?:$|\s)",
    re.IGNORECASE,
)
_COMMENTS = re.compile(r"comment|reply|댓글", re.IGNORECASE)
_RELATED = re.compile(r"relat|recommend|popular|rank", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\n\r\f\v\xa0]+")
_LAYOUT_CELL = 800  # letters of a cell that holds more than data
_LETTER = re.compile(r"[^\W_]")
_MAX_SPAN = 100


class Region(Enum):
    """What the element around a line, or one around that, is for."""

    PLAIN = auto()
    ARTICLE = auto()
    ASIDE = auto()
    RELATED = auto()
    COMMENTS = auto()


@dataclass(frozen=True, slots=True)
class HtmlCell:
    """``text[start:end]`` of its line; table, row and column count from 1."""

    start: int
    end: int
    table: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class HtmlLine:
    """``letters`` of it, and those inside links; ``tag`` is that of its block."""

    text: str
    tag: str
    region: Region
    letters: int
    linked: int
    cells: tuple[HtmlCell, ...] = ()


@dataclass(slots=True)
class _Table:
    """``column`` is the last that the row has reached; ``taken`` says up to which row a cell reaches down in a column.

    ``in_row``: the row is a line. ``in_frame``: it is one cell of data, whose lines are its own.
    """

    number: int
    is_data: bool
    in_row: bool = False
    in_frame: bool = False
    row: int = 0
    column: int = 0
    taken: dict[int, int] = field(default_factory=dict)
    width: int = 0  # columns that the cell reaches over, without its first


@dataclass(frozen=True, slots=True)
class _Leave:
    """On the stack of nodes: what holds again once an element's children have been read."""

    tag: str
    region: Region
    linked: bool
    preserved: bool
    raised: bool
    tag_around: str


def read_lines(tree: LexborHTMLParser, *, keep_breaks: bool = False) -> list[HtmlLine]:
    """Return the lines of the page's body; ``keep_breaks``: a line break in text that is in no block begins a line, too."""
    root = tree.body or tree.root
    if root is None:
        return []
    reader = _Reader(keep_breaks)
    reader.read(root)
    return reader.lines


class _Reader:
    """Walks the tree with a stack of its own, for pages may be nested deeper than Python calls."""

    def __init__(self, keep_breaks: bool) -> None:
        self.lines: list[HtmlLine] = []
        self._keep_breaks = keep_breaks
        self._region, self._linked, self._preserved, self._tag = Region.PLAIN, False, False, "body"
        self._raised = False
        self._tables: list[_Table] = []
        self._table_count = self._looks = 0
        self._clear()

    def _clear(self) -> None:
        self._parts: list[str] = []
        self._length = self._letters = self._linked_letters = 0
        self._cells: list[HtmlCell] = []
        self._cell_start = 0

    def read(self, root: LexborNode) -> None:
        """Fill ``lines``."""
        stack: list[LexborNode | _Leave] = [root]
        count = 0
        while stack:
            node = stack.pop()
            if isinstance(node, _Leave):
                self._leave(node)
                continue
            count += 1
            if count > MAX_NODES:
                raise ReadError("태그가 너무 많은 HTML입니다. 나누어 넣으세요.", "too many elements; split the page.")
            if node.tag == "-text":
                self._add(node.text_content or "")
            elif node.tag == "br":
                self._break()
            elif node.is_element_node and not self._is_hidden(node):
                stack.append(self._enter(node))
                stack += list(_children(node))[::-1]
        self._flush()

    def _is_hidden(self, node: LexborNode) -> bool:
        if node.tag in _HIDDEN_TAGS:
            return True
        attributes = node.attributes
        if "hidden" in attributes or _HIDDEN_STYLE.search(attributes.get("style") or ""):
            return True
        classes = attributes.get("class") or ""
        if node.tag in ("body", "html") or not _HIDDEN_CLASS.search(classes):
            return False
        self._looks += 1
        return self._looks > _MAX_LOOKS or not _is_large(node)

    def _enter(self, node: LexborNode) -> _Leave:
        tag = node.tag or ""
        leave = _Leave(tag, self._region, self._linked, self._preserved, self._raised, self._tag)
        self._region = _region(node, self._region)
        self._linked = self._linked or (tag == "a" and "href" in node.attributes)
        self._preserved = self._preserved or tag == "pre"
        self._raised = self._raised or tag == "sup"
        if tag in _BLOCKS:
            self._enter_block(tag, node)
        return leave

    def _enter_block(self, tag: str, node: LexborNode) -> None:
        if tag == "table":
            self._break()
            self._table_count += not self._in_row
            self._looks += 1
            is_data = not self._in_row and self._looks <= _MAX_LOOKS and _is_data(node)
            self._tables.append(_Table(self._table_count, is_data))
        elif tag == "tr" and self._tables:
            self._break()
            self._enter_row(node)
        elif tag in ("td", "th") and self._in_row:
            self._enter_cell(node)
        else:
            self._break()
        if not self._in_row or tag == "tr":
            self._tag = tag

    def _enter_row(self, node: LexborNode) -> None:
        table = self._tables[-1]
        table.row += 1
        table.column = table.width = 0
        table.in_row = table.in_frame = False
        if self._in_row:
            return
        cells = [child for child in _children(node) if child.tag in ("td", "th")]
        alone = len(cells) == 1 and all(last < table.row for last in table.taken.values())
        if table.is_data:
            table.in_row, table.in_frame = not alone, alone
        elif len(cells) > 1 and any(cell.tag == "th" for cell in cells):
            self._looks += 1
            table.in_row = self._looks <= _MAX_LOOKS and _is_data(node)

    @property
    def _in_row(self) -> bool:
        """Whether the text goes into a cell of a line."""
        return any(table.in_row for table in self._tables)

    def _enter_cell(self, node: LexborNode) -> None:
        table = next(table for table in self._tables if table.in_row)
        if table is not self._tables[-1]:
            return
        for _ in range(table.width):
            self._next_column(table)
        while table.taken.get(table.column + 1, 0) >= table.row:
            self._next_column(table)
        self._next_column(table)
        self._cell_start = self._length
        width, height = _span(node, "colspan"), _span(node, "rowspan")
        table.width = width - 1
        if height > 1:
            table.taken |= dict.fromkeys(range(table.column, table.column + width), table.row + height - 1)

    def _next_column(self, table: _Table) -> None:
        if table.column:
            self._strip_end()
            self._append("\t")
        table.column += 1

    def _leave(self, leave: _Leave) -> None:
        if leave.tag in ("td", "th") and self._in_row:
            self._leave_cell()
        elif leave.tag == "tr" and self._tables:
            if self._tables[-1].in_row or not self._in_row:
                self._flush()
            self._tables[-1].in_row = self._tables[-1].in_frame = False
        elif leave.tag == "table" and self._tables:
            if self._tables.pop().is_data:
                self._flush()
            self._break()
        elif leave.tag in _BLOCKS:
            self._break()
        self._region, self._linked, self._preserved = leave.region, leave.linked, leave.preserved
        self._raised, self._tag = leave.raised, leave.tag_around

    def _leave_cell(self) -> None:
        table = self._tables[-1]
        self._strip_end()
        if self._length > self._cell_start:
            self._cells.append(HtmlCell(self._cell_start, self._length, table.number, table.row, table.column))

    def _add(self, text: str) -> None:
        text = above(self._parts[-1] if self._parts else "", normalize(text)) if self._raised else normalize(text)
        breaks = self._preserved or (self._keep_breaks and self._tag == "body")
        pieces = re.split(r"\r\n?|\n", text) if breaks and not self._in_row else [text]
        for number, piece in enumerate(pieces):
            if number:
                self._flush()
            piece = _SPACES.sub(" ", piece) if not self._preserved else piece.replace("\xa0", " ")
            if not self._parts or self._parts[-1].endswith((" ", "\t")):
                piece = piece.lstrip(" ") if not self._preserved else piece
            letters = len(_LETTER.findall(piece))
            self._letters += letters
            self._linked_letters += letters if self._linked else 0
            self._append(piece)

    def _append(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self._length += len(text)

    def _strip_end(self) -> None:
        while self._parts and self._length > self._cell_start and self._parts[-1].endswith(" "):
            stripped = self._parts[-1].rstrip(" ")
            self._length -= len(self._parts[-1]) - len(stripped)
            self._parts[-1] = stripped
            if not stripped:
                self._parts.pop()

    def _break(self) -> None:
        """End a line, or add a space where the line is a table's row."""
        if self._in_row and (self._tables[-1].column or not self._tables[-1].in_row):
            if self._parts and not self._parts[-1].endswith((" ", "\t")):
                self._append(" ")
        else:
            self._flush()

    def _flush(self) -> None:
        text = "".join(self._parts).rstrip()
        if text.strip():
            shown = normalize(text)
            cells = tuple(_placed(self._cells, text))
            if self._tables and self._tables[-1].in_frame:
                cells = (HtmlCell(0, len(shown), self._tables[-1].number, self._tables[-1].row, 1),)
            self.lines.append(HtmlLine(shown, self._tag, self._region, self._letters, self._linked_letters, cells))
        self._clear()


def _placed(cells: Iterable[HtmlCell], text: str) -> Iterator[HtmlCell]:
    """Yield the cells of a line where they stand in its normal form: a tag may have stood inside a letter.

    No letter reaches over the end of a cell. Of blanks at the end of the line, which ``text`` is without, nothing is left.
    """
    read = length = 0
    for cell in cells:
        start = length + len(normalize(text[read : cell.start]))
        end = start + len(normalize(text[cell.start : cell.end]))
        if end > start:
            yield replace(cell, start=start, end=end)
        read, length = cell.end, end


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        yield child
        child = child.next


def _is_large(node: LexborNode) -> bool:
    """Return whether so much stands inside that the class's name must mean something else."""
    return len(node.text(deep=True) or "") > 300


def _region(node: LexborNode, around: Region) -> Region:
    if around in (Region.COMMENTS, Region.RELATED):
        return around
    attributes = node.attributes
    words = f"{attributes.get('class') or ''} {attributes.get('id') or ''} {attributes.get('role') or ''}"
    if node.tag in ("body", "html"):
        return around
    if _ASIDE.search(words) or (node.tag in _ASIDE_TAGS and around is not Region.ARTICLE):
        if _COMMENTS.search(words):
            return Region.COMMENTS
        return Region.RELATED if _RELATED.search(words) else Region.ASIDE
    is_article = (
        node.tag in ("article", "main") or attributes.get("itemprop") == "articleBody" or _ARTICLE.search(words)
    )
    return Region.ARTICLE if is_article and around is Region.PLAIN else around


def _is_data(table: LexborNode) -> bool:
    """Return whether a table, or a row of one, holds data, not the page's layout: no table in it, no cell full of paragraphs."""
    if any(inner.mem_id != table.mem_id for inner in table.css("table")):
        return False
    cells = table.css("td, th")
    return not any(len(cell.text(deep=True) or "") > _LAYOUT_CELL for cell in cells)


def _span(node: LexborNode, name: str) -> int:
    value = (node.attributes.get(name) or "1").strip()
    return min(int(value), _MAX_SPAN) if value.isascii() and value.isdigit() and int(value) else 1

"""HTML pages: their whole visible text, which part of it is the article, and what the page says of itself.

Also text that holds HTML, such as what was copied out of an editor: :func:`holds_markup`, :func:`read_markup`.
"""

import html
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from index.articles import Place, Span, SpanKind
from index.errors import EmptyTextError, ReadError
from index.reading.composing.composer import Document
from index.reading.composing.dates import first_date, labelled_date
from index.reading.plain_text.charsets import decode_as
from index.reading.web.html_lines import HtmlLine, Region, read_lines
from index.text.characters import normalize

MAX_BYTES = 32 * 1024 * 1024
_HEAD_BYTES = 4_096  # where a page says its charset
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_SENTENCE = re.compile(r"(?:[다요죠까함음됨임]|[.?!])[.?!\"'”’)\]]*$|[다요]\.\s")
_LEAST_VALUE = 60.0  # of an article on a page with links: two short sentences
_LINKS = 5  # lines of links that make a page one that may be a list
_SHORT = 12
_TOO_LONG_A_LINK = 250  # letters: no link's name, but a text that is a link as a whole
_NEAR = 8  # lines before the article that may hold its title and its date
_DATE_LINE = re.compile(
    r"[\s\[(|·]*(?:19|20)\d\d\s?[-./년]\s?\d{1,2}\s?[-./월]\s?\d{1,2}\s?[.일]?[\s.,|)\]]*(?:\([월화수목금토일]\))?[\s,|]*"
    r"(?:(?:오전|오후|AM|PM)?\s?\d{1,2}[:시]\s?\d{1,2}(?::\d{1,2}|분)?)?[\s|\])]*"
)
_COPYRIGHT = re.compile(r"copyright|©|ⓒ|all rights reserved|무단\s?전재|저작권자", re.IGNORECASE)
_LICENCE = re.compile(r"공공누리|저작물|만족도|만족하(?:십니까|셨습니까)")  # below every page of a public office
_SITE_TAIL = re.compile(r"\s+(?:[|<>:–—-]|::)\s+[^|<>:–—]{1,40}$|\s*(?:[|<]|::)\s*[^|<>:]{1,40}$")
_TITLE_ROW = re.compile(r"제\s*목\s*\t[^\t]")
_HEADINGS = ("h1", "h2", "h3")
_TITLE_LENGTH = 200
_ARTICLE_TYPES = ("article", "newsarticle", "reportagenewsarticle", "blogposting", "report", "webpage")
_KIND_OF = {
    Region.COMMENTS: SpanKind.COMMENTS,
    Region.RELATED: SpanKind.RELATED,
}

# Elements that people's editors write; others, such as <개정 2020. 1. 1.> or <T>, are text.
_TAGS = (
    r"a|abbr|article|b|big|blockquote|body|br|caption|center|code|col|colgroup|dd|del|div|dl|dt|em|figcaption|figure|font|footer"
    r"|h[1-6]|head|header|hr|html|i|img|ins|label|li|link|main|mark|meta|nav|o:p|ol|p|pre|s|script|section|small|span|strike|strong"
    r"|style|sub|sup|table|tbody|td|tfoot|th|thead|title|tr|tt|u|ul"
)
_TAG = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_ELEMENT = re.compile(rf"<(?P<ends>/?)(?P<tag>{_TAGS})(?:\s[^<>]*)?>", re.IGNORECASE)
_MOST_INSIDE = 2_000  # characters of an element by which a text is known to hold HTML
_BREAK = re.compile(r"<(?:br|p|hr)\s*/?>", re.IGNORECASE)
_NO_TAG = re.compile(rf"<(?!/?(?:{_TAGS})(?:[\s/>])|!--)", re.IGNORECASE)


def read(data: bytes, name: str) -> Document:
    """Return the text of an HTML page.

    The whole visible text is kept; what is not the article is marked by kind. Raises ReadError for a page without an
    article, such as a list of others.
    """
    if len(data) > MAX_BYTES:
        raise ReadError(
            f"{MAX_BYTES >> 20}MB보다 큰 HTML입니다. 나누어 넣으세요.", f"larger than {MAX_BYTES >> 20} MB; split it."
        )
    declared = _CHARSET.search(data, 0, _HEAD_BYTES)
    tree = LexborHTMLParser(decode_as(data, declared[1].decode("ascii") if declared else None))
    lines = read_lines(tree)
    if not lines:
        raise EmptyTextError(
            "글자가 없는 HTML입니다. 브라우저에서 글이 보일 때 저장해 넣으세요.",
            "the page holds no text. Save it from a browser once it shows its text.",
        )
    first, last = article_slice(lines)
    return _document(lines, first, last, _PageFacts(tree, lines, first, last))


def visible_text(data: bytes, charset: str | None = None) -> str:
    """Return all visible text of an HTML document, such as a mail's, as lines."""
    tree = LexborHTMLParser(decode_as(data, charset))
    return "\n".join(line.text for line in read_lines(tree))


def holds_markup(text: str) -> bool:
    """Return whether ``text`` holds HTML elements, not only a "<" here and there."""
    if "<" not in text or ">" not in text:
        return False
    return _holds_element(text) or len(_BREAK.findall(text)) > 1


def _holds_element(text: str) -> bool:
    """Return whether an element begins and ends near by, another of its tag not between.

    It takes one pass, for texts may be long.
    """
    begun: dict[str, int] = {}
    for match in _ELEMENT.finditer(text):
        tag = match["tag"].lower()
        if not match["ends"]:
            begun[tag] = match.end()
        elif match.start() - begun.pop(tag, -_MOST_INSIDE - 1) <= _MOST_INSIDE:
            return True
    return False


def read_markup(text: str) -> Document:
    """Read a text that holds HTML as people see it: no tags, a line a block or table row, entities as letters.

    Line breaks outside of block elements remain.
    """
    escaped = _NO_TAG.sub("&lt;", text)
    lines = read_lines(LexborHTMLParser(f"<body>{escaped}</body>"), keep_breaks=True)
    if not lines:
        raise EmptyTextError("태그 말고는 글자가 없습니다. 내용을 넣으세요.", "nothing but tags. Put a text into it.")
    return _document(lines, 0, len(lines), None)


def article_slice(lines: Sequence[HtmlLine]) -> tuple[int, int]:
    """Return first and last place (exclusive) of the article.

    It is the run of lines of the highest value, or a page without links.

    Raises ReadError where no run is worth calling one.
    """
    if sum(map(_is_link, lines)) <= _LINKS:
        return 0, len(lines)  # no site around it
    best, best_run = 0.0, (0, 0)
    value, start = 0.0, 0
    for position, line in enumerate(lines):
        if value <= 0:
            value, start = 0.0, position
        value += _value(line)
        if value > best:
            best, best_run = value, (start, position + 1)
    inside = lines[best_run[0] : best_run[1]]
    if best < _LEAST_VALUE or not _reads_on(inside):
        raise ReadError(
            "본문이 없는 HTML입니다(목록이나 메뉴만 있는 쪽). 목록에서 글 하나를 열어 그 쪽을 저장해 넣으세요.",
            "a page without an article (a list or menu). Open one of its articles and save that page.",
        )
    return best_run


def _reads_on(lines: Sequence[HtmlLine]) -> bool:
    """Return whether sentences or rows are among the lines, and not mostly links."""
    own = [line for line in lines if not _is_link(line) and not _LICENCE.search(line.text)]
    sentences = sum(line.letters > 20 and _SENTENCE.search(line.text) is not None for line in own)
    rows = sum(len(line.cells) > 1 for line in own)
    letters = sum(line.letters for line in lines)
    return (sentences > 0 or rows > 2) and sum(line.letters for line in lines if _is_link(line)) <= letters / 2


def _is_link(line: HtmlLine) -> bool:
    return line.linked > line.letters / 2 and line.letters <= _TOO_LONG_A_LINK


def _value(line: HtmlLine) -> float:
    """Return how much a line adds to an article that it is part of; below 0 where it speaks against one."""
    own = line.letters - line.linked
    if line.region in (Region.ASIDE, Region.RELATED, Region.COMMENTS):
        return -(line.letters / 2 + 10)
    if line.letters > _TOO_LONG_A_LINK:
        own = line.letters
    elif _is_link(line):
        return own - line.linked / 2 - 8
    if line.region is Region.ARTICLE:
        return 1.5 * own + 5
    if line.tag in _HEADINGS:
        return own
    if line.cells:
        return own - 2
    return own - _SHORT


def _document(lines: Sequence[HtmlLine], first: int, last: int, facts: "_PageFacts | None") -> Document:
    spans: list[Span] = []
    places: list[Place] = []
    start = 0
    for number, line in enumerate(lines):
        end = start + len(line.text)
        kind = _kind(line, facts.title if facts else "", inside=first <= number < last)
        if kind is not SpanKind.BODY:
            spans.append(Span(start, end, kind))
        places += [
            Place(start + cell.start, start + cell.end, table=cell.table, row=cell.row, column=cell.column)
            for cell in line.cells
        ]
        start = end + 1
    text = "\n".join(line.text for line in lines)
    if facts is None:
        return Document(text, spans=tuple(spans), places=tuple(places))
    return Document(
        text,
        title=facts.title or None,
        published_at=facts.date or None,
        source=facts.source or None,
        author=facts.author or None,
        spans=tuple(spans),
        places=tuple(places),
        known_by=facts.known_by,
    )


def _kind(line: HtmlLine, title: str, *, inside: bool) -> SpanKind:
    if line.region in _KIND_OF:
        return _KIND_OF[line.region]
    if not inside or line.region is Region.ASIDE:
        return SpanKind.COPYRIGHT if _COPYRIGHT.search(line.text) else SpanKind.NAVIGATION
    if line.tag in ("figcaption", "caption"):
        return SpanKind.CAPTION
    if line.tag in ("h1", "h2", "h3", "h4"):
        return SpanKind.HEADLINE if title and line.text == title else SpanKind.SUBHEADLINE
    return SpanKind.BODY


class _PageFacts:
    """Title, date, publisher and author of a page, each with how it is known."""

    def __init__(self, tree: LexborHTMLParser, lines: Sequence[HtmlLine], first: int, last: int) -> None:
        self.known_by: dict[str, str] = {}
        self._meta = dict(_meta(tree))
        self._linked = next(_json_articles(tree), {})
        self._near = lines[max(0, first - _NEAR) : last]
        self._before = lines[max(0, first - _NEAR) : first + _NEAR]
        self.source = self._first(
            "source",
            ("JSON-LD", _name(self._linked.get("publisher"))),
            ("og:site_name", self._meta.get("og:site_name", "")),
        )
        self.author = self._first(
            "author",
            ("JSON-LD", _name(self._linked.get("author"))),
            ("meta author", self._meta.get("author", "") or self._meta.get("article:author", "")),
        )
        self.title = self._title(tree)
        self.date = self._date(tree)

    def _first(self, field: str, *candidates: tuple[str, object]) -> str:
        """Return the first candidate that says something, noting how it is known."""
        for known_by, value in candidates:
            text = _clean(value)
            is_list = field == "author" and text.count(",") > 1  # keywords of the site
            if text and len(text) <= _TITLE_LENGTH and not is_list and not text.startswith(("http://", "https://")):
                self.known_by[field] = known_by
                return text
        return ""

    def _title(self, tree: LexborHTMLParser) -> str:
        """Return the title: a heading beside the article goes before what a site says of all of its pages alike."""
        shared = _clean(self._meta.get("og:title", ""))
        node = tree.css_first("title")
        named = _clean(node.text() if node else "")
        headings = [line.text for line in self._near if line.tag in _HEADINGS and line.region is not Region.ASIDE]
        if row := next((line for line in self._near if line.cells and _TITLE_ROW.match(line.text)), None):
            return self._first("title", ("JSON-LD", self._linked.get("headline")), ("제목", row.text.split("\t")[1]))
        told = [text for text in (shared, named) if text]
        for text in told:
            for line in (*headings, *(line.text for line in self._before)):
                if 4 < len(line) <= _TITLE_LENGTH and (text.startswith(line) or text == line):
                    return self._first("title", ("JSON-LD", self._linked.get("headline")), ("heading", line))
        shared = shared if shared != self.source and not self.source.startswith(shared) else ""
        return self._first(
            "title",
            ("JSON-LD", self._linked.get("headline")),
            ("og:title", _without_site(shared)),
            ("heading", headings[0] if headings else ""),
            ("title", _without_site(named)),
        )

    def _date(self, tree: LexborHTMLParser) -> str:
        if iso := first_date(_clean(self._linked.get("datePublished"))):
            return self._first("published_at", ("JSON-LD", iso))
        for key in ("article:published_time", "og:article:published_time", "date", "pubdate", "dc.date.issued"):
            if iso := first_date(self._meta.get(key, "")):
                return self._first("published_at", (key, iso))
        if known := labelled_date("\n".join(line.text for line in self._near)):
            return self._first("published_at", (known.label, known.iso))
        times = [node.attributes.get("datetime") or "" for node in tree.css("time[datetime]")]
        dates = {iso for time in times if (iso := first_date(time))}
        if len(dates) == 1:
            return self._first("published_at", ("time", dates.pop()))
        alone = [line.text for line in self._before if _DATE_LINE.fullmatch(line.text)]
        return self._first("published_at", ("date line", first_date(alone[0]) if alone else ""))


def _meta(tree: LexborHTMLParser) -> Iterator[tuple[str, str]]:
    """Yield names, in small letters, and contents; of several with one name the last is kept, as dict() does."""
    for node in tree.css("meta[content]"):
        attributes = node.attributes
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        if name:
            yield name.lower(), attributes.get("content") or ""


def _json_articles(tree: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    for node in tree.css('script[type="application/ld+json"]'):
        try:
            found = json.loads(node.text() or "")
        except (ValueError, RecursionError):
            continue
        queue = [found]
        for value in queue:  # grows while it is read
            if isinstance(value, list):
                queue += value[:100]
            elif isinstance(value, dict):
                kind = value.get("@type")
                if any(str(part).lower() in _ARTICLE_TYPES for part in (kind if isinstance(kind, list) else [kind])):
                    yield value
                queue += [value["@graph"]] if isinstance(value.get("@graph"), list) else []


def _name(value: object) -> str:
    """Return the name of a JSON-LD person or organisation, or of the first of several."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) else ""


def _clean(value: object) -> str:
    return normalize(" ".join(html.unescape(value).split())) if isinstance(value, str) else ""


def _without_site(title: str) -> str:
    """Return ``title`` without the site's name behind it."""
    shorter = _SITE_TAIL.sub("", title)
    return shorter if len(shorter) > 4 else title

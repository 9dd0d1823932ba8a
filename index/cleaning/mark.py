"""Tell an article from the news page around it, without altering a character.

    text → pieces (lines, and bylines inside lines) → what a line alone tells → what its place tells → spans

Everything unknown is BODY: losing a sentence makes an answer impossible, keeping a menu line costs a little noise.
The rules are in :mod:`index.cleaning.rules` (one line) and :mod:`index.cleaning.place` (its neighbours).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from index.articles import Layout, Span, SpanKind
from index.cleaning.place import Piece, mark_by_place, mark_lines
from index.cleaning.rules import INLINE_PREFIXES, INLINE_SUFFIXES, InlineRule, Where
from index.text.characters import LINE

_INLINE_WINDOW = 160  # code points at a line's head and end in which a byline is looked for
_LONG_LINE = 200  # a whole article may stand on one line, with its bylines
_HEADS = frozenset({SpanKind.HEADLINE, SpanKind.SUBHEADLINE})
_LEAST_BODY = 40  # code points of body that must stand before a byline at a line's end


def mark_spans(text: str, title: str = "", layout: Layout | None = None) -> list[Span]:
    """Say what each stretch of ``text`` is.

    Parameters
    ----------
    text
        One article, NFC. It is never altered.
    title
        Its title, if known from elsewhere: the line that repeats it is the headline, a further one a duplicate.
    layout
        What the reader of its file said. That is taken as it is; of what it leaves open only a web page or a mail may hold
        what is not the article.

    Returns
    -------
    list[Span]
        Ordered, disjoint, non-empty spans in code points, which start and end on non-space characters and together
        cover every one. Consecutive body lines are one span (a sentence may be wrapped over several lines); any other
        line is a span of its own. If nothing would be left to cite, everything is BODY.
    """
    pieces = explain(text, title)
    if layout is not None:
        return _joined(text, layout, pieces)
    if not any(piece.kind is None or piece.kind.is_content for piece in pieces):
        return [Span(pieces[0].start, pieces[-1].end)] if pieces else []
    return list(_join_body(pieces))


def _joined(text: str, layout: Layout, pieces: list[Piece]) -> list[Span]:
    """Return the layout's own spans, and between them what the pieces were marked as."""
    if not layout.is_page:
        for piece in pieces:
            piece.kind = piece.kind if piece.kind in _HEADS else None
    own = sorted(layout.spans, key=lambda span: span.start)
    found, ends = list(own), [span.end for span in own]
    for span in _join_body(pieces):
        found += _outside(span, own[bisect_right(ends, span.start) :])
    trimmed = (Span(*_trimmed(text, span), span.kind) for span in found)
    return sorted((span for span in trimmed if span.start < span.end), key=lambda span: span.start)


def _trimmed(text: str, span: Span) -> tuple[int, int]:
    """Return (start, end) of the span's text without the blanks at its ends."""
    piece = text[span.start : span.end].lstrip()
    start = span.end - len(piece)
    return start, start + len(piece.rstrip())


def _outside(span: Span, own: Iterable[Span]) -> Iterator[Span]:
    """Yield what of ``span`` lies outside of those of ``own``, which are in order."""
    start = span.start
    for inner in own:
        if inner.start >= span.end:
            break
        if start < inner.start:
            yield Span(start, inner.start, span.kind)
        start = max(start, inner.end)
    if start < span.end:
        yield Span(start, span.end, span.kind)


def explain(text: str, title: str = "") -> list[Piece]:
    """Return the pieces with the rule that decided each: for looking at what the cleaner did, and why."""
    pieces = list(_lines(text))
    if len(pieces) > 1 or any(len(piece.text) > _LONG_LINE for piece in pieces):  # one short line is no page
        pieces = [part for line in pieces for part in _split_inline(line)]
        mark_by_place(pieces, title)
    return pieces


def _lines(text: str) -> Iterator[Piece]:
    for match in LINE.finditer(text):
        line = match.group()
        stripped = line.strip()
        if stripped:
            start = match.start() + len(line) - len(line.lstrip())
            yield Piece(start, start + len(stripped), stripped)


def _split_inline(line: Piece) -> Iterator[Piece]:
    """Yield the line, marked if a rule knows it alone; or its bylines and its body apart, the body unmarked."""
    mark_lines([line], Where.ANYWHERE)
    if line.kind is not None:
        yield line
        return
    text, closing = line.text, list[Piece]()
    before = _prefix(text)
    start = before[1] if before else 0
    start += len(text[start:]) - len(text[start:].lstrip())
    end = len(text)
    while after := _suffix(text[start:end]):
        at = start + after[1]
        closing.append(Piece(line.start + at, line.start + end, text[at:end], after[0].kind, after[0].name))
        end = len(text[:at].rstrip())
    if before:
        yield Piece(line.start, line.start + before[1], text[: before[1]], before[0].kind, before[0].name)
    yield Piece(line.start + start, line.start + end, text[start:end], opens=before is not None)
    yield from reversed(closing)


def _prefix(line: str) -> tuple[InlineRule, int] | None:
    """Return the rule and where its text ends, if more follows on the line."""
    for rule in INLINE_PREFIXES:
        match = rule.pattern.match(line[:_INLINE_WINDOW])
        if match and match.end() < len(line):
            return rule, len(match.group().rstrip())
    return None


def _suffix(line: str) -> tuple[InlineRule, int] | None:
    """Return the rule and where its text starts, if enough of the article comes before it on the line."""
    offset = max(0, len(line) - _INLINE_WINDOW)
    for rule in INLINE_SUFFIXES:
        match = rule.pattern.search(line[offset:])
        if match and offset + match.start(1) > _LEAST_BODY:
            return rule, offset + match.start(1)
    return None


def _join_body(pieces: list[Piece]) -> Iterator[Span]:
    """Yield spans of the pieces, runs of unmarked ones joined into one BODY span."""
    pending: Span | None = None
    for piece in pieces:
        if piece.kind in {None, SpanKind.BODY}:
            pending = Span(pending.start if pending else piece.start, piece.end)
            continue
        if pending:
            yield pending
            pending = None
        yield Span(piece.start, piece.end, piece.kind or SpanKind.BODY)
    if pending:
        yield pending

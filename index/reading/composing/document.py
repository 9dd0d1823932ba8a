"""What a reader makes of a file: the text that every offset counts in, and where in the file each stretch of it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from index.articles import Place, Span


@dataclass(frozen=True, slots=True)
class Document:
    """One document as read.

    ``text`` is NFC: a line a paragraph, a table row a line with its cells parted by tabs. ``spans`` say which stretches
    are not body (captions, notes, page furniture, hidden text that was kept), in order, not overlapping; ``places`` are
    in order and do not overlap. ``known_by`` says of "title", "published_at", "source" and "author" how each is known
    ("properties", "letterhead", "등록일", "JSON-LD"); nothing is invented. ``warnings`` are for people, in Korean:
    what was not read and why. ``attachments`` are documents of their own, named as in the file.
    """

    text: str
    title: str | None = None
    published_at: str | None = None
    source: str | None = None
    author: str | None = None
    spans: tuple[Span, ...] = ()
    places: tuple[Place, ...] = ()
    known_by: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    attachments: tuple[tuple[str, bytes], ...] = ()

"""What a document's properties say of it, as :class:`~index.reading.document.Document` takes it."""

from typing import TypedDict

from index.articles import normalize

_LONGEST = 300
PROPERTIES = "properties"


class Described(TypedDict):
    """Title and author with how each is known."""

    title: str | None
    author: str | None
    known_by: dict[str, str]


def described(title: str = "", author: str = "") -> Described:
    """Title and author of the properties; one that is empty or no single line is not known."""
    known = {"title": _line(title), "author": _line(author)}
    return Described(
        title=known["title"],
        author=known["author"],
        known_by={name: PROPERTIES for name, value in known.items() if value},
    )


def _line(text: str) -> str | None:
    line = " ".join(normalize(text.replace("\0", "")).split())
    return line if line.isprintable() and len(line) <= _LONGEST and line else None

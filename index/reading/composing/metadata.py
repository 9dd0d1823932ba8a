"""What a document's properties say of it, as :class:`~index.reading.composing.document.Document` takes it."""

import struct
from typing import TypedDict

from index.articles import normalize

_LONGEST = 300
PROPERTIES = "properties"
_UTF16 = 0x1F  # VT_LPWSTR
_SECTION_PLACE = 44


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


def property_texts(data: bytes) -> dict[int, str]:
    """The texts of an OLE property set by their numbers, as far as it is whole.

    olefile's own reader of these takes lengths for bytes, and a damaged count keeps it busy for ever.
    """
    texts = dict[int, str]()
    try:
        (section,) = struct.unpack_from("<I", data, _SECTION_PLACE)
        (count,) = struct.unpack_from("<I", data, section + 4)
        for place in range(section + 8, min(section + 8 + 8 * count, len(data)), 8):
            number, offset = struct.unpack_from("<II", data, place)
            kind, length = struct.unpack_from("<II", data, section + offset)
            if kind == _UTF16 and length <= _LONGEST:
                start = section + offset + 8
                texts[number] = data[start : start + 2 * length].decode("utf-16-le", "replace").partition("\0")[0]
    except struct.error:
        pass
    return texts

"""A file's layout as the store keeps it: columns of small numbers, deflated, behind the names they count in."""

import struct
import zlib
from array import array
from collections.abc import Iterable, Sequence

from index.articles import Layout, Place, Span, SpanKind
from index.structure.packing import inflate

_VERSION = 1
_HEAD = struct.Struct("<BBII")  # version, is_page, spans, places
_NUMBERS = ("page", "section", "paragraph", "table", "row", "column")
_NAMES = ("sheet", "cell", "line_end")
_PARTED = "\x1f"  # no name of a sheet or a cell holds it


class LayoutError(ValueError):
    """The bytes are no layout of this version."""


def pack_layout(layout: Layout) -> bytes:
    """Return bytes of which :func:`unpack_layout` makes the same layout."""
    names: dict[str, int] = {"": 0}
    columns = [*_bounds(layout.spans), [names.setdefault(span.kind, len(names)) for span in layout.spans]]
    columns += _bounds(layout.places)
    columns += [[_code(getattr(place, name)) for place in layout.places] for name in _NUMBERS]
    columns += [
        [names.setdefault(_clean(getattr(place, name)), len(names)) for place in layout.places] for name in _NAMES
    ]
    head = _HEAD.pack(_VERSION, layout.is_page, len(layout.spans), len(layout.places))
    numbers = b"".join(struct.pack(f"<{len(column)}I", *column) for column in columns)
    return head + zlib.compress(numbers + _PARTED.join(names).encode(), 9)


def unpack_layout(packed: bytes) -> Layout:
    """Return the layout. Raises LayoutError."""
    try:
        version, is_page, spans, places = _HEAD.unpack_from(packed)
        if version != _VERSION:
            raise LayoutError("another version")
        data = inflate(packed[_HEAD.size :])
        counts = [spans] * 3 + [places] * (2 + len(_NUMBERS) + len(_NAMES))
        names = data[4 * sum(counts) :].decode().split(_PARTED)
        columns = list(_columns(data, counts))
        kinds = [SpanKind(names[code]) for code in columns[2]]
        found = tuple(Span(*bounds, kind) for bounds, kind in zip(_places(*columns[:2]), kinds, strict=True))
        return Layout(found, tuple(_restored(columns[3:], names)), bool(is_page))
    except (struct.error, zlib.error, ValueError, IndexError) as error:
        raise LayoutError(str(error)) from error


def stored_layout(packed: bytes | None) -> Layout | None:
    """Return the layout that was stored; None where none was, or one of another release, whose places nobody knows now."""
    try:
        return None if packed is None else unpack_layout(packed)
    except LayoutError:
        return None


def _bounds(stretches: Sequence[Span | Place]) -> list[list[int]]:
    """Return how far each begins after the one before it ended, and how long each is."""
    ends = [0, *(stretch.end for stretch in stretches)]
    gaps = [stretch.start - end for stretch, end in zip(stretches, ends, strict=False)]
    return [gaps, [stretch.end - stretch.start for stretch in stretches]]


def _places(gaps: Iterable[int], lengths: Iterable[int]) -> list[tuple[int, int]]:
    found, end = list[tuple[int, int]](), 0
    for gap, length in zip(gaps, lengths, strict=True):
        found.append((end + gap, end + gap + length))
        end += gap + length
    return found


def _columns(data: bytes, counts: Sequence[int]) -> Iterable[Sequence[int]]:
    at = 0
    for count in counts:
        yield array("I", struct.unpack_from(f"<{count}I", data, at))
        at += 4 * count


def _restored(columns: Sequence[Sequence[int]], names: Sequence[str]) -> Iterable[Place]:
    numbers, texts = columns[2 : 2 + len(_NUMBERS)], columns[2 + len(_NUMBERS) :]
    for number, (start, end) in enumerate(_places(columns[0], columns[1])):
        page, section, paragraph, table, row, column = (
            values[number] - 1 if values[number] else None for values in numbers
        )
        sheet, cell, line_end = (names[values[number]] or None for values in texts)
        yield Place(start, end, page, sheet, cell, section, paragraph, table, row, column, line_end)


def _code(number: int | None) -> int:
    return 0 if number is None else number + 1


def _clean(name: str | None) -> str:
    return (name or "").replace(_PARTED, " ")

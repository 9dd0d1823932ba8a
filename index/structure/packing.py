"""An outline as the store keeps it: a few small numbers a line, delta-coded and deflated; and how such bytes are unfolded."""

import struct
import zlib

from index.structure.outline import Line, Outline, Role

MOST = 64 << 20  # bytes: the longest text, a line or a place for every letter of it, stays below
_ROLES = tuple(Role)
_VERSION = 1
_FIELDS = 6  # gap to the line before, length, content, label, role, how many lines up the parent is


def inflate(data: bytes) -> bytes:
    """Return what was deflated, no further than it may unfold: a backup can hold anything.

    Raises zlib.error for what is no whole deflated stream, or unfolds to more than ``MOST``.
    """
    unpacker = zlib.decompressobj()
    found = unpacker.decompress(data, MOST)
    if not unpacker.eof or unpacker.unused_data:
        raise zlib.error("too large, cut short, or with more behind it")
    return found


class OutlineError(ValueError):
    """The bytes are no outline of this version."""


def pack_outline(outline: Outline) -> bytes:
    """Return bytes of which :func:`unpack_outline` makes the same outline."""
    numbers: list[int] = []
    names: list[str] = []
    previous = 0
    for number, line in enumerate(outline.lines):
        numbers += (line.start - previous, line.end - line.start, line.content - line.start, line.label - line.start)
        numbers += (_ROLES.index(line.role), number - line.parent if line.parent >= 0 else 0)
        names.append(f"{','.join(map(str, line.columns))};{line.clause}")
        previous = line.start
    head = struct.pack("<Bii", _VERSION, outline.opening, len(outline.lines))
    return head + zlib.compress(struct.pack(f"<{len(numbers)}i", *numbers) + "\n".join(names).encode(), 9)


def unpack_outline(packed: bytes) -> Outline:
    """Return the outline. Raises OutlineError."""
    try:
        version, opening, count = struct.unpack_from("<Bii", packed)
        body = inflate(packed[struct.calcsize("<Bii") :])
        size = 4 * _FIELDS * count
        rows = struct.iter_unpack(f"<{_FIELDS}i", body[:size])
        names = body[size:].decode().split("\n") if count else []
        if version != _VERSION or len(names) != count:
            raise OutlineError("another version")
        outline = Outline(tuple(_lines(list(rows), names)), opening)
        _require_sound(outline)
        return outline
    except (struct.error, zlib.error, UnicodeDecodeError, ValueError, IndexError) as error:
        raise OutlineError(str(error)) from error


def _require_sound(outline: Outline) -> None:
    """Raise OutlineError where a line names one that is not there, or stands under itself by way of others."""
    count = len(outline.lines)
    named = [outline.opening, *(column for line in outline.lines for column in line.columns)]
    if not all(-1 <= place < count for place in named):
        raise OutlineError("a line that is not there")
    if any(line.parent >= number for number, line in enumerate(outline.lines)):
        raise OutlineError("a line under one behind it")


def _lines(rows: list[tuple[int, ...]], names: list[str]) -> list[Line]:
    lines: list[Line] = []
    previous = 0
    for number, ((gap, length, content, label, role, up), name) in enumerate(zip(rows, names, strict=True)):
        start = previous = previous + gap
        columns, _, clause = name.partition(";")
        lines.append(
            Line(
                start,
                start + length,
                _ROLES[role],
                start + content,
                start + label,
                number - up if up else -1,
                tuple(map(int, columns.split(","))) if columns else (),
                clause,
            )
        )
    return lines

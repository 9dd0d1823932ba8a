"""Checksums of what SQLite stores, for it keeps none: every row's texts and every vector carry a CRC-32.

A CRC-32 finds every flip of up to three bits in rows as short as these, and all but one in four billion of any other
damage by chance. It is no defence against someone who means it.
"""

import zlib

Field = str | int | bytes | None
_BYTES = 4


class SealBrokenError(ValueError):
    """What was read is not what was written."""


def seal(data: bytes) -> bytes:
    """``data`` and its checksum."""
    return data + zlib.crc32(data).to_bytes(_BYTES, "little")


def unseal(sealed: bytes) -> bytes:
    """The data. Raises SealBrokenError."""
    data = sealed[:-_BYTES]
    if zlib.crc32(data).to_bytes(_BYTES, "little") != sealed[-_BYTES:]:
        raise SealBrokenError("a vector is not as it was stored")
    return data


def crc_of(*fields: Field) -> int:
    """Of a row's fields together, in order; None is not the empty text."""
    return zlib.crc32(b"\x1e".join(map(_bytes_of, fields)))


def check_row(crc: int, *fields: Field) -> None:
    """Raises SealBrokenError unless ``crc`` is theirs."""
    if crc_of(*fields) != crc:
        raise SealBrokenError("a row is not as it was stored")


def _bytes_of(field: Field) -> bytes:
    """Bytes under their length: two of them side by side are not as good as two others."""
    if isinstance(field, bytes):
        return b"%d:%b" % (len(field), field)
    return b"\x00" if field is None else f"{field}".encode()

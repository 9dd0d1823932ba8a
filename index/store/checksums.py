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
    """Return ``data`` and its checksum."""
    return data + zlib.crc32(data).to_bytes(_BYTES, "little")


def unseal(sealed: bytes) -> bytes:
    """Return the data. Raises SealBrokenError."""
    data = sealed[:-_BYTES]
    if zlib.crc32(data).to_bytes(_BYTES, "little") != sealed[-_BYTES:]:
        raise SealBrokenError("a vector is not as it was stored")
    return data


def crc_of(*fields: Field) -> int:
    """Return the CRC of a row's fields together, in order; None is not the empty text.

    Bytes stand among the texts as their lengths, so that two of them side by side are not as good as two others.
    """
    crc = zlib.crc32("\x1e".join([_text_of(field) for field in fields]).encode())
    for field in fields:
        if type(field) is bytes:
            crc = zlib.crc32(field, crc)
    return crc


def check_row(crc: int, *fields: Field) -> None:
    """Raise SealBrokenError unless ``crc`` is theirs."""
    if crc_of(*fields) != crc:
        raise SealBrokenError("a row is not as it was stored")


def _text_of(field: Field) -> str:
    if type(field) is bytes:
        return f"\x01{len(field)}"
    return "\x00" if field is None else str(field)

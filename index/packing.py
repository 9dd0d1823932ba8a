"""Texts as the database keeps them: raw DEFLATE (RFC 1951), with a text that they resemble as preset dictionary.

A sentence's search words are nearly all letters of the sentence itself: with its text as dictionary they take a third
of their bytes, against three quarters without and half with a dictionary of frequent Korean (easylaw articles).
There is no checksum here; rows have theirs.
"""

import zlib

from index.sealing import SealBrokenError

_RAW = -zlib.MAX_WBITS  # no header, no checksum
_LEVEL = 9
_MEMORY = 9


def pack(text: str, like: str = "") -> bytes:
    """``like`` is needed again to unpack it."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, like.encode())
    return packer.compress(text.encode()) + packer.flush()


def unpack(data: bytes, like: str = "") -> str:
    """Raises SealBrokenError for what :func:`pack` never gave."""
    unpacker = zlib.decompressobj(_RAW, like.encode())
    try:
        text = unpacker.decompress(data).decode()
    except (zlib.error, UnicodeDecodeError, TypeError) as error:  # TypeError: damage made another type of it
        raise SealBrokenError("a text is not as it was stored") from error
    if not unpacker.eof or unpacker.unused_data:
        raise SealBrokenError("a text is not as it was stored")
    return text

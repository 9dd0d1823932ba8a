"""Deflated bytes unpacked no further than they may be: a backup can hold anything."""

import zlib

MOST = 64 << 20  # bytes: the longest text, a line or a place for every letter of it, stays below


def inflate(data: bytes) -> bytes:
    """Return what was deflated. Raises zlib.error for what is no whole deflated stream, or unfolds to more than ``MOST``."""
    unpacker = zlib.decompressobj()
    found = unpacker.decompress(data, MOST)
    if not unpacker.eof or unpacker.unused_data:
        raise zlib.error("too large, cut short, or with more behind it")
    return found

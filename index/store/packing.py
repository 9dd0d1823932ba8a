"""Texts as the database keeps them: raw DEFLATE (RFC 1951), with what they resemble as preset dictionary.

A sentence's search words are nearly all letters of the sentence itself: with its text as dictionary they take a third
of their bytes, against three quarters without and half with a dictionary of frequent Korean (easylaw articles).
An article's text has frequent words before it (``index/data/frequent_words.txt``, counted by
``scripts/fit/frequent_words.py``), without which the first letters of each block would have nothing to point back to.
There is no checksum here; rows have theirs.
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from importlib.resources import files

from index.articles import Passage, Sentence, SpanKind
from index.store.checksums import SealBrokenError

_GAP = 1  # code points between most sentences
_LINE = re.compile(r"(?:(-?\d+)\+)?(\d+)([a-z_]*) (.*)", re.ASCII)


def pack_sentences(passage: Passage, sentences: Sequence[tuple[Sentence, Sequence[str]]]) -> bytes:
    """Pack a passage's ``sentences``, each with its search words."""
    lines, end = [], passage.start - _GAP
    for sentence, words in sentences:
        gap = "" if sentence.start - end == _GAP else f"{sentence.start - end}+"
        kind = "" if sentence.kind is SpanKind.BODY else sentence.kind
        lines.append(f"{gap}{sentence.end - sentence.start}{kind} {' '.join(words)}")
        end = sentence.end
    return pack("\n".join(lines), passage.text)


def unpack_sentences(passage: Passage, packed: bytes) -> Iterator[tuple[Sentence, tuple[str, ...]]]:
    """Yield the sentences. Raises SealBrokenError for what :func:`pack_sentences` never gave."""
    text, end = unpack(packed, passage.text), passage.start - _GAP
    for line in text.split("\n") if text else ():
        try:
            gap, length, kind, words = _LINE.fullmatch(line).groups()  # type: ignore[union-attr]  # caught below
            start = end + (int(gap) if gap else _GAP)
            end = start + int(length)
            yield Sentence(passage.article_id, start, end, SpanKind(kind or SpanKind.BODY)), tuple(words.split())
        except (AttributeError, ValueError) as error:
            raise SealBrokenError("a sentence is not as it was stored") from error


_RAW = -zlib.MAX_WBITS  # no header, no checksum
_LEVEL = 9
_MEMORY = 9
# As they stand in a text, the most frequent nearest to it. Of the format: what is packed with them needs them again. Read
# now and not with the first text: a process that has run out of descriptors or given up its rights could not any more.
_FREQUENT_WORDS = files("index").joinpath("data/frequent_words.txt").read_bytes().replace(b"\n", b" ")


def pack(text: str, like: str = "") -> bytes:
    """Pack a text; ``like`` is needed again to unpack it."""
    return _pack(text, like.encode())


def unpack(data: bytes, like: str = "") -> str:
    """Return the text. Raises SealBrokenError for what :func:`pack` never gave."""
    return _unpack(data, like.encode())


def pack_text(text: str) -> bytes:
    """Return an article's, or a block of it."""
    return _pack(text, _FREQUENT_WORDS)


def unpack_text(data: bytes) -> str:
    """Return the text. Raises SealBrokenError for what :func:`pack_text` never gave."""
    return _unpack(data, _FREQUENT_WORDS)


def _pack(text: str, dictionary: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, dictionary)
    return packer.compress(text.encode()) + packer.flush()


def _unpack(data: bytes, dictionary: bytes) -> str:
    unpacker = zlib.decompressobj(_RAW, dictionary)
    try:
        text = unpacker.decompress(data).decode()
    except (zlib.error, UnicodeDecodeError, TypeError) as error:  # TypeError: damage made another type of it
        raise SealBrokenError("a text is not as it was stored") from error
    if not unpacker.eof or unpacker.unused_data:
        raise SealBrokenError("a text is not as it was stored")
    return text

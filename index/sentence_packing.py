"""The sentences of a passage as its row keeps them: a line each, ``length words``, packed like its text.

Before the length stands ``gap+`` where a sentence does not begin one letter after the end of the one before (the first: at
the passage's start), and behind it the kind where that is not the body: ``2+31headline 문의 전화``.
"""

import re
from collections.abc import Iterator, Sequence

from index.articles import Passage, Sentence, SpanKind
from index.packing import pack, unpack
from index.sealing import SealBrokenError

_GAP = 1  # code points between most sentences
_LINE = re.compile(r"(?:(-?\d+)\+)?(\d+)([a-z_]*) (.*)", re.ASCII)


def pack_sentences(passage: Passage, sentences: Sequence[tuple[Sentence, Sequence[str]]]) -> bytes:
    """``sentences``: with the search words of each."""
    lines, end = [], passage.start - _GAP
    for one, words in sentences:
        gap = "" if one.start - end == _GAP else f"{one.start - end}+"
        kind = "" if one.kind is SpanKind.BODY else one.kind
        lines.append(f"{gap}{one.end - one.start}{kind} {' '.join(words)}")
        end = one.end
    return pack("\n".join(lines), passage.text)


def unpack_sentences(passage: Passage, packed: bytes) -> Iterator[tuple[Sentence, tuple[str, ...]]]:
    """Raises SealBrokenError for what :func:`pack_sentences` never gave."""
    text, end = unpack(packed, passage.text), passage.start - _GAP
    for line in text.split("\n") if text else ():
        try:
            gap, length, kind, words = _LINE.fullmatch(line).groups()  # type: ignore[union-attr]  # caught below
            start = end + (int(gap) if gap else _GAP)
            end = start + int(length)
            yield Sentence(passage.article_id, start, end, SpanKind(kind or SpanKind.BODY)), tuple(words.split())
        except (AttributeError, ValueError) as error:
            raise SealBrokenError("a sentence is not as it was stored") from error

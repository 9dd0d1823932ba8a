"""The sentences of a passage as its row keeps them: a line each, ``offset length kind words``, packed like its text."""

from collections.abc import Iterator, Sequence

from index.articles import Passage, Sentence, SpanKind
from index.packing import pack, unpack
from index.sealing import SealBrokenError


def pack_sentences(passage: Passage, sentences: Sequence[tuple[Sentence, Sequence[str]]]) -> bytes:
    """``sentences``: with the search words of each."""
    lines = (
        f"{one.start - passage.start} {one.end - one.start} {one.kind} {' '.join(words)}" for one, words in sentences
    )
    return pack("\n".join(lines), passage.text)


def unpack_sentences(passage: Passage, packed: bytes) -> Iterator[tuple[Sentence, tuple[str, ...]]]:
    """Raises SealBrokenError for what :func:`pack_sentences` never gave."""
    text = unpack(packed, passage.text)
    for line in text.split("\n") if text else ():
        try:
            offset, length, kind, words = line.split(" ", 3)
            start = passage.start + int(offset)
            yield Sentence(passage.article_id, start, start + int(length), SpanKind(kind)), tuple(words.split())
        except ValueError as error:
            raise SealBrokenError("a sentence is not as it was stored") from error

"""Fakes that are pure functions of their input: the same text is the same vector, in any process, on any day."""

import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.articles import Article, Span
from index.encoders.base import Encoder, EncoderInput, PassageVectors, Vectors
from index.encoders.bundled import BundledEncoder
from index.encoders.word_meanings import WORD_DIM
from index.engine import Engine
from index.ingest import Ingestor, IngestReport
from index.korean.parsing import analysis_fingerprint
from index.korean.sentences import ParsedSentence, SentenceSplitter, Token
from index.store.vector_codecs import packaged_coding, unit

PORT = Article(
    "부산-항만",
    "부산항 새 부두 열어",
    "부산항만공사는 3일 새 부두를 열었다. 공사비는 4조6000억원이었다. 부두의 길이는 2.5㎞다.",
    source="부산일보",
    url="https://example.com/busan",
    published_at="2024-10-03",
    meta={"author": "김하늘", "kind": "news"},
)
LIBRARY = Article(
    "대구-도서관",
    "대구에 한글 도서관",
    "대구시가 한글 도서관을 짓는다. 장서는 30만 권이다.\n\n도서관은 2026년에 문을 연다.",
    source="매일신문",
    published_at="2025-01-15",
)
FESTIVAL = Article(
    "전주-축제",
    "전주 비빔밥 축제",
    "전주에서 비빔밥 축제가 열렸다. 축제에는 12만3456명이 왔다. 입장료는 없었다.",
    source="부산일보",
    published_at="2023-05-20",
)
UNDATED = Article("무제", "똠방각하 다시 방영", "드라마 똠방각하가 다시 방영된다. 아햏햏 세대도 반겼다 😀.")
ARTICLES = (PORT, LIBRARY, FESTIVAL, UNDATED)


class HashEncoder:
    """An :class:`index.encoders.base.Encoder` of hashed character n-grams: texts with letters in common lie close.

    ``calls`` counts the passages it was given, ``name`` goes into the fingerprint.
    """

    max_tokens = 512

    def __init__(self, name: str = "hash", dim: int = 64, word_dim: int = 16) -> None:
        self.name = name
        self.dim = dim
        self.word_dim = word_dim
        self.calls = 0

    @property
    def fingerprint(self) -> str:
        return f"{self.name}-{self.dim}-{self.word_dim}"

    def warm(self) -> None:
        pass

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Two characters of a word are one token."""
        return [sum((len(word) + 1) // 2 for word in text.split()) for text in texts]

    def encode_queries(self, questions: Sequence[str]) -> Vectors:
        return hashed(questions, self.dim)

    def encode_words(self, question: str, words: Sequence[tuple[int, int]]) -> Vectors:
        return hashed([question[start:end] for start, end in words], self.word_dim)

    def expect_words(self, words: Sequence[Sequence[str]], sentences: Vectors) -> Vectors:
        """Whatever the sentence."""
        return hashed([word for some in words for word in some], self.word_dim)

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        self.calls += len(inputs)
        return [
            PassageVectors(
                hashed([f"{item.context}\n{item.text}"], self.dim)[0],
                hashed([item.text[start:end] for start, end in item.sentences], self.dim),
            )
            for item in inputs
        ]


def hashed(texts: Sequence[str], dim: int) -> Vectors:
    """(len(texts), dim) float32 of unit length: characters and pairs of them, each at crc32 modulo ``dim``."""
    rows: npt.NDArray[np.float32] = np.zeros((len(texts), dim), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        row[0] = 0.1  # nothing to hash is still a direction
        for size in (1, 2):
            for start in range(len(text) - size + 1):
                digest = zlib.crc32(text[start : start + size].encode(errors="surrogatepass"))
                row[digest % dim] += 1.0 if digest & 0x80000000 else -1.0
        if not row.any():
            row[0] = 1.0
    unit_rows: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit_rows


class PackagedFake(HashEncoder):
    """Passes for the packaged encoder: its fingerprint, and vectors of its widths about where its own lie."""

    def __init__(self) -> None:
        super().__init__(dim=BundledEncoder.dim, word_dim=WORD_DIM)

    @property
    def fingerprint(self) -> str:
        return BundledEncoder.fingerprint

    def encode_queries(self, questions: Sequence[str]) -> Vectors:
        scale = packaged_coding().scale
        return unit(scale.low + 63.5 * scale.step + 75 * scale.step * super().encode_queries(questions))

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        return [
            PassageVectors(
                self.encode_queries([f"{item.context}\n{item.text}"])[0],
                self.encode_queries([item.text[start:end] for start, end in item.sentences]),
            )
            for item in inputs
        ]


class RegexSplitter(SentenceSplitter):
    """Sentences end at a full stop or a line's end, every run of letters is a noun. For processes made to be killed:
    Kiwi takes two seconds to load.
    """

    @property
    def fingerprint(self) -> str:
        return "regex"

    def load(self) -> None:
        pass

    def split(self, text: str, spans: Sequence[Span]) -> list[ParsedSentence]:
        return [
            ParsedSentence(span.start + found.start(), span.start + found.end(), span.kind, tuple(tokens))
            for span in spans
            if span.kind.is_content
            for found in re.finditer(r"[^\s.][^\n.]*\.?", text[span.start : span.end])
            for tokens in [nouns(found[0], span.start + found.start())]
        ]

    def tokenize(self, text: str) -> list[Token]:
        return nouns(text, 0)


def nouns(text: str, offset: int) -> list[Token]:
    return [Token(word[0], "NNG", offset + word.start(), offset + word.end()) for word in re.finditer(r"\w+", text)]


def make_index(
    folder: Path,
    splitter: SentenceSplitter,
    articles: Sequence[Article] = ARTICLES,
    encoder: Encoder | None = None,
) -> IngestReport:
    """Ingest with a :class:`HashEncoder`, or another."""
    return Ingestor(folder, encoder or HashEncoder(), splitter).ingest(articles)


def open_index(folder: Path, splitter: SentenceSplitter, encoder: Encoder | None = None) -> Engine:
    """The engine over what :func:`make_index` made."""
    fingerprint = (encoder or HashEncoder()).fingerprint
    return Engine.open(folder, encoder=fingerprint, analysis=analysis_fingerprint(splitter))


def spoil(path: Path, start: int) -> None:
    """Damage a file from ``start`` on, under all its names. Cut off, it would end a thread of tantivy's that still reads
    it, and us with it.
    """
    with path.open("r+b") as file:
        file.seek(start)
        damaged = bytes(byte ^ 0xFF for byte in file.read()) or b"?"
        file.seek(start)
        file.write(damaged)

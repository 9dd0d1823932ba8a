"""Vectors of questions, kept between runs: the same questions are asked again after every change of the ranking."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import apsw
import numpy as np

from index.encoders.base import Encoder, EncoderInput, PassageVectors, Vectors
from index.errors import StorageError

FILE = "question-vectors.db"
_KEPT_BACK = 200  # vectors written in one transaction
_BUSY_MS = 30_000


class RememberingEncoder:
    """An encoder that reads the vectors of questions it has seen from ``path``; passages are not kept here.

    ``reused`` counts what came from the file. The time such a question takes says nothing about asking it anew.
    """

    def __init__(self, encoder: Encoder, path: Path) -> None:
        self._encoder = encoder
        self._new: dict[bytes, bytes] = {}
        self._database = _open(path)
        self.reused = 0

    @property
    def fingerprint(self) -> str:
        """The encoder's own."""
        return self._encoder.fingerprint

    @property
    def dim(self) -> int:
        """The encoder's own."""
        return self._encoder.dim

    @property
    def word_dim(self) -> int:
        """The encoder's own."""
        return self._encoder.word_dim

    @property
    def max_tokens(self) -> int:
        """The encoder's own."""
        return self._encoder.max_tokens

    def warm(self) -> None:
        """Load the encoder. Raises ModelError."""
        self._encoder.warm()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text."""
        return self._encoder.count_tokens(texts)

    def encode_queries(self, questions: Sequence[str]) -> Vectors:
        """Return (len(questions), dim) float32, unit length, from the cache where it has them."""
        rows = [self._encode_query(question) for question in questions]
        return np.concatenate([np.empty((0, self.dim), dtype=np.float32), *rows])

    def encode_words(self, question: str, words: Sequence[tuple[int, int]]) -> Vectors:
        """Return (len(words), word_dim) float32, unit length, from the cache where it has them."""
        if not words:
            return self._encoder.encode_words(question, words)
        key = self._key("words", question, words)
        known = self._get(key)
        if known is not None:
            return known.reshape(len(words), -1)
        return self._put(key, self._encoder.encode_words(question, words))

    def expect_words(self, words: Sequence[Sequence[str]], sentences: Vectors) -> Vectors:
        """Return what the encoder expects words to mean; nothing is kept."""
        return self._encoder.expect_words(words, sentences)

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        """Return the vectors of passages; nothing is kept."""
        return self._encoder.encode_passages(inputs)

    def _encode_query(self, question: str) -> Vectors:
        key = self._key("query", question)
        known = self._get(key)
        if known is not None:
            return known.reshape(1, self.dim)
        return self._put(key, self._encoder.encode_queries([question]))

    def close(self) -> None:
        """Write what is new. May be called more than once."""
        self._flush()

    def _key(self, kind: str, question: str, words: Sequence[tuple[int, int]] = ()) -> bytes:
        record = json.dumps([self.fingerprint, kind, question, [list(word) for word in words]])
        return hashlib.sha256(record.encode()).digest()

    def _get(self, key: bytes) -> Vectors | None:
        blob = self._new.get(key)
        if blob is None:
            row = self._database.execute("SELECT vectors FROM vectors WHERE key = ?", (key,)).fetchone()
            blob = row[0] if row else None
        if blob is None:
            return None
        self.reused += 1
        return np.frombuffer(blob, dtype=np.float32).copy()

    def _put(self, key: bytes, vectors: Vectors) -> Vectors:
        self._new[key] = np.ascontiguousarray(vectors, dtype=np.float32).tobytes()
        if len(self._new) >= _KEPT_BACK:
            self._flush()
        return vectors

    def _flush(self) -> None:
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", self._new.items())
        self._new.clear()


def _open(path: Path) -> apsw.Connection:
    """Open the file of vectors. Raises StorageError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        database = apsw.Connection(str(path))
        database.set_busy_timeout(_BUSY_MS)
        database.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vectors BLOB) WITHOUT ROWID")
    except (apsw.Error, OSError) as error:
        raise StorageError(
            f"질문 벡터를 둘 수 없습니다: {path} ({error}). 파일을 지우거나 다른 --work 폴더를 주세요.",
            f"cannot keep question vectors in {path} ({error}). Delete the file or give another --work folder.",
        ) from error
    return database

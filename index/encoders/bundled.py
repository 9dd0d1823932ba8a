"""The default encoder: multilingual-e5-small, int8 on the CPU through ONNX Runtime, no torch, no download.

Prefixes ``query: `` / ``passage: ``, mean pooling over all tokens, unit length, as its authors prescribe
(arXiv 2402.05672). A sentence's vector is the mean of its own tokens' states from the passage's one pass
("late chunking", arXiv 2409.04701): it costs nothing extra and knows what the pronouns of the sentence mean. A
word's vector is made the same way and brought to a few dimensions (:mod:`index.encoders.word_meanings`).
"""

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache

from index.encoders.base import EncoderInput, PassageVectors, Vectors
from index.encoders.onnx_graph import cached_model, without_mask
from index.encoders.tokenizer import TOKENIZER_VERSION, Tokenizer, build_tokenizer
from index.encoders.weights import SHA256, Q4Matrix, Weights, read_weights, verify, weights_path
from index.encoders.word_meanings import WORD_DIM, ExpectedMeanings, WordMeanings, embedded_words, load_word_meanings
from index.errors import ModelError
from index.system.cached_file import cached_file

if TYPE_CHECKING:
    import onnxruntime

_QUERY = "query: "
_PASSAGE = "passage: "
_MAX_QUERY_TOKENS = 256
_REMEMBERED = 64  # questions whose words may be asked for next
_BATCH_TOKENS = 512  # padded tokens a pass of questions


# The states (tokens, dim) of a text's tokens, and where in the text the middle of each token is.
_States = tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]


class BundledEncoder:
    """See :class:`index.encoders.base.Encoder`."""

    dim = 384
    word_dim = WORD_DIM
    max_tokens = 512
    # By which indexes know the vectors, not the graph: any graph has the same name that makes vectors as near to float32's.
    # "words-v1" says nothing of a word any more, and stays because indexes carry the name.
    fingerprint = f"multilingual-e5-small@{SHA256[:12]}/int8-v1/384/mean/query:-passage:/words-v1"

    def __init__(self, cache: Path, threads: int | None = None) -> None:
        self._cache = cache
        self._threads = threads or os.cpu_count() or 1
        self._read: LRUCache[str, _States] = LRUCache(_REMEMBERED)  # under the lock beside it
        self._memory = threading.Lock()

    def start(self) -> None:
        """Begin to load beside the caller; what is left when this returns hardly needs the interpreter lock.

        Raises ModelError, StorageError.
        """
        _ = self._loading

    def warm(self) -> None:
        """Load everything now rather than at the first text. Raises ModelError, StorageError."""
        for part in self._loading:
            part.result()

    @cached_property
    def _weights(self) -> Weights:
        path = weights_path()
        verify(path)
        return read_weights(path, vocabulary=False)

    @cached_property
    def _loading(self) -> "tuple[Future[onnxruntime.InferenceSession], Future[Tokenizer]]":
        """The graph and the tokenizer, side by side. What needs the interpreter lock is done when this returns."""
        _import_onnxruntime()
        import sentencepiece  # noqa: F401

        model, pieces = self._model(), self._pieces()
        pool = ThreadPoolExecutor(2, thread_name_prefix="geungeo-loading")
        try:
            return pool.submit(self.open_graph, model), pool.submit(Tokenizer, pieces, self._weights)
        finally:
            pool.shutdown(wait=False)

    @property
    def _session(self) -> "onnxruntime.InferenceSession":
        """For questions: those that wait share a pass, so it takes a mask."""
        return self._loading[0].result()

    @cached_property
    def _passage_session(self) -> "onnxruntime.InferenceSession":
        return self.open_graph(without_mask(self._model()))

    @cached_property
    def _passes(self) -> ThreadPoolExecutor:
        """Passages go side by side, each through a pass of its own on one core.

        All cores at one pass wait for one another between its two hundred operators (docs/performance.md).
        """
        return ThreadPoolExecutor(self._threads, thread_name_prefix="geungeo-passage")

    def _model(self) -> bytes:
        return cached_model(self._weights, self._cache)

    def open_graph(self, model: bytes) -> "onnxruntime.InferenceSession":
        """Return a session for one core over a graph of this runtime, set as the encoder's own. Raises ModelError."""
        onnxruntime = _import_onnxruntime()
        try:
            return onnxruntime.InferenceSession(model, self._options(), providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises types of its own with no common root
            raise ModelError(
                f"모델을 열 수 없습니다: {self._cache}의 .onnx 파일을 지우고 다시 실행하세요. ({error})",
                f"cannot open the model: delete the .onnx file in {self._cache} and run again. ({error})",
            ) from error

    def _options(self) -> "onnxruntime.SessionOptions":
        onnxruntime = _import_onnxruntime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        # Further optimisations would put the operators together again that index.encoders.onnx_graph keeps apart.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        return options

    def _pieces(self) -> bytes:
        path = self._cache / f"e5-small-pieces-{SHA256[:12]}-v{TOKENIZER_VERSION}.model"
        return cached_file(path, lambda: build_tokenizer(read_weights(weights_path())))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text alone, without special tokens or prefix."""
        return self.tokenizer.count(texts)

    def encode_queries(self, questions: Sequence[str]) -> Vectors:
        """Return (len(questions), dim) float32, unit length: the mean over the tokens."""
        if not questions:
            return np.empty((0, self.dim), dtype=np.float32)
        return _unit(np.stack([states.mean(axis=0) for states, _ in self._read_questions(questions)]))

    def encode_words(self, question: str, words: Sequence[tuple[int, int]]) -> Vectors:
        """Return (len(words), word_dim) float32, unit length, for the (start, end) of words in a question."""
        ((states, middles),) = self._read_questions([question])
        return self._meanings.in_context(pool_spans(states, middles, words))

    def expect_words(self, words: Sequence[Sequence[str]], sentences: Vectors) -> Vectors:
        """Return (all words, word_dim) float32, unit length; no pass through the model is needed."""
        return self._expected(words, sentences)

    def _read_questions(self, questions: Sequence[str]) -> list[_States]:
        """Return the states of each question; those not read lately are read in passes of several."""
        with self._memory:
            read = {question: self._read[question] for question in questions if question in self._read}
        new = [question for question in dict.fromkeys(questions) if question not in read]
        tokens = [
            tokenized.cut(_MAX_QUERY_TOKENS)
            for tokenized in self.tokenizer.encode([_QUERY + question for question in new])
        ]
        for batch in _batches([len(tokenized.ids) for tokenized in tokens]):
            for position, states in zip(batch, self._states([tokens[number].ids for number in batch]), strict=True):
                read[new[position]] = states, tokens[position].middles - len(_QUERY)
        with self._memory:
            self._read.update((question, read[question]) for question in new)
        return [read[question] for question in questions]

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer; waits until it is loaded. Raises ModelError."""
        return self._loading[1].result()

    @property
    def embeddings(self) -> Q4Matrix:
        """Of the pieces, (pieces, dim)."""
        return self._weights.matrices["emb.word"]

    def embed(self, ids: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return what a graph is given for token ids (texts, tokens): (texts, tokens, dim)."""
        rows = np.asarray(ids)
        return self.embeddings.dequantize(rows.ravel()).reshape(*rows.shape, self.dim)

    @cached_property
    def _meanings(self) -> WordMeanings:
        return load_word_meanings()

    @cached_property
    def _expected(self) -> ExpectedMeanings:
        return ExpectedMeanings(self._meanings, partial(embedded_words, self.tokenizer, self.embeddings))

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        """Return the vectors of each input, in order; a pass a passage, several at a time."""
        if not inputs:
            return []
        _ = self._passage_session  # loaded here, not by several threads at once
        return list(self._passes.map(self._read_passage, inputs))

    def _read_passage(self, item: EncoderInput) -> PassageVectors:
        states, middles = self.read_passage_states(item)
        return PassageVectors(
            _unit(states.mean(axis=0, keepdims=True))[0], _unit(pool_spans(states, middles, item.sentences))
        )

    def read_passage_states(self, item: EncoderInput) -> _States:
        """Return the states of all its tokens, prefix and context among them, and their middles in ``item.text``."""
        text = _PASSAGE + _head(item) + item.text
        tokens = self.tokenizer.encode([text])[0].cut(self.max_tokens)
        return self._passage_states(tokens.ids), tokens.middles - (len(text) - len(item.text))

    def _passage_states(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        """Return (tokens, dim) final states."""
        states: npt.NDArray[np.float32] = self._passage_session.run(["hidden"], {"embeddings": self.embed([ids])})[0][0]
        return states

    def _states(self, ids: Sequence[Sequence[int]]) -> list[npt.NDArray[np.float32]]:
        """Return one (tokens, dim) array of final states per id list, all read in one pass."""
        longest = max(len(row) for row in ids)
        padded = np.full((len(ids), longest), self._weights.pad, dtype=np.int64)
        mask = np.zeros((len(ids), longest), dtype=np.int32)
        for index, row in enumerate(ids):
            padded[index, : len(row)] = row
            mask[index, : len(row)] = 1
        feeds = {"embeddings": self.embed(padded), "mask": mask}
        states: npt.NDArray[np.float32] = self._session.run(["hidden"], feeds)[0]
        return [states[index, : len(row)] for index, row in enumerate(ids)]


def _import_onnxruntime() -> Any:  # noqa: ANN401  (a module, whose types mypy takes from a plain import only)
    """Keep onnxruntime from sending usage to its maker, as its wheels do from 1.31 on from Linux too.

    Only this keeps it from even looking up the address and writing an id for the machine, and only before it is loaded.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    return onnxruntime


def _head(item: EncoderInput) -> str:
    return f"{item.context}\n" if item.context else ""


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield positions by falling length, so that a batch pads little: ``_BATCH_TOKENS`` padded tokens at most."""
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lambda position: -lengths[position]):
        if batch and lengths[batch[0]] * (len(batch) + 1) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def pool_spans(
    states: npt.NDArray[np.float32], middles: npt.NDArray[np.float64], spans: Sequence[tuple[int, int]]
) -> npt.NDArray[np.float32]:
    """Return (len(spans), dim): the mean state of the tokens inside each span.

    Where a span has no token, the nearest one counts.
    """
    bounds = np.array(spans, dtype=np.float64).reshape(-1, 2)
    inside = (middles >= bounds[:, :1]) & (middles < bounds[:, 1:])
    without = ~inside.any(axis=1)
    if without.any():
        away = np.abs(middles - bounds[without].mean(axis=1, keepdims=True))
        inside[without] = away == away.min(axis=1, keepdims=True)
    share = (inside / np.maximum(inside.sum(axis=1, keepdims=True), 1)).astype(np.float32)
    pooled: npt.NDArray[np.float32] = share @ states  # one product instead of a mean for each of a hundred words
    return pooled


def _unit(rows: npt.NDArray[np.float32]) -> Vectors:
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit

"""Reads a question with pieces of documents in one pass: how well each sentence answers, and what the value is.

The first six layers of the packaged encoder, trained on by ``scripts/fit/reader`` and shipped as an int8 graph
(``rag/data/reader.onnx``) without the embeddings of words, which are the encoder's own. A sentence's score is linear in the mean
of its tokens' states, that of "none of them" in the first token's (as in BERT for SQuAD 2, arXiv 1810.04805).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.encoders.bundled import BundledEncoder
from index.encoders.tokenizer import Tokenizer
from rag.reader.windows import Candidate, Document, Values, Window, cut_windows, question_ids

if TYPE_CHECKING:
    import onnxruntime  # loaded by the encoder alone, which keeps it from sending usage to its maker

MISSING = -8.0  # the score of a sentence that stands in no window, against that of none
MOST_VALUE_TOKENS = 24
_Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heads:
    """What is made of a token's state (384,): weights and bias of the sentence (1), the null (1) and the value's two edges."""

    sentence: tuple[_Floats, _Floats]
    null: tuple[_Floats, _Floats]
    edges: tuple[_Floats, _Floats]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader makes of a question's candidates.

    ``scores`` (candidates,) are logits against that of "none of them", ``MISSING`` for one that was not read; ``values`` are
    the likeliest value in each that was read, as characters of its article.
    """

    scores: Values
    values: dict[int, tuple[int, int]]


class Reader:
    """See the module. Loads when it is first used; may be shared by threads."""

    def __init__(self, encoder: BundledEncoder) -> None:
        self._encoder = encoder

    def read(
        self, question: str, candidates: Sequence[Candidate], scores: Values, documents: Sequence[Document], most: int
    ) -> Reading:
        """Look closely at ``most`` windows, chosen by the ``scores`` (candidates,) that a quicker model gave.

        ``documents`` are those of all candidates.
        """
        ids = question_ids(self.tokenizer, question)
        by_id = {document.article.id: document for document in documents}
        return self.judge(cut_windows(ids, candidates, scores, by_id, most), len(candidates))

    def judge(self, windows: Sequence[Window], candidates: int) -> Reading:
        """Return what the windows of one question say of its candidates."""
        self.warm()  # here, not by several threads at once
        states = list(self._passes.map(self._state, [window.ids for window in windows]))
        null = float(np.mean([_linear(self._heads.null, state[0])[0] for state in states]))
        scores, values = np.full(candidates, MISSING), {}
        for window, state in zip(windows, states, strict=True):
            tokens, edges = _linear(self._heads.sentence, state)[:, 0], _linear(self._heads.edges, state)
            for candidate, first, end in window.sentences:
                score = float(tokens[first:end].mean()) - null
                if score > scores[candidate]:
                    scores[candidate] = score
                    values[candidate] = _value(edges[first:end], window.bounds[first:end])
        return Reading(scores, values)

    @property
    def tokenizer(self) -> Tokenizer:
        """The encoder's, which cuts what is read here."""
        return self._encoder.tokenizer

    def warm(self) -> None:
        """Load everything now rather than at the first question. Raises ModelError."""
        _ = self._session, self._heads

    @cached_property
    def _session(self) -> "onnxruntime.InferenceSession":
        return self._encoder.open_graph(self._load_graph())

    @cached_property
    def _heads(self) -> Heads:
        return self._load_heads()

    def _load_graph(self) -> bytes:
        return files("rag").joinpath("data/reader.onnx").read_bytes()

    def _load_heads(self) -> Heads:
        with files("rag").joinpath("data/reader.npz").open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return Heads(*((kept[f"{name}.weight"], kept[f"{name}.bias"]) for name in ("sentence", "null", "edges")))

    @cached_property
    def _passes(self) -> ThreadPoolExecutor:
        """Windows go side by side, each through a pass of its own on one core."""
        return ThreadPoolExecutor(2, thread_name_prefix="geungeo-reader")

    def _state(self, ids: Sequence[int]) -> _Floats:
        """Return (tokens, 384) of one window."""
        feeds = {"embeddings": self._encoder.embed(np.array([ids])), "mask": np.ones((1, len(ids)), dtype=np.int32)}
        state: _Floats = self._session.run(["hidden"], feeds)[0][0]
        return state


def _linear(head: tuple[_Floats, _Floats], states: _Floats) -> _Floats:
    found: _Floats = states @ head[0].T + head[1]
    return found


def _value(edges: _Floats, bounds: npt.NDArray[np.int64]) -> tuple[int, int]:
    """Return the best span of at most ``MOST_VALUE_TOKENS`` by the sum of its edges, in characters of the article."""
    sums = edges[:, None, 0] + edges[None, :, 1]
    allowed = np.triu(np.ones_like(sums, dtype=bool)) & ~np.triu(np.ones_like(sums, dtype=bool), MOST_VALUE_TOKENS)
    first, last = np.unravel_index(int(np.argmax(np.where(allowed, sums, -np.inf))), sums.shape)
    return int(bounds[first, 0]), int(bounds[last, 1])

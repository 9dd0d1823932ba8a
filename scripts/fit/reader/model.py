"""The reader: the first layers of the packaged encoder with three small heads, in torch for training.

Embeddings of words are the packaged ones and stay as they are. A sentence's score is linear in the mean of its tokens'
states, the null's in the first token's; two more heads mark where the value begins and ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from index.encoders.weights import Weights
from rag.reader.windows import Window

PAD = 1
DROPOUT = (
    0.1  # of what attention and feed-forward add: some rounds over some thousand questions are soon learnt by heart
)


class Layer(nn.Module):
    """One layer of the encoder, post-norm."""

    def __init__(self, hidden: int, heads: int, feed_forward: int, epsilon: float) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.ao = nn.Linear(hidden, hidden)
        self.aln = nn.LayerNorm(hidden, epsilon)
        self.fi = nn.Linear(hidden, feed_forward)
        self.fo = nn.Linear(feed_forward, hidden)
        self.oln = nn.LayerNorm(hidden, epsilon)

    def forward(self, state: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        batch, length, hidden = state.shape
        joined = self.qkv(state).view(batch, length, 3, self.heads, hidden // self.heads)
        query, key, value = joined.permute(2, 0, 3, 1, 4).reshape(3, batch * self.heads, length, -1)
        attended = _attend(query, key, value, mask).view(batch, self.heads, length, -1)
        state = self.aln(state + self._drop(self.ao(attended.transpose(1, 2).reshape(batch, length, hidden))))
        return self.oln(state + self._drop(self.fo(functional.gelu(self.fi(state)))))

    def _drop(self, added: torch.Tensor) -> torch.Tensor:
        return functional.dropout(added, DROPOUT, self.training)


def _attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Attend in plain products, (windows × heads, tokens, size): torch's fused form takes three times as long backward."""
    scores = torch.bmm(query, key.transpose(1, 2)) * query.shape[-1] ** -0.5
    if mask is not None:
        hidden = scores.new_zeros(mask.shape).masked_fill_(~mask, float("-inf"))
        scores = (scores.view(len(mask), -1, *scores.shape[1:]) + hidden).view(scores.shape)
    return torch.bmm(scores.softmax(-1).to(value.dtype), value)


@dataclass
class Batch:
    """Windows side by side, with whose they are. ``pool`` (sentences, windows × tokens) makes means of states."""

    words: torch.Tensor
    mask: torch.Tensor
    rows: torch.Tensor  # of each sentence: first token, token behind the last, in the flattened batch
    spans: list[tuple[int, int, int, int]]  # window, candidate, first, behind last
    owner: list[int]  # of each window, its question


class Reader(nn.Module):
    """``layers`` layers of the packaged encoder, and the heads."""

    def __init__(self, weights: Weights, layers: int) -> None:
        super().__init__()
        hidden = weights.hidden
        positions = weights.vectors["emb.pos"].reshape(-1, hidden) + weights.vectors["emb.type"].reshape(-1, hidden)[0]
        self.positions = nn.Parameter(torch.tensor(positions[:256].copy()))
        self.norm = nn.LayerNorm(hidden, weights.epsilon)
        self.layers = nn.ModuleList(
            Layer(hidden, weights.heads, weights.feed_forward, weights.epsilon) for _ in range(layers)
        )
        self.sentence, self.null, self.edges = nn.Linear(hidden, 1), nn.Linear(hidden, 1), nn.Linear(hidden, 2)
        for head in (self.sentence, self.null, self.edges):
            nn.init.zeros_(head.bias)
            nn.init.normal_(head.weight, std=0.02)
        with torch.no_grad():
            self._fill(weights)

    def _fill(self, weights: Weights) -> None:
        def put(module: nn.Module, weight: np.ndarray, bias: np.ndarray) -> None:
            module.weight.copy_(torch.tensor(weight))
            module.bias.copy_(torch.tensor(bias))

        put(self.norm, weights.vectors["emb.ln.w"], weights.vectors["emb.ln.b"])
        for place, layer in enumerate(self.layers):
            name = f"l{place}."
            join = [weights.matrices[f"{name}{part}.w"].dequantize() for part in "qkv"]
            put(layer.qkv, np.concatenate(join), np.concatenate([weights.vectors[f"{name}{part}.b"] for part in "qkv"]))
            for part in ("ao", "fi", "fo"):
                put(
                    getattr(layer, part), weights.matrices[f"{name}{part}.w"].dequantize(),
                    weights.vectors[f"{name}{part}.b"],
                )  # fmt: skip
            for part in ("aln", "oln"):
                put(getattr(layer, part), weights.vectors[f"{name}{part}.w"], weights.vectors[f"{name}{part}.b"])

    def forward(self, words: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Return the states, (windows, tokens, hidden). mask: (windows, 1, 1, tokens), true where there is a token."""
        state = self.norm(words + self.positions[: words.shape[1]])
        for layer in self.layers:
            state = layer(state, mask)
        return state


def make_batch(questions: Sequence[Sequence[Window]], weights: Weights) -> Batch:
    windows = [window for some in questions for window in some]
    length = max(len(window.ids) for window in windows)
    ids = np.full((len(windows), length), PAD)
    for place, window in enumerate(windows):
        ids[place, : len(window.ids)] = window.ids
    unique, inverse = np.unique(ids, return_inverse=True)
    words = torch.from_numpy(weights.matrices["emb.word"].dequantize(unique))[
        torch.from_numpy(inverse.reshape(ids.shape))
    ]
    spans = [
        (at, candidate, first, last) for at, window in enumerate(windows) for candidate, first, last in window.sentences
    ]
    rows = torch.tensor([(at * length + first, at * length + last) for at, _, first, last in spans]).reshape(-1, 2)
    owner = [at for at, some in enumerate(questions) for _ in some]
    return Batch(words, torch.from_numpy(ids != PAD)[:, None, None, :], rows, spans, owner)


def heads(model: Reader, state: torch.Tensor, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Scores of the sentences, of each window's null, and (windows, tokens, 2) of the edges; float32."""
    state = state.float()
    flat = state.reshape(-1, state.shape[-1])
    scores = model.sentence(flat)[:, 0]  # linear: the mean of the scores is the score of the mean
    sums = torch.cat([scores.new_zeros(1), scores.cumsum(0)])
    first, last = batch.rows[:, 0], batch.rows[:, 1]
    return (sums[last] - sums[first]) / (last - first), model.null(state[:, 0])[:, 0], model.edges(state)

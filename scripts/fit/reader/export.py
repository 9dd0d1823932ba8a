"""The trained reader as an int8 graph without embeddings (``rag/data/reader.onnx``), and its heads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from index.encoders import onnx_graph
from index.encoders.weights import Weights
from rag.reader.reader import Heads, Reader, Reading
from rag.reader.windows import Window
from scripts.fit.reader.packaged import GRAPH, HEADS
from scripts.fit.reader.questions import SEED, TRAIN
from scripts.fit.reader.training import Material, load_checkpoint, model_state

CALIBRATION = 160  # windows whose activations give the ranges


@dataclass(frozen=True, slots=True)
class Plain:
    """A float matrix that reads like a packaged one."""

    values: npt.NDArray[np.float32]

    def dequantize(self) -> npt.NDArray[np.float32]:
        return self.values


def trained_weights(weights: Weights, state: Mapping[str, torch.Tensor], layers: int) -> Weights:
    """Return the packaged weights with the trained layers in place of theirs."""
    got = {name: value.float().numpy() for name, value in state.items()}
    hidden = weights.hidden
    matrices: dict[str, Any] = {}
    vectors = dict(weights.vectors) | {"emb.ln.w": got["norm.weight"], "emb.ln.b": got["norm.bias"]}
    vectors["emb.pos"] = (got["positions"] - vectors["emb.type"].reshape(-1, hidden)[0]).reshape(-1)
    for layer in range(layers):
        mine, name = f"layers.{layer}.", f"l{layer}."
        for at, part in enumerate("qkv"):
            rows = slice(at * hidden, (at + 1) * hidden)
            matrices[f"{name}{part}.w"] = Plain(got[f"{mine}qkv.weight"][rows])
            vectors[f"{name}{part}.b"] = got[f"{mine}qkv.bias"][rows]
        for part in ("ao", "fi", "fo"):
            matrices[f"{name}{part}.w"] = Plain(got[f"{mine}{part}.weight"])
            vectors[f"{name}{part}.b"] = got[f"{mine}{part}.bias"]
        for part in ("aln", "oln"):
            vectors[f"{name}{part}.w"] = got[f"{mine}{part}.weight"]
            vectors[f"{name}{part}.b"] = got[f"{mine}{part}.bias"]
    return replace(weights, layers=layers, matrices=matrices, vectors=vectors)


class Exported(Reader):
    """A reader over a graph that is not in the package yet."""

    def __init__(self, material: Material, graph: bytes, heads: Heads) -> None:
        super().__init__(material.encoder)
        self._graph, self._kept = graph, heads

    def _load_graph(self) -> bytes:
        return self._graph

    def _load_heads(self) -> Heads:
        return self._kept


def heads_of(state: Mapping[str, torch.Tensor]) -> Heads:
    """Return the weights of a trained model's three heads."""
    return Heads(
        *(
            (state[f"{name}.weight"].float().numpy(), state[f"{name}.bias"].float().numpy())
            for name in ("sentence", "null", "edges")
        )
    )


def ranges_of(material: Material, weights: Weights, windows: Sequence[Window]) -> dict[str, npt.NDArray[np.float32]]:
    """Return the least and the greatest of every channel, of each value that a product reads."""
    from onnx import TensorProto, helper

    model = onnx_graph.build_model(weights, quantize=False)
    read = [node.input[0] for node in model.graph.node if node.op_type == "MatMul"]
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in read)
    session = material.encoder.open_graph(bytes(model.SerializeToString()))
    ranges: dict[str, npt.NDArray[np.float32]] = {}
    for window in windows:
        words = material.encoder.embed([window.ids])
        found = session.run(read, {"embeddings": words, "mask": np.ones(words.shape[:2], np.int32)})
        for name, (values,) in zip(read, found, strict=True):
            now = np.stack([values.min(axis=0), values.max(axis=0)])
            known = ranges.get(name, now)
            ranges[name] = np.stack([np.minimum(known[0], now[0]), np.maximum(known[1], now[1])])
    return ranges


def calibration(material: Material) -> list[Window]:
    """Windows of our own training questions, as serving cuts them."""
    name = TRAIN[0]
    asked = [question for question in material.parts[name].asked if len(question.right)]
    chosen = np.random.default_rng(SEED).permutation(len(asked))[: CALIBRATION // 2]
    return [window for at in chosen for window in material.windows(name, asked[at], asked[at].first, 2)]


def export(material: Material, checkpoint: Path, layers: int) -> None:
    """Write graph and heads, and say how far int8 is from float."""
    state = model_state(load_checkpoint(checkpoint)[0])
    weights, heads = trained_weights(material.weights, state, layers), heads_of(state)
    windows = calibration(material)
    graph = bytes(onnx_graph.build_model(weights, ranges=ranges_of(material, weights, windows)).SerializeToString())
    GRAPH.write_bytes(graph)
    kept: dict[str, Any] = {}
    for name, (weight, bias) in zip(
        ("sentence", "null", "edges"), (heads.sentence, heads.null, heads.edges), strict=True
    ):
        kept |= {f"{name}.weight": weight, f"{name}.bias": bias}
    np.savez(HEADS, **kept)
    plain = bytes(onnx_graph.build_model(weights, quantize=False).SerializeToString())
    print(f"{GRAPH.name}: {len(graph) / 1e6:.1f} MB ({len(plain) / 1e6:.1f} MB float)")
    differences = [
        abs(a - b)
        for window in windows
        for a, b in zip(*(scores(Exported(material, each, heads), window) for each in (graph, plain)), strict=True)
    ]
    print(
        f"int8 against float over {len(windows)} windows: logits apart {np.mean(differences):.3f} mean, {np.max(differences):.2f} most"
    )


def scores(reader: Reader, window: Window) -> list[float]:
    """Return the scores that a reader gives one window's sentences."""
    reading: Reading = reader.judge([window], max((candidate for candidate, *_ in window.sentences), default=-1) + 1)
    return [float(reading.scores[candidate]) for candidate, *_ in window.sentences]

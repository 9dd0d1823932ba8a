"""Writes the packaged weights as an ONNX graph of int8 products.

A few channels of this model's activations reach ten times as far as the rest, and bytes that span them are too coarse
for the others. So each channel is divided by a number that its weights are multiplied by beforehand: SmoothQuant
(Xiao et al. 2023, arXiv 2211.10438), with ranges known beforehand (:func:`load_activation_ranges`). It comes as near
to float32 as a scale for every token that is looked for in every pass, at four operators a product less
(``scripts/bench/encoder.py``); one scale for a whole batch, as ONNX Runtime's own dynamic int8 has it, does not.
Weights keep to 7 bits so that AVX2's 16-bit pair sums (2 x 255 x 63) cannot saturate: every CPU counts alike.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from index.encoders.weights import SHA256, Weights
from index.system.cached_file import cached_file

if TYPE_CHECKING:
    import onnx


@cache
def load_activation_ranges() -> Mapping[str, npt.NDArray[np.float32]]:
    """Return the least and the greatest, (2, channels) float32, of each value of the graph that a product reads."""
    with files("index").joinpath("data/activation_ranges.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        return {name: arrays[name].astype(np.float32) for name in arrays.files}


GRAPH_VERSION = 2
_WEIGHT_LIMIT = 63
_BYTE = 255
_SMOOTHING = 0.8  # how much of a channel's reach goes over to its weights (alpha in the paper)
_OPSET = 20
_MICROSOFT = "com.microsoft"
_ATTENTION = "MultiHeadAttention"


def cached_model(weights: Weights, folder: Path) -> bytes:
    """Return the graph's bytes, from ``folder`` or built into it."""
    path = folder / f"e5-small-int8-{SHA256[:12]}-v{GRAPH_VERSION}.onnx"
    return cached_file(path, lambda: bytes(build_model(weights).SerializeToString()))


def without_mask(model: bytes) -> bytes:
    """Return the same graph for texts that need none, such as one alone: attention is quicker so."""
    import onnx

    graph = onnx.load_model_from_string(model)
    for node in graph.graph.node:
        if node.op_type == _ATTENTION:
            del node.input[3:]
    graph.graph.input.pop()
    return bytes(graph.SerializeToString())


def build_model(
    weights: Weights, *, quantize: bool = True, ranges: Mapping[str, npt.NDArray[np.float32]] | None = None
) -> "onnx.ModelProto":
    """Make the model of ``embeddings`` (batch, tokens, hidden) float32, ``mask`` (batch, tokens) int32 to ``hidden``.

    ``quantize=False`` keeps float32: the reference that quantisation is measured against. ``ranges`` are the activations'
    of other weights than the packaged ones (:func:`load_activation_ranges`).
    """
    from onnx import TensorProto, helper

    graph = _Graph(quantize=quantize, ranges=ranges)
    output = _encoder(graph, weights)
    graph.node("Identity", [output], "hidden")
    shape: list[str | int | None] = ["batch", "tokens", weights.hidden]
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "multilingual-e5-small",
            [
                helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, shape),
                helper.make_tensor_value_info("mask", TensorProto.INT32, shape[:2]),
            ],
            [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, shape)],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)],
        ir_version=10,
    )


_Floats = npt.NDArray[np.float32]


class _Graph:
    """Collects nodes and constants; every value has a name."""

    def __init__(self, *, quantize: bool, ranges: Mapping[str, npt.NDArray[np.float32]] | None) -> None:
        self.quantize = quantize
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._ranges = (ranges or load_activation_ranges()) if quantize else {}

    def constant(self, name: str, values: npt.NDArray[np.generic]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, operator: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:  # noqa: ANN401  (what ONNX takes)
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [output], domain=domain, **attributes))
        return output

    def linear(self, source: str, name: str, weight: _Floats, bias: _Floats) -> str:
        """Add ``source @ weight.T + bias``; weight is (out, in), and no other product reads ``source``."""
        added = self.constant(f"{name}.b", bias)
        if self.quantize:
            return self._integer_product(source, name, weight, added)
        product = self.node("MatMul", [source, self.constant(f"{name}.w", weight.T)], f"{name}.product")
        return self.node("Add", [product, added], f"{name}.out")

    def _integer_product(self, source: str, name: str, weight: _Floats, bias: str) -> str:
        divisors = _smoothing(self._ranges[source], weight)
        smoothed = weight * divisors
        steps = np.abs(smoothed).max(axis=1) / _WEIGHT_LIMIT
        inputs = [
            self._bytes(source, divisors),
            self.constant(f"{name}.w", np.round(smoothed / steps[:, None]).astype(np.int8).T),
            f"{source}.step",
            self.constant(f"{name}.step", steps.astype(np.float32)),
            f"{source}.zero",
            self.constant(f"{name}.zero", np.zeros(len(weight), dtype=np.int8)),
            bias,
        ]
        return self.node("MatMulIntegerToFloat", inputs, f"{name}.out", _MICROSOFT)

    def _bytes(self, source: str, divisors: _Floats) -> str:
        """Add ``source`` by channel over ``divisors``, as bytes: in 256 steps of the range that is left."""
        least, greatest = self._ranges[source] / divisors
        low, high = min(float(least.min()), 0.0), max(float(greatest.max()), 0.0)
        step = (high - low) / _BYTE
        self.constant(f"{source}.step", np.array(step, dtype=np.float32))
        self.constant(f"{source}.zero", np.array(round(-low / step), dtype=np.uint8))
        smooth = self.node("Mul", [source, self.constant(f"{source}.factors", 1 / divisors)], f"{source}.smooth")
        return self.node("QuantizeLinear", [smooth, f"{source}.step", f"{source}.zero"], f"{source}.int8")


def _smoothing(ranges: _Floats, weight: _Floats) -> _Floats:
    """Return what each channel is divided by: (channels,). ranges: (2, channels); weight: (out, channels)."""
    reach = np.maximum(np.abs(ranges).max(axis=0), np.float32(1e-3))
    taken = np.maximum(np.abs(weight).max(axis=0), np.float32(1e-4))
    divisors: _Floats = (reach**_SMOOTHING / taken ** (1 - _SMOOTHING)).astype(np.float32)
    return divisors


def _encoder(graph: _Graph, weights: Weights) -> str:
    vectors = weights.vectors
    positions = vectors["emb.pos"].reshape(-1, weights.hidden)
    token_type = vectors["emb.type"].reshape(-1, weights.hidden)[0]
    graph.constant("positions", positions + token_type)
    graph.constant("first", np.array([0], dtype=np.int64))
    graph.node("Shape", ["embeddings"], "length", start=1, end=2)
    graph.node("Slice", ["positions", "first", "length", "first"], "positions.used")
    graph.node("Add", ["embeddings", "positions.used"], "embedded")
    norm = [graph.constant("norm.w", vectors["emb.ln.w"]), graph.constant("norm.b", vectors["emb.ln.b"])]
    state = graph.node("LayerNormalization", ["embedded", *norm], "state", axis=-1, epsilon=weights.epsilon)
    graph.constant("thirds", np.full(3, weights.hidden, dtype=np.int64))
    for layer in range(weights.layers):
        state = _layer(graph, weights, f"l{layer}.", state)
    return state


def _layer(graph: _Graph, weights: Weights, prefix: str, state: str) -> str:
    def matrix(*names: str) -> _Floats:
        return np.concatenate([weights.matrices[prefix + name].dequantize() for name in names])

    def vector(*names: str) -> _Floats:
        return np.concatenate([weights.vectors[prefix + name] for name in names])

    def add_and_norm(update: str, name: str) -> str:
        constants = [graph.constant(f"{prefix}{name}.{part}", vector(f"{name}.{part}")) for part in "wb"]
        # two operators: SkipLayerNormalization, one for both, takes several times as long
        added = graph.node("Add", [update, state], f"{prefix}{name}.sum")
        return graph.node(
            "LayerNormalization", [added, *constants], f"{prefix}{name}.state", axis=-1, epsilon=weights.epsilon
        )

    joined = graph.linear(state, f"{prefix}qkv", matrix("q.w", "k.w", "v.w"), vector("q.b", "k.b", "v.b"))
    parts = [f"{prefix}{part}" for part in ("query", "key", "value")]
    _split(graph, joined, parts)
    attention = [*parts, "", "mask"]
    attended = graph.node(_ATTENTION, attention, f"{prefix}attended", _MICROSOFT, num_heads=weights.heads)
    state = add_and_norm(graph.linear(attended, f"{prefix}ao", matrix("ao.w"), vector("ao.b")), "aln")
    inner = graph.linear(state, f"{prefix}fi", matrix("fi.w"), vector("fi.b"))
    active = graph.node("Gelu", [inner], f"{prefix}active", _MICROSOFT)
    return add_and_norm(graph.linear(active, f"{prefix}fo", matrix("fo.w"), vector("fo.b")), "oln")


def _split(graph: _Graph, source: str, outputs: list[str]) -> None:
    from onnx import helper

    graph.nodes.append(helper.make_node("Split", [source, "thirds"], outputs, axis=2))

"""Writes the packaged weights as an ONNX graph: int8 weights, activations quantised row by row.

ONNX Runtime's own dynamic int8 takes one scale for a whole batch and loses quality (mean cosine to float32 .9959);
one scale a token keeps it (.9987) at the same speed, about twice float32's on two quiet cores
(``scripts/bench_encoder.py``).
Weights keep to 7 bits so that AVX2's 16-bit pair sums (2 x 255 x 63) cannot saturate: every CPU counts alike.
"""

import hashlib
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.errors import StorageError
from index.weights import SHA256, Weights

if TYPE_CHECKING:
    import onnx

GRAPH_VERSION = 1
_WEIGHT_LIMIT = 63
_ROW_LIMIT = 127
_OPSET = 20
_MICROSOFT = "com.microsoft"


def cached_model(weights: Weights, folder: Path) -> bytes:
    """The graph's bytes, from ``folder`` or built into it."""
    path = folder / f"e5-small-int8-{SHA256[:12]}-v{GRAPH_VERSION}.onnx"
    return cached_file(path, lambda: bytes(build_model(weights).SerializeToString()))


def cached_file(path: Path, build: Callable[[], bytes]) -> bytes:
    """The file's bytes; built where it is missing.

    A file that does not match its recorded sha256 is built again. Two processes may build together: each writes
    a file of its own and the renames, either order, leave one whole file.
    """
    folder, checksum = path.parent, path.with_suffix(".sha256")
    try:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() == checksum.read_text().strip():
            return data
    except (OSError, ValueError):  # not there yet, or a checksum that is no text
        pass
    data = build()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(path, data)
        _replace(checksum, hashlib.sha256(data).hexdigest().encode())
    except OSError as error:
        raise StorageError(
            f"모델을 저장할 수 없습니다: {folder} ({error.strerror}). GEUNGEO_CACHE를 쓸 수 있는 폴더로 정하세요.",
            f"cannot store the model in {folder} ({error.strerror}). Set GEUNGEO_CACHE to a writable folder.",
        ) from error
    return data


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def build_model(weights: Weights, *, quantize: bool = True) -> "onnx.ModelProto":
    """``embeddings`` (batch, tokens, hidden) float32 and ``mask`` (batch, tokens) int32 to ``hidden``.

    ``quantize=False`` keeps float32: the reference that quantisation is measured against.
    """
    from onnx import TensorProto, helper

    graph = _Graph(quantize=quantize)
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


class _Graph:
    """Collects nodes and constants; every value has a name."""

    def __init__(self, *, quantize: bool) -> None:
        self.quantize = quantize
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._quantized: set[str] = set()
        if quantize:
            self.constant("last_axis", np.array([-1], dtype=np.int64))
            self.constant("row_step", np.array(1 / _ROW_LIMIT, dtype=np.float32))
            self.constant("one", np.array(1, dtype=np.float32))
            self.constant("middle", np.array(128, dtype=np.uint8))

    def constant(self, name: str, values: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]") -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, operator: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:  # noqa: ANN401  (what ONNX takes)
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [output], domain=domain, **attributes))
        return output

    def linear(self, source: str, name: str, weight: "np.ndarray[tuple[int, int], np.dtype[np.float32]]",
               bias: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> str:  # fmt: skip
        """``source @ weight.T + bias``; weight is (out, in)."""
        if self.quantize:
            product = self._integer_product(source, name, weight)
        else:
            product = self.node("MatMul", [source, self.constant(f"{name}.w", weight.T)], f"{name}.product")
        return self.node("Add", [product, self.constant(f"{name}.b", bias)], f"{name}.out")

    def _integer_product(
        self, source: str, name: str, weight: "np.ndarray[tuple[int, int], np.dtype[np.float32]]"
    ) -> str:
        steps = np.abs(weight).max(axis=1) / _WEIGHT_LIMIT
        quantized = np.round(weight / steps[:, None]).astype(np.int8)
        inputs = [
            self._quantize_rows(source),
            self.constant(f"{name}.w", quantized.T),
            "one",
            self.constant(f"{name}.step", (steps / _ROW_LIMIT).astype(np.float32)),
            "middle",
            self.constant(f"{name}.zero", np.zeros(len(weight), dtype=np.int8)),
        ]
        scaled = self.node("MatMulIntegerToFloat", inputs, f"{name}.scaled", _MICROSOFT)
        return self.node("Mul", [scaled, f"{source}.peak"], f"{name}.product")

    def _quantize_rows(self, source: str) -> str:
        """Each token's row to uint8 around 128, in steps of its own peak / 127; once for all that read it."""
        if source not in self._quantized:
            self._quantized.add(source)
            magnitude = self.node("Abs", [source], f"{source}.magnitude")
            peak = self.node("ReduceMax", [magnitude, "last_axis"], f"{source}.peak", keepdims=1)
            unit = self.node("Div", [source, peak], f"{source}.unit")
            self.node("QuantizeLinear", [unit, "row_step", "middle"], f"{source}.int8")
        return f"{source}.int8"


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
    def matrix(*names: str) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
        return np.concatenate([weights.matrices[prefix + name].dequantize() for name in names])

    def vector(*names: str) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
        return np.concatenate([weights.vectors[prefix + name] for name in names])

    def add_and_norm(update: str, name: str) -> str:
        constants = [graph.constant(f"{prefix}{name}.{part}", vector(f"{name}.{part}")) for part in "wb"]
        inputs = [update, state, *constants]
        return graph.node(
            "SkipLayerNormalization", inputs, f"{prefix}{name}.state", _MICROSOFT, epsilon=weights.epsilon
        )

    joined = graph.linear(state, f"{prefix}qkv", matrix("q.w", "k.w", "v.w"), vector("q.b", "k.b", "v.b"))
    parts = [f"{prefix}{part}" for part in ("query", "key", "value")]
    _split(graph, joined, parts)
    attended = graph.node(
        "MultiHeadAttention", [*parts, "", "mask"], f"{prefix}attended", _MICROSOFT, num_heads=weights.heads
    )
    state = add_and_norm(graph.linear(attended, f"{prefix}ao", matrix("ao.w"), vector("ao.b")), "aln")
    inner = graph.linear(state, f"{prefix}fi", matrix("fi.w"), vector("fi.b"))
    active = graph.node("Gelu", [inner], f"{prefix}active", _MICROSOFT)
    return add_and_norm(graph.linear(active, f"{prefix}fo", matrix("fo.w"), vector("fo.b")), "oln")


def _split(graph: _Graph, source: str, outputs: list[str]) -> None:
    from onnx import helper

    graph.nodes.append(helper.make_node("Split", [source, "thirds"], outputs, axis=2))

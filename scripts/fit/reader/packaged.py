"""The reader that travels with the package as weights to train on from, where nobody has its last checkpoint."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch

from scripts.fit.answers import ROOT

GRAPH, HEADS = ROOT / "rag/data/reader.onnx", ROOT / "rag/data/reader.npz"
_LINEAR = "MatMulIntegerToFloat"


def packaged_state(graph: bytes, heads: Mapping[str, npt.NDArray[np.float32]]) -> dict[str, torch.Tensor]:
    """Return the state of :class:`scripts.fit.reader.model.Reader` that ``graph`` was exported from, rounded to int8.

    graph: ``rag/data/reader.onnx``. heads: the arrays of ``rag/data/reader.npz``.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load_model_from_string(graph).graph
    constants = {each.name: numpy_helper.to_array(each) for each in model.initializer}
    state = {
        f"{part}.{kind}": heads[f"{part}.{kind}"]
        for part in ("sentence", "null", "edges")
        for kind in ("weight", "bias")
    }
    state |= {"positions": constants["positions"], "norm.weight": constants["norm.w"], "norm.bias": constants["norm.b"]}
    for node in model.node:
        if node.op_type == _LINEAR:
            name = node.output[0].removesuffix(".out")
            factors = constants[f"{node.input[2].removesuffix('.step')}.factors"]
            steps = constants[f"{name}.step"]
            state[f"{_named(name)}.weight"] = constants[f"{name}.w"].T.astype(np.float32) * steps[:, None] * factors
            state[f"{_named(name)}.bias"] = constants[f"{name}.b"]
        elif node.op_type == "LayerNormalization" and node.output[0] != "state":
            name = node.output[0].removesuffix(".state")
            state |= {f"{_named(name)}.weight": constants[f"{name}.w"], f"{_named(name)}.bias": constants[f"{name}.b"]}
    return {name: torch.from_numpy(np.array(values, dtype=np.float32)) for name, values in state.items()}


def _named(name: str) -> str:
    """Return what the model calls a part of the graph: ``l0.qkv`` is ``layers.0.qkv``."""
    layer, _, part = name.partition(".")
    return f"layers.{layer.removeprefix('l')}.{part}"

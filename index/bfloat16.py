"""Passes in bfloat16 by OpenVINO, where it is installed and the processor multiplies bfloat16 tiles itself (AMX).

On such a processor they are quicker than int8 ones, for nothing between the products is a pass of its own, and their
vectors lie nearer to float32's (docs/performance.md). It is the float32 graph of :mod:`index.onnx_model`
either way, so an index answers alike whichever made its vectors.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.onnx_model import build_model
from index.weights import Weights

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Pass = Callable[[Mapping[str, "npt.NDArray[Any]"]], "npt.NDArray[np.float32]"]  # embeddings and mask to hidden
_PROCESSOR = Path("/proc/cpuinfo")
_FEATURE = "amx_bf16"


def has_bfloat16_tiles(processor: Path = _PROCESSOR) -> bool:
    """Whether the processor says so; where there is no such file to read, it is taken not to."""
    try:
        lines = processor.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(_FEATURE in line.split() for line in lines if line.startswith("flags"))


def open_bfloat16(weights: Weights, threads: int) -> Pass | None:
    """What makes a pass; None where OpenVINO or the processor's part is missing, or OpenVINO cannot do it."""
    if not has_bfloat16_tiles():
        return None
    # openvino tells its maker of every import unless this package is missing; nothing may leave the machine
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import openvino

        model = openvino.Core().read_model(build_model(weights, quantize=False).SerializeToString())
        settings = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
        request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
    except (ImportError, RuntimeError):
        return None

    def run(feeds: Mapping[str, "npt.NDArray[Any]"]) -> "npt.NDArray[np.float32]":
        hidden: npt.NDArray[np.float32] = request.infer(dict(feeds))["hidden"]
        return hidden.copy()  # the request's own memory is written over by the next pass

    return run

"""How fast this machine multiplies, and where a pass of the packaged encoder spends its time.

    python -m scripts.bench.encoder_limits peak       # the most multiply-adds a second: int8 and float32, by ONNX Runtime
    python -m scripts.bench.encoder_limits account    # 16 passes of 128 tokens, operator by operator

``scripts/bench/encoder.py`` runs both beside the engines it compares. The peak is of single matrix products, of the
model's own shapes and of a large square one, their inputs ready in memory: no encoder reaches it, for it also
normalises, attends, quantises and reads its inputs.
"""

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.encoders.base import EncoderInput
from index.encoders.bundled import BundledEncoder
from scripts.bench.common import THREADS
from scripts.bench.encoder import equal_passages

HIDDEN, FEED_FORWARD, LAYERS = 384, 1536, 12
TOKENS, BATCH = 128, 16
SHAPES = (  # rows, inner, columns: the model's own over 16 x 128 tokens, then a large one
    (TOKENS * BATCH, HIDDEN, 3 * HIDDEN),
    (TOKENS * BATCH, HIDDEN, HIDDEN),
    (TOKENS * BATCH, HIDDEN, FEED_FORWARD),
    (TOKENS * BATCH, FEED_FORWARD, HIDDEN),
    (2048, 2048, 2048),
)
SECONDS = 1.0  # of each product


def weight_products(tokens: int) -> int:
    """Multiply-adds of a passage's products with weights: the int8 ones."""
    return tokens * LAYERS * (4 * HIDDEN * HIDDEN + 2 * HIDDEN * FEED_FORWARD)


def attention_products(tokens: int) -> int:
    """Multiply-adds of a passage's attention: float32."""
    return LAYERS * 2 * tokens * tokens * HIDDEN


def best_rate(run: Callable[[], object], products: int, seconds: float) -> float:
    """Multiply-adds a second of the fastest run within ``seconds``, in thousands of millions."""
    run()
    best, until = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < until:
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return round(products / best / 1e9, 1)


def measure_peak(seconds: float = SECONDS) -> dict[str, dict[str, float]]:
    """Return thousands of millions of multiply-adds a second on all cores, by kind and shape."""
    rates: dict[str, dict[str, float]] = {"int8": {}, "float32": {}}
    for rows, inner, columns in SHAPES:
        for kind in rates:
            run = _product(kind, rows, inner, columns)
            rates[kind][f"{rows}x{inner}x{columns}"] = best_rate(run, rows * inner * columns, seconds)
    return rates


def _product(kind: str, rows: int, inner: int, columns: int) -> Callable[[], object]:
    """Return what does one product of ready inputs by ONNX Runtime, weights constant as an encoder's are."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(7)
    if kind == "int8":
        left: Any = random.integers(0, 255, (rows, inner)).astype(np.uint8)
        right: Any = random.integers(-63, 63, (inner, columns)).astype(np.int8)
        node = helper.make_node("MatMulInteger", ["left", "right", "middle"], ["product"])
        types = TensorProto.UINT8, TensorProto.INT32
    else:
        left = random.standard_normal((rows, inner)).astype(np.float32)
        right = random.standard_normal((inner, columns)).astype(np.float32)
        node = helper.make_node("MatMul", ["left", "right"], ["product"])
        types = TensorProto.FLOAT, TensorProto.FLOAT
    constants = [numpy_helper.from_array(right, "right"), numpy_helper.from_array(np.array(128, np.uint8), "middle")]
    graph = helper.make_graph(
        [node],
        "product",
        [helper.make_tensor_value_info("left", types[0], [rows, inner])],
        [helper.make_tensor_value_info("product", types[1], [rows, columns])],
        constants if kind == "int8" else constants[:1],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"left": left})


class _Timed(BundledEncoder):
    """Counts the time inside the session."""

    inside = 0.0

    def _passage_states(self, ids: Sequence[int]) -> Any:  # noqa: ANN401  (as the encoder's own)
        start = time.perf_counter()
        states = super()._passage_states(ids)
        self.inside += time.perf_counter() - start
        return states


class _Profiled(BundledEncoder):
    """Writes down what each operator took."""

    def _options(self) -> Any:  # noqa: ANN401  (onnxruntime has no types)
        options = super()._options()
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(tempfile.mkdtemp()) / "pass")
        return options

    def shares(self) -> dict[str, float]:
        """Return each operator's share of all that they took since the session was made, the greatest first."""
        events = json.loads(Path(self._passage_session.end_profiling()).read_text("utf-8"))
        found: dict[str, float] = defaultdict(float)
        for event in events:
            if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
                found[event["args"]["op_name"]] += event["dur"]
        return {name: found[name] / sum(found.values()) for name in sorted(found, key=lambda name: -found[name])}


def measure_account(cache: Path, texts: list[str], rounds: int = 20) -> dict[str, Any]:
    """Milliseconds by operator, and outside the session (tokenizer, pooling), one pass after the other on one core.

    The time inside the session is divided as operators divided it in another one, which wrote it down.
    """
    inputs = [EncoderInput("", text, ((0, len(text)),)) for text in texts]
    timed, profiled = _Timed(cache, 1), _Profiled(cache, 1)
    timed.encode_passages(inputs)
    timed.inside = 0.0
    started = time.perf_counter()
    for _ in range(rounds):
        timed.encode_passages(inputs)
    whole = 1000 * (time.perf_counter() - started) / rounds
    inside = 1000 * timed.inside / rounds
    for _ in range(rounds):
        profiled.encode_passages(inputs)
    return {
        "pass": f"{len(texts)} passes of {TOKENS} tokens on one core",
        "whole_ms": round(whole, 1),
        "by_operator_ms": {name: round(share * inside, 2) for name, share in profiled.shares().items()},
        "outside_the_session_ms": round(whole - inside, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("peak", "account"))
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="for the model's graph")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each product of ``peak``")
    parser.add_argument("--rounds", type=int, default=20, help="of ``account``")
    arguments = parser.parse_args()
    if arguments.what == "peak":
        print(json.dumps(measure_peak(arguments.seconds)))
        return
    print(json.dumps(measure_account(arguments.folder, equal_passages(BATCH), arguments.rounds)))


if __name__ == "__main__":
    main()

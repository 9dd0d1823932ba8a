"""How the packaged encoder is best run here: passes side by side or all cores at one, and questions that wait together.

    python -m scripts.bench.encoder_settings [--seconds 4] [--rounds 3]

``passes``: passages of natural length a second (the paragraphs of the seeds, twice over), so many at a time, each on so
many cores. ``question``: milliseconds and processor milliseconds of a short question, asked back to back and after a
pause, alone and beside a process that keeps one core busy, on one core or all, with threads that spin while they wait
and without. ``together``: short questions a second when so many share one pass. Settings take turns within each round.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from index.encoders.base import EncoderInput
from index.encoders.bundled import BundledEncoder
from rag.settings import load_settings
from scripts.bench.common import THREADS, milliseconds, write_record
from scripts.bench.encoder import QUESTION, paragraphs

SIDE_BY_SIDE = (1, THREADS, 2 * THREADS)
TOGETHER = (1, 2, 4, 8, 16)
PAUSE = 0.05  # seconds between questions that come now and then


class Encoder(BundledEncoder):
    """So many passes at a time, each on so many cores, with threads that spin or not."""

    def __init__(self, cache: Path, side_by_side: int = 1, cores: int = 1, *, spinning: bool = False) -> None:
        super().__init__(cache, side_by_side)
        self._cores, self._spinning = cores, spinning

    def _options(self) -> Any:  # noqa: ANN401  (onnxruntime has no types)
        options = super()._options()
        options.intra_op_num_threads = self._cores
        options.add_session_config_entry("session.intra_op.allow_spinning", str(int(self._spinning)))
        return options


def passes(cache: Path, rounds: int, most: int | None, side_by_side: Sequence[int]) -> dict[str, dict[str, float]]:
    """Passages a second, medians over the rounds, by cores a pass and passes side by side."""
    inputs = [EncoderInput("", text, ()) for text in paragraphs(most) * 2]
    kinds = {
        "one core a pass": (1, False),
        "all cores, sleeping": (THREADS, False),
        "all cores, spinning": (THREADS, True),
    }
    encoders = {
        (kind, count): Encoder(cache, count, cores, spinning=spinning)
        for (kind, (cores, spinning)), count in itertools.product(kinds.items(), side_by_side)
    }
    found: dict[tuple[str, int], list[float]] = {key: [] for key in encoders}
    for _ in range(rounds):
        for key, encoder in encoders.items():
            encoder.encode_passages(inputs[:16])
            start = time.perf_counter()
            encoder.encode_passages(inputs)
            found[key].append(len(inputs) / (time.perf_counter() - start))
    return {
        kind: {str(count): round(statistics.median(found[kind, count]), 1) for count in side_by_side} for kind in kinds
    }


def questions(cache: Path, seconds: float, rounds: int) -> dict[str, dict[str, float]]:
    """Return the times of a short question, by setting and circumstance."""
    settings = {
        "all cores, spinning": Encoder(cache, cores=THREADS, spinning=True),
        "all cores, sleeping": Encoder(cache, cores=THREADS),
        "one core": Encoder(cache),
    }
    years = itertools.count(2028)
    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(rounds):
        for (name, encoder), pause, busy in itertools.product(settings.items(), (0.0, PAUSE), (False, True)):
            with busy_core() if busy else nullcontext():
                row = _ask(encoder, years, seconds, pause)
            key = f"{name}, {'now and then' if pause else 'back to back'}, {'beside a busy core' if busy else 'alone'}"
            for figure, value in row.items():
                found.setdefault(key, {}).setdefault(figure, []).append(value)
    return {
        key: {figure: round(statistics.median(values), 2) for figure, values in row.items()}
        for key, row in found.items()
    }


def _ask(encoder: Encoder, years: Iterator[int], seconds: float, pause: float) -> dict[str, float]:
    def run() -> None:
        encoder.encode_queries([QUESTION.format(next(years))])

    run()
    times, processor, until = [], time.process_time(), time.perf_counter() + seconds
    while time.perf_counter() < until:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
        time.sleep(pause)
    spent = 1000 * (time.process_time() - processor) / len(times)
    return {**milliseconds(times), "cpu_ms": spent}


@contextmanager
def busy_core() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def together(cache: Path, seconds: float) -> dict[str, float]:
    """Questions a second, so many to a pass."""
    encoder = Encoder(cache)
    encoder.warm()
    years, found = itertools.count(2028), {}
    for count in TOGETHER:
        done, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            texts = [f"query: {QUESTION.format(next(years))}" for _ in range(count)]
            encoder._states([tokens.ids for tokens in encoder.tokenizer.encode(texts)])
            done += count
        found[str(count)] = round(done / (time.perf_counter() - start), 1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side-by-side", type=int, nargs="+", default=SIDE_BY_SIDE, help="passes at a time")
    parser.add_argument("--paragraphs", type=int, help="only the first so many of the seeds")
    parser.add_argument("--out", type=Path, help="instead of docs/results/performance")
    arguments = parser.parse_args()
    before, cache = os.getloadavg()[0], load_settings().cache
    content = {
        "passes": passes(cache, arguments.rounds, arguments.paragraphs, arguments.side_by_side),
        "question": questions(cache, arguments.seconds, arguments.rounds),
        "together": together(cache, arguments.seconds),
    }
    write_record("encoder-settings", before, content, arguments.out)
    print(json.dumps(content, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()

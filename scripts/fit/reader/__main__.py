"""Train the reader that chooses the answering sentence, says that none answers, and marks the value. Needs torch.

    python -m scripts.fit.reader train --work FOLDER [--minutes 90] [--layers 6] [--packaged]
    python -m scripts.fit.reader export --work FOLDER
    python -m scripts.fit.reader join --work FOLDER
    python -m scripts.fit.reader report --work FOLDER

FOLDER is where ``scripts.fit.answers collect`` keeps what it found. ``train`` may be interrupted and goes on from what it
kept last; with ``--packaged`` a folder without any begins with the reader of the package. ``export`` writes
``rag/data/reader.onnx`` and its heads; ``join`` grows ``rag/data/joined.npz``, which makes one of both opinions; ``report`` reads the test splits, which nobody fits on. ``--limit`` makes a smoke run.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scripts.fit.answers import ROOT
from scripts.fit.reader.questions import JOIN, TEST, TRAIN
from scripts.fit.reader.training import WINDOWS, load_trees, open_material, train


def main() -> None:
    steps = {"train": train_reader, "export": export_reader, "join": join_opinions, "report": report_test}
    options = parse(tuple(steps))
    steps[options.what](options)


def parse(steps: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=steps)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=1 << 30, help="questions of a part, at most: a smoke run")
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--packaged", action="store_true", help="begin with the reader of the package, not the encoder")
    parser.add_argument(
        "--new",
        nargs="*",
        default=(),
        help="folders of the train split that no sitting has read yet, such as fourth/wi2",
    )
    parser.add_argument("--windows", type=int, default=WINDOWS)
    parser.add_argument("--checkpoint", type=Path, help="another than the last of this training")
    return parser.parse_args()


def train_reader(options: argparse.Namespace) -> None:
    train(
        options.data, options.work, layers=options.layers, minutes=options.minutes, rounds=options.rounds,
        limit=options.limit, packaged=options.packaged, new=options.new,
    )  # fmt: skip


def export_reader(options: argparse.Namespace) -> None:
    from scripts.fit.reader.export import export

    material = open_material(options.data, options.work, TRAIN[:1], options.limit)
    export(material, options.checkpoint or options.work / f"reader-{options.layers}.safetensors", options.layers)


def join_opinions(options: argparse.Namespace) -> None:
    from scripts.fit.reader.joining import join

    trees, usual = load_trees()
    join(open_material(options.data, options.work, JOIN, options.limit), trees, usual, options.windows)


def report_test(options: argparse.Namespace) -> None:
    from scripts.fit.reader.measuring import report

    trees, usual = load_trees()
    material = open_material(options.data, options.work, TEST, options.limit)
    with np.load(ROOT / "rag/data/answers.npz") as kept:
        threshold = float(kept["threshold"])
    report(material, trees, usual, threshold, options.windows)


if __name__ == "__main__":
    main()

"""Fit index/data/word_basis.npz: mean and main components of word states over public Korean text.

    python scripts/fit_word_basis.py --data ../shared/data --cache FOLDER

Uses no questions and no answers, only the words of passages.
"""

import argparse
import gzip
import json
import random
from pathlib import Path

import numpy as np

from index.bundled_encoder import BundledEncoder, _pool_spans
from index.sentences import SentenceSplitter
from index.terms import match_tokens
from index.word_basis import WORD_DIM

ROOT = Path(__file__).parents[1]
SETS = ("autorag_ko_embed", "easylaw_senior_qa", "korquad1", "welfare_qa")
TEXT_CHARACTERS = 300


def sample(data: Path, count: int) -> list[str]:
    """The beginnings of ``count`` documents of each set and of the law corpus, seeded."""
    texts: list[str] = []
    for path in [*(data / name / "corpus.jsonl" for name in SETS), data / "easylaw/corpus.jsonl.gz"]:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
            lines = list(file)
        random.Random(7).shuffle(lines)
        texts += [json.loads(line)["text"][:TEXT_CHARACTERS] for line in lines[:count]]
    return texts


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--count", type=int, default=150)
    options = parser.parse_args()
    encoder, splitter = BundledEncoder(options.cache), SentenceSplitter()
    words = []
    for text in sample(options.data, options.count):
        (tokens,) = encoder._tokenizer.encode(["passage: " + text])
        tokens = tokens.cut(encoder.max_tokens)
        states = encoder._states([tokens.ids])[0]
        spans = [(token.start, token.end) for token in match_tokens(splitter.tokenize(text))]
        if spans:
            words.append(_pool_spans(states, tokens.middles - len("passage: "), spans))
    states = np.concatenate(words)
    unit = states / np.linalg.norm(states, axis=1, keepdims=True)
    mean = unit.mean(axis=0)
    _, values, components = np.linalg.svd(unit - mean, full_matrices=False)
    kept = (values[:WORD_DIM] ** 2).sum() / (values**2).sum()
    target = ROOT / "index/data/word_basis.npz"
    target.parent.mkdir(exist_ok=True)
    np.savez_compressed(target, mean=mean.astype(np.float16), components=components[:WORD_DIM].T.astype(np.float16))
    print(f"{len(states)} words; {WORD_DIM} components keep {kept:.3f} of the variance")


if __name__ == "__main__":
    main()

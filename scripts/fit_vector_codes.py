"""Fit index/data/vector_codes.npz: how the database writes the packaged encoder's vectors in few bytes.

    python scripts/fit_vector_codes.py ARTICLES... --cache FOLDER [--keep VECTORS.npz]

ARTICLES are files as ``geungeo index`` takes them, of kinds as different as there are; some of each, drawn at random,
are embedded. Uses no questions. The packaged codes are of ``easylaw``, ``scale`` and ``kobest_boolq`` of ../shared/data;
the sets of docs/evaluation.md were left out.
"""

import argparse
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np

from index.articles import Article
from index.bundled_encoder import BundledEncoder
from index.codings import PLAIN, by_parts
from index.encoder import EncoderInput, PassageVectors, Vectors
from index.ingest import Ingestor
from index.readers import read_articles
from index.sentences import SentenceSplitter

ROOT = Path(__file__).parents[1]
SEED = 7
WORD_BYTES = 24
# Standard deviations that a byte spans to either side: recall@10 over 15,007 easylaw passages .979; at 5, .977.
SPREAD = 4.0
NAMES = ("passages", "sentences", "words", "owners")
RIDGE = 1.0  # on a quarter of a million words and more it only keeps the solution stable
_ROUNDS = 25


class Recorder(BundledEncoder):
    """Keeps what it was asked for and what it gave."""

    kept: list[tuple[EncoderInput, PassageVectors]]

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        found = super().encode_passages(inputs)
        self.kept += zip(inputs, found, strict=True)
        return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("articles", type=Path, nargs="*")
    parser.add_argument("--characters", type=int, default=420_000, help="of each file")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--keep", type=Path, help="vectors to begin with; where there is no such file they go there")
    parser.add_argument("--out", type=Path, default=ROOT / "index/data/vector_codes.npz")
    options = parser.parse_args()
    if options.keep and options.keep.exists():
        passages, sentences, words, owners = (np.load(options.keep)[name] for name in NAMES)
    else:
        passages, sentences, words, owners = embedded(options.articles, options.characters, options.cache)
    if options.keep:
        np.savez(options.keep, **dict(zip(NAMES, (passages, sentences, words, owners), strict=True)))
    fitted = fit(passages, sentences, words, owners)
    np.savez_compressed(options.out, encoder=np.array(BundledEncoder.fingerprint), **fitted)
    counts = f"{len(passages)} passages, {len(sentences)} sentences, {len(words)} words"
    print(f"{counts}; {options.out.stat().st_size} bytes")


def fit(passages: Vectors, sentences: Vectors, words: Vectors, owners: "np.ndarray") -> "dict[str, np.ndarray]":
    """Everything of :class:`index.codings.PackagedCoding`."""
    spread = SPREAD * passages.std(axis=0)
    read = PLAIN.decode_sentences(PLAIN.encode_sentences(sentences), len(sentences))[owners]
    expected = np.linalg.solve(read.T @ read + RIDGE * np.eye(read.shape[1]), read.T @ words).astype(np.float16)
    return {
        "expected": expected,
        "words": centroids(words - read @ expected.astype(np.float32), WORD_BYTES).astype(np.float16),
        "low": passages.mean(axis=0) - spread,
        "step": 2 * spread / 255,
    }


def embedded(files: Sequence[Path], characters: int, cache: Path) -> "tuple[np.ndarray, ...]":
    """The vectors of passages, sentences and words of so many characters of each file, and the words' sentences."""
    encoder = Recorder(cache)
    encoder.kept = []
    with tempfile.TemporaryDirectory() as folder:
        Ingestor(Path(folder), encoder, SentenceSplitter()).ingest(
            article for path in files for article in drawn(path, characters)
        )
    owners, held = [], 0
    for item, _ in encoder.kept:
        starts = [start for start, _ in item.sentences]
        owners += [held + int(np.searchsorted(starts, start, "right")) - 1 for start, _ in item.words]
        held += len(starts)
    return (
        np.stack([found.passage for _, found in encoder.kept]),
        np.concatenate([found.sentences for _, found in encoder.kept]),
        np.concatenate([found.words for _, found in encoder.kept if len(found.words)]),
        np.array(owners),
    )


def drawn(path: Path, characters: int) -> list[Article]:
    articles = [one for one in read_articles([path]) if isinstance(one, Article)]
    random.Random(SEED).shuffle(articles)
    ends = np.cumsum([len(one.text) for one in articles])
    return articles[: int(np.searchsorted(ends, characters)) + 1]


def centroids(vectors: Vectors, parts: int) -> Vectors:
    """(parts, 256, width)."""
    ordered = by_parts(vectors, parts)
    quantizer = faiss.ProductQuantizer(ordered.shape[1], parts, 8)
    quantizer.cp.niter, quantizer.cp.seed = _ROUNDS, SEED
    quantizer.train(ordered)
    return faiss.vector_to_array(quantizer.centroids).reshape(quantizer.M, quantizer.ksub, quantizer.dsub)


if __name__ == "__main__":
    main()

"""Fit index/data/vector_codes.npz: how the database writes the packaged encoder's vectors in few bytes.

    python -m scripts.fit.vector_codes ARTICLES... --cache FOLDER [--keep VECTORS.npz]

ARTICLES are files as ``geungeo index`` takes them, of kinds as different as there are; some of each, drawn at random,
are embedded. Uses no questions. The packaged codes are of ``easylaw``, ``scale`` and ``kobest_boolq`` of ../shared/data;
the other sets of docs/evaluation.md were left out.
"""

import argparse
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np

from index.articles import Article
from index.encoders.base import EncoderInput, PassageVectors, Vectors
from index.encoders.bundled import BundledEncoder
from index.ingest import Ingestor
from index.korean.sentences import SentenceSplitter
from index.reading.readers import read_articles
from index.store.vector_codecs import Scale, by_parts

ROOT = Path(__file__).parents[2]
SEED = 7
SENTENCE_BYTES = 32
# Standard deviations that seven bits span to either side: recall@10 over 30,650 passages .987; at 3.2 and 3.8, .983 (scratch).
SPREAD = 3.4
HIGHEST = 127
NAMES = ("passages", "sentences", "owners")
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
        with np.load(options.keep) as kept:
            passages, sentences, owners = (kept[name] for name in NAMES)
    else:
        passages, sentences, owners = embedded(options.articles, options.characters, options.cache)
    if options.keep:
        np.savez(options.keep, **dict(zip(NAMES, (passages, sentences, owners), strict=True)))
    scale = fit_scale(passages)
    fitted = fit(scale.decode(scale.encode(passages))[owners], sentences)
    encoder = np.array(BundledEncoder.fingerprint)
    arrays = {"encoder": encoder, "low": scale.low, "step": scale.step, **fitted}
    np.savez_compressed(options.out, allow_pickle=False, **arrays)
    print(f"{len(passages)} passages, {len(sentences)} sentences; {options.out.stat().st_size} bytes")


def fit_scale(passages: Vectors) -> Scale:
    spread = SPREAD * passages.std(axis=0)
    return Scale(passages.mean(axis=0) - spread, 2 * spread / HIGHEST, HIGHEST)


def fit(passages: Vectors, sentences: Vectors) -> "dict[str, np.ndarray]":
    """Return all arrays of :class:`index.store.vector_codecs.PackagedCoding` but the scale.

    ``passages``: those the sentences stand in.
    """
    rest = sentences - passages
    offset = rest.mean(axis=0).astype(np.float16)
    rest -= offset
    _, vectors = np.linalg.eigh(rest.T @ rest)
    basis = vectors[:, ::-1].astype(np.float16)
    return {"offset": offset, "basis": basis, "rest": centroids(rest @ basis.astype(np.float32), SENTENCE_BYTES)}


def embedded(files: Sequence[Path], characters: int, cache: Path) -> "tuple[np.ndarray, ...]":
    """Return the vectors of passages and sentences of so many characters of each file, and the sentences' passages."""
    encoder = Recorder(cache)
    encoder.kept = []
    with tempfile.TemporaryDirectory() as folder:
        Ingestor(Path(folder), encoder, SentenceSplitter()).ingest(
            article for path in files for article in drawn(path, characters)
        )
    return (
        np.stack([vectors.passage for _, vectors in encoder.kept]),
        np.concatenate([vectors.sentences for _, vectors in encoder.kept]),
        np.repeat(np.arange(len(encoder.kept)), [len(vectors.sentences) for _, vectors in encoder.kept]),
    )


def drawn(path: Path, characters: int) -> list[Article]:
    articles = [article for article in read_articles([path]) if isinstance(article, Article)]
    random.Random(SEED).shuffle(articles)
    ends = np.cumsum([len(article.text) for article in articles])
    return articles[: int(np.searchsorted(ends, characters)) + 1]


def centroids(vectors: Vectors, parts: int) -> Vectors:
    """Return the centroids of each part, (parts, 256, width)."""
    ordered = by_parts(vectors, parts, vectors.shape[1] // parts)
    quantizer = faiss.ProductQuantizer(ordered.shape[1], parts, 8)
    quantizer.cp.niter, quantizer.cp.seed = _ROUNDS, SEED
    quantizer.train(ordered)
    found = faiss.vector_to_array(quantizer.centroids).reshape(quantizer.M, quantizer.ksub, quantizer.dsub)
    return found.astype(np.float16)


if __name__ == "__main__":
    main()

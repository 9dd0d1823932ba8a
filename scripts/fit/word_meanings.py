"""Fit index/data/word_meanings.npz: what words mean in context, and what can be expected of it beforehand.

    python -m scripts.fit.word_meanings ARTICLES... --cache FOLDER [--keep STATES.npz]

ARTICLES are files as ``geungeo index`` takes them; some of each, drawn at random, are embedded. Uses no questions. The
packaged ones are of ``easylaw``, ``scale`` and ``kobest_boolq`` of ../shared/data; the other sets of docs/evaluation.md
were left out.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.encoders.base import EncoderInput, PassageVectors
from index.encoders.bundled import BundledEncoder, pool_spans
from index.encoders.word_meanings import WORD_DIM, embedded_words
from index.ingest import Ingestor
from index.korean.sentences import SentenceSplitter
from index.korean.terms import is_content, search_key
from scripts.fit.vector_codes import drawn

ROOT = Path(__file__).parents[2]
RIDGE = 1.0  # on a quarter of a million words it only keeps the solution stable
HELD_BACK = 10  # every tenth passage tells how well the others foretell it
NAMES = ("states", "sentences", "owners", "words")
Array = np.ndarray[Any, Any]


class Recorder(BundledEncoder):
    """Keeps the states of the content words of every passage, the vectors of their sentences and the words themselves."""

    def __init__(self, cache: Path, splitter: SentenceSplitter) -> None:
        super().__init__(cache)
        self._splitter = splitter
        self.states: list[Array] = []
        self.sentences: list[Array] = []
        self.owners: list[int] = []
        self.words: list[str] = []

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        found = super().encode_passages(inputs)
        for item, vectors in zip(inputs, found, strict=True):
            spans, before = [], sum(map(len, self.sentences))
            for place, (start, end) in enumerate(item.sentences):
                for token in filter(is_content, self._splitter.tokenize(item.text[start:end])):
                    if token.end > token.start:
                        spans.append((start + token.start, start + token.end))
                        self.owners.append(before + place)
                        self.words.append(search_key(token.form).strip())
            self.sentences.append(vectors.sentences)
            self.states.append(pool_spans(*self.read_passage_states(item), spans).astype(np.float16))
        return found


def recorded(files: Sequence[Path], characters: int, cache: Path) -> dict[str, Array]:
    splitter = SentenceSplitter()
    encoder = Recorder(cache, splitter)
    with tempfile.TemporaryDirectory() as folder:
        Ingestor(Path(folder), encoder, splitter).ingest(
            article for path in files for article in drawn(path, characters)
        )
    values = (
        np.concatenate(encoder.states),
        np.concatenate(encoder.sentences),
        np.array(encoder.owners),
        np.array(encoder.words),
    )
    return dict(zip(NAMES, values, strict=True))


def fit(states: Array, sentences: Array, owners: Array, embedded: Array, dim: int) -> dict[str, Array]:
    """Return all arrays of :class:`index.encoders.word_meanings.WordMeanings`; ``embedded`` (n, hidden): the words without context."""
    unit = states.astype(np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    mean = unit.mean(axis=0)
    values, vectors = np.linalg.eigh((unit - mean).T @ (unit - mean))
    components = vectors[:, ::-1][:, :dim].astype(np.float16)
    print(f"{len(states)} words; {dim} components keep {values[::-1][:dim].sum() / values.sum():.3f} of the variance")
    meanings = (unit - mean) @ components.astype(np.float32)
    meanings /= np.linalg.norm(meanings, axis=1, keepdims=True)
    known = np.concatenate([embedded, sentences[owners], np.ones((len(states), 1), dtype=np.float32)], axis=1)
    learnt = np.arange(len(known)) // 1_000 % HELD_BACK > 0
    solution = _solved(known[learnt], meanings[learnt])
    expected = known[~learnt] @ solution
    left = ((meanings[~learnt] - expected) ** 2).sum(axis=1).mean()
    cosine = (expected * meanings[~learnt]).sum(axis=1) / np.linalg.norm(expected, axis=1)
    print(
        f"of words held back {left:.3f} of the variance is not foretold; cosine to what is foretold {cosine.mean():.3f}"
    )
    solution, width = _solved(known, meanings), embedded.shape[1]
    return {
        "mean": mean.astype(np.float16),
        "components": components,
        "of_word": solution[:width].astype(np.float16),
        "of_sentence": solution[width:-1].astype(np.float16),
        "constant": solution[-1].astype(np.float16),
    }


def _solved(known: Array, wanted: Array) -> Array:
    solution: Array = np.linalg.solve(known.T @ known + RIDGE * np.eye(known.shape[1]), known.T @ wanted)
    return solution


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path, nargs="*")
    parser.add_argument("--characters", type=int, default=420_000, help="of each file")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--keep", type=Path, help="states to begin with; where there is no such file they go there")
    parser.add_argument("--dim", type=int, default=WORD_DIM)
    parser.add_argument("--out", type=Path, default=ROOT / "index/data/word_meanings.npz")
    options = parser.parse_args()
    if options.keep and options.keep.exists():
        with np.load(options.keep) as kept:
            found = {name: kept[name] for name in NAMES}
    else:
        found = recorded(options.articles, options.characters, options.cache)
    if options.keep:
        np.savez(options.keep, **found)
    words, places = np.unique(found["words"], return_inverse=True)
    embedded = embedded_words(
        BundledEncoder(options.cache).tokenizer, BundledEncoder(options.cache).embeddings, words.tolist()
    )
    fitted = fit(found["states"], found["sentences"], found["owners"], embedded[places], options.dim)
    np.savez_compressed(options.out, allow_pickle=False, **fitted)
    print(f"{options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()

"""How many passages hold each word and each pair of letters: what a node keeps of the words, eight bytes for each."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.errors import CorruptIndexError
from index.search.milvus.weights import Weights


def count_terms(passages: Iterable[Weights]) -> npt.NDArray[np.uint32]:
    """Return (2, terms) uint32: the numbers in order, and how many passages have each."""
    gathered = [np.fromiter(weights, dtype=np.uint32, count=len(weights)) for weights in passages]
    numbers, counts = np.unique(np.concatenate([np.empty(0, np.uint32), *gathered]), return_counts=True)
    return np.stack([numbers, counts.astype(np.uint32)])


def to_bytes(terms: npt.NDArray[np.uint32]) -> bytes:
    """Return them as a file."""
    file = BytesIO()
    np.save(file, terms, allow_pickle=False)
    return file.getvalue()


class Statistics:
    """Of shards that together hold each passage once."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._shards = [_opened(path) for path in files]

    def frequency(self, number: int) -> int:
        """Return how many passages have the term of this number."""
        return sum(_count(shard, number) for shard in self._shards)


def _opened(path: Path) -> npt.NDArray[np.uint32]:
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
        if found.ndim != 2 or len(found) != 2 or found.dtype != np.uint32:
            raise ValueError(path)
    except (OSError, ValueError) as error:
        raise CorruptIndexError(
            f"낱말 통계를 읽을 수 없습니다: {path}. geungeo doctor --repair로 다시 만드세요.",
            f"cannot read the statistics of words {path}. Rebuild them: geungeo doctor --repair",
        ) from error
    terms: npt.NDArray[np.uint32] = found
    return terms


def _count(terms: npt.NDArray[np.uint32], number: int) -> int:
    place = int(np.searchsorted(terms[0], np.uint32(number)))
    return int(terms[1, place]) if place < terms.shape[1] and terms[0, place] == number else 0

"""The store's passages as a Milvus takes them."""

import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from index.search.filters import date_number
from index.search.milvus.collection import Row
from index.search.milvus.expressions import key_of
from index.search.milvus.weights import Weights, passage_weights
from index.store.rows import IndexRow
from index.store.store import Store

_AT_ONCE = 5_000  # passages


def rows_of(store: Store, low: int, high: int) -> Iterator[Row]:
    """Yield the passages ``low < seq <= high``, in order."""
    seqs = store.passage_seqs()
    inside = seqs[(seqs > low) & (seqs <= high)]
    for start in range(0, len(inside), _AT_ONCE):
        some = inside[start : start + _AT_ONCE]
        bounds = int(some[0]) - 1, int(some[-1])
        _, vectors = store.vectors(*bounds)
        for row, vector in zip(store.index_rows(*bounds), vectors, strict=True):
            yield _row(row, vector)


def _row(row: IndexRow, vector: npt.NDArray[np.float32]) -> Row:
    weights = passage_weights(row)
    keys = key_of(row.article_id), key_of(row.source), key_of(row.collection)
    day = date_number(row.published_at)
    return Row(row.seq, vector, weights, keys, day, _crc(vector, weights, (*keys, str(day))))


def _crc(vector: npt.NDArray[np.float32], weights: Weights, keys: tuple[str, ...]) -> int:
    numbers = np.array(sorted(weights.items()), dtype=np.float64).astype("<f8")
    return zlib.crc32(
        " ".join(keys).encode(), zlib.crc32(numbers.tobytes(), zlib.crc32(vector.astype("<f4").tobytes()))
    )

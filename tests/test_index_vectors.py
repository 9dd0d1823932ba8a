"""FAISS against the exhaustive cosine of numpy: the same passages with the same values."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import CorruptIndexError
from index.vectors import VectorError, VectorIndex, VectorShard, require_unit_rows
from tests.fakes import hashed

DIM = 64
TEXTS = [f"{city}에서 {what} {how}." for city in ("서울", "부산", "대구") for what in ("회의가", "축제가") for how in ("열렸다", "취소됐다", "미뤄졌다")]  # fmt: skip
SEQS = np.array([7 * place + 3 for place in range(len(TEXTS))], dtype=np.int64)
VECTORS = hashed(TEXTS, DIM)
QUERY = hashed(["부산 축제"], DIM)


@pytest.fixture(scope="module")
def index() -> VectorShard:
    return VectorShard.build(SEQS, VECTORS, DIM)


def exhaustive(
    vectors: np.ndarray, seqs: np.ndarray, query: np.ndarray, allowed: set[int] | None = None
) -> dict[int, float]:
    """Every cosine, in float64: the slow twin."""
    cosines = vectors.astype(np.float64) @ query[0].astype(np.float64)
    return {
        int(seq): float(cosine) for seq, cosine in zip(seqs, cosines, strict=True) if allowed is None or seq in allowed
    }


def check(found: list[tuple[int, float]], exact: dict[int, float], k: int) -> None:
    assert len(found) == min(k, len(exact))
    assert [score for _, score in found] == pytest.approx(sorted(exact.values(), reverse=True)[:k], abs=1e-5)
    assert len({seq for seq, _ in found}) == len(found)
    for seq, score in found:
        assert score == pytest.approx(exact[seq], abs=1e-5)


@pytest.mark.parametrize("k", [1, 5, 18, 100])
def test_search_equals_exhaustive_cosine(index: VectorShard, k: int) -> None:
    check(index.search(QUERY, k), exhaustive(VECTORS, SEQS, QUERY), k)


def test_the_nearest_is_the_one_that_says_the_same(index: VectorShard) -> None:
    ((seq, score),) = index.search(hashed(["대구에서 축제가 미뤄졌다."], DIM), 1)
    assert TEXTS[(seq - 3) // 7] == "대구에서 축제가 미뤄졌다."
    assert score == pytest.approx(1.0, abs=1e-6)


@given(st.sets(st.sampled_from([*SEQS.tolist(), 0, 1, 10**12])), st.integers(1, 25), st.text(max_size=20))
def test_a_filter_is_exact_whatever_it_leaves(allowed: set[int], k: int, question: str) -> None:
    """Against a mask in numpy, unknown passages among the allowed included."""
    query = hashed([question], DIM)
    found = VectorShard.build(SEQS, VECTORS, DIM).search(query, k, np.array(sorted(allowed), dtype=np.int64))
    check(found, exhaustive(VECTORS, SEQS, query, allowed), k)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 300), st.integers(2, 96), st.integers(1, 400), st.integers(0, 2**32 - 1))
def test_search_equals_exhaustive_cosine_of_random_vectors(rows: int, dim: int, k: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    vectors = draw.standard_normal((rows + 1, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    seqs = draw.choice(10 * rows, rows, replace=False).astype(np.int64)
    allowed = {int(seq) for seq in seqs if draw.random() < 0.3}
    index = VectorShard.build(seqs, vectors[1:], dim)
    check(index.search(vectors[:1], k), exhaustive(vectors[1:], seqs, vectors[:1]), k)
    masked = index.search(vectors[:1], k, np.array(sorted(allowed), dtype=np.int64))
    check(masked, exhaustive(vectors[1:], seqs, vectors[:1], allowed), k)


def test_saved_and_loaded_answers_identically(index: VectorShard) -> None:
    loaded = VectorShard.from_bytes(index.to_bytes(), Path("vectors.faiss"))
    assert len(loaded) == len(index) == len(TEXTS)
    assert loaded.search(QUERY, 18) == index.search(QUERY, 18)
    assert loaded.search(QUERY, 5, SEQS[4:9]) == index.search(QUERY, 5, SEQS[4:9])
    assert loaded.to_bytes() == index.to_bytes()


def test_an_empty_index_is_built_saved_and_searched() -> None:
    index = VectorShard.build(np.empty(0, np.int64), np.empty((0, 0), np.float32), DIM)
    loaded = VectorShard.from_bytes(index.to_bytes(), Path("vectors.faiss"))
    assert len(loaded) == 0
    assert loaded.search(QUERY, 5) == []
    assert loaded.search(QUERY, 5, np.array([1], dtype=np.int64)) == []


@pytest.mark.parametrize("k", [0, -1])
def test_asking_for_none_gives_none(index: VectorShard, k: int) -> None:
    assert index.search(QUERY, k) == []


@pytest.mark.parametrize(
    "bad",
    [
        VECTORS.astype(np.float64),
        VECTORS.astype(np.float16),
        VECTORS[:, :-1],
        VECTORS[0],
        VECTORS[None],
        VECTORS * np.float32(1.01),
        VECTORS * np.float32(0.5),
        np.zeros((1, DIM), np.float32),
        np.full((1, DIM), np.nan, np.float32),
        np.vstack([VECTORS, 2 * VECTORS[:1]]),
    ],
    ids=["float64", "float16", "narrow", "1-d", "3-d", "long", "short", "zero", "nan", "one long"],
)
def test_what_is_no_unit_rows_is_refused(index: VectorShard, bad: np.ndarray) -> None:
    with pytest.raises(VectorError):
        require_unit_rows(bad, DIM)
    with pytest.raises(VectorError):
        index.search(bad, 3)
    with pytest.raises(VectorError):
        VectorShard.build(np.arange(len(bad)), bad, DIM)


def test_unit_rows_pass_as_they_are() -> None:
    assert require_unit_rows(VECTORS, DIM) is VECTORS


@pytest.mark.parametrize("data", [b"", b"IxFI", b"no index", bytes(200)])
def test_bytes_that_are_no_index_are_corrupt(data: bytes) -> None:
    with pytest.raises(CorruptIndexError):
        VectorShard.from_bytes(data, Path("vectors.faiss"))


@given(
    st.lists(st.integers(0, len(SEQS)), max_size=5),
    st.integers(0, 25),
    st.none() | st.sets(st.sampled_from([*SEQS.tolist(), 0, 1, 10**12])),
    st.text(max_size=20),
)
def test_shards_together_answer_as_one(cuts: list[int], k: int, allowed: set[int] | None, question: str) -> None:
    """The very same scores, wherever the passages are cut apart, empty shards included."""
    bounds = [0, *sorted(cuts), len(SEQS)]
    parts = [slice(*pair) for pair in pairwise(bounds)]
    index = VectorIndex([VectorShard.build(SEQS[part], VECTORS[part], DIM) for part in parts])
    query = hashed([question], DIM)
    chosen = None if allowed is None else np.array(list(allowed), dtype=np.int64)
    whole = VectorIndex([VectorShard.build(SEQS, VECTORS, DIM)])
    assert index.search(query, k, chosen) == whole.search(query, k, chosen)
    assert len(index) == len(SEQS)
    assert index.seqs.tolist() == SEQS.tolist()


def test_no_shard_at_all() -> None:
    assert VectorIndex([]).search(QUERY, 5) == []
    assert VectorIndex([]).seqs.tolist() == []

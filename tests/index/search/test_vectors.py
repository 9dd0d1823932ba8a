"""FAISS against the exhaustive cosine of numpy: the same passages with the same values."""

import sys
from itertools import pairwise
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.encoders.bundled import BundledEncoder
from index.errors import CorruptIndexError
from index.search.coarse import codebook_for, packaged_codebook
from index.search.vectors import ReadVectors, VectorError, VectorIndex, VectorShard, best_first, require_unit_rows
from tests.support.fakes import hashed

DIM = 64
TEXTS = [f"{city}에서 {what} {how}." for city in ("서울", "부산", "대구") for what in ("회의가", "축제가") for how in ("열렸다", "취소됐다", "미뤄졌다")]  # fmt: skip
SEQS = np.array([7 * place + 3 for place in range(len(TEXTS))], dtype=np.int64)
VECTORS = hashed(TEXTS, DIM)
STORED = VECTORS.astype(np.float16).astype(np.float32)  # as the file keeps them
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
    check(index.search(QUERY, k), exhaustive(STORED, SEQS, QUERY), k)


def test_the_nearest_is_the_one_that_says_the_same(index: VectorShard) -> None:
    ((seq, score),) = index.search(hashed(["대구에서 축제가 미뤄졌다."], DIM), 1)
    assert TEXTS[(seq - 3) // 7] == "대구에서 축제가 미뤄졌다."
    assert score == pytest.approx(1.0, abs=1e-3)


@given(st.sets(st.sampled_from([*SEQS.tolist(), 0, 1, 10**12])), st.integers(1, 25), st.text(max_size=20))
def test_a_filter_is_exact_whatever_it_leaves(allowed: set[int], k: int, question: str) -> None:
    """Against a mask in numpy, unknown passages among the allowed included."""
    query = hashed([question], DIM)
    found = VectorShard.build(SEQS, VECTORS, DIM).search(query, k, np.array(sorted(allowed), dtype=np.int64))
    check(found, exhaustive(STORED, SEQS, query, allowed), k)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 300), st.integers(2, 96), st.integers(1, 400), st.integers(0, 2**32 - 1))
def test_search_equals_exhaustive_cosine_of_random_vectors(rows: int, dim: int, k: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    vectors = draw.standard_normal((rows + 1, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    seqs = np.sort(draw.choice(10 * rows, rows, replace=False).astype(np.int64))
    allowed = {int(seq) for seq in seqs if draw.random() < 0.3}
    index = VectorShard.build(seqs, vectors[1:], dim)
    stored = vectors[1:].astype(np.float16)
    check(index.search(vectors[:1], k), exhaustive(stored, seqs, vectors[:1]), k)
    chosen = np.array(sorted(allowed), dtype=np.int64)
    masked = exhaustive(stored, seqs, vectors[:1], allowed)
    check(index.search(vectors[:1], k, chosen), masked, k)
    check(sorted(VectorIndex([index]).score(vectors[:1], chosen, unread), key=best_first), masked, rows)


def saved(shard: VectorShard, folder: Path) -> VectorShard:
    """Written and opened."""
    path = folder / "벡터.faiss"
    path.write_bytes(shard.to_bytes())
    return VectorShard.open(path)


def test_saved_and_loaded_answers_identically(index: VectorShard, tmp_path: Path) -> None:
    loaded = saved(index, tmp_path)
    assert len(loaded) == len(index) == len(TEXTS)
    assert loaded.search(QUERY, 18) == index.search(QUERY, 18)
    assert loaded.search(QUERY, 5, SEQS[4:9]) == index.search(QUERY, 5, SEQS[4:9])
    assert loaded.to_bytes() == index.to_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="where FAISS maps files, as far as we know")
def test_vectors_stay_in_their_file(tmp_path: Path) -> None:
    vectors = np.random.default_rng(7).standard_normal((20_000, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    loaded = saved(VectorShard.build(np.arange(len(vectors)), vectors, 64), tmp_path)
    assert "벡터.faiss" in Path("/proc/self/maps").read_text("utf-8")
    (tmp_path / "벡터.faiss").unlink()  # as when its generation is removed beside a reader
    assert loaded.search(vectors[7][None], 1)[0][0] == 7


def test_where_nothing_can_be_mapped_the_file_is_read(
    index: VectorShard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = faiss.read_index

    def unmapped(path: str, flags: int = 0) -> "faiss.Index":
        if flags:
            raise RuntimeError("not on this system")
        return read(path)

    monkeypatch.setattr(faiss, "read_index", unmapped)
    assert saved(index, tmp_path).search(QUERY, 18) == index.search(QUERY, 18)


def test_an_empty_index_is_built_saved_and_searched(tmp_path: Path) -> None:
    index = VectorShard.build(np.empty(0, np.int64), np.empty((0, 0), np.float32), DIM)
    loaded = saved(index, tmp_path)
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
def test_a_file_that_is_no_index_is_corrupt(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "vectors.faiss").write_bytes(data)
    with pytest.raises(CorruptIndexError):
        VectorShard.open(tmp_path / "vectors.faiss")


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
    assert index.search(query, k, unread, chosen) == whole.search(query, k, unread, chosen)
    assert len(index) == len(SEQS)
    assert index.seqs.tolist() == SEQS.tolist()


def test_no_shard_at_all() -> None:
    assert VectorIndex([]).search(QUERY, 5, unread) == []
    assert VectorIndex([]).seqs.tolist() == []


MANY = 3_000


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    draw = np.random.default_rng(3)
    topics = draw.standard_normal((60, packaged_codebook().dim))
    rows = topics[draw.integers(0, 60, MANY)] + draw.standard_normal((MANY, topics.shape[1]))
    rows += 40 * draw.standard_normal(topics.shape[1]) / np.sqrt(topics.shape[1])  # what all texts share
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def numbers_of(vectors: np.ndarray) -> np.ndarray:
    return np.arange(0, 2 * len(vectors), 2)


def reader(vectors: np.ndarray) -> ReadVectors:
    """As the store reads the vectors of passages numbered 0, 2, 4 and so on."""

    def read(seqs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return seqs, vectors[seqs // 2]

    return read


def unread(seqs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    raise AssertionError("float16 rows are in the file")


class TestCoarse:
    """The first look by codes over what stands for many passages: clusters of vectors, as texts of like topics are."""

    def built(self, vectors: np.ndarray, cuts: tuple[int, ...] = ()) -> VectorIndex:
        parts = [slice(*pair) for pair in pairwise((0, *cuts, len(vectors)))]
        seqs, dim = numbers_of(vectors), vectors.shape[1]
        return VectorIndex([VectorShard.build(seqs[part], vectors[part], dim, packaged_codebook()) for part in parts])

    def test_it_finds_what_comparing_all_finds(self, vectors: np.ndarray) -> None:
        index, read = self.built(vectors[100:]), reader(vectors[100:])
        shares = []
        for place in range(100):
            query = vectors[place][None]
            found, exact = index.search(query, 10, read), exhaustive(vectors[100:], numbers_of(vectors[100:]), query)
            assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
            assert dict(found) == pytest.approx({seq: exact[seq] for seq, _ in found}, abs=1e-5)
            best = sorted(exact, key=lambda seq: -exact[seq])[:10]
            shares.append(len({seq for seq, _ in found} & set(best)) / 10)
        assert np.mean(shares) >= 0.98

    @pytest.mark.parametrize("count", [1, 7, 300])
    def test_few_are_all_compared(self, vectors: np.ndarray, count: int) -> None:
        few = vectors[:count]
        for query in vectors[1_000:1_020]:
            found = self.built(few, (0, count // 2)).search(query[None], 20, reader(few))
            check(found, exhaustive(few, numbers_of(few), query[None]), 20)

    def test_where_the_shards_are_cut_changes_nothing(self, vectors: np.ndarray) -> None:
        index, cut = self.built(vectors), self.built(vectors, (1, 1_000, 1_000, 2_999))
        for place in range(20):
            query, read = vectors[place][None], reader(vectors)
            assert index.search(query, 15, read) == cut.search(query, 15, read)

    @pytest.mark.parametrize("every", [6, 24])  # 1,000 left, by codes first; 250, all compared
    def test_a_filter_leaves_exactly_what_fits_it(self, vectors: np.ndarray, every: int) -> None:
        index, allowed = self.built(vectors), np.arange(0, 2 * MANY, every)[::-1]
        shares = []
        for place in range(40):
            query = vectors[place][None]
            found = index.search(query, 10, reader(vectors), allowed)
            exact = exhaustive(vectors, numbers_of(vectors), query, set(allowed.tolist()))
            assert dict(found) == pytest.approx({seq: exact[seq] for seq, _ in found}, abs=1e-5)
            best = sorted(exact, key=lambda seq: -exact[seq])[:10]
            shares.append(len({seq for seq, _ in found} & set(best)) / 10)
        assert np.mean(shares) >= 0.98

    def test_passages_named_are_scored_exactly(self, vectors: np.ndarray) -> None:
        named = np.array([0, 4, 5, 2_998, 10**9])
        found = dict(self.built(vectors).score(vectors[:1], named, reader(vectors)))
        exact = exhaustive(vectors, numbers_of(vectors), vectors[:1])
        assert found == pytest.approx({seq: exact[seq] for seq in (0, 4, 2_998)}, abs=1e-5)

    def test_what_the_store_no_longer_holds_is_left_out(self, vectors: np.ndarray) -> None:
        def read(seqs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return reader(vectors)(seqs[seqs % 4 == 0])

        found = self.built(vectors).search(vectors[:1], 30, read)
        assert len(found) == 30
        assert all(seq % 4 == 0 for seq, _ in found)

    @pytest.mark.parametrize("k", [0, -1])
    def test_asking_for_none_gives_none(self, vectors: np.ndarray, k: int) -> None:
        assert self.built(vectors).search(vectors[:1], k, reader(vectors)) == []

    def test_it_knows_what_it_was_made_of(self, vectors: np.ndarray) -> None:
        shard = VectorShard.build(numbers_of(vectors), vectors, vectors.shape[1], packaged_codebook())
        assert shard.holds(vectors)
        assert not shard.holds(vectors[::-1])

    def test_made_in_parts_it_is_the_same(self, vectors: np.ndarray) -> None:
        seqs, dim = numbers_of(vectors), vectors.shape[1]
        parts = [(seqs[part], vectors[part]) for part in (slice(1), slice(1, 8), slice(8, 8), slice(8, None))]
        whole = VectorShard.build(seqs, vectors, dim, packaged_codebook())
        assert VectorShard.build_in_turn(parts, dim, packaged_codebook()).to_bytes() == whole.to_bytes()

    def test_saved_and_loaded(self, vectors: np.ndarray, tmp_path: Path) -> None:
        shard = VectorShard.build(numbers_of(vectors), vectors, vectors.shape[1], packaged_codebook())
        loaded = saved(shard, tmp_path)
        one, other = (VectorIndex([each]).search(vectors[:1], 20, reader(vectors)) for each in (shard, loaded))
        assert one == other
        assert loaded.holds(vectors)
        assert len(shard.to_bytes()) < len(vectors) * (96 + 8) + 30_000  # codes, numbers, and the codebook

    def test_only_the_packaged_encoder_has_a_codebook(self) -> None:
        assert codebook_for("another/384") is None
        assert codebook_for(BundledEncoder.fingerprint) is packaged_codebook()
        assert packaged_codebook().dim == BundledEncoder.dim

"""What geungeo needs of a Milvus, tried out on one: in collections of its own, drawn rows, removed afterwards."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from index.encoders.base import Vectors
from index.errors import GeungeoError
from index.search.filters import And, In, Range, Where, date_number
from index.search.milvus.address import Address
from index.search.milvus.collection import Collection, Row, has_sparse, server_version
from index.search.milvus.expressions import both, key_of, to_expression, up_to

_DIM, _CLUSTERS, _WORDS, _WORDS_OF_ONE = 384, 50, 4_000, 60
_ASKED, _BEST = 20, 10
_SOURCES = ("가", "나", "다")
_NEAR_ENOUGH = 0.95  # of the ten nearest; what is found is compared exactly, and more are asked for
_ROUNDING = 1e-4  # relative, of sums of float32


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold: its ``name``, whether it does, and what was seen. ``holds`` None: cannot be had there."""

    name: str
    holds: bool | None
    detail: str


def verify(address: Address, passages: int) -> Iterator[Check]:
    """Try each thing in turn. Raises UsageError, and EngineAwayError where there is no Milvus at all."""
    version = server_version(address)
    yield Check("reach", True, version or address.name)
    trial = _Trial(address, passages, sparse=has_sparse(version))
    try:
        for name, step in trial.steps():
            yield _checked(name, step)
    finally:
        trial.end()


def _checked(name: str, step: Callable[[], tuple[bool | None, str]]) -> Check:
    try:
        return Check(name, *step())
    except GeungeoError as error:
        return Check(name, False, error.english)


class _Trial:
    """Two collections and the same rows in memory, to compare with."""

    def __init__(self, address: Address, passages: int, *, sparse: bool) -> None:
        name = f"{address.collection}_verify_{uuid.uuid4().hex[:8]}"
        self._collection, self._other = (
            Collection(address, own_name, sparse=sparse) for own_name in (name, f"{name}_2")
        )
        self._sparse = sparse
        self._random = np.random.default_rng(20)
        self._rows = [self._row(seq) for seq in range(1, passages + 1)]
        self._vectors = np.stack([row.dense for row in self._rows])

    def steps(self) -> Sequence[tuple[str, Callable[[], tuple[bool | None, str]]]]:
        """Return each check by its name, in order."""
        filters = And((In("source", ("나",)), Range("published_at", "2024-03-01", "2024-09-30")))
        return (
            ("write", self._write),
            ("dense", partial(self._dense, And())),
            ("dense_filtered", partial(self._dense, filters)),
            ("lexical", partial(self._lexical, And())),
            ("lexical_filtered", partial(self._lexical, filters)),
            ("visible", self._bound),
            ("replace", self._replace),
            ("delete", self._delete),
            ("separate", self._separate),
        )

    def end(self) -> None:
        """Remove what was made."""
        for collection in (self._collection, self._other):
            with suppress(GeungeoError):
                collection.drop()

    def _row(self, seq: int) -> Row:
        random = self._random
        cluster = np.random.default_rng(seq % _CLUSTERS).normal(size=_DIM)
        vector = cluster + 0.7 * random.normal(size=_DIM)
        words = np.unique(random.zipf(1.3, _WORDS_OF_ONE).clip(max=_WORDS))
        weights = {
            int(word): float(np.float32(weight))
            for word, weight in zip(words, 0.2 + random.random(len(words)), strict=True)
        }
        keys = key_of(f"글-{seq // 10}"), key_of(_SOURCES[seq % len(_SOURCES)]), ""
        day = date_number(f"2024-{1 + seq % 12:02d}-{1 + seq % 28:02d}")
        return Row(seq, (vector / np.linalg.norm(vector)).astype(np.float32), weights, keys, day, seq)

    def _write(self) -> tuple[bool, str]:
        for collection in (self._collection, self._other):
            collection.create(_DIM)
        began = time.monotonic()
        self._collection.upsert(self._rows)
        written = time.monotonic()
        there = self._collection.checksums(0, len(self._rows))
        seen = time.monotonic()
        same = there == {row.seq: row.crc for row in self._rows}
        return same, f"{len(there)} of {len(self._rows)}, {written - began:.1f} s, seen after {seen - written:.2f} s"

    def _dense(self, where: Where) -> tuple[bool, str]:
        allowed = self._allowed(where)
        found, times = 0, []
        for _ in range(_ASKED):
            vector = self._asked()
            exact = [seq for seq in self._order(vector) if seq in allowed][:_BEST]
            began = time.monotonic()
            hits = [seq for seq, _ in self._collection.nearest(vector[0], 3 * _BEST, self._visible(where))]
            times.append(time.monotonic() - began)
            if not allowed.issuperset(hits):
                return False, "outside of the filter"
            found += len(set(exact) & set(hits))
        recall = found / (_ASKED * min(_BEST, len(allowed)))
        return recall >= _NEAR_ENOUGH, f"recall {recall:.3f}, {1000 * float(np.median(times)):.0f} ms"

    def _lexical(self, where: Where) -> tuple[bool | None, str]:
        if not self._sparse:
            return None, "no sparse vectors before Milvus 2.4"
        allowed = self._allowed(where)
        times = []
        for _ in range(_ASKED):
            words = self._random.choice(_WORDS // 20, 8, replace=False)
            asked = {int(word): float(weight) for word, weight in zip(words, 0.5 + self._random.random(8), strict=True)}
            sums = {
                row.seq: sum(weight * row.sparse.get(word, 0.0) for word, weight in asked.items()) for row in self._rows
            }
            exact = sorted((sums[seq] for seq in allowed if sums[seq] > 0), reverse=True)[:_BEST]
            began = time.monotonic()
            hits = self._collection.heaviest(asked, _BEST, self._visible(where))
            times.append(time.monotonic() - began)
            scores = [score for _, score in hits]
            if not allowed.issuperset(seq for seq, _ in hits) or len(scores) != len(exact):
                return False, f"{len(scores)} of {len(exact)} found"
            if not np.allclose(scores, exact, rtol=_ROUNDING):
                return False, "not the scores that BM25 gives"
        return True, f"exact, {1000 * float(np.median(times)):.0f} ms"

    def _bound(self) -> tuple[bool, str]:
        """Look for what is above a number, which must not be seen: so a node sees one state only."""
        half = len(self._rows) // 2
        hits = self._collection.nearest(self._vectors[-1], _BEST, up_to(half))
        return all(seq <= half for seq, _ in hits) and len(hits) == _BEST, f"{len(hits)} up to {half}"

    def _replace(self) -> tuple[bool, str]:
        vector = self._asked()[0]
        self._collection.upsert([replace(self._rows[0], dense=vector, crc=-1)])
        there = self._collection.checksums(0, len(self._rows))
        ((best, score),) = self._collection.nearest(vector, 1, up_to(len(self._rows)))
        return len(there) == len(self._rows) and there[1] == -1 and best == 1, f"found as {best}, {score:.3f}"

    def _delete(self) -> tuple[bool, str]:
        gone = [row.seq for row in self._rows[: len(self._rows) // 4]]
        self._collection.delete(gone)
        left = len(self._collection.checksums(0, len(self._rows)))
        hits = self._collection.nearest(self._vectors[0], _BEST, up_to(len(self._rows)))
        found = {seq for seq, _ in hits} & set(gone)
        return left == len(self._rows) - len(gone) and not found, f"{left} left, {len(found)} deleted ones found"

    def _separate(self) -> tuple[bool, str]:
        """Count what the other collection holds: nothing was written there."""
        there = self._other.count(up_to(len(self._rows)))
        return there == 0, f"{there} in another collection"

    def _asked(self) -> Vectors:
        vector = self._vectors[self._random.integers(len(self._vectors))] + 0.03 * self._random.normal(size=_DIM)
        asked: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)[None]
        return asked

    def _order(self, vector: Vectors) -> list[int]:
        nearness = self._vectors @ vector[0]
        return [int(index) + 1 for index in np.argsort(-nearness)]

    def _allowed(self, where: Where) -> set[int]:
        if where == And():
            return {row.seq for row in self._rows}
        source, low, high = key_of("나"), date_number("2024-03-01"), date_number("2024-09-30")
        return {row.seq for row in self._rows if row.keys[1] == source and low <= row.day <= high}

    def _visible(self, where: Where) -> str:
        return both(up_to(len(self._rows)), to_expression(where))

"""The plan of shards: everything in one and only one, what has not changed is kept, and shards stay few."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.search.shards import OldShard, Span, capacity_for, emptied, plan_shards


def numbers(*seqs: int) -> np.ndarray:
    return np.array(seqs, dtype=np.int64)


def as_old(spans: list[Span]) -> list[OldShard]:
    return [OldShard(span.high, span.count) for span in spans]


def check(spans: list[Span], seqs: np.ndarray, capacity: int) -> None:
    """Ranges in order and disjoint, each passage in one, none empty, none too large."""
    low = 0
    held: list[int] = []
    for span in spans:
        assert low <= span.low < span.high
        low = span.high
        inside = seqs[(seqs > span.low) & (seqs <= span.high)].tolist()
        assert len(inside) == span.count > 0
        assert span.count <= capacity or span.kept is not None
        held += inside
    assert held == seqs.tolist()


def test_nothing() -> None:
    assert plan_shards(numbers()) == []
    assert plan_shards(numbers(), [OldShard(9, 3)]) == []


def test_a_first_build_is_cut_by_capacity() -> None:
    assert plan_shards(np.arange(1, 8), capacity=3) == [Span(0, 3, 3), Span(3, 6, 3), Span(6, 7, 1)]


def test_what_is_new_is_a_shard_of_its_own_while_it_is_small() -> None:
    old = as_old(plan_shards(np.arange(1, 101)))
    assert plan_shards(np.arange(1, 111), old) == [Span(0, 100, 100, kept=0), Span(100, 110, 10)]
    assert plan_shards(np.arange(1, 181), old) == [Span(0, 180, 180)]


def test_a_shard_that_lost_a_passage_is_written_anew_and_the_others_are_kept() -> None:
    seqs = np.arange(1, 31)
    old = as_old(plan_shards(seqs, capacity=10))
    spans = plan_shards(seqs[seqs != 15], old, capacity=10)
    assert spans == [Span(0, 10, 10, kept=0), Span(10, 20, 9), Span(20, 30, 10, kept=2)]


def test_a_shard_of_which_nothing_is_left_goes() -> None:
    old = as_old(plan_shards(np.arange(1, 31), capacity=10))
    spans = plan_shards(numbers(*range(1, 11), *range(21, 31)), old, capacity=10)
    assert spans == [Span(0, 10, 10, kept=0), Span(20, 30, 10, kept=2)]
    again = plan_shards(numbers(*range(1, 11), *range(21, 31)), as_old(spans), capacity=10)
    assert [span.kept for span in again] == [0, 1]


def test_of_which_shards_nothing_is_left() -> None:
    old = as_old(plan_shards(np.arange(1, 31), capacity=10))
    assert emptied(numbers(*range(1, 11), 30), old) == [Span(10, 20, 0)]
    assert emptied(numbers(9, 31), old) == [Span(10, 20, 0), Span(20, 30, 0)]
    assert emptied(numbers(), old) == [Span(0, 10, 0), Span(10, 20, 0), Span(20, 30, 0)]
    assert emptied(numbers(1, 11, 21), old) == []


def test_a_damaged_shard_is_written_anew() -> None:
    old = [OldShard(10, 10), OldShard(20, 10, usable=False), OldShard(30, 10)]
    assert [span.kept for span in plan_shards(np.arange(1, 31), old, capacity=10)] == [0, None, 2]


@pytest.mark.parametrize(
    ("passages", "capacity"), [(0, 8_192), (65_536, 8_192), (65_537, 16_384), (240_000, 32_768), (1_000_000, 131_072)]
)
def test_shards_grow_with_the_index(passages: int, capacity: int) -> None:
    assert capacity_for(passages) == capacity


def test_what_has_outgrown_its_shards_is_joined_a_few_at_a_time() -> None:
    """So that no publication takes long; after some more of them there are no more shards than from nothing."""
    spans = plan_shards(np.arange(1, 161), capacity=10)
    assert len(spans) == 16
    for last in range(161, 173):
        spans = plan_shards(np.arange(1, last + 1), as_old(spans), capacity=20)
        assert sum(span.count for span in spans if span.kept is None) <= 2 * 20 + 1
    assert len(spans) <= math.ceil(172 / 20) + 3


@given(
    st.lists(st.tuples(st.integers(0, 12), st.sets(st.integers(1, 120))), max_size=12),
    st.integers(1, 20),
)
def test_any_history_keeps_everything_in_one_place(history: list[tuple[int, set[int]]], capacity: int) -> None:
    seqs, last = numbers(), 0
    spans: list[Span] = []
    for added, deleted in history:
        before = seqs
        seqs = np.array([*(seq for seq in seqs.tolist() if seq not in deleted), *range(last + 1, last + added + 1)])
        last += added
        old = as_old(spans)
        spans = plan_shards(seqs.astype(np.int64), old, capacity=capacity)
        check(spans, seqs, capacity)
        for span in spans:
            if span.kept is not None:
                low, high = (old[span.kept - 1].high if span.kept else 0), old[span.kept].high
                was = before[(before > low) & (before <= high)].tolist()
                assert was == seqs[(seqs > span.low) & (seqs <= span.high)].tolist()


def test_many_small_additions_leave_few_shards_and_little_to_write() -> None:
    draw = random.Random(5)
    spans: list[Span] = []
    written = last = 0
    for _ in range(2_000):
        last += draw.randint(1, 20)
        spans = plan_shards(np.arange(1, last + 1), as_old(spans), capacity=1_000)
        written += sum(span.count for span in spans if span.kept is None)
    assert len(spans) < last / 1_000 * 2 + math.log2(1_000)
    assert written < 8 * last

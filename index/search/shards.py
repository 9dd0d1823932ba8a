"""Which part of the derived indexes is kept and which is written anew when the store has changed.

Passages are numbered once and for all, ever upwards, and a passage never changes under its number. So a shard is a
range of numbers: within it passages can only disappear, and it holds what it should exactly as long as their count
is still the same. What is new lies above all shards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Few large shards are searched sooner than many and take less room, for each has every word of its passages in a list of
# its own; but one that loses a passage is written anew, which takes a second for 10,000.
_SMALLEST_CAPACITY = 8_192  # passages
_FULL_SHARDS = 8  # then shards grow
_REWRITTEN = 2  # times the capacity, of passages in one publication that could have been kept


def capacity_for(passages: int) -> int:
    """Return how many passages one shard may hold in an index of so many."""
    capacity = _SMALLEST_CAPACITY
    while capacity * _FULL_SHARDS < passages:
        capacity *= 2
    return capacity


@dataclass(frozen=True, slots=True)
class OldShard:
    """What was written once: ``count`` passages up to number ``high``; ``usable`` unless its files are damaged."""

    high: int
    count: int
    usable: bool = True


@dataclass(frozen=True, slots=True)
class Span:
    """The passages numbered ``low < seq <= high``, ``count`` of them.

    ``kept`` is the old shard that holds just them.
    """

    low: int
    high: int
    count: int
    kept: int | None = None


def plan_shards(
    seqs: npt.NDArray[np.int64], old: Sequence[OldShard] = (), *, capacity: int | None = None
) -> list[Span]:
    """Return the shards that shall hold ``seqs`` (in order): kept ones, and new ones of at most ``capacity`` passages.

    A small shard is written together with its neighbour, as in a log-structured merge: each is at least twice as
    large as the next unless both would be too large together. So shards stay few, and a passage is written again
    only a few times over its life. Where the capacity has just grown, one plan joins only some of those that now fit.
    """
    capacity = capacity or capacity_for(len(seqs))
    left = _REWRITTEN * capacity
    stack: list[Span] = []
    for span in (*_old_spans(seqs, old), *_new_spans(seqs, old[-1].high if old else 0, capacity)):
        top = span
        while stack and stack[-1].count < 2 * top.count and stack[-1].count + top.count <= capacity:
            if (again := _spared(stack[-1]) + _spared(top)) > left:
                break
            left -= again
            below = stack.pop()
            top = Span(below.low, top.high, below.count + top.count)
        if top.count:
            stack.append(top)
    return stack


def emptied(seqs: npt.NDArray[np.int64], old: Sequence[OldShard]) -> list[Span]:
    """Return the ranges of old shards that hold none of ``seqs``: no shard that is planned need cover them."""
    return [span for span in _old_spans(seqs, old) if not span.count]


def _spared(span: Span) -> int:
    """Return how many passages need not be written while it stays as it is."""
    return 0 if span.kept is None else span.count


def _old_spans(seqs: npt.NDArray[np.int64], old: Sequence[OldShard]) -> Iterator[Span]:
    low = 0
    for number, shard in enumerate(old):
        first, last = np.searchsorted(seqs, (low, shard.high), "right")
        whole = shard.usable and last - first == shard.count
        yield Span(low, shard.high, int(last - first), number if whole else None)
        low = shard.high


def _new_spans(seqs: npt.NDArray[np.int64], low: int, capacity: int) -> Iterator[Span]:
    new = seqs[np.searchsorted(seqs, low, "right") :]
    for start in range(0, len(new), capacity):
        part = new[start : start + capacity]
        yield Span(low, int(part[-1]), len(part))
        low = int(part[-1])

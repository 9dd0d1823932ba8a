"""What the reader makes of a graph's states, by hand."""

from collections.abc import Mapping, Sequence

import numpy as np

from rag.reader.reader import MISSING, Heads, Reader
from rag.reader.windows import Window


class Encoder:
    def embed(self, ids: np.ndarray) -> np.ndarray:
        """A token's number, and whether it is even."""
        return np.stack([ids, ids % 2 == 0], axis=-1).astype(np.float32)


class Session:
    """States are the embeddings; what is padded must be masked."""

    def run(self, _outputs: Sequence[str], feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        assert (feeds["mask"].sum(axis=1) == (feeds["embeddings"][:, :, 0] != 1).sum(axis=1)).all()
        return [feeds["embeddings"]]


ZERO = (np.zeros((1, 2), np.float32), np.zeros(1, np.float32))
HEADS = Heads(
    sentence=(np.array([[1.0, 0.0]], np.float32), np.zeros(1, np.float32)),
    null=ZERO,
    edges=(np.array([[1.0, 0.0], [0.0, 5.0]], np.float32), np.zeros(2, np.float32)),
)


class Plain(Reader):
    """A reader whose graph does nothing."""

    _session = Session()  # type: ignore[assignment]
    _heads = HEADS  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__(Encoder())  # type: ignore[arg-type]


def window(ids: list[int], sentences: list[tuple[int, int, int]]) -> Window:
    bounds = np.array([(10 * at, 10 * at + 9) for at in range(len(ids))])
    return Window("글", ids, sentences, bounds, frozenset())


def test_a_sentence_scores_the_mean_of_its_tokens() -> None:
    reading = Plain().judge([window([0, 5, 3, 7, 9], [(0, 1, 3), (2, 3, 5)])], 3)
    assert reading.scores.tolist() == [4.0, MISSING, 8.0]
    assert set(reading.values) == {0, 2}


def test_the_better_of_two_windows_counts() -> None:
    windows = [window([0, 5, 3], [(0, 1, 2)]), window([0, 9], [(0, 1, 2)])]
    assert Plain().judge(windows, 1).scores.tolist() == [9.0]


def test_the_value_is_the_best_span_and_never_ends_before_it_begins() -> None:
    # Begins best at the largest number, ends best at an even one behind it.
    reading = Plain().judge([window([0, 4, 20, 7, 8, 5], [(0, 1, 6)])], 1)
    assert reading.values[0] == (20, 29)
    reading = Plain().judge([window([0, 4, 21, 7, 8, 5], [(0, 1, 6)])], 1)
    assert reading.values[0] == (20, 49)

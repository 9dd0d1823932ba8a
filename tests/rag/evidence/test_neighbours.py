"""What a sentence's neighbours are thought of, counted by hand."""

import numpy as np
import pytest

from rag.evidence.neighbours import FEATURES, neighbour_features
from rag.reader.windows import Candidate

NOBODY = -12.0
CANDIDATES = [Candidate("b", 0, 5), Candidate("a", 30, 40), Candidate("a", 0, 10), Candidate("a", 12, 20)]
EVIDENCE, READER = np.array([3.0, 0.0, 1.0, 2.0]), np.array([-8.0, 4.0, -1.0, 2.0])


def named(row: int) -> dict[str, float]:
    rows = neighbour_features(CANDIDATES, EVIDENCE, READER, -8.0)
    assert rows.shape == (4, len(FEATURES))
    return dict(zip(FEATURES, rows[row].tolist(), strict=True))


def test_the_middle_of_three_sees_both_its_neighbours() -> None:
    assert named(3) == pytest.approx(
        {
            "reader_before": -1, "reader_after": 4, "reader_two_before": NOBODY, "reader_two_after": NOBODY,
            "evidence_before": 1, "evidence_after": 0, "above_before": 3, "above_after": -2, "reader_in_article": 4,
            "evidence_in_article": 2, "reader_elsewhere": -8, "place_in_article": 1, "read_in_article": 3,
            "from_reader_first": -1, "from_evidence_first": 9, "gap_before": 2, "gap_after": 10, "length": 8,
        }
    )  # fmt: skip


def test_the_last_sees_the_first_and_nobody_behind_it() -> None:
    last = named(1)
    assert (last["reader_two_before"], last["reader_after"], last["gap_after"]) == (-1, NOBODY, 1000)
    assert (last["place_in_article"], last["from_reader_first"]) == (0, 0)


def test_another_article_is_no_neighbour() -> None:
    alone = named(0)
    assert (alone["reader_before"], alone["reader_after"], alone["gap_before"]) == (NOBODY, NOBODY, 1000)
    assert (alone["reader_elsewhere"], alone["reader_in_article"], alone["read_in_article"]) == (4, -8, 0)
    assert (alone["from_reader_first"], alone["from_evidence_first"]) == (9, 0)


def test_one_sentence_alone_has_no_neighbours() -> None:
    (row,) = neighbour_features([Candidate("a", 0, 4)], np.array([1.0]), np.array([2.0]), -8.0)
    seen = dict(zip(FEATURES, row.tolist(), strict=True))
    assert seen["reader_elsewhere"] == seen["reader_before"] == seen["evidence_after"] == NOBODY
    assert np.isfinite(row).all()

"""Trees against a slow twin that walks one row down one tree at a time."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ranking.trees import Trees, from_lightgbm

FEATURES = ("a", "b", "c")
STEP = {
    "split_feature": 0,
    "threshold": 0.5,
    "left_child": {"leaf_value": 1.0},
    "right_child": {
        "split_feature": 1,
        "threshold": -2.0,
        "left_child": {"leaf_value": -3.0},
        "right_child": {"leaf_value": 0.25},
    },
}


def dumped(*structures: dict[str, Any]) -> dict[str, Any]:
    return {"tree_info": [{"tree_structure": structure} for structure in structures]}


def walk(node: dict[str, Any], row: list[float]) -> float:
    while "left_child" in node:
        node = node["left_child"] if row[node["split_feature"]] <= node["threshold"] else node["right_child"]
    return float(node["leaf_value"])


@pytest.mark.parametrize(
    ("row", "expected"),
    [([0.0, 9.0, 0.0], 1.0), ([0.5, 9.0, 0.0], 1.0), ([0.6, -2.0, 0.0], -3.0), ([0.6, -1.9, 0.0], 0.25)],
)
def test_one_tree_by_hand(row: list[float], expected: float) -> None:
    trees = from_lightgbm(dumped(STEP), FEATURES)
    assert trees.logit(np.array([row]))[0] == pytest.approx(expected)
    assert trees.probability(np.array([row]))[0] == pytest.approx(1 / (1 + math.exp(-expected)))


def test_trees_are_added_and_a_leaf_alone_is_a_tree() -> None:
    trees = from_lightgbm(dumped(STEP, {"leaf_value": 0.5}, STEP), FEATURES)
    assert trees.logit(np.array([[0.0, 0.0, 0.0], [1.0, -5.0, 0.0]])).tolist() == [2.5, -5.5]
    assert trees.depth == 2


def test_no_rows() -> None:
    assert from_lightgbm(dumped(STEP), FEATURES).logit(np.empty((0, 3))).shape == (0,)


NODES = st.recursive(
    st.fixed_dictionaries({"leaf_value": st.floats(-4, 4, width=32)}),
    lambda inner: st.fixed_dictionaries(
        {
            "split_feature": st.integers(0, 2),
            "threshold": st.integers(-40, 40).map(lambda tenths: tenths / 16),
            "left_child": inner,
            "right_child": inner,
        }
    ),
    max_leaves=12,
)
ROWS = st.lists(
    st.lists(st.integers(-50, 50).map(lambda tenths: tenths / 16), min_size=3, max_size=3), min_size=1, max_size=6
)


@given(st.lists(NODES, min_size=1, max_size=4), ROWS)
def test_the_same_as_the_slow_twin(structures: list[dict[str, Any]], rows: list[list[float]]) -> None:
    trees = from_lightgbm(dumped(*structures), FEATURES)
    expected = [sum(walk(structure, row) for structure in structures) for row in rows]
    assert trees.logit(np.array(rows)) == pytest.approx(expected, abs=1e-5)


@given(st.lists(NODES, min_size=1, max_size=3), ROWS)
def test_kept_as_arrays_and_back(structures: list[dict[str, Any]], rows: list[list[float]]) -> None:
    trees = from_lightgbm(dumped(*structures), FEATURES)
    again = Trees.from_arrays(trees.arrays())
    assert again.features == FEATURES
    assert again.logit(np.array(rows)).tolist() == trees.logit(np.array(rows)).tolist()


def test_a_threshold_between_two_floats_sends_its_own_value_left() -> None:
    threshold = 0.1  # no float32
    node = {
        "split_feature": 0,
        "threshold": threshold,
        "left_child": {"leaf_value": 1.0},
        "right_child": {"leaf_value": 0.0},
    }
    trees = from_lightgbm(dumped(node), FEATURES)
    assert trees.logit(np.array([[threshold, 0, 0]]))[0] == 1.0
    assert trees.logit(np.array([[0.1001, 0, 0]]))[0] == 0.0


def test_far_logits_do_not_overflow() -> None:
    trees = from_lightgbm(dumped({"leaf_value": 1e6}), FEATURES)
    assert trees.probability(np.zeros((1, 3)))[0] == pytest.approx(1.0)

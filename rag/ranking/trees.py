"""Boosted regression trees as data: grown elsewhere (``scripts/fit``), evaluated here by numpy alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trees:
    """The sum of many small trees over named features, a logit (Friedman 2001).

    Nodes of all trees lie one after another: ``feature`` (nodes,) int16 and ``threshold`` (nodes,) float32 say which
    value sends a row to ``left`` (at most the threshold) or ``right`` (nodes,) int32; a leaf points to itself both ways and
    adds its ``value`` (nodes,) float32. ``roots`` (trees,) int32; ``depth`` steps reach every leaf.
    """

    features: tuple[str, ...]
    feature: npt.NDArray[np.int16]
    threshold: npt.NDArray[np.float32]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    value: npt.NDArray[np.float32]
    roots: npt.NDArray[np.int32]
    depth: int

    def logit(self, rows: Floats) -> Floats:
        """Score rows (n, features) → (n,); higher is better."""
        at = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        row = np.arange(len(rows))[:, None]
        values = rows.astype(np.float32)
        for _ in range(self.depth):
            lower = values[row, self.feature[at]] <= self.threshold[at]
            at = np.where(lower, self.left[at], self.right[at])
        logits: Floats = self.value[at].sum(axis=1, dtype=np.float64)
        return logits

    def probability(self, rows: Floats) -> Floats:
        """Return probabilities of rows (n, features) → (n,) in [0, 1]."""
        return 1 / (1 + np.exp(-np.clip(self.logit(rows), -30, 30)))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> "Trees":
        """Make the trees of what :meth:`arrays` gave."""
        kept = {name: np.asarray(arrays[name]) for name in ("feature", "threshold", "left", "right", "value", "roots")}
        return cls(tuple(map(str, arrays["features"])), **kept, depth=int(arrays["depth"]))

    def arrays(self) -> dict[str, Any]:
        """Return what ``numpy.savez`` keeps."""
        names = ("feature", "threshold", "left", "right", "value", "roots")
        return {name: getattr(self, name) for name in names} | {
            "features": np.array(self.features),
            "depth": np.array(self.depth),
        }


def from_archive(arrays: Mapping[str, Any], name: str) -> Trees:
    """Read the ensemble ``name`` of an archive that keeps each of its ensembles under ``NAME.``."""
    return Trees.from_arrays({key.partition(".")[2]: arrays[key] for key in arrays if key.startswith(f"{name}.")})


def from_lightgbm(dumped: Mapping[str, Any], features: Sequence[str]) -> Trees:
    """Convert ``Booster.dump_model()`` of LightGBM: numeric splits alone, no missing values."""
    rows: list[tuple[int, float, int, int, float]] = []
    roots, depth = [], 0
    for tree in dumped["tree_info"]:
        roots.append(len(rows))
        pending: list[tuple[Mapping[str, Any], int, bool, int]] = [(tree["tree_structure"], -1, False, 0)]
        while pending:
            node, parent, is_right, level = pending.pop()
            place = len(rows)
            depth = max(depth, level)
            if "leaf_value" in node and "left_child" not in node:
                rows.append((0, 0.0, place, place, float(node["leaf_value"])))
            else:
                rows.append((int(node["split_feature"]), float(node["threshold"]), -1, -1, 0.0))
                pending.append((node["right_child"], place, True, level + 1))
                pending.append((node["left_child"], place, False, level + 1))
            if parent >= 0:
                feature, threshold, left, right, value = rows[parent]
                left, right = (left, place) if is_right else (place, right)
                rows[parent] = (feature, threshold, left, right, value)
    columns = list(zip(*rows, strict=True))
    return Trees(
        tuple(features),
        np.array(columns[0], np.int16),
        # A float32 row compares as the float64 one did where the threshold is rounded towards larger values.
        np.nextafter(np.array(columns[1], np.float32), np.float32(np.inf)),
        np.array(columns[2], np.int32),
        np.array(columns[3], np.int32),
        np.array(columns[4], np.float32),
        np.array(roots, np.int32),
        depth,
    )

"""The few directions in which the states of words in context differ most.

States of the encoder all point much the same way; what tells words apart is the rest. So their mean is taken off
and what is left is turned into its ``WORD_DIM`` main components (fitted by ``scripts/fit_word_basis.py``, kept in
``index/data/word_basis.npz``). Matching a question's words one by one against a sentence's (MaxSim, ColBERT, arXiv
2004.12832) puts the right sentence first more often than whole-sentence cosines do: docs/evaluation.md.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from index.encoder import Vectors

WORD_DIM = 64
BASIS_VERSION = 1


@dataclass(frozen=True, slots=True)
class WordBasis:
    """``mean`` (dim,) of unit states and ``components`` (dim, WORD_DIM), float32."""

    mean: npt.NDArray[np.float32]
    components: npt.NDArray[np.float32]

    def project(self, states: npt.NDArray[np.float32]) -> Vectors:
        """(n, dim) states to (n, WORD_DIM) unit vectors."""
        unit = states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-9)
        reduced: Vectors = ((unit - self.mean) @ self.components).astype(np.float32)
        reduced /= np.maximum(np.linalg.norm(reduced, axis=1, keepdims=True), np.float32(1e-9))
        return reduced


@cache
def load_word_basis() -> WordBasis:
    """The packaged basis."""
    with files("index").joinpath("data/word_basis.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        return WordBasis(arrays["mean"].astype(np.float32), arrays["components"].astype(np.float32))

"""How far each input of the encoder's matrix products reaches, channel by channel, over texts of many kinds.

Known beforehand, a product's input is turned into bytes in one step, with no look for its largest value first. The
ranges are data (``index/data/activation_ranges.npz``, fitted by ``scripts/fit_activation_ranges.py``).
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt


@cache
def load_activation_ranges() -> Mapping[str, npt.NDArray[np.float32]]:
    """Of each value of the graph that a product reads: (2, channels) float32, the least and the greatest."""
    with files("index").joinpath("data/activation_ranges.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        return {name: arrays[name].astype(np.float32) for name in arrays.files}

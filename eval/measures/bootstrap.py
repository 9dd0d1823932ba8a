"""Bootstrap intervals, vectorised: a statistic maps resampling weights to values, many resamples at once.

A resample of n questions is a row of n counts that sum to n. Percentile intervals (Efron 1979); where every
question scored the same they are a single point, which says more about n than about the measure.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Statistic = Callable[[Array], Array]  # weights (resamples, questions) -> values (resamples,), NaN where undefined

RESAMPLES = 1000
SEED = 20241010
_CELLS = 4_000_000  # weights held at once: 32 MB


def point(statistic: Statistic, n: int) -> float:
    """Return the statistic of the questions themselves, each counted once."""
    return float(statistic(np.ones((1, n)))[0])


def intervals(
    statistics: Mapping[str, Statistic], n: int, *, resamples: int = RESAMPLES
) -> dict[str, tuple[float, float]]:
    """Return the middle 95 % of each statistic over the same resamples of n questions."""
    draws: dict[str, list[Array]] = {name: [] for name in statistics}
    for weights in resample_weights(n, resamples, SEED):
        for name, statistic in statistics.items():
            draws[name].append(statistic(weights))
    return {name: _middle(np.concatenate(parts)) for name, parts in draws.items()}


def difference(after: Statistic, before: Statistic) -> Statistic:
    """Return the statistic ``after - before`` over the same questions: with :func:`intervals`, the paired bootstrap."""
    return lambda weights: after(weights) - before(weights)


def resample_weights(n: int, resamples: int, seed: int) -> Iterator[Array]:
    """Yield blocks of (resamples, n) counts, the same for the same n and seed."""
    random = np.random.default_rng(seed)
    block = max(1, _CELLS // n)
    for first in range(0, resamples, block):
        rows = min(block, resamples - first)
        places = random.integers(0, n, (rows, n)) + n * np.arange(rows)[:, None]
        yield np.bincount(places.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def _middle(draws: Array) -> tuple[float, float]:
    defined = draws[~np.isnan(draws)]
    if not defined.size:
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high)


def ratio_of(numerators: Array, denominators: Array) -> Statistic:
    """Return sum over sum; with denominators of 1 and 0 it is the mean over some of the questions."""
    return lambda weights: divide(weights @ numerators, weights @ denominators)


def quantile_of(values: Array, level: float) -> Statistic:
    """Return the nearest rank: the smallest value that at least ``level`` of the values do not exceed.

    NaN where a resample has drawn none of the values.
    """
    order = np.argsort(values, kind="stable")

    def statistic(weights: Array) -> Array:
        reached = np.cumsum(weights[:, order], axis=1)
        found = values[order][np.argmax(reached >= level * reached[:, -1:] - 1e-9, axis=1)]
        return np.where(reached[:, -1] > 0, found, np.nan)

    return statistic


def divide(numerators: Array, denominators: Array) -> Array:
    """Divide elementwise, NaN for a divisor of 0: that resample does not define the statistic."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(denominators == 0, np.nan, numerators / denominators)

"""Intervals by the bootstrap: problems are drawn again, with all that was asked of each.

Questions that are made of one problem are not independent, so problems are what is drawn (a cluster bootstrap); the
interval is the percentile one (Efron, 1979). A share that is 0 or 1 has resamples that are all alike; there Wilson's
bound stands in, with problems as trials.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from curation.review.interval import wilson
from schemas.evaluation import Estimate

RESAMPLES = 2_000
_ENTRIES = 1 << 24
"""Counts that are drawn at a time: 128 MiB."""

Floats = NDArray[np.float64]


def estimate(values: Sequence[float], problems: Sequence[str], seed: int) -> Estimate:
    """The mean of the values, one a question, with its interval; `problems` names the problem of each.

    Raises ValueError where there are no values.
    """
    if not values:
        raise ValueError("there is no mean of nothing")
    mean = float(np.mean(values))
    if mean in (0.0, 1.0) and min(values) == max(values):
        clusters = len(set(problems))
        low, high = wilson(int(mean) * clusters, clusters)
        return Estimate(value=mean, low=low, high=high, n=len(values))
    return interval(mean, _means(values, problems, seed), len(values))


def estimate_difference(differences: Sequence[float], problems: Sequence[str], seed: int) -> Estimate:
    """The mean of differences between -1 and 1, one a question, with its interval.

    Where all are alike, and so are their resamples, it reaches as far as Wilson's bound of a share that is 0.
    """
    if min(differences) < max(differences) or differences[0] not in (-1, 0, 1):
        return interval(float(np.mean(differences)), _means(differences, problems, seed), len(differences))
    clusters = len(set(problems))
    value, reach = differences[0], wilson(0, clusters)[1]
    return Estimate(value=value, low=max(value - reach, -1), high=min(value + reach, 1), n=len(differences))


def _means(values: Sequence[float], problems: Sequence[str], seed: int) -> Floats:
    sums = resampled(np.column_stack((np.asarray(values, float), np.ones(len(values)))), problems, seed)
    means: Floats = sums[:, 0] / sums[:, 1]
    return means


def interval(value: float, drawn: Floats, n: int) -> Estimate:
    """An estimate from its resamples; those that are no number, where one has no such question, are left out."""
    kept = drawn[np.isfinite(drawn)]
    low, high = np.percentile(kept, (2.5, 97.5)) if len(kept) else (value, value)
    return Estimate(value=value, low=float(low), high=float(high), n=n)


def resampled(table: Floats, problems: Sequence[str], seed: int) -> Floats:
    """The column sums of a table (questions, columns) in each resample of the problems: (RESAMPLES, columns)."""
    clusters = summed(table, problems)
    size = len(clusters)
    generator = np.random.default_rng(seed)
    block = max(1, _ENTRIES // size)
    parts = []
    for start in range(0, RESAMPLES, block):
        counts = generator.multinomial(size, np.full(size, 1 / size), min(block, RESAMPLES - start))
        parts.append(counts @ clusters)
    return np.concatenate(parts)


def summed(table: Floats, problems: Sequence[str]) -> Floats:
    """The column sums of each problem's questions: (problems, columns)."""
    _, places = np.unique(np.asarray(problems), return_inverse=True)
    sums = np.zeros((int(places.max()) + 1, table.shape[1]))
    np.add.at(sums, places, table)
    return sums


def of_sums(table: Floats, problems: Sequence[str], statistic: Callable[[Floats], Floats], seed: int) -> Estimate:
    """A statistic of column sums, (..., columns) to (...), with its interval."""
    value = float(statistic(table.sum(axis=0)))
    return interval(value, statistic(resampled(table, problems, seed)), len(table))

"""Intervals: between which bounds a share lies that was counted on a sample."""

from statistics import NormalDist

Interval = tuple[float, float]
"""The lower and the upper bound of a 95% confidence interval."""

_Z = NormalDist().inv_cdf(0.975)


def wilson(successes: int, trials: int) -> Interval:
    """The 95% score interval of a share (Wilson, 1927); (0, 1) where nothing was tried.

    It keeps close to its level for few trials and for shares near 0 or 1, where the textbook's interval does not
    (Brown, Cai and DasGupta, Interval Estimation for a Binomial Proportion, 2001).
    """
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    squared = _Z**2 / trials
    centre = share + squared / 2
    half = _Z * (share * (1 - share) / trials + squared / (4 * trials)) ** 0.5
    low, high = (centre - half) / (1 + squared), (centre + half) / (1 + squared)
    return (low if successes else 0.0), (high if successes < trials else 1.0)

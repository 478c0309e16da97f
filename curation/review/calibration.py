"""Calibration: how far probabilities that were predicted are those that came true."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from curation.review.interval import Interval
from schemas.model import Model

_BINS = 10
_RESAMPLES = 200
_SEED = 1


class Calibration(Model):
    """How good predicted probabilities are.

    `brier` is the mean squared error (Brier, 1950), `brier_of_share` what always saying the share of right ones would
    have. `calibration_error` is the expected one: how far the mean prediction is from the share of right ones, over ten
    bins of equal size (Naeini et al., Obtaining Well Calibrated Probabilities Using Bayesian Binning, 2015, with bins
    of equal width); it is never 0 on a small sample. `auc` is the probability that a right candidate is held for
    likelier than a wrong one, 0.5 by chance, with a 95% interval.
    """

    brier: float
    brier_of_share: float
    calibration_error: float
    auc: float
    auc_interval: Interval


def calibration(right: NDArray[np.bool_], predicted: NDArray[np.float64], groups: NDArray[Any]) -> Calibration:
    """How good the predictions are, which are right and wrong ones; the interval is from resampled groups."""
    from sklearn.metrics import brier_score_loss, roc_auc_score

    return Calibration(
        brier=float(brier_score_loss(right, predicted)),
        brier_of_share=float(right.mean() * (1 - right.mean())),
        calibration_error=expected_error(right, predicted),
        auc=float(roc_auc_score(right, predicted)),
        auc_interval=_auc_interval(right, predicted, groups),
    )


def expected_error(right: NDArray[np.bool_], predicted: NDArray[np.float64]) -> float:
    """The expected calibration error."""
    by_prediction = np.argsort(predicted, kind="stable")
    bins = [chosen for chosen in np.array_split(by_prediction, _BINS) if len(chosen)]
    gaps = [abs(predicted[chosen].mean() - right[chosen].mean()) * len(chosen) for chosen in bins]
    return float(sum(gaps) / len(right))


def _auc_interval(right: NDArray[np.bool_], predicted: NDArray[np.float64], groups: NDArray[Any]) -> Interval:
    from sklearn.metrics import roc_auc_score

    names, group = np.unique(groups, return_inverse=True)
    random = np.random.default_rng(_SEED)
    found = []
    for _ in range(_RESAMPLES):
        weight = random.multinomial(len(names), np.full(len(names), 1 / len(names)))[group]
        if 0 < (weight * right).sum() < weight.sum():
            found.append(roc_auc_score(right, predicted, sample_weight=weight))
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)

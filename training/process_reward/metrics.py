"""Metrics: how well the scores of steps tell right steps from wrong ones."""

import math
from collections.abc import Sequence

import numpy as np
from sklearn.metrics import roc_auc_score

from training.process_reward.aggregation import THRESHOLD, first_error

_BINS = 10

Label = float | None


def measure(scores: Sequence[Sequence[float]], labels: Sequence[Sequence[Label]]) -> dict[str, float]:
    """Metrics of solutions, given by the scores and the labels of their steps; steps labelled None do not count.

    `step_accuracy`, with `right_accuracy` and `wrong_accuracy` of the right and of the wrong steps alone; `auc`, the
    chance that a right step is scored above a wrong one; `ece`, the expected calibration error in ten bins of equal
    width (Guo et al., arXiv 1706.04599); `first_error_accuracy`, the share of solutions whose first wrong step, or
    having none, is found, and `first_error_f1`, the harmonic mean of that share among solutions with an error and
    among those without (ProcessBench, Zheng et al., arXiv 2412.06559). A step that was not scored (NaN) is a miss, and
    so is its solution; auc and ece leave it out. What is not defined, as the accuracy of no steps, is not in the
    result. Raises ValueError where the counts differ.
    """
    told = [_labelled(*each) for each in zip(scores, labels, strict=True)]
    flat = np.array([pair for pairs in told for pair in pairs], float).reshape(-1, 2)
    given, wanted = flat[:, 0], flat[:, 1]
    right = wanted >= THRESHOLD
    hits = np.where(right, given >= THRESHOLD, given < THRESHOLD)
    scored = ~np.isnan(given)
    found = {
        "step_accuracy": _mean(hits),
        "right_accuracy": _mean(hits[right]),
        "wrong_accuracy": _mean(hits[~right]),
        "auc": _auc(given[scored], right[scored]),
        "ece": _ece(given[scored], wanted[scored]),
        **_first_errors([pairs for pairs in told if pairs]),
    }
    return {name: value for name, value in found.items() if not math.isnan(value)}


def _labelled(scores: Sequence[float], labels: Sequence[Label]) -> list[tuple[float, float]]:
    return [(score, label) for score, label in zip(scores, labels, strict=True) if label is not None]


def _first_errors(solutions: Sequence[Sequence[tuple[float, float]]]) -> dict[str, float]:
    """Of the labelled steps alone: what is said of a step whose label is not known is neither right nor wrong."""
    of_wrong: list[bool] = []
    of_right: list[bool] = []
    for pairs in solutions:
        given, wanted = zip(*pairs, strict=True)
        error = first_error(wanted)
        found = first_error(given) == error and not any(map(math.isnan, given))
        (of_right if error is None else of_wrong).append(found)
    wrong, right = _mean(of_wrong), _mean(of_right)
    f1 = 2 * wrong * right / (wrong + right) if wrong + right else wrong + right
    return {"first_error_accuracy": _mean([*of_wrong, *of_right]), "first_error_f1": f1}


def _auc(given: np.ndarray, right: np.ndarray) -> float:
    return float(roc_auc_score(right, given)) if 0 < right.sum() < len(right) else math.nan


def _ece(given: np.ndarray, wanted: np.ndarray) -> float:
    """The mean over steps of how far the mean label of a bin is from its mean score."""
    places = np.minimum((given * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(places, weights=given - wanted, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(given)) if len(given) else math.nan


def _mean(values: Sequence[bool] | np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else math.nan

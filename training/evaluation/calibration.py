"""Calibration: whether answers are right as often as they are confident (Guo et al., arXiv 1706.04599)."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from schemas.evaluation import Calibration, CalibrationBin
from training.evaluation.intervals import Floats, of_sums

BINS = 10
"""Of equal width."""


def calibration(
    by: Literal["agreement", "token_probability"],
    confidences: Sequence[float],
    right: Sequence[bool],
    problems: Sequence[str],
    seed: int,
) -> Calibration:
    """The expected calibration error: the mean over questions of how far their bin's accuracy is from its confidence.

    The error is biased upward for few questions, since in a small bin the two differ by chance.
    """
    values, correct = np.asarray(confidences, float), np.asarray(right, float)
    places = np.minimum((values * BINS).astype(int), BINS - 1)
    inside = np.eye(BINS)[places]
    table = np.concatenate((inside, inside * values[:, None], inside * correct[:, None]), axis=1)
    counts, sure, hits = np.split(table.sum(axis=0), 3)
    bins = tuple(
        CalibrationBin(
            low=place / BINS,
            high=(place + 1) / BINS,
            n=int(counts[place]),
            confidence=float(sure[place] / counts[place]),
            accuracy=float(hits[place] / counts[place]),
        )
        for place in range(BINS)
        if counts[place]
    )
    return Calibration(by=by, error=of_sums(table, problems, _error, seed), bins=bins)


def _error(sums: Floats) -> Floats:
    """From the sums of counts, confidences and right answers of each bin, in the last axis."""
    counts, sure, hits = np.split(sums, 3, axis=-1)
    return np.abs(sure - hits).sum(axis=-1) / counts.sum(axis=-1)  # type: ignore[no-any-return]

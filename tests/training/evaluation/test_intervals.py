"""Intervals and p values against closed forms, by hand or by scipy's own."""

import math
from itertools import product

import numpy as np
import pytest
from scipy.stats import binom

from training.evaluation import paired
from training.evaluation.calibration import calibration
from training.evaluation.intervals import RESAMPLES, estimate, resampled

NAMES = [str(index) for index in range(1_000)]


def test_the_interval_of_a_share_is_that_of_the_binomial_law() -> None:
    """Drawing n of n with replacement from a share p, the count is binomial: its quantiles are the bounds."""
    for n, right in ((200, 60), (1_000, 930)):
        found = estimate([1.0] * right + [0.0] * (n - right), NAMES[:n], seed=1)
        low, high = binom.ppf((0.025, 0.975), n, right / n) / n
        assert found.value == right / n
        assert found.low == pytest.approx(low, abs=0.15 * (high - low) / 2)
        assert found.high == pytest.approx(high, abs=0.15 * (high - low) / 2)


def test_questions_of_one_problem_are_drawn_together() -> None:
    """Four questions a problem that are right or wrong together say no more than one: twice as wide as if apart."""
    values = [float(index % 2) for index in range(50) for _ in range(4)]
    together = estimate(values, [NAMES[index] for index in range(50) for _ in range(4)], seed=0)
    apart = estimate(values, NAMES[:200], seed=0)
    assert together.n == apart.n == 200
    assert (together.high - together.low) / (apart.high - apart.low) == pytest.approx(2, rel=0.1)


def test_a_mean_of_resamples_has_the_mean_and_the_error_of_the_mean() -> None:
    values = np.random.default_rng(5).normal(3, 2, 400)
    sums = resampled(np.column_stack((values, np.ones(400))), NAMES[:400], seed=2)
    means = sums[:, 0] / sums[:, 1]
    error = values.std() / math.sqrt(400)
    assert len(means) == RESAMPLES
    assert means.mean() == pytest.approx(values.mean(), abs=4 * error / math.sqrt(RESAMPLES))
    assert means.std() == pytest.approx(error, rel=0.06)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_share_of_none_or_all_is_not_certain(value: float) -> None:
    found = estimate([value] * 20, NAMES[:20], seed=0)
    assert found.value == value
    assert found.high - found.low == pytest.approx(0.161, abs=0.001)  # Wilson's bound for 0 of 20


def test_the_same_seed_gives_the_same_interval_and_no_values_are_refused() -> None:
    values = [1.0, 0.0, 0.0, 1.0, 1.0]
    assert estimate(values, NAMES[:5], seed=7) == estimate(values, NAMES[:5], seed=7)
    with pytest.raises(ValueError, match="nothing"):
        estimate([], [], seed=7)


def test_mcnemar_is_the_exact_binomial_test_of_the_pairs_that_differ() -> None:
    assert paired.mcnemar(0, 0) == 1.0
    assert paired.mcnemar(6, 0) == pytest.approx(2 / 2**6)
    assert paired.mcnemar(7, 2) == pytest.approx(2 * (1 + 9 + 36) / 2**9)


def test_the_permutation_test_comes_to_what_all_signs_come_to() -> None:
    differences = np.array([3.0, 1.0, 2.0, 0.0, -1.0, 2.0, 1.0, 1.0])
    told = differences[differences != 0]
    every = [abs(np.dot(signs, told)) >= abs(told.sum()) for signs in product((-1, 1), repeat=len(told))]
    assert paired.permutation(differences, seed=3) == pytest.approx(np.mean(every), abs=0.01)
    assert paired.permutation(np.zeros(4), seed=3) == 1.0


def test_holm_adjusts_as_by_hand() -> None:
    assert paired.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert paired.holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])


def test_the_calibration_error_is_as_by_hand() -> None:
    """Bins of 1, 1 and 2: (|0.95 - 1| + |0.85 - 0| + |0.4 - 1|) / 4; a confidence of 1 is in the last bin."""
    found = calibration("agreement", [0.95, 0.85, 0.2, 0.2], [True, False, True, False], NAMES[:4], seed=0)
    assert found.error.value == pytest.approx((0.05 + 0.85 + 0.6) / 4)
    assert [(each.low, each.n) for each in found.bins] == [(0.2, 2), (0.8, 1), (0.9, 1)]
    certain = calibration("agreement", [1.0] * 4, [True] * 4, NAMES[:4], seed=0)
    assert (certain.error.value, certain.bins[0].high) == (0.0, 1.0)

"""Intervals of shares: Wilson's, as others compute them, and at the ends."""

import numpy as np
import pytest
from scipy.stats import binomtest

from curation.review.interval import wilson


@pytest.mark.parametrize(
    ("successes", "trials"), [(0, 1), (1, 1), (0, 29), (29, 29), (81, 263), (15, 148), (997, 1000)]
)
def test_it_is_the_interval_that_scipy_gives(successes: int, trials: int) -> None:
    interval = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    assert wilson(successes, trials) == pytest.approx((interval.low, interval.high), abs=1e-12)


@pytest.mark.parametrize(
    ("successes", "trials", "interval"),
    # Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3
    [(81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605)), (0, 20, (0.0, 0.1611)), (1, 29, (0.0061, 0.1718))],
)
def test_it_is_the_published_one(successes: int, trials: int, interval: tuple[float, float]) -> None:
    assert wilson(successes, trials) == pytest.approx(interval, abs=5e-5)


def test_nothing_tried_is_nothing_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.97])
def test_it_holds_the_true_share_as_often_as_it_says(share: float) -> None:
    drawn = np.random.default_rng(5).binomial(125, share, size=4000)
    held = [low <= share <= high for low, high in (wilson(int(right), 125) for right in drawn)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)

"""Aggregation: one score of a solution, and the best of several."""

import math

import pytest

from training.process_reward.aggregation import AGGREGATIONS, Aggregation, aggregate, best_of, first_error


@pytest.mark.parametrize(("how", "expected"), [("min", 0.5), ("product", 0.36), ("last", 0.8), ("mean", 2.2 / 3)])
def test_each_way_is_what_its_name_says(how: Aggregation, expected: float) -> None:
    assert aggregate([0.9, 0.5, 0.8], how) == pytest.approx(expected)


@pytest.mark.parametrize("how", AGGREGATIONS)
def test_nothing_speaks_for_a_solution_without_steps(how: Aggregation) -> None:
    assert aggregate([], how) == 0.0


@pytest.mark.parametrize("how", AGGREGATIONS)
def test_a_step_without_a_score_leaves_its_solution_without_one(how: Aggregation) -> None:
    assert math.isnan(aggregate([0.9, math.nan, 0.8], how))


@pytest.mark.parametrize(("how", "expected"), [("min", 1), ("product", 2), ("last", 0), ("mean", 2)])
def test_ways_differ_in_what_is_best(how: Aggregation, expected: int) -> None:
    assert best_of([[0.2, 0.95], [0.6, 0.6, 0.6], [0.5, 0.9]], how) == expected


@pytest.mark.parametrize("how", AGGREGATIONS)
def test_of_equals_the_first_is_best_and_what_was_not_scored_is_best_of_its_like_alone(how: Aggregation) -> None:
    assert best_of([[0.4], [0.7], [0.7]], how) == 1
    assert best_of([[math.nan], [], [math.nan]], how) == 1
    assert best_of([[0.9, math.nan], [0.1]], how) == 1
    assert best_of([[math.nan], [math.nan]], how) == 0


def test_the_best_of_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="empty"):
        best_of([], "min")


def test_the_first_error_is_the_first_step_below_one_half() -> None:
    assert first_error([0.9, 0.49, 0.1]) == 1
    assert first_error([0.5, 0.9]) is None
    assert first_error([]) is None
    assert first_error([math.nan, 0.9]) is None

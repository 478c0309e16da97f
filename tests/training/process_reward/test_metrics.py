"""Metrics, against cases worked by hand."""

import math

import pytest

from training.process_reward.metrics import measure


def test_metrics_of_a_case_worked_by_hand() -> None:
    scores = [[0.9, 0.2], [0.6, 0.7, 0.1], [0.8], [0.3, 0.9]]
    labels = [[1, 0], [1, 0, None], [1], [1, 1]]
    found = measure(scores, labels)
    # Steps (score, label): .9 1 hit, .2 0 hit, .6 1 hit, .7 0 miss, .8 1 hit, .3 1 miss, .9 1 hit
    assert found["step_accuracy"] == pytest.approx(5 / 7)
    assert found["right_accuracy"] == pytest.approx(4 / 5)
    assert found["wrong_accuracy"] == pytest.approx(1 / 2)
    # Right steps above wrong ones: above .2 all five, above .7 three (.9, .8, .9), of 5 x 2
    assert found["auc"] == pytest.approx(8 / 10)
    # Bins, |sum of scores - sum of labels|: .2-.3: .2, .3-.4: .7, .6: .4, .7: .7, .8: .2, .9: .2
    assert found["ece"] == pytest.approx((0.2 + 0.7 + 0.4 + 0.7 + 0.2 + 0.2) / 7)
    # First errors: row 0 found, row 1 not (none is seen), row 2 found to have none, row 3 not (one is seen)
    assert found["first_error_accuracy"] == pytest.approx(2 / 4)
    assert found["first_error_f1"] == pytest.approx(2 * 0.5 * 0.5 / (0.5 + 0.5))


def test_f1_is_the_harmonic_mean_over_wrong_and_right_solutions() -> None:
    scores = [[0.1], [0.1], [0.9], [0.1], [0.9], [0.9]]
    labels = [[0], [0], [0], [1], [1], [1]]
    wrong, right = 2 / 3, 2 / 3
    assert measure(scores, labels)["first_error_f1"] == pytest.approx(2 * wrong * right / (wrong + right))
    always_right = measure([[0.9]] * 6, labels)
    assert always_right["first_error_accuracy"] == pytest.approx(1 / 2)
    assert always_right["first_error_f1"] == 0.0


def test_an_error_that_is_seen_too_early_or_too_late_is_not_found() -> None:
    assert measure([[0.1, 0.1], [0.9, 0.9]], [[1, 0], [1, 1]])["first_error_f1"] == 0.0
    assert measure([[0.9, 0.1], [0.9, 0.9]], [[1, 0], [1, 1]])["first_error_f1"] == 1.0


def test_steps_without_a_label_do_not_count() -> None:
    with_none = measure([[0.1, 0.9, 0.2]], [[None, 1, 0]])
    assert with_none == measure([[0.9, 0.2]], [[1, 0]])


def test_what_is_not_defined_is_not_told() -> None:
    assert measure([], []) == {}
    assert measure([[0.3]], [[None]]) == {}
    only_right = measure([[0.9, 0.8]], [[1, 1]])
    assert set(only_right) == {"step_accuracy", "right_accuracy", "ece", "first_error_accuracy"}


def test_a_step_without_a_score_is_a_miss_whatever_its_label() -> None:
    found = measure([[math.nan], [0.9, math.nan]], [[0], [1, 1]])
    assert found["step_accuracy"] == pytest.approx(1 / 3)
    assert found["wrong_accuracy"] == 0.0
    assert found["first_error_accuracy"] == 0.0


def test_soft_labels_are_right_from_one_half_and_calibrated_by_their_mean() -> None:
    found = measure([[0.25]] * 4, [[0.0], [0.0], [0.0], [1.0]])
    assert found["ece"] == pytest.approx(0.0)
    assert measure([[0.7], [0.3]], [[0.5], [0.4]])["step_accuracy"] == 1.0


def test_lists_of_other_lengths_are_errors() -> None:
    with pytest.raises(ValueError, match="argument 2 is"):
        measure([[0.5, 0.5]], [[1]])

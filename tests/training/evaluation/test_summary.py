"""What answers come to, by hand: shares, leaks, pairs, choices among samples, first errors, comparisons."""

import pytest

from schemas.evaluation import Answered
from tests.training.evaluation.made import answered
from training.errors import EvaluationError
from training.evaluation import best_of_n, paired
from training.evaluation.process_bench import Marked, first_errors
from training.evaluation.summary import Sampled, summary

NOTHING = Sampled({}, {})


def test_undecided_is_apart_and_never_right() -> None:
    rows = [
        answered("a"),
        answered("b", "unequal"),
        answered("c", "undecided"),
        answered("d", "undecided", answer=None),
    ]
    found = summary(rows, "made", "forward", NOTHING, 0)
    assert (found.accuracy.value, found.undecided.value, found.no_answer.value) == (0.25, 0.5, 0.25)
    assert found.questions == found.problems == 4
    assert (found.leaked, found.both, found.mean_of_samples, found.selected, found.calibration) == (
        None,
        None,
        None,
        (),
        None,
    )


def test_the_leak_rate_is_over_the_questions_that_can_leak() -> None:
    rows = [
        answered("a", "unequal", kind="backward", leaked=True),
        answered("b", "equal", kind="backward", leaked=False),
        answered("c", "undecided", kind="backward", leaked=False),
        answered("d", "equal", kind="backward", leaked=None),
        answered("a", "unequal", kind="backward", leaked=True, sample=1),
    ]
    found = summary(rows, "made", "backward", Sampled({("made", "a"): [0]}, {}), 0).leaked
    assert found is not None
    assert (found.value, found.n) == (pytest.approx(1 / 3), 3)


def test_a_pair_is_right_where_both_are_also_across_sets() -> None:
    rows = [
        answered("f1", problem="p"),
        answered("f2", "unequal", problem="q"),
        answered("b1", kind="backward", problem="p", set_="other"),
        answered("b2", "undecided", kind="backward", problem="p", set_="other"),
        answered("b3", kind="backward", problem="q", set_="other"),
        answered("b4", kind="backward", problem="r", set_="other"),
    ]
    found = summary(rows, "other", "backward", NOTHING, 0)
    assert found.both is not None
    assert (found.both.value, found.both.n) == (pytest.approx(1 / 3), 3)
    assert found.problems == 3


def samples(row_id: str, *outcomes: bool) -> list[Answered]:
    return [
        answered(row_id, "equal" if right else "unequal", sample=number, completion=f"step\nThe answer is {number}.")
        for number, right in enumerate(outcomes, 1)
    ]


def test_of_samples_the_majority_any_of_them_and_the_models_choice_are_as_by_hand() -> None:
    """a: two of three agree on the right answer. b: they agree on a wrong one, and the model knows better."""
    rows = [
        answered("a", confidence=0.5),
        answered("b"),
        *samples("a", True, True, False),
        *samples("b", False, False, True),
    ]
    scores = {
        ("made", "a"): {1: [0.9, 0.9], 2: [0.1, 0.9], 3: [0.95, 0.2]},
        ("made", "b"): {1: [0.5, 0.5], 2: [0.2, 0.2], 3: [0.9, 0.4]},
    }
    groups = {("made", "a"): [0, 0, 1], ("made", "b"): [0, 0, 1]}
    found = summary(rows, "made", "forward", Sampled(groups, {"forward": ("prm", scores)}), 0)
    assert {each.by: each.accuracy.value for each in found.selected} == {
        "majority": 0.5,
        "oracle": 1.0,
        "min": 0.5,  # of b: 0.5, 0.2, 0.4
        "product": 1.0,
        "last": 0.5,
        "mean": 1.0,
    }
    assert found.mean_of_samples is not None
    assert found.mean_of_samples.value == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert found.calibration is not None
    assert found.calibration.by == "agreement"
    assert found.calibration.error.value == pytest.approx(abs(2 / 3 - 0.5))


def test_no_answer_has_no_vote() -> None:
    assert best_of_n.majority([-1, -1, 1, 0, 0]) == (3, 0.4)
    assert best_of_n.majority([-1, -1]) == (None, 0.0)
    rows = [answered("a"), *[answered("a", "undecided", answer=None, sample=each) for each in (1, 2)]]
    found = summary(rows, "made", "forward", Sampled({("made", "a"): [-1, -1]}, {}), 0)
    assert [each.accuracy.value for each in found.selected] == [0.0, 0.0]


def test_a_backward_sample_is_shown_to_the_model_behind_its_question() -> None:
    row = answered("b", kind="backward", original_question="Forward?", completion="x = 2\nThe answer is 2.")
    assert best_of_n.steps(row) == ("Forward?", ("Question b?", "x = 2"))


def test_the_f1_of_first_errors_is_as_by_hand() -> None:
    """Of three wrong solutions one is found, of two right ones one: 2 * 1/3 * 1/2 / (1/3 + 1/2) = 0.4."""
    nan = float("nan")
    marked = [Marked(str(index), f"P{index}", ("s", "t"), label) for index, label in enumerate((0, 1, 1, None, None))]
    scores = [[0.1, 0.9], [0.2, 0.1], [0.9, nan], [0.9, 0.8], [0.9, 0.3]]
    found = first_errors("bench", "prm", marked, scores, 0)
    assert (found.erroneous.value, found.erroneous.n) == (pytest.approx(1 / 3), 3)
    assert (found.correct.value, found.correct.n) == (0.5, 2)
    assert found.f1.value == pytest.approx(0.4)
    assert found.f1.low < 0.4 < found.f1.high
    with pytest.raises(EvaluationError, match="only wrong solutions"):
        first_errors("bench", "prm", marked[:3], scores[:3], 0)


def test_an_f1_of_nothing_found_is_in_as_much_doubt_as_what_was_found() -> None:
    """Of 4 wrong solutions none: Wilson's bound is 0.49, and in no right one was a wrong step found, so up to 1."""
    marked = [
        Marked(str(index), f"P{index}", ("s", "t"), label) for index, label in enumerate((0, 1, 1, 0, None, None))
    ]
    found = first_errors("bench", "prm", marked, [[0.9, 0.9]] * 6, 0)
    assert (found.f1.value, found.f1.low) == (0, 0)
    most = found.erroneous.high
    assert most == pytest.approx(0.4899, abs=1e-4)
    assert found.f1.high == pytest.approx(2 * most / (1 + most))


def test_two_models_are_compared_on_the_questions_that_both_were_asked() -> None:
    this = [answered(str(index)) for index in range(8)] + [answered("x", "unequal")]
    other = [answered(str(index), "equal" if index < 2 else "unequal") for index in range(8)]
    (found,) = paired.compared(this, {"evaluate-1": other}, 0)
    assert (found.this_value, found.other_value, found.difference.value) == (1.0, 0.25, 0.75)
    assert (found.only_this, found.only_other, found.difference.n) == (6, 0, 8)
    assert (found.test, found.p_value) == ("mcnemar", pytest.approx(2 / 2**6))
    assert found.difference.low > 0
    with pytest.raises(EvaluationError, match="none of these questions"):
        paired.compared(this, {"evaluate-2": [answered("z")]}, 0)


def test_questions_of_one_problem_are_not_counted_as_if_they_were_independent() -> None:
    """Ten questions of one problem that only one model has right are one observation, which proves nothing."""
    this = [answered(str(index), problem="p") for index in range(10)]
    other = [answered(str(index), "unequal", problem="p") for index in range(10)]
    (found,) = paired.compared(this, {"evaluate-1": other}, 0)
    assert (found.test, found.p_value) == ("permutation", 1.0)

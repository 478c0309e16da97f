"""Grading: what is read off a completion, and that nothing but a proof makes an answer right."""

import pytest

from schemas.evaluation import Answered
from tests.training.evaluation.made import answered
from training.evaluation.grading import graded, grouped, stated


def grade(gold: str, completion: str, **more: object) -> Answered:
    return graded(answered("a", completion=completion).model_copy(update={"gold": gold, **more}))


@pytest.mark.parametrize(
    ("gold", "completion", "answer", "outcome"),
    [
        ("18", "9 * 2 = 18\nThe answer is 18.", "18", "equal"),
        ("18", "She makes $18 a day.\nThe answer is $18.00.", "$18.00", "equal"),
        ("1/3", "So it is\n\\boxed{\\frac{1}{3}}", "\\frac{1}{3}", "equal"),
        ("18", "9 * 2 = 17\nThe answer is 17.", "17", "unequal"),
        ("1/3", "The answer is 0.333.", "0.333", "unequal"),
        ("18", "The answer is 18.\n\nQuestion: another?\nThe answer is 5.", "18", "equal"),
        ("18", "", None, "undecided"),
        ("18", "I will think about it. Let me see what there is to do first of all", None, "undecided"),
        ("18", "There may be 17 or 18 of them", None, "undecided"),
    ],
)
def test_an_answer_is_read_and_compared(gold: str, completion: str, answer: str | None, outcome: str) -> None:
    found = grade(gold, completion)
    assert (found.answer, found.outcome) == (answer, outcome)


def test_what_cannot_be_compared_is_undecided_and_never_equal() -> None:
    for completion in ("x" * 60_000, "The answer is \\int_0^\\infty e^{-x^{x^x}} dx.", "The answer is " + "(" * 500):
        assert grade("18", completion).outcome == "undecided"


def test_a_choice_is_told_by_its_letter_or_by_its_value() -> None:
    choices = ("A)5", "B)10/2", "C)7", "D)None of these")
    said = {"B": "equal", "(B)": "equal", "B) 10/2": "equal", "\\text{B}": "equal", "C.": "unequal", "7": "unequal"}
    for answer, outcome in said.items():
        assert grade("B", f"The answer is {answer}.", choices=choices).outcome == outcome, answer
    assert grade("B", "The answer is 5.", choices=choices).outcome == "undecided"  # two choices are 5
    assert grade("B", "The answer is 11.", choices=choices).outcome == "undecided"


def test_the_original_answer_is_a_leak_only_where_it_is_another_one() -> None:
    def leaked(completion: str, original: str | None) -> bool | None:
        return grade("48", completion, kind="backward", original_answer=original).leaked

    assert leaked("The answer is 72.", "72") is True
    assert leaked("The answer is 48.", "72") is False
    assert leaked("No idea", "72") is False
    assert leaked("The answer is 48.", "48") is None
    assert leaked("The answer is 72.", None) is None


def test_equal_answers_are_one_group_and_no_answer_is_in_none() -> None:
    assert grouped(["1/2", "0.5", None, "3", "1/2", "\\frac{6}{2}"]) == [0, 0, -1, 1, 0, 1]


def test_the_line_of_the_answer_counts_before_what_follows() -> None:
    assert stated("#### 5\nrest \\boxed{7}")[0] == "5"

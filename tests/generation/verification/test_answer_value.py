"""The exact value of an answer: what has one is read, whatever its spelling, and what has none is refused."""

import time

import pytest

from generation.verification.answer_value import AnswerValue, answer_value
from generation.verification.expression import ExpressionError, plain
from tests.generation.verification.attacks import ATTACKS


def told(value: AnswerValue) -> str:
    """The value on one line."""
    return f"{value.opening}{'; '.join(map(plain, value.parts))}{value.closing}{'%' if value.percent else ''}"


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("72", "72"),
        ("-3", "-3"),
        ("1,000", "1000"),
        ("3/4", "3/4"),
        ("2.50", "5/2"),
        (r"\frac{3}{4}", "3/4"),
        (r"\dfrac34", "3/4"),
        (r"-\frac{1}{2}", "-(1/2)"),
        (r"2\frac{1}{2}", "2 + 1/2"),
        (r"2\sqrt{3}", "2*sqrt(3)"),
        (r"\frac{1 + \sqrt{5}}{2}", "(1 + sqrt(5))/2"),
        (r"\$327", "327"),
        (r"80^\circ", "80"),
        (r"12\text{ cm}", "12"),
        (r"35\%", "35%"),
        ("35%", "35%"),
        ("(4,7)", "(4; 7)"),
        (r"\left( -2, \frac{1}{3} \right)", "(-2; 1/3)"),
        ("[0, 5)", "[0; 5)"),
        (r"(\sqrt{2}, 3]", "(sqrt(2); 3]"),
        ("2, 8", "2; 8"),
    ],
)
def test_a_number_and_a_tuple_of_numbers_have_a_value(answer: str, value: str) -> None:
    assert told(answer_value(answer)) == value


@pytest.mark.parametrize(
    "answer",
    ["", "yes", r"\text{yes}", "x + 1", r"\pi", "25\\pi", "3i", r"(1, \infty)", r"(1,2) \cup (3,4)", "x = 5",
     r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", "3:4", "seven", "1/0 or 2", r"\{1, 2\}"],
)  # fmt: skip
def test_what_is_no_number_has_none(answer: str) -> None:
    with pytest.raises(ExpressionError):
        answer_value(answer)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda text: f"{text[:20]!r}-{len(text)}")
def test_a_hostile_answer_is_read_or_refused_at_once(attack: str) -> None:
    start = time.process_time()
    try:
        parts = answer_value(attack).parts
    except ExpressionError:
        parts = ()
    assert time.process_time() - start < 1
    assert all(len(plain(part)) <= 2_000 for part in parts)

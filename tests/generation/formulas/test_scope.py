"""Problems that no formula of their conditions answers are left, with the reason; word problems are not."""

import time

import pytest

from generation.formulas.scope import why_not_invertible
from tests.generation.made import sample
from tests.generation.verification.attacks import ATTACKS


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Prove that the sum of two odd numbers is even.", "proof"),
        (r"Let $n$ be odd. Show that $n^2 - 1$ is a multiple of $8$.", "proof"),
        ("How many ways can $5$ books stand on a shelf?", "counting"),
        ("How many positive integers less than $100$ have an odd number of divisors?", "counting"),
        ("How many different four-letter arrangements are there?", "counting"),
        ("Find the number of positive divisors of $60$.", "counting"),
        ("What is the probability that a fair die shows $6$?", "probability"),
        ("What is the greatest common divisor of $12$ and $18$?", "whole numbers"),
        ("What is the remainder when $17$ is divided by $5$?", "whole numbers"),
        ("What is the units digit of $7^{10}$?", "whole numbers"),
        ("Write $25$ in base $3$.", "whole numbers"),
        ("What is the largest integer $n$ with $3n < 20$?", "largest or smallest"),
        ("Which of the following is a prime? A) $4$ B) $5$", "given options"),
        ("What is $x$? [asy] draw((0,0)--(1,0)); [/asy]", "drawing"),
    ],
)
def test_what_is_out_of_scope_is_left_with_its_reason(question: str, reason: str) -> None:
    assert reason in why_not_invertible(question)


@pytest.mark.parametrize(
    "question",
    [
        r"A square has an area of $12$. What is its side length?",
        "How many apples do Ida and Ben have?",
        "How many hours does the trip take?",
        "In what year will the census show that there are fewer than $40$ birds?",
        "What is the largest angle of a triangle whose others have $40$ and $60$ degrees?",
        "What is the slope of the line through $(1,2)$ and $(3,8)$?",
        "If $3x + 4 = 19$, what is $x$?",
    ],
)
def test_what_arithmetic_inverts_is_in_scope(question: str) -> None:
    assert why_not_invertible(question) == ""


def test_the_word_problems_of_the_sample_are_in_scope() -> None:
    left = [of.question for of in sample() if why_not_invertible(of.question)]
    assert len(left) <= 1, left


@pytest.mark.parametrize(
    "attack", ["how many " * 4_000, "what " + "a" * 20_000, "how many a b c d e f " * 900, *ATTACKS]
)
def test_any_text_is_told_at_once(attack: str) -> None:
    start = time.process_time()
    why_not_invertible(attack[:20_000])
    assert time.process_time() - start < 1

"""The roots of a relation are exact and all there are."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from generation.verification.expression import ExpressionError, evaluate, parse
from generation.verification.rational_function import UNKNOWN, compute
from generation.verification.solve import Roots, holds, solve


def roots(text: str, answer: str) -> Roots:
    """The roots of text = answer."""
    return solve(compute(parse(text, ("x",)), {"x": UNKNOWN}), Fraction(answer))


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("x + x/2", "72", ["48"]),
        ("3*x - 1", "0", ["1/3"]),
        ("10 - 4*x", "30", ["-5"]),
        ("x/0.3", "7", ["21/10"]),
        ("x^2", "49", ["-7", "7"]),
        ("x*(10 - x)", "21", ["3", "7"]),
        ("x^2 - 6*x", "-9", ["3"]),
        ("(x - 1)*(x - 2)*(x - 3)*x", "0", ["0", "1", "2", "3"]),
        ("12/x", "5", ["12/5"]),
        ("12/x", "0", []),
        ("x + 6/x", "5", ["2", "3"]),
        ("x^2", "-1", []),
        ("x - x + 4", "5", []),
        ("(x - 1)*(x^2 - 2)", "0", ["1"]),
    ],
)
def test_the_rational_roots_are_all_there_are(text: str, answer: str, expected: list[str]) -> None:
    assert [str(root) for root in roots(text, answer).rational] == expected


def test_a_root_where_a_denominator_vanishes_is_none() -> None:
    assert roots("(x^2 - 9)/(x - 3)", "6").rational == ()
    assert roots("x^2/x", "0").rational == ()


def test_irrational_roots_are_counted_too() -> None:
    found = roots("(x - 1)*(x^2 - 2)", "0")
    assert len(found.irrational) == 2
    admissible = found.admissible(Fraction(1))
    assert admissible[0] == "1"
    assert len(admissible) == 2
    assert admissible[1].startswith("1.414")


def test_every_value_solves_an_identity() -> None:
    assert roots("x - x + 5", "5").all_values
    assert roots("2*x/x", "2").all_values
    assert not roots("x", "5").all_values


def test_a_quantity_has_no_negative_root_unless_it_is_negative() -> None:
    found = roots("x^2", "49")
    assert found.admissible(Fraction(7)) == ["7"]
    assert found.admissible(Fraction(-7)) == ["-7", "7"]


SMALL = st.integers(-9, 9).map(Fraction) | st.fractions(-9, 9, max_denominator=6)


@given(st.lists(SMALL, min_size=1, max_size=4, unique=True), SMALL)
def test_a_product_of_factors_has_their_roots(wanted: list[Fraction], answer: Fraction) -> None:
    text = "*".join(f"(x - ({root}))" for root in wanted) + f" + ({answer})"
    assert list(roots(text, str(answer)).rational) == sorted(wanted)


EXPRESSIONS = st.recursive(
    st.sampled_from(["x", "2", "1/3", "5", ".25"]),
    lambda inner: st.builds("({}){}({})".format, inner, st.sampled_from("+-*/"), inner),
    max_leaves=6,
)


@given(EXPRESSIONS, SMALL)
def test_a_relation_made_to_hold_at_a_value_has_that_root(text: str, at: Fraction) -> None:
    """f and x0 are drawn and A is f(x0): the evaluator and the fraction field have to agree on it."""
    try:
        answer = evaluate(parse(text, ("x",)), {"x": at})
        found = roots(text, str(answer))
    except ExpressionError:
        assume(False)
    assert found.all_values or at in found.rational
    function = compute(parse(text, ("x",)), {"x": UNKNOWN})
    for root in found.rational:
        assert holds(function, answer, root)

"""Rational functions: exact, equal where they are the same function, and bounded."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from generation.verification.expression import ExpressionError, TooLargeError, UndefinedValueError, evaluate, parse
from generation.verification.rational_function import (
    MAX_DEGREE,
    UNKNOWN,
    NotRationalError,
    RationalFunction,
    Value,
    compute,
    fraction,
    function_of,
    number,
    same,
)


def function(text: str) -> Value:
    """The text over x."""
    return compute(parse(text, ("x",)), {"x": UNKNOWN})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x + x/2", "3*x/2"),
        ("(x^2 - 1)/(x - 1)", "x + 1"),
        ("1/(1/x)", "x"),
        ("x*(1 - 20%)", "x*0.8"),
        ("(x + 1)^3", "x^3 + 3*x^2 + 3*x + 1"),
        ("x^-2", "1/(x*x)"),
        ("x - x", "0"),
        ("-(x - 3)", "3 - x"),
    ],
)
def test_one_function_in_two_forms_is_the_same(one: str, other: str) -> None:
    assert same(function(one), function(other))


@pytest.mark.parametrize(
    ("one", "other"), [("x", "x + 1/10^30"), ("x/3", "0.333*x"), ("x^2", "2*x"), ("x", "48"), ("1/x", "x")]
)
def test_two_functions_are_not(one: str, other: str) -> None:
    assert not same(function(one), function(other))


@pytest.mark.parametrize("text", ["1/(x - x)", "x/0", "0^-1 + x", "sqrt(2) + x", "(x - x)^-1"])
def test_what_has_no_value_is_refused(text: str) -> None:
    with pytest.raises(UndefinedValueError):
        function(text)


@pytest.mark.parametrize("text", ["sqrt(x)", "abs(x - 3)", "2^x", "sqrt(4*x + 1)"])
def test_what_is_no_rational_function_is_told_apart(text: str) -> None:
    with pytest.raises(NotRationalError):
        function(text)


@pytest.mark.parametrize("text", [f"x^{MAX_DEGREE + 1}", "(x^9)^9", "x^9*x^9", "1/x^9/x^9", "7^64^2 + x"])
def test_what_is_too_large_is_refused(text: str) -> None:
    with pytest.raises((TooLargeError, UndefinedValueError)):
        function(text)


def test_a_cancelled_unknown_does_not_matter() -> None:
    assert not function_of(function("x/x + 2")).depends()
    assert not function_of(function("(x + 1)^2 - x^2 - 2*x")).depends()
    assert function_of(function("x/(x + 1)")).depends()


@given(st.fractions())
def test_a_number_comes_back_as_it_was(value: Fraction) -> None:
    assert fraction(number(value)) == value


EXPRESSIONS = st.recursive(
    st.sampled_from(["x", "2", "1/3", "5", ".25", "10%"]),
    lambda inner: (
        st.builds("({}){}({})".format, inner, st.sampled_from("+-*/"), inner)
        | st.builds("-({})".format, inner)
        | st.builds("({})^{}".format, inner, st.integers(-2, 2))
    ),
    max_leaves=6,
)


@given(EXPRESSIONS, st.fractions(-20, 20, max_denominator=9))
def test_a_function_has_the_value_of_its_expression_everywhere(text: str, at: Fraction) -> None:
    expression = parse(text, ("x",))
    try:
        expected = evaluate(expression, {"x": at})
        found = function(text)
    except ExpressionError:
        assume(False)
    if isinstance(found, RationalFunction):
        below = found.denominator(number(at))
        assert fraction(found.numerator(number(at)) / below) == expected
    else:
        assert fraction(found) == expected

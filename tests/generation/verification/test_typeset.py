"""Typesetting: expressions as they are written, and LaTeX that reads back as the same function."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.verification.expression import (
    MAX_LENGTH,
    Call,
    Expression,
    Negation,
    Number,
    Operation,
    Symbol,
    TooLargeError,
    UndefinedValueError,
    evaluate,
    parse,
    plain,
)
from generation.verification.infix import infix
from generation.verification.typeset import typeset, typeset_equation

NAMES = ("x", "y", "x1")
POINTS = [
    {"x": Fraction(7), "y": Fraction(-5, 3), "x1": Fraction(11)},
    {"x": Fraction(-13, 2), "y": Fraction(4), "x1": Fraction(-1, 9)},
]


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("x + x/2", r"x + \frac{x}{2}"),
        ("3*(x + 1)", r"3\left(x + 1\right)"),
        ("(x + 1)*3", r"\left(x + 1\right) \cdot 3"),
        ("2.5*x", "2.5x"),
        ("2*3", r"2 \cdot 3"),
        ("x*2*y", r"x \cdot 2y"),
        ("x*y", r"x \cdot y"),
        ("2*(1/3)", r"2 \cdot \frac{1}{3}"),
        ("8 - (3 - x)", r"8 - \left(3 - x\right)"),
        ("8 - (3 + x)", r"8 - \left(3 + x\right)"),
        ("8 + (3 - x)", "8 + 3 - x"),
        ("8 - 3*x", "8 - 3x"),
        ("(3 + x)/(x - 2)", r"\frac{3 + x}{x - 2}"),
        ("x/y/2", r"\frac{\frac{x}{y}}{2}"),
        ("x^2", "x^{2}"),
        ("(x^2)^3", r"\left(x^{2}\right)^{3}"),
        ("x^2^3", "x^{2^{3}}"),
        ("(-2)^2", r"\left(-2\right)^{2}"),
        ("-2^2", "-2^{2}"),
        ("(x/2)^2", r"\left(\frac{x}{2}\right)^{2}"),
        ("2^-1", "2^{-1}"),
        ("-x", "-x"),
        ("-(x + 1)", r"-\left(x + 1\right)"),
        ("3*-x", r"3\left(-x\right)"),
        ("3 - -x", r"3 - \left(-x\right)"),
        ("-3*x", "-3x"),
        ("20%*x", r"20\% \cdot x"),
        ("(x + 1)%", r"\left(x + 1\right)\%"),
        ("sqrt(x + 1)", r"\sqrt{x + 1}"),
        ("abs(x - 3)*2", r"\left|x - 3\right| \cdot 2"),
        ("2*x1", "2x_{1}"),
    ],
)
def test_an_expression_is_set_as_it_is_written(text: str, latex: str) -> None:
    assert typeset(parse(text, NAMES)) == latex


def test_numbers_are_short_decimals_or_fractions() -> None:
    assert [typeset(Number(Fraction(text))) for text in ("1/20", "1/3", "-1/3", "-7", "1200")] == [
        "0.05", r"\frac{1}{3}", r"-\frac{1}{3}", "-7", "1200",
    ]  # fmt: skip
    assert typeset(Operation("^", Number(Fraction(1, 3)), Number(Fraction(2)))) == r"\left(\frac{1}{3}\right)^{2}"


def test_an_equation_is_set_side_by_side_and_one_that_cannot_be_read_is_none() -> None:
    assert typeset_equation("x + x/2 = 72", "x") == r"x + \frac{x}{2} = 72"
    assert typeset_equation("24*3 = 72 = 72*1", "x") == r"24 \cdot 3 = 72 = 72 \cdot 1"
    for text in ("x + = 72", "z = 72", "", " = ", "x = ", "x=72", "__import__('os') = 1", "1" * 3_000, "(" * 50):
        assert typeset_equation(text, "x") is None, text


NUMBERS = st.builds(Number, st.fractions(min_value=-200, max_value=200, max_denominator=12))
SYMBOLS = st.sampled_from(NAMES).map(Symbol)


def operations(children: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    exponents = st.builds(Number, st.integers(min_value=-2, max_value=3).map(Fraction))
    roots = st.integers(min_value=0, max_value=12).map(lambda root: Call("sqrt", Number(Fraction(root * root))))
    return (
        st.builds(Operation, st.sampled_from("+-*/"), children, children)
        | st.builds(Operation, st.just("^"), children, exponents)
        | st.builds(Negation, children)
        | st.builds(Call, st.just("abs"), SYMBOLS | NUMBERS)
        | roots
    )


def value(text: str, names: tuple[str, ...], point: dict[str, Fraction]) -> Fraction | str:
    try:
        return evaluate(parse(text, names), point)
    except UndefinedValueError as error:
        return str(error)
    except TooLargeError:
        return "too large"


@settings(max_examples=500, deadline=None)
@given(st.recursive(NUMBERS | SYMBOLS, operations, max_leaves=12))
def test_what_is_set_reads_back_as_the_same_function(expression: Expression) -> None:
    latex = typeset(expression)
    read = infix(latex.replace(r"\left", "").replace(r"\right", ""))
    for point in POINTS:
        read_point = {"x_1" if name == "x1" else name: number for name, number in point.items()}
        assert value(read.text, tuple(read_point), read_point) == value(plain(expression), NAMES, point), latex


def test_a_shared_tree_that_would_never_end_written_out_is_too_large() -> None:
    tree: Expression = Symbol("x")
    for _ in range(60):
        tree = Operation("+", tree, tree)
    with pytest.raises(TooLargeError, match=f"{MAX_LENGTH}"):
        typeset(tree)

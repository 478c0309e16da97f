"""The bounded parser: any text gives an expression or an ExpressionError, soon, and plain text reads back the same."""

import time
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from generation.verification.expression import (
    MAX_BITS,
    MAX_DIGITS,
    MAX_EXPONENT,
    MAX_LENGTH,
    MAX_NESTING,
    MAX_OPERATIONS,
    Call,
    Expression,
    ExpressionError,
    Negation,
    Number,
    Operation,
    Percent,
    Symbol,
    TooLargeError,
    UndefinedValueError,
    UnexpectedTextError,
    evaluate,
    parse,
    plain,
    symbols,
    walk,
)

NAMES = ("x", "y", "c0")

leaves = st.builds(Number, st.fractions(max_denominator=1000).map(abs)) | st.sampled_from(NAMES).map(Symbol)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Operation, st.sampled_from("+-*/"), inner, inner),
        st.builds(Operation, st.just("^"), inner, st.integers(-3, 3).map(lambda n: Number(Fraction(n)))),
        st.builds(Negation, inner),
        st.builds(Percent, inner),
        st.builds(Call, st.sampled_from(["sqrt", "abs"]), inner),
    ),
    max_leaves=25,
)
values = st.fixed_dictionaries({name: st.fractions(-100, 100, max_denominator=20) for name in NAMES})
arithmetic = st.lists(
    st.sampled_from(
        [*"0123456789.,+-*/^()[]% xyX", "sqrt", "abs", "**", "×", "÷", "·", "−", "c0", "1,000", "50", "π", "²"]
    ),
    max_size=40,
).map("".join)

written = st.recursive(  # sound text, in the spellings that the parser reads
    st.sampled_from(["0", "7", "007", "1,000", "12.50", ".5", "3.", "20%", "5%%", "x", "y", "c0", "sqrt(9/4)"]),
    lambda inner: st.one_of(
        st.builds(
            "{}{}{}".format,
            inner,
            st.sampled_from(["+", " - ", "*", " / ", "×", "÷", "·", "−", "^", "**", " ^ -"]),
            inner,
        ),
        st.builds("({})".format, inner),
        st.builds("[ {} ]".format, inner),
        st.builds("-{}".format, inner),
        st.builds("abs({})%".format, inner),
    ),
    max_leaves=12,
)


def value(expression: Expression, at: dict[str, Fraction]) -> Fraction | type[ExpressionError]:
    """The value, or the kind of error where there is none."""
    try:
        return evaluate(expression, at)
    except ExpressionError as error:
        return type(error)


@given(st.text(max_size=200) | arithmetic, st.sampled_from([(), NAMES]))
@example("5" + "%" * 1_900, ())
@example("-" * 100, ())
@example("2^" * 100 + "2", ())
@example("\x00", ())
@example("\ud800", ())
def test_any_text_gives_an_expression_or_an_expression_error(text, names):
    try:
        expression = parse(text, names)
    except ExpressionError:
        return
    assert symbols(expression) <= set(names)
    value(expression, dict.fromkeys(names, Fraction(3, 7)))
    assert len(plain(expression)) <= MAX_LENGTH * 4  # a percent sign is written /100, a decimal as a fraction


@given(trees, values)
def test_plain_text_reads_back_to_the_same_function(tree, at):
    try:
        text = plain(tree)
    except TooLargeError:
        assume(False)
    again = parse(text, NAMES)
    assert value(again, at) == value(tree, at)
    assert plain(again) == text


@given(written, values)
def test_what_was_parsed_and_written_has_the_value_of_what_was_parsed(text, at):
    expression = parse(text, NAMES)
    assert value(parse(plain(expression), NAMES), at) == value(expression, at)


@given(trees, values)
def test_values_are_bounded(tree, at):
    result = value(tree, at)
    if isinstance(result, Fraction):
        assert max(result.numerator.bit_length(), result.denominator.bit_length()) <= MAX_BITS + 64


@pytest.mark.parametrize(
    ("within", "over"),
    [
        ("1" * MAX_DIGITS, "1" * (MAX_DIGITS + 1)),
        ("(" * MAX_NESTING + "1" + ")" * MAX_NESTING, "(" * (MAX_NESTING + 1) + "1" + ")" * (MAX_NESTING + 1)),
        ("-" * MAX_NESTING + "1", "-" * (MAX_NESTING + 1) + "1"),
        ("1" + "+1" * MAX_OPERATIONS, "1" + "+1" * (MAX_OPERATIONS + 1)),
        ("1" + "%" * MAX_OPERATIONS, "1" + "%" * (MAX_OPERATIONS + 1)),
        ("1" + " " * (MAX_LENGTH - 1), "1" + " " * MAX_LENGTH),
    ],
)
def test_each_limit_of_the_text_holds_exactly(within, over):
    evaluate(parse(within))
    with pytest.raises(TooLargeError):
        parse(over)


@pytest.mark.parametrize(
    "text", [f"1^{MAX_EXPONENT + 1}", f"2^-{MAX_EXPONENT + 1}", "9^9^9^9", "(9^64)^64", "2^64*(2^64)^64"]
)
def test_a_value_too_large_is_refused_before_it_is_computed(text):
    start = time.process_time()
    with pytest.raises(TooLargeError):
        evaluate(parse(text))
    assert time.process_time() - start < 0.1


@pytest.mark.parametrize("text", ["1/0", "0^-1", "1/(2-2)", "sqrt(2)", "sqrt(-1)", "2^(1/2)"])
def test_a_value_that_is_not_rational_is_undefined(text):
    with pytest.raises(UndefinedValueError):
        evaluate(parse(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8 - 3 - 2", 3),
        ("8/2/2", 2),
        ("2^3^2", 512),
        ("-2^2", -4),
        ("2*-3", -6),
        ("2^-1", Fraction(1, 2)),
        ("1,000.5", Fraction(2001, 2)),
        (".5", Fraction(1, 2)),
        ("50%*8", 4),
        ("5 x 3", 15),
        ("5X3", 15),
        ("3×4÷2", 6),
        ("[2+3]*2", 10),
        ("007", 7),
        ("sqrt(9/4)", Fraction(3, 2)),
        ("abs(-3)", 3),
    ],
)
def test_arithmetic_is_read_by_its_rules(text, expected):
    assert evaluate(parse(text)) == expected


@pytest.mark.parametrize(
    "text", ["", " ", "1 2", "2(3)", "(1", "1)", "1+", "*1", "x", "sqrt 4", "sqrt", "1..2", "1e5", "٣", "²", "a.b"]
)
def test_what_is_no_arithmetic_is_refused(text):
    with pytest.raises(UnexpectedTextError):
        parse(text)


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(["1+", "(", "[(", "9", "x*", "1,", "%", "-", " ", "sqrt(", "^", "é", "1 ", "**", "."]))
def test_the_time_for_long_text_does_not_grow_faster_than_the_text(piece):
    def seconds(length: int) -> float:
        text, start = piece * (length // len(piece)), time.perf_counter()
        with suppress(ExpressionError):
            parse(text, NAMES)
        return time.perf_counter() - start

    assert min(seconds(MAX_LENGTH) for _ in range(3)) < 0.02
    assert min(seconds(1_000_000) for _ in range(3)) < 0.02


def test_walking_lists_every_node_of_a_shared_tree_once():
    tree: Expression = Symbol("x")
    for _ in range(100):
        tree = Operation("+", tree, tree)
    assert len(walk(tree)) == 101
    with pytest.raises(TooLargeError):
        plain(tree)

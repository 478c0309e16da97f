"""Small systems: what is determined is solved, as the same function that the equations define; all else is refused."""

import time
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.formulas.systems import MAX_NODES, ContradictionError, UnsolvedError, solve_system
from generation.verification.expression import Expression, ExpressionError, TooLargeError, evaluate, parse, plain

VALUES = {"p": Fraction(6), "q": Fraction(10), "h": Fraction(1, 2)}


def solved(equations: Sequence[str], unknowns: str, values: dict[str, Fraction] = VALUES) -> dict[str, Expression]:
    """The solution of equations over the values' names and one-letter unknowns."""
    names = (*values, *unknowns)
    sides = [text.split(" = ") for text in equations]
    return solve_system([(parse(left, names), parse(right, names)) for left, right in sides], list(unknowns), values)


@pytest.mark.parametrize(
    ("equations", "unknowns", "expected"),
    [
        (["a = q*p", "b = a - q"], "ab", {"a": "q*p", "b": "q*p - q"}),
        (["b = a - q", "a = q*p"], "ab", {"a": "q*p", "b": "q*p - q"}),
        (["a + b = q", "a - b = p"], "ab", {"a": "(q + p)/2", "b": "(q - p)/2"}),
        (["a = h*b", "a + b = q"], "ab", {"a": "q*h/(1 + h)", "b": "q/(1 + h)"}),
        (["3*a + 4 = q"], "a", {"a": "(q - 4)/3"}),
        (["q/a = p"], "a", {"a": "q/p"}),
        (["a/b = p", "b = q"], "ab", {"a": "p*q", "b": "q"}),
        (["a/p + a/q = 1"], "a", {"a": "1/(1/p + 1/q)"}),
        (["(a + b)/(a - b) = p", "a = b + q"], "ab", {"b": "(p*q - q)/2", "a": "(p*q - q)/2 + q"}),
        (["a*b = q", "a = p"], "ab", {"a": "p", "b": "q/p"}),
        (["p*a - (a - q) = 2*q"], "a", {"a": "q/(p - 1)"}),
        (["q%*a = p"], "a", {"a": "100*p/q"}),
        (["-a = p - q"], "a", {"a": "q - p"}),
        (["a^1 + p = q"], "a", {"a": "q - p"}),
        (["a = q", "b = a", "c = b + p", "d = c*a"], "abcd", {"a": "q", "b": "q", "c": "q + p", "d": "(q + p)*q"}),
    ],
)
def test_a_determined_system_is_solved_as_a_function(
    equations: list[str], unknowns: str, expected: dict[str, str]
) -> None:
    found = solved(equations, unknowns)
    assert found.keys() == expected.keys()
    for probe in ({}, {"p": Fraction(7, 3)}, {"q": Fraction(29)}, {"h": Fraction(3, 11)}):
        at = VALUES | probe
        for name, text in expected.items():
            assert evaluate(found[name], at) == evaluate(parse(text, at), at), plain(found[name])


def test_a_definition_is_taken_as_it_stands() -> None:
    found = solved(["a = p*b", "b = q/p"], "ab")
    assert plain(found["b"]) == "q/p"
    assert plain(found["a"]) == "p*(q/p)"


@pytest.mark.parametrize(
    ("equations", "unknowns"),
    [
        (["a + b = q"], "ab"),
        (["a = b", "b = a"], "ab"),
        (["a + b = q", "2*a + 2*b = 2*q"], "ab"),
        ([], "a"),
        (["a*a = q"], "a"),
        (["a^2 = q"], "a"),
        (["p^a = q"], "a"),
        (["sqrt(a) = q"], "a"),
        (["a*b = p", "a + b = q"], "ab"),
        (["a = a"], "a"),
        (["a - a = p - p"], "a"),
    ],
)
def test_what_linear_steps_do_not_determine_is_unsolved(equations: list[str], unknowns: str) -> None:
    with pytest.raises(UnsolvedError):
        solved(equations, unknowns)


@pytest.mark.parametrize("equations", [["a = p", "a = q"], ["a + b = q", "a - b = p", "a = b"], ["a = p", "p = q"]])
def test_a_contradiction_is_found(equations: list[str]) -> None:
    with pytest.raises(ContradictionError):
        solved(equations, "ab" if any("b" in each for each in equations) else "a")


def test_an_equation_more_that_the_values_meet_is_no_contradiction() -> None:
    assert evaluate(solved(["a = p", "a + 4 = q"], "a")["a"], VALUES) == 6


@pytest.mark.parametrize("equations", [["a = q/(p - 6)"], ["a*(p - 6) = q"], ["q/(a - a) = p"]])
def test_a_division_by_zero_is_no_solution(equations: list[str]) -> None:
    with pytest.raises(ExpressionError):
        solved(equations, "a")


@pytest.mark.parametrize(
    "equations",
    [
        ["a = " + "+".join("b" * 29), "b = " + "+".join("c" * 29), "c = " + "+".join("d" * 29), "d = p"],
        ["a/(" + "*".join(["(b+1)"] * 5) + ") = p", "b/(" + "*".join(["(c+1)"] * 5) + ") = p", "c = d", "d = p"],
        ["+".join(["a/b"] * 29) + " = p", "+".join(["b/c"] * 29) + " = p", "+".join(["c/d"] * 29) + " = p", "d = q"],
        ["/".join(["(a+b)"] * 19) + " = p", "/".join(["(b+c)"] * 19) + " = p", "c = d", "d = q"],
        ["*".join(["(a+b+c+d)"] * 11) + " = p", "a = b", "b = c", "c = d"],
        ["a = p^64^9", "b = a", "c = b", "d = c"],
    ],
)
def test_a_system_that_grows_is_refused_at_once(equations: list[str]) -> None:
    start = time.process_time()
    try:
        found = solved(equations, "abcd")
    except (UnsolvedError, TooLargeError):
        found = {}
    assert time.process_time() - start < 0.5
    assert all(len(plain(each)) < 4 * MAX_NODES for each in found.values())


SMALL = st.integers(-9, 9)


@given(st.lists(st.tuples(SMALL, SMALL, SMALL), min_size=3, max_size=3), st.tuples(SMALL, SMALL, SMALL))
@settings(deadline=None, max_examples=150)
def test_a_random_linear_system_is_solved_where_it_has_one_solution(
    rows: list[tuple[int, int, int]], solution: tuple[int, int, int]
) -> None:
    values = {f"k{i}": Fraction(sum(k * x for k, x in zip(row, solution, strict=True))) for i, row in enumerate(rows)}
    equations = [f"({row[0]})*a + ({row[1]})*b + ({row[2]})*c = k{i}" for i, row in enumerate(rows)]
    (a, b, c), (d, e, f), (g, h, i) = rows
    determined = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) != 0
    try:
        found = solved(equations, "abc", values)
    except UnsolvedError:
        assert not determined
        return
    assert determined
    assert [evaluate(found[name], values) for name in "abc"] == list(solution)
    # The solution is a function of the right sides: with others, the equations hold as well.
    moved = {name: value + 7 * place + 1 for place, (name, value) in enumerate(values.items())}
    at = {name: evaluate(found[name], moved) for name in "abc"}
    for row, value in zip(rows, moved.values(), strict=True):
        assert row[0] * at["a"] + row[1] * at["b"] + row[2] * at["c"] == value

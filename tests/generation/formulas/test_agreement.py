"""Formulas got in different ways are compared as functions; where they agree and differ is told for each condition."""

import pytest

from generation.formulas.agreement import Agreement, compare, function_in, part_of
from generation.formulas.formalize import Formalized
from generation.formulas.trace import Trace
from generation.verification.rational_function import UNKNOWN, combine, same
from schemas.problem import Problem
from tests.generation.made import problem, read_trace
from tests.generation.written import Steps, bare, formalized, reply

QUESTION = "Ines has 14 stickers and gets 5 sheets of 6 stickers each. How many stickers has she now?"
STICKERS = problem(QUESTION, "5*6 = <<5*6=30>>30", "14+30 = <<14+30=44>>44", answer="44")
INPUTS = [("14 stickers", "had", "14"), ("5 sheets", "sheets", "5"), ("6 stickers", "each", "6")]
HONEST = [("got", "sheets*each"), ("now", "had + got")]
IN_ONE = [("now", "each*sheets + had")]
OTHER = [("now", "had + sheets + sheets*sheets")]  # 14 + 5 + 25
BY_VALUE = [("now", "had + 5*each")]


def of(steps: Steps, problem: Problem = STICKERS) -> list[Formalized]:
    """The formula that the steps over the inputs give."""
    return formalized(problem, reply(INPUTS, steps))


def compared(*formulas: Steps, asked: int = 3, trace: Trace | None = None) -> Agreement:
    """How the formulas compare."""
    return compare([of(steps) for steps in formulas], asked, trace, 3, "x")


def outcomes(agreement: Agreement) -> list[str]:
    return [outcome for outcome, _ in agreement.findings]


def test_one_formula_alone_agrees_with_nothing() -> None:
    found = compared(HONEST)
    assert outcomes(found) == ["undecided"] * 3
    assert all("only one formula: 1 of 3 samples" in reason for _, reason in found.findings)


def test_two_samples_that_are_one_function_agree_however_they_are_written() -> None:
    found = compared(HONEST, IN_ONE)
    assert outcomes(found) == ["pass"] * 3
    assert [reason for _, reason in found.findings] == [
        "2 of 3 samples of the model are one function, x + 30",
        "2 of 3 samples of the model are one function, 6*x + 14",
        "2 of 3 samples of the model are one function, 5*x + 14",
    ]


def test_the_trace_and_a_sample_that_are_one_function_agree() -> None:
    found = compared(HONEST, asked=1, trace=read_trace(STICKERS)[1])
    assert outcomes(found) == ["pass"] * 3
    assert found.findings[0][1] == "the trace and 1 of 1 samples of the model are one function, x + 30"


def test_two_that_differ_in_a_condition_fail_there_with_both_shown() -> None:
    found = compared(HONEST, OTHER)
    assert outcomes(found) == ["pass", "fail", "fail"]  # both add the 14
    assert found.findings[1][1] == "another sample gives x^2 + x + 14, the model 6*x + 14"
    assert found.findings[2][1] == "another sample gives 44, the model 5*x + 14"


def test_a_sample_that_differs_from_the_trace_fails_with_both_shown() -> None:
    found = compared(OTHER, trace=read_trace(STICKERS)[1])
    assert outcomes(found)[1:] == ["fail", "fail"]
    assert found.findings[1][1] == "the trace gives 6*x + 14, the model x^2 + x + 14"


@pytest.mark.parametrize(
    ("formulas", "taken"),
    [
        ((OTHER, HONEST, IN_ONE), 1),
        ((HONEST, OTHER, OTHER), 1),
        ((BY_VALUE, HONEST), 1),  # the one with less in doubt
        ((HONEST, IN_ONE), 0),
    ],
)
def test_the_one_that_most_are_the_same_as_is_taken(formulas: tuple[Steps, ...], taken: int) -> None:
    assert compared(*formulas).taken == taken


def test_the_trace_outweighs_samples() -> None:
    assert compared(OTHER, OTHER, HONEST, trace=read_trace(STICKERS)[1]).taken == 2


def test_samples_that_share_a_doubt_do_not_settle_it() -> None:
    shared = compared(BY_VALUE, BY_VALUE)
    assert outcomes(shared) == ["undecided"] * 3
    assert "all are in doubt" in shared.findings[1][1]
    assert outcomes(compared(BY_VALUE, HONEST)) == ["pass"] * 3
    assert outcomes(compared(BY_VALUE, trace=read_trace(STICKERS)[1])) == ["pass"] * 3


def test_what_is_no_rational_function_is_not_compared() -> None:
    square = bare("A square has an area of 49. How long is its side?", "7")
    parts = formalized(square, reply([("area of 49", "area", "49")], [("side", "sqrt(area)")]))
    found = compare([parts, parts], 2, None, 1, "x")
    assert found.findings[0][0] == "undecided"
    assert "no rational function" in found.findings[0][1]


def test_each_condition_is_compared_in_the_part_of_a_tuple_that_has_it() -> None:
    point = bare("Go $3$ right and $5$ up from $(1,2)$.", "(4,7)", "latex")
    inputs = [("$3$", "r", "3"), ("$5$", "u", "5"), ("$(1,2)$", "x", "1"), ("$(1,2)$", "y", "2")]
    parts = formalized(point, reply(inputs, [("p", "(x + r, y + u)")]))
    assert [part_of(parts, index) for index in range(4)] == [parts[0], parts[1], parts[0], parts[1]]
    again = formalized(point, reply(inputs, [("a", "r + x"), ("p", "(a, u + y)")]))
    assert outcomes(compare([parts, again], 2, None, 4, "x")) == ["pass"] * 4


def test_a_condition_that_is_not_used_has_a_constant_function() -> None:
    (worked,) = of(OTHER)
    unused, used = function_in([worked], 2), function_in([worked], 0)
    assert unused == 44
    assert used is not None
    assert same(used, combine("+", UNKNOWN, worked.results[-1] - worked.conditions[0]))
    assert function_in([], 0) is None

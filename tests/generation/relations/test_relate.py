"""A relation is the formula with the other conditions filled in, never rearranged, and its text says just that."""

from fractions import Fraction

import pytest

from generation.formulas.trace import trace
from generation.relations.relate import IndependentError, relate
from schemas.problem import Problem
from tests.generation.made import PROBES, derived_sample, problem, read_trace, sample, value


def equation(of: Problem, hidden: int, unknown: str = "x") -> str:
    """The equation that hides one condition."""
    conditions, read = read_trace(of)
    return relate(read, conditions, hidden, unknown).relation.equation


CLIPS = problem(
    "Noor folded 48 cranes on Monday, and half as many on Tuesday. She gave 10 of them away. How many has she left?",
    "On Tuesday she folded 48/2 = <<48/2=24>>24 cranes.",
    "Together she folded 48+24 = <<48+24=72>>72 cranes.",
    "She has 72-10 = <<72-10=62>>62 left.",
    answer="62",
)


def test_the_equation_is_never_rearranged() -> None:
    assert equation(CLIPS, 0) == "x + x*(1/2) - 10 = 62"
    assert equation(CLIPS, 2) == "72 - x = 62"


def test_the_other_conditions_are_filled_in_and_constants_folded_exactly() -> None:
    thirds = problem(
        "A cook has 10 cups of flour and uses 3 cups for each loaf. Each loaf is sold for $6. How much does she earn?",
        "She bakes 10/3 = <<10/3=10/3>>10/3 loaves.",
        "She earns 10/3*6 = $<<10/3*6=20>>20.",
        answer="20",
    )
    assert equation(thirds, 2) in ("10/3*x = 20", "(10/3)*x = 20")
    conditions, read = read_trace(thirds)
    related = relate(read, conditions, 2, "x")
    assert value(related.relation.expression, {"x": Fraction(1)}) == Fraction(10, 3)


def test_the_unknown_has_the_name_that_is_asked_for() -> None:
    assert equation(CLIPS, 2, "t") == "72 - t = 62"


def test_a_condition_that_the_answer_does_not_change_with_has_no_relation() -> None:
    bus = problem(
        "A bus with 50 seats carries 18 people, and 7 more get in. How many people are in it?",
        "There are 18+7 = <<18+7=25>>25 people.",
        answer="25",
    )
    conditions, read = read_trace(bus)
    with pytest.raises(IndependentError, match="50"):
        relate(read, conditions, 0, "x")


def test_a_condition_that_cancels_has_no_relation() -> None:
    coins = problem(
        "Maja lays 31 coins on a table, takes the 31 coins away again, and lays down 5 stones. What is on the table?",
        "There are 31-31+5 = <<31-31+5=5>>5 stones.",
        answer="5",
    )
    conditions, read = read_trace(coins)
    both = "c0 - c0" in read.formula().expression or "c1 - c1" in read.formula().expression
    for index in range(2):
        if both:
            with pytest.raises(IndependentError):
                relate(read, conditions, index, "x")
        else:
            assert value(relate(read, conditions, index, "x").relation.expression, {"x": Fraction(31)}) == 5


def test_every_text_of_the_sample_is_the_formula_in_its_condition() -> None:
    """The published f, parsed again, is the formula with every other condition at its value, at every probe."""
    compared = 0
    for of, derivation in zip(sample(), derived_sample(), strict=True):
        if derivation.formula is None:
            continue
        values = {f"c{i}": condition.number for i, condition in enumerate(derivation.conditions)}
        for index, candidate in enumerate(derivation.candidates):
            if candidate.relation is None:
                continue
            left, right = candidate.relation.equation.rsplit(" = ", 1)
            assert right == of.answer
            for probe in (candidate.condition.number, *PROBES):
                expected = value(derivation.formula.expression, values | {f"c{index}": probe})
                assert value(left, {candidate.relation.unknown: probe}) == expected, candidate.relation.equation
            compared += 1
    assert compared > 250


def test_relations_of_one_trace_do_not_disturb_one_another() -> None:
    for of, derivation in zip(sample()[:30], derived_sample()[:30], strict=True):
        read = trace(of, derivation.conditions)
        for index in reversed(range(len(derivation.conditions))):
            expected = derivation.candidates[index].relation
            if expected is not None:
                again = relate(read, derivation.conditions, index, expected.unknown)
                assert again.relation == expected

"""A backward solution goes from the unknown to its value, one proved line at a time, and gives nothing away before."""

import re
from fractions import Fraction

import pytest

from generation.derive import derive
from generation.verification.expression import evaluate, parse
from schemas.candidate import BackwardProblem
from schemas.problem import Problem
from tests.generation.made import accepted, candidate, derived_sample, problem, value

NUMERAL = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:/\d+)?")


def solved(of: Problem, text: str) -> BackwardProblem:
    """The candidate that hides the condition written so; it has a solution."""
    found = candidate(derive(of), text)
    assert found.solution
    return found


def equations(of: BackwardProblem) -> list[str]:
    """The equations of its steps, in order."""
    return [step.equation for step in of.solution if step.equation is not None]


def inversion(of: BackwardProblem) -> list[str]:
    """The lines between f(x) = A and the check."""
    at = next(i for i, step in enumerate(of.solution) if step.text.startswith("The answer to the original question"))
    return [step.equation or "" for step in of.solution[at + 1 : -1]]


def assert_sound(of: BackwardProblem) -> None:
    """Every equation holds at the value, the last line before the check is `x = value`, and the check is there."""
    assert of.relation
    unknown, answer = of.relation.unknown, Fraction(of.answer)
    for equation in equations(of):
        sides = equation.split(" = ")
        assert len(sides) == 2, equation
        left, right = (value(side, {unknown: answer}) for side in sides)
        assert left == right, equation
    last = of.solution[-2].equation or ""
    name, _, found = last.partition(" = ")
    assert name == unknown
    assert evaluate(parse(found)) == answer
    check = of.solution[-1]
    assert check.text.startswith("Check: ")
    assert check.equation
    assert unknown not in re.findall(r"[A-Za-z]+", check.equation)
    assert evaluate(parse(check.equation.rpartition(" = ")[2])) == Fraction(of.relation.answer)


ALL = [(derivation, each) for derivation in derived_sample() for each in derivation.candidates if accepted(each)]


def test_every_accepted_solution_of_the_sample_is_sound() -> None:
    for _, each in ALL:
        assert_sound(each)
    assert len(ALL) >= 200


def test_every_step_is_text_with_its_equation_in_it() -> None:
    for _, each in ALL:
        for step in each.solution:
            assert step.text.strip() == step.text
            assert step.text.endswith((".", "!", "?"))
            if "=" in step.text:
                assert step.equation, step.text


def test_no_step_before_the_inversion_states_the_hidden_value() -> None:
    """A number beside the calculations in x that equals it is another condition, an implied constant or a result."""
    for derivation, each in ALL:
        assert derivation.formula
        assert each.relation
        hidden, unknown = Fraction(each.answer), each.relation.unknown
        others = {c.number for c in derivation.conditions if c.start != each.condition.start}
        others |= {Fraction(n.number) for n in derivation.formula.numbers if n.origin != "condition"}
        if hidden in others:
            continue
        for step in each.solution:
            if step.text.startswith("The answer to the original question"):
                break
            words = re.sub(rf"[-\d\s*/+()=$.,]*\b{unknown}\b[-\d\s*/+()=$.,^{unknown}]*", " ", step.text)
            stated = {evaluate(parse(text.rstrip(","))) for text in NUMERAL.findall(words)}
            assert hidden not in stated, (step.text, each.answer)


def test_each_solution_says_what_the_unknown_is_and_what_the_answer_was() -> None:
    for _, each in ALL:
        assert each.relation
        assert each.solution[0].text.startswith(f"Let {each.relation.unknown} be ")
        assert any(f"original question is {each.relation.answer}" in step.text for step in each.solution)


TIMES = problem(
    "A box holds 12 pens. Lotte buys 7 boxes and loses 9 pens. How many pens has she?",
    "She buys 12*7 = <<12*7=84>>84 pens.",
    "She has 84-9 = <<84-9=75>>75 pens.",
    answer="75",
)


class TestInversion:
    def test_one_operation_a_line(self) -> None:
        assert inversion(solved(TIMES, "7")) == ["12*x = 84", "x = 7"]

    def test_a_negative_coefficient_becomes_positive(self) -> None:
        found = solved(TIMES, "9")
        assert_sound(found)
        assert all(not line.startswith("-") for line in inversion(found))
        assert inversion(found)[-1] == "x = 9"

    def test_an_unknown_in_the_denominator_is_brought_out_of_it(self) -> None:
        shared = problem(
            "Marek shares 60 nuts equally among 4 squirrels and adds 3 acorns to each heap. How much is in a heap?",
            "Each squirrel gets 60/4 = <<60/4=15>>15 nuts.",
            "A heap has 15+3 = <<15+3=18>>18.",
            answer="18",
        )
        found = solved(shared, "4")
        assert_sound(found)
        assert all("/x" not in line for line in inversion(found))

    def test_a_fraction_as_the_value(self) -> None:
        share = problem(
            "Of 35 hens, 2/7 lay brown eggs, and 6 geese lay white ones. How many lay brown eggs or are geese?",
            "35*2/7 = <<35*2/7=10>>10 hens lay brown eggs.",
            "That makes 10+6 = <<10+6=16>>16.",
            answer="16",
        )
        found = solved(share, "2/7")
        assert_sound(found)
        assert found.answer == "2/7"

    def test_a_fraction_as_the_coefficient(self) -> None:
        half = problem(
            "Pavel ran 18 miles in May and half as many in June, and cycled 40 miles. How many miles in all?",
            "In June he ran 18/2 = <<18/2=9>>9 miles.",
            "In all it is 18+9+40 = <<18+9+40=67>>67 miles.",
            answer="67",
        )
        assert_sound(solved(half, "18"))

    def test_a_decimal_as_the_value(self) -> None:
        milk = problem(
            "A jug holds 3.75 liters and is filled with juice 4 times. How many liters of juice is that?",
            "It is 3.75*4 = <<3.75*4=15>>15 liters.",
            answer="15",
        )
        assert_sound(solved(milk, "3.75"))

    def test_of_two_roots_the_admissible_one_is_named(self) -> None:
        square = problem(
            "A square garden has sides of 13 meters. What is its area in square meters?",
            "The area is 13^2 = <<13^2=169>>169 square meters.",
            answer="169",
        )
        found = solved(square, "13")
        assert_sound(found)
        assert any("factor" in step.text.lower() for step in found.solution)

    def test_a_percentage(self) -> None:
        coat = problem(
            "A coat that costs $150 is sold for 18% off. What does it cost now?",
            "The discount is 150*.18 = $<<150*.18=27>>27.",
            "It costs 150-27 = $<<150-27=123>>123 now.",
            answer="123",
        )
        assert_sound(solved(coat, "18%"))
        assert_sound(solved(coat, "$150"))

    def test_an_unknown_on_both_sides_of_a_fraction(self) -> None:
        mixture = problem(
            "A bowl has 8 red beads and 24 blue beads. What fraction of the beads is red?",
            "There are 8+24 = <<8+24=32>>32 beads.",
            "The fraction is 8/32 = <<8/32=.25>>.25.",
            answer="1/4",
        )
        found = solved(mixture, "8")
        assert_sound(found)


@pytest.mark.parametrize("hidden", ["12", "7", "9"])
def test_the_solution_goes_on_to_its_end_whatever_is_hidden(hidden: str) -> None:
    assert_sound(solved(TIMES, hidden))

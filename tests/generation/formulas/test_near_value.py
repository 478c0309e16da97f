"""What holds at the given values only is told: rounding, choices, and halves that are as much as they leave."""

from fractions import Fraction

import pytest

from generation.conditions.finder import find_conditions
from generation.formulas.links import quantities
from generation.formulas.near_value import near_only
from generation.formulas.steps import WrittenSteps
from generation.verification.expression import evaluate, parse


def reasons(question: str, *texts: str, units: tuple[str, ...] = ()) -> list[str]:
    """Why a formula of steps over c0 and r0 may hold near the given values only, for each condition."""
    known = quantities(question, find_conditions(question, "text"))
    values = {f"c{index}": quantity.value for index, quantity in enumerate(known)}
    names = [*values, *(f"r{index}" for index in range(len(texts)))]
    steps = [parse(text, names) for text in texts]
    results: list[Fraction] = []
    for index, step in enumerate(steps):
        results.append(evaluate(step, values))
        values[f"r{index}"] = results[-1]
    named = units or ("",) * len(steps)
    return ["; ".join(each) for each in near_only(question, named, results, WrittenSteps(steps), known)]


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("Jonas picked 46 plums and ate half of them. How many are left?", ["c0*c1"]),
        ("A $20 shirt is 50% off. What does it cost now?", ["c0*c1/100"]),
        ("She spent 1/2 of her $80. How much remains?", ["c0*c1"]),
        ("Andy has 24 socks and loses half of them. How many does he still have?", ["c0*c1"]),
        ("He dries half of 84 figs and eats a third of the rest. How many are left?", ["c1*c0", "r0*c2", "r0 - r1"]),
    ],
)
def test_a_half_that_is_as_much_as_it_leaves_holds_at_its_value_only(question: str, texts: list[str]) -> None:
    found = reasons(question, *texts)
    assert sum("as much as it leaves" in each for each in found) == 1


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("Jonas picked 46 plums and ate half of them. How many are left?", ["c0*c1", "c0 - r0"]),
        ("Jonas picked 46 plums and ate half of them. How many are left?", ["c0*(1 - c1)"]),
        ("A $20 shirt is 50% off. What does it cost now?", ["c0*(1 - c1/100)"]),
        ("A $20 shirt is 40% off. What does it cost now?", ["c0*c1/100"]),
        ("Ana has 46 plums and Bo half as many. How many has Bo?", ["c0*c1"]),
        ("A rope of 0.5 meters is left, and 3 more. How many meters?", ["c0 + c1"]),
        ("Of 50 pens 20 are left. How many are gone?", ["c0 - c1"]),
    ],
)
def test_other_shares_and_other_formulas_hold_everywhere(question: str, texts: list[str]) -> None:
    assert not any("as much as it leaves" in each for each in reasons(question, *texts))


def test_a_function_that_is_not_defined_nearby_is_in_doubt() -> None:
    question = "Half of it is left, 101/200 and 9 more."
    assert "as much as" in reasons(question, "c2 + 1/(c0 - c1)")[0]


def test_what_is_counted_whole_and_what_is_chosen_holds_near_the_values_only() -> None:
    packs = reasons("Pens come in packs of 9. How many packs must he buy for 36 pens?", "c1/c0", units=("packs",))
    assert all("whole" in each for each in packs)
    longest = reasons("A rope is 14 meters long and another 19 meters. Half of the longest one is how long?", "c1*c2")
    assert "chooses" in longest[1]

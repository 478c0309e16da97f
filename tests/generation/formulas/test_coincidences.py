"""Coincidences are seen: operations that others would replace, parts that never change, numbers made of the unused."""

from fractions import Fraction

import pytest

from generation.conditions.finder import find_conditions
from generation.formulas.coincidences import doubt_coincidences, is_one_condition, same_whatever
from generation.formulas.links import quantities
from generation.formulas.steps import WrittenSteps
from generation.verification.expression import parse

NAMES = [f"{letter}{index}" for letter in "cr" for index in range(8)]


def steps(*texts: str) -> WrittenSteps:
    """Steps over c0 and r0, the last one the answer."""
    return WrittenSteps([parse(text, NAMES) for text in texts])


def doubts(question: str, *texts: str, constants: tuple[int, ...] = ()) -> list[str]:
    """The doubts of each condition of a question by steps over them."""
    known = quantities(question, find_conditions(question, "text"))
    found: list[list[str]] = [[] for _ in known]
    doubt_coincidences([steps(*texts)], known, [Fraction(each) for each in constants], found)
    return ["; ".join(each) for each in found]


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["c0/c0"], ["1"]),
        (["c0 - c0 + c1"], ["0"]),
        (["c0*c1/c0/c1 + c0"], ["1"]),
        (["c0/c0", "r0 + r0", "c1*r1"], ["1", "2"]),
        (["c0^0 + c1"], ["1"]),
        (["c0*0 + c1"], ["0"]),
        (["(c0 + c1)/(c1 + c0) + c1"], ["1"]),
    ],
)
def test_a_part_of_conditions_that_never_changes_is_seen(texts: list[str], values: list[str]) -> None:
    found = same_whatever(steps(*texts), [Fraction(6), Fraction(10)])
    assert [str(each) for each in found] == values


@pytest.mark.parametrize(
    "texts",
    [["c0 + c1"], ["c0*c1/c0"], ["c0 - c1", "r0 + c1"], ["2*12*c0"], ["c0/c1", "r0*c1"], ["sqrt(c0) - sqrt(c0) + c1"]],
)
def test_what_changes_or_has_no_condition_is_none(texts: list[str]) -> None:
    assert same_whatever(steps(*texts), [Fraction(6), Fraction(10)]) == []


@pytest.mark.parametrize(
    ("texts", "is_one"),
    [
        (["c0"], True),
        (["c1", "r0"], True),
        (["c0*c1/c1"], True),
        (["c0 + c1", "r0 - c0"], True),
        (["c0 + c1"], False),
        (["c0*c1/6"], False),  # 10, at the values only
        (["c0 - c1 + c1 - c0 + 4"], False),
    ],
)
def test_a_formula_that_is_one_condition_whatever_they_are_is_seen(texts: list[str], is_one: bool) -> None:
    assert is_one_condition(steps(*texts), [Fraction(6), Fraction(10)]) is is_one


@pytest.mark.parametrize(
    ("question", "text", "doubted"),
    [
        ("2 boys with 2 kites", "c0 + c1", [0, 1]),
        ("2 boys with 2 kites", "c0*c1", [0, 1]),
        ("4 figs for 2 boys", "c0 - c1", [0, 1]),
        ("4 figs for 2 boys", "c0/c1", [0, 1]),
        ("2 boys with 2 kites", "c0^c1", [0, 1]),
        ("30 pages in 1 hour", "c0*c1", [1]),
        ("30 pages in 1 hour", "c1*c0", [1]),
        ("30 pages in 1 hour", "c0/c1", [1]),
        ("30 pages in 1 hour", "c0 + c1", []),
        ("30 pages in 1 hour", "c1/c0", []),
        ("7 boys with 3 kites", "c0 + c1", []),
        ("4 boys", "c0/2", []),
        ("4 boys", "2*c0 - 2", []),
    ],
)
def test_an_operation_that_another_would_replace_is_in_doubt(question: str, text: str, doubted: list[int]) -> None:
    found = doubts(question, text)
    assert [index for index, reasons in enumerate(found) if reasons] == doubted


def test_a_number_that_what_is_left_out_makes_up_is_in_doubt() -> None:
    (fine, *_) = doubts("$16 for each, $256 in all, over 50 miles", "c0 + c2")  # 256/16 is 16 as well
    assert "16 is also made of 16 and of 256" in fine
    (april, _) = doubts("48 in April, half in May", "c0 + 24", constants=(24,))
    assert "24 is also made of 48 and of 0.5" in april
    assert doubts("48 in April, 5 in May and 9 in June", "c0*24 + c1 + c2", constants=(24,)) == ["", "", ""]


def test_a_second_mention_of_what_is_used_is_not_left_out() -> None:
    assert doubts("12 figs, 3 of them red, 4 of the 12 figs blue", "c0 - c1 - c2") == ["", "", "", ""]


def test_a_formula_that_leaves_out_as_much_as_it_uses_is_in_doubt() -> None:
    found = doubts("14 caps, 31 maps, 57 pens and 83 nuts", "c0 + c1")
    assert all("leaves out" in each for each in found)
    assert doubts("14 caps, 31 maps and 83 nuts", "c0 + c1") == ["", "", ""]


def test_a_quantity_that_is_used_twice_beside_an_equal_one_is_in_doubt() -> None:
    first, _ = doubts("5 cents for 7 hats", "c0*c0")
    assert "by itself" in first
    first, second = doubts("hats for $4, and four hats", "c0*c0")
    assert "used more than once" in first
    first, second = doubts("6 shells and 6 stones", "c0 + c0")
    assert "used more than once" in first
    assert second == ""
    assert doubts("6 shells and 6 stones", "c0 + c1") == ["", ""]

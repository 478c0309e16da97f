"""A value is found in whatever form a text states it."""

import pytest

from generation.conditions.finder import find_conditions
from generation.wordings.mentions import mentions
from schemas.problem import Notation


@pytest.mark.parametrize(
    ("hidden", "text", "expected"),
    [
        ("48 pens", "48", 1),
        ("48 pens", "48.0 and 48.00", 2),
        ("48 pens", "forty-eight, forty eight and four dozen", 3),
        ("48 pens", "４８ and ٤٨ and ⁴⁸", 3),
        ("48 pens", "room 48b, at 48:00", 2),
        ("48 pens", "480, 4.8, 148 and 4 or 8", 0),
        ("48 pens", "96/2 of them", 1),
        ("1,000 pens", "1000, 1,000, 1 000 and a thousand", 4),
        ("1000 pens", "one thousand", 1),
        ("20% of it", "20%, 20 percent, 0.2, 1/5 and one fifth", 5),
        ("20% of it", "twenty per cent, .20 and 20 in all", 3),
        ("half of it", "50%, 0.5, 1/2, ½, halved and halfway", 6),
        ("1/2 of it", "\\frac{1}{2}", 1),
        ("twice as many", "2, two, twice, doubled, a pair, both, 200%", 7),
        ("$5 a day", "500 cents, 5 dollars, $5.00 and five", 4),
        ("50 cents a day", "$0.50 and half a dollar", 2),
        ("a dozen eggs", "12, twelve and dozens", 3),
        ("three eggs", "thrice, tripled, the third time", 3),
        ("1 egg", "once, a single one", 3),
        ("-5 degrees", "5 below", 1),
        ("48 pens", "", 0),
    ],
)
def test_every_form_of_a_value_counts(hidden: str, text: str, expected: int) -> None:
    condition = find_conditions(hidden, "text")[0]
    assert mentions(text, "text", condition) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("$\\frac{1}{2}$", 1), ("$\\frac12$ or $0.5$", 2), ("$50\\%$", 1), ("$12$", 0), ("$\\frac{2}{4}$", 1)],
)
def test_latex_is_read_as_latex(text: str, expected: int) -> None:
    notation: Notation = "latex"
    condition = find_conditions("Take $\\frac{1}{2}$ of it.", notation)[0]
    assert mentions(text, notation, condition) == expected


def test_more_numbers_than_conditions_are_read_are_looked_through() -> None:
    condition = find_conditions("48 pens", "text")[0]
    assert mentions("7 of them, " * 600 + "48", "text", condition) == 1


def test_a_number_too_long_to_read_is_passed_over() -> None:
    condition = find_conditions("48 pens", "text")[0]
    assert mentions("4" * 5_000 + " and " + "1/" * 2_000, "text", condition) == 0

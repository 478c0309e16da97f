"""The calculations of a solution are read as it writes them, and only those that hold exactly."""

from fractions import Fraction

import pytest

from generation.formulas.algebra import own_letters, solved_equations
from generation.formulas.calculations import MAX_CALCULATIONS, MAX_LINES, read_calculations
from generation.verification.expression import evaluate, plain
from schemas.problem import Notation
from tests.generation.made import problem, sample


def read(*lines: str, notation: Notation = "annotated") -> list[tuple[str, str]]:
    """The calculations of the lines: the first form, and the value."""
    of = problem("How many?", *lines, answer="0", notation=notation)
    return [(plain(found.forms[0]), str(found.value)) for found in read_calculations(of)[1]]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("She has 5*3 = <<5*3=15>>15 pens.", [("5*3", "15")]),
        ("<<5*3=15>>", [("5*3", "15")]),
        ("It costs $1,200 + $34 = $<<1200+34=1234>>1,234.", [("1200 + 34", "1234")]),
        ("There are 12 + 31 = 43 jars.", [("12 + 31", "43")]),
        ("12 red jars + 31 blue jars = 43 jars", [("12 + 31", "43")]),
        ("7 x 6 = 42 and 42 - 2 = 40", [("7*6", "42"), ("42 - 2", "40")]),
        ("It is 3/2 = 1.5 + 5 = 6.5 meters.", [("3/2", "3/2"), ("3/2 + 5", "13/2")]),
        ("10/3 = <<10/3=10/3>>10/3", [("10/3", "10/3")]),
        ("2 × 3 = 6", [("2*3", "6")]),
        ("4² + 1 = 17", []),
        ("half = 12", []),
        ("12 = 12", []),
        ("no numbers at all", []),
        ("", []),
    ],
)
def test_a_line_is_read_as_it_is_written(line: str, expected: list[tuple[str, str]]) -> None:
    assert read(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "<<20-7=12>>12",
        "<<10/3=3.33>>3.33",
        "<<5*3>>15",
        "<<5*3=15=15>>15",
        "<<=15>>15",
        "<<5*=15>>15",
        "<<1/0=1>>1",
        "<<x+3=15>>15",
        "<<15=15>>15",
        "20 - 7 = 12",
    ],
)
def test_what_is_malformed_or_does_not_hold_is_left_out(line: str) -> None:
    assert read(line) == []


def test_one_bad_annotation_does_not_hide_the_next() -> None:
    assert read("<<20-7=12>>12 and 5*3 = <<5*3=15>>15") == [("5*3", "15")]


def test_forms_of_one_value_are_one_calculation() -> None:
    of = problem("How many?", "It is 5*3 + 5*8 = 15 + 40 = 55.", answer="55", notation="text")
    (found,) = read_calculations(of)[1]
    assert [plain(form) for form in found.forms] == ["5*3 + 5*8", "15 + 40"]
    assert {evaluate(form) for form in found.forms} == {found.value} == {Fraction(55)}


def test_a_percentage_is_told() -> None:
    of = problem("How many?", "That leaves 100% - 20% = 80%.", answer="80", notation="text")
    (found,) = read_calculations(of)[1]
    assert found.percent
    assert found.value in (Fraction(80), Fraction(4, 5))


def test_an_equation_is_its_left_side() -> None:
    assert read("31+12-5 = 38", notation="equation") == [("31 + 12 - 5", "38")]
    assert read("31+12-5 = 39", notation="equation") == []
    assert read("(1/3)*30 = 10", notation="equation") == [("1/3*30", "10")]


@pytest.mark.parametrize(
    ("latex", "value"),
    [
        (r"We get $45 - 12 = \boxed{33}$.", "33"),
        (r"\[\frac{18}{4} = 4.5\]", "9/2"),
        (r"$3 \cdot 4 = 12$", "12"),
        (r"$3 \times (4 + 1) = 15$", "15"),
        (r"$\dfrac{3}{4} \div \dfrac12 = 1.5$", "3/2"),
        (r"$12{,}000 + 1 = 12{,}001$", "12001"),
        (r"$2^{3} + 1 = 9$", "9"),
    ],
)
def test_latex_is_read_as_plain_arithmetic(latex: str, value: str) -> None:
    assert [found for _, found in read(latex, notation="latex")] == [value]


def test_every_calculation_of_the_sample_holds_and_knows_its_line() -> None:
    for of in sample():
        lines, calculations = read_calculations(of)
        assert calculations
        assert [c.line for c in calculations] == sorted(c.line for c in calculations)
        for found in calculations:
            assert {evaluate(form) for form in found.forms} == {found.value}
            assert "<<" not in lines[found.line]


def test_a_long_solution_is_read_to_its_limits_only() -> None:
    lines = [f"{n} + 1 = {n + 1} and {n} + 2 = {n + 2}" for n in range(1_000)]
    of = problem("How many?", *lines, answer="0")
    kept, calculations = read_calculations(of)
    assert len(kept) == MAX_LINES
    assert len(calculations) == MAX_CALCULATIONS


class TestOwnAlgebra:
    def test_letters_of_the_solution_are_told_from_its_words(self) -> None:
        assert own_letters("Let d be it. d + 7d = 48. I have a dog.") == {"d"}
        assert own_letters("There are 12 apples in a box.") == set()

    @pytest.mark.parametrize(
        ("line", "letter", "value"),
        [
            ("d + 7d - 3 = 45", "d", 6),
            ("3n = 12 + n", "n", 6),
            ("2(y + 4) = 30", "y", 11),
            ("100 - 4t = 60", "t", 10),
            ("k/3 + 2 = 6", "k", 12),
        ],
    )
    def test_a_linear_equation_is_solved_over_its_own_numbers(self, line: str, letter: str, value: int) -> None:
        (found,) = solved_equations([f"Let {letter} be it.", line])
        assert found[:3] == (1, letter, value)
        assert evaluate(found[3]) == value

    @pytest.mark.parametrize("line", ["d*d = 49", "d = 5", "d + 1 = d + 2", "d + e = 9", "d/d = 1", "3/d + 1 = 2"])
    def test_what_is_not_linear_in_one_letter_is_left_out(self, line: str) -> None:
        assert solved_equations(["Let d be it. Let e be that.", line]) == []

"""What a solution in natural language calculates is proved or refuted exactly, and neither where there is a doubt."""

import json
import re
import time
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generation.solutions.chain_of_thought import MAX_STEP, Proof, prove
from generation.solutions.votes import MAX_STEPS
from tests.data import data_file
from tests.generation.verification.attacks import ATTACKS

HIDDEN = Fraction(48)


def proof(step: str, unknown: str = "x", hidden: Fraction = HIDDEN) -> Proof:
    """The proof of a step that stands alone."""
    (found,) = prove([step], unknown, hidden)
    return found


@pytest.mark.parametrize(
    ("step", "equation"),
    [
        ("48 + 24 = 72", "48 + 24 = 72"),
        ("In April and May she sold 48 clips + 24 clips = 72 clips.", "48 + 24 = 72"),
        ("So 48 * 2 = 96 and 96 / 3 = 32.", "96/3 = 32"),
        ("That makes 3 * (4 + 1) = 3 * 5 = 15 pens.", "3*(4 + 1) = 15"),
        ("He pays $1,000 - $48.50 = $951.50.", "1000 - 48.5 = 951.5"),
        ("20% of 50 is 20% of 50 = 10 apples", "20/100*50 = 10"),
        ("7/20 * 100 = 35%", "7/20*100 = 35"),
        ("She gives away half of 48 = 24 of them.", "1/2*48 = 24"),
        ("2 1/2 * 4 = 10", "(2 + 1/2)*4 = 10"),
        ("7 x 6 = 42", "7*6 = 42"),
        ("42 bales x 75 pounds per bale = 3150 pounds", "42*75 = 3150"),
        ("3 times 4 equals 12", "3*4 = 12"),
        ("- Total: **8 (this week) - 4 (last week) = 4**", "8 - 4 = 4"),
        ("Step 2: The cost of 3 apples = 3 * $2 = $6.", "3*2 = 6"),
        ("2 hours = 2 * 60 = 120 minutes", "2*60 = 120"),
        ("25% of them = 0.25 * 16 = 4 pens", "0.25*16 = 4"),
        ("There are 8 rows (since 40 / 5 = 8).", "40/5 = 8"),
        (r"\(18 - 6 = 12\) flamingos are left.", "18 - 6 = 12"),
        (r"\[ \frac{1}{2} \times 48 = 24 \]", "1/2*48 = 24"),
        ("\frac{1}{2} \times 48 = 24", "1/2*48 = 24"),  # as JSON reads what was not escaped
        (r"$2 \text{ books} \times 3 \text{ pounds/book} = 6 \text{ pounds}$", "2*3 = 6"),
        ("x + x/2 = 72", "x + x/2 = 72"),
        ("1.5x = 72, so x = 72 / 1.5 = 48.", "72/1.5 = 48"),
        ("3(x + 2) = 150", "3*(x + 2) = 150"),
        ("(1/2)x + x = 72", "1/2*x + x = 72"),
        ("x% of 50 = 24", "x/100*50 = 24"),
        ("X / 2 = 24", "X/2 = 24"),
        ("80 * 20g = 1600g", "80*20*g = 1600*g"),
        ("x = 48", "x = 48"),
    ],
)
def test_a_true_equality_is_proved_as_it_is_written(step: str, equation: str) -> None:
    found = proof(step)
    assert (found.outcome, found.equation) == ("pass", equation), found.reason


@pytest.mark.parametrize(
    ("step", "equation"),
    [
        ("48 + 24 = 73", "48 + 24 = 73"),
        ("She sold 48 clips + 24 clips = 71 clips.", "48 + 24 = 71"),
        ("3 * 4 = 13, and 13 + 1 = 14.", "3*4 = 13"),
        ("5 + 3 = 8, and 8 * 2 = 15.", "8*2 = 15"),
        ("2 * 3 = 6 = 7", "2*3 = 7"),
        ("3 * 5 = 4 * 4 = 16", "3*5 = 4*4"),
        (r"\(\frac{3}{4} \cdot 8 = 5\)", "3/4*8 = 5"),
        ("$32 - $20 = $300", "32 - 20 = 300"),
        ("15 apples = 5 * 4 = 20 apples", "15 = 5*4"),
        ("2 hours = 2 * 60 = 130 minutes", "2*60 = 130"),
        ("10 / 4 = 2.4", "10/4 = 2.4"),
        ("x + 48 = 72", "x + 48 = 72"),
        ("x + 24 = 71", "x + 24 = 71"),
        ("So x = 24.", "x = 24"),
        ("2x = 72 - 24 = 48", "2*x = 72 - 24"),
    ],
)
def test_a_false_equality_is_refuted(step: str, equation: str) -> None:
    found = proof(step)
    assert (found.outcome, found.equation) == ("fail", equation), found.reason


@pytest.mark.parametrize(
    "step",
    [
        # rounded
        "10 / 3 = 3.33",
        "10 / 3 = 3.3333...",
        "10 / 3 = 3",
        "2 / 3 * 100 = 67%",
        "200 / 7 = 28, about four weeks",
        # more may belong to it
        "Tom's age + 3 = 12",
        "f(3) + 2 = 9",
        "two plus 3 + 4 = 10",
        "His 25 classmates + his 1 teacher + 1 himself = 27",
        "twice as much as before, so he has 2 * the 4 + 2 = 10",
        "3 + 4 = 7 - y",
        "10 / 3 = 3 remainder 1",
        "7 / 2 = 3 and a half",
        "5 = 3 + 2!",
        "11:30 + 2 = 1:30",
        # words, units and brackets that change a number
        "3 dozen + 2 = 38",
        "4 + 3 = 7th place",
        "1 foot + 6 inches = 18 inches",
        "2 * $0.25 + 25 cents = 75 cents",
        "100 - 20% = 80",
        "half the sum of 3 + 5 = 4",
        "x = 2 times her age",
        "6 (2 + 1) = 9",
        "12 / 2(3) = 2",
        # not one calculation
        "48 / 2 = 24 + 48 = 72",
        "60 minutes = 2 hours",
        # nothing says what the letters are
        "2y + 4 = 6",
        "y + x = 72",
        "C = 2xy + 1",
        "If x = 50, then x + 25 = 75.",
        "x = 20 or x = 48",
        "x = ",
        "= 48",
    ],
)
def test_what_is_in_doubt_is_neither_proved_nor_refuted(step: str) -> None:
    assert proof(step).outcome == "undecided"


@pytest.mark.parametrize(
    "step",
    ["Let x be the number of clips.", "The total is 48 + 24.", "Half of 48 is 24.", "Total = apples + pears.", ""],
)
def test_a_step_without_an_equality_has_no_outcome(step: str) -> None:
    found = proof(step)
    assert (found.outcome, found.equation, found.calculates) == (None, None, False)


def test_a_step_tells_the_numbers_that_it_shows_from_those_that_it_states() -> None:
    found = proof("Of 30 days, 3 * 4 = 12 are free.")
    assert {Fraction(n) for n in (3, 4, 12)} <= found.shown
    assert found.stated == {Fraction(30)}


class TestLetters:
    def test_the_unknown_goes_by_the_name_that_the_question_gives_it(self) -> None:
        assert proof("n + n/2 = 72", "n").outcome == "pass"
        assert proof("n + n/2 = 75", "n").outcome == "fail"

    def test_a_letter_of_the_solutions_own_is_what_the_solution_says_it_is(self) -> None:
        steps = ["Let m be the clips of May, m = x/2.", "x + m = 72", "s = x + m + 8 = 80", "s - m = 56"]
        assert [found.outcome for found in prove(steps, "x", HIDDEN)] == ["pass"] * 4

    def test_a_letter_that_is_said_to_be_two_things_is_in_doubt(self) -> None:
        assert [found.outcome for found in prove(["m = 24", "m = 25", "m + 1 = 26"], "x", HIDDEN)] == ["undecided"] * 3

    def test_a_false_equality_in_an_own_letter_is_in_doubt(self) -> None:
        assert [found.outcome for found in prove(["m = 24", "m + 48 = 73"], "x", HIDDEN)] == ["pass", "undecided"]

    def test_an_identity_holds_whatever_the_letter_is(self) -> None:
        assert proof("k + (k + 10) = 2k + 10").outcome == "pass"
        assert proof("k + (k + 10) = 2k + 11").outcome == "undecided"

    def test_without_a_letter_in_the_question_no_equality_in_letters_is_false(self) -> None:
        assert proof("x + 48 = 72", "").outcome == "undecided"
        assert proof("48 + 24 = 73", "").outcome == "fail"


NUMBERS = st.integers(0, 500)


@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from("+-*"), st.sampled_from(["", " clips", " red pens"]))
@example(3, 4, 12, "*", "")
def test_an_equality_is_proved_exactly_where_it_is_true(a: int, b: int, c: int, sign: str, unit: str) -> None:
    value = {"+": a + b, "-": a - b, "*": a * b}[sign]
    for stated in (c, value):
        found = proof(f"So there are {a}{unit} {sign} {b}{unit} = {stated}{unit} in all.")
        assert found.outcome == ("pass" if stated == value else "fail"), found.reason


@given(NUMBERS, NUMBERS, NUMBERS, st.fractions(0, 100, max_denominator=8))
def test_an_equation_is_proved_exactly_where_the_hidden_value_solves_it(
    a: int, b: int, c: int, hidden: Fraction
) -> None:
    found = proof(f"The story says that {a}*x + {b} = {c}.", hidden=hidden)
    assert found.outcome == "pass" if a * hidden + b == c else found.outcome in ("fail", "undecided")


@given(st.text(max_size=200), st.text("0123456789+-*/=()xy.,%$ ofis", max_size=60))
def test_any_text_is_proved_or_not_without_an_error(one: str, other: str) -> None:
    proofs = prove([one, other, one + other], "x", HIDDEN)
    assert all(found.reason for found in proofs)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: ascii(attack)[:40])
def test_an_attack_is_told_at_once_and_proves_nothing(attack: str) -> None:
    start = time.monotonic()
    short = attack[:900]
    proofs = prove([attack, short, f"48 + 24 = {short}", f"{short} = 72", f"x = {short}"], "x", HIDDEN)
    assert not any(found.outcome == "pass" for found in proofs)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("text", ["b = 2b ", "1+", "1 = ", "(a=", "half of 2 ", "2^9^"])
def test_the_longest_solution_is_told_in_time(text: str) -> None:
    start = time.monotonic()
    prove([(text * MAX_STEP)[:MAX_STEP]] * MAX_STEPS, "x", HIDDEN)
    assert time.monotonic() - start < 10


def test_what_a_terminal_would_obey_is_not_in_a_reason() -> None:
    for step in ("a\x1b[2J 3 y + 4 = z\x1b[2J", "48 + 24\u202e = 72", "48 + 2\u202e4 = 26", "48 \x00+ 24 = 73"):
        assert proof(step).reason.isprintable()
        assert proof(step).outcome != "pass"


def test_a_step_that_is_too_long_is_not_read() -> None:
    assert proof("48 + 24 = 72" + " " * MAX_STEP).outcome == "undecided"


class TestRealSolutions:
    """People's solutions of GSM8K, whose calculations are nearly all true, and models' with people's labels."""

    def test_nearly_all_calculating_lines_of_people_are_proved(self) -> None:
        outcomes = []
        for row in data_file("gsm8k/test.jsonl").read_text(encoding="utf-8").splitlines():
            solution = re.sub("<<.*?>>", "", json.loads(row)["answer"]).partition("\n####")[0]
            outcomes += [found.outcome for found in prove(solution.split("\n"), "", Fraction(0))]
        calculating = [outcome for outcome in outcomes if outcome]
        assert len(calculating) > 4_000
        assert calculating.count("pass") / len(calculating) > 0.95
        assert calculating.count("fail") / len(calculating) < 0.002  # 3 lines, and all 3 are false as they stand

    def test_no_step_that_people_call_right_is_refuted(self) -> None:
        at_the_label = elsewhere = 0
        for row in data_file("process/processbench_gsm8k.jsonl").read_text(encoding="utf-8").splitlines():
            solution = json.loads(row)
            outcomes = [found.outcome for found in prove(solution["steps"], "", Fraction(0))]
            if "fail" in outcomes:
                at_the_label += outcomes.index("fail") == solution["label"]
                elsewhere += outcomes.index("fail") < solution["label"] or solution["label"] < 0
        assert at_the_label > 15
        assert elsewhere == 0

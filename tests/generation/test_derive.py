"""Deriving is total: whatever a problem holds, it gives a derivation in bounded time, and nothing false is accepted."""

import time
from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.derive import derive
from generation.sources.fields import MAX_QUESTION, MAX_SOLUTION
from generation.sources.ingest import read
from schemas.derivation import Derivation
from schemas.problem import Notation, Problem
from tests.data import data_file
from tests.generation.made import accepted, candidate, check, derived_sample, problem, sample, timeless, value
from tests.generation.verification.attacks import ATTACKS

SECONDS = 5.0
"""Of this process's time, which other tests beside it do not stretch."""
QUESTION = "Ines has 14 stickers and gets 5 sheets of 6 stickers each. How many stickers has she now?"
SOLUTION = "The sheets hold 5*6 = <<5*6=30>>30 stickers.\nNow she has 14+30 = <<14+30=44>>44 stickers."
NAMES = [f"{text[:30]!r}-{len(text)}" for text in ATTACKS]


def quickly(of: Problem) -> Derivation:
    """The derivation, which must come within its limit."""
    start = time.process_time()
    derivation = derive(of)
    assert time.process_time() - start < SECONDS
    assert derivation.problem_id == of.id
    assert derivation.reason
    assert len(derivation.candidates) == len(derivation.conditions)
    return derivation


def assert_nothing_false(derivation: Derivation, of: Problem) -> None:
    """Each accepted equation gives the original answer at the hidden value, by the published text alone."""
    for each in derivation.candidates:
        if accepted(each):
            assert each.relation
            left, right = each.relation.equation.rsplit(" = ", 1)
            assert right == of.answer
            assert value(left, {each.relation.unknown: Fraction(each.answer)}) == Fraction(of.answer)


def test_a_plain_problem_gives_a_proved_candidate_for_each_condition() -> None:
    derivation = quickly(problem(QUESTION, SOLUTION, answer="44"))
    assert derivation.outcome == "pass"
    assert derivation.formula
    assert [each.relation and each.relation.equation for each in derivation.candidates] == [
        "x + 30 = 44",
        "14 + x*6 = 44",
        "14 + 5*x = 44",
    ]
    assert all(accepted(each) for each in derivation.candidates)
    assert [each.answer for each in derivation.candidates] == ["14", "5", "6"]


def test_deriving_twice_gives_the_same() -> None:
    for of, derivation in zip(sample()[:20], derived_sample()[:20], strict=True):
        again = derive(of)
        assert timeless(again) == timeless(derivation)
        assert [each.id for each in again.candidates] == [each.id for each in derivation.candidates]


def test_a_problem_without_a_formula_says_why_and_keeps_its_conditions() -> None:
    derivation = quickly(problem(QUESTION, "She has 44.", answer="44"))
    assert (derivation.outcome, derivation.formula) == ("fail", None)
    assert [each.relation for each in derivation.candidates] == [None] * 3
    assert check(candidate(derivation, "14"), "formula_holds").reason == derivation.reason


@pytest.mark.parametrize("attack", ATTACKS, ids=NAMES)
class TestHostileText:
    def test_in_the_question(self, attack: str) -> None:
        for text in (f"{QUESTION} {attack}", f"{attack} {QUESTION}"):
            of = problem(text[:MAX_QUESTION], SOLUTION, answer="44")
            assert_nothing_false(quickly(of), of)

    def test_in_the_solution(self, attack: str) -> None:
        for line in (
            f"<<{attack}=44>>",
            f"Now she has <<14+30+{attack}=44>>44.",
            f"<<14+30={attack}>>{attack}",
            f"14 + 30 = {attack} = 44",
        ):
            of = problem(QUESTION, SOLUTION, line[:MAX_SOLUTION], answer="44")
            assert_nothing_false(quickly(of), of)

    def test_as_the_whole_solution(self, attack: str) -> None:
        for notation in get_args(Notation):
            for solution in (attack, f"{attack} = 44"):
                derivation = quickly(problem(QUESTION, solution[:MAX_SOLUTION], answer="44", notation=notation))
                assert not any(accepted(each) for each in derivation.candidates)

    def test_as_the_answer(self, attack: str) -> None:
        derivation = quickly(problem(QUESTION, SOLUTION, answer=attack))
        assert not any(accepted(each) for each in derivation.candidates)


def test_nothing_that_was_attacked_ran() -> None:
    assert not Path("PWNED").exists()


ANY_TEXT = st.text(max_size=200)
ARITHMETIC = st.text("0123456789.,+-*/×÷^%$()<>= \nxdabcthe", max_size=200)


@settings(max_examples=150, deadline=None)
@given(
    ANY_TEXT | ARITHMETIC,
    ANY_TEXT | ARITHMETIC,
    st.text(max_size=12) | st.integers().map(str),
    st.sampled_from(get_args(Notation)),
)
def test_any_text_gives_a_derivation(question: str, solution: str, answer: str, notation: Notation) -> None:
    of = problem(question, solution, answer=answer, notation=notation)
    assert_nothing_false(quickly(of), of)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_true_chain_of_calculations_gives_true_relations(data: st.DataObject) -> None:
    """Drawn numbers in a drawn chain of operations: what is accepted gives the answer at the hidden value."""
    total = Fraction(data.draw(st.integers(2, 60)))
    places, lines = [f"Rui starts with {total} points."], []
    for _ in range(data.draw(st.integers(1, 4))):
        sign = data.draw(st.sampled_from("+-*/"))
        other = data.draw(st.integers(2, 40))
        after = {"+": total + other, "-": total - other, "*": total * other, "/": total / other}[sign]
        if after <= 0 or (after * 100).denominator != 1:
            continue
        words = {"+": "wins", "-": "loses", "*": "multiplies by", "/": "divides by"}[sign]
        written = [f"{float(number):.10g}" for number in (total, after)]
        places.append(f"Then Rui {words} {other} points.")
        lines.append(f"{written[0]}{sign}{other} = <<{written[0]}{sign}{other}={written[1]}>>{written[1]} points.")
        total = after
    of = problem(" ".join([*places, "How many points has Rui?"]), *lines, answer=f"{float(total):.10g}")
    derivation = quickly(of)
    assert_nothing_false(derivation, of)
    if lines:
        assert derivation.formula
        values = {f"c{i}": condition.number for i, condition in enumerate(derivation.conditions)}
        assert value(derivation.formula.expression, values) == total


def test_the_first_public_problems_are_mostly_accepted_and_all_hold() -> None:
    path = data_file("gsm8k/train.jsonl")
    count = 0
    for of in read("gsm8k", path=path, limit=300):
        assert isinstance(of, Problem)
        derivation = derive(of)
        assert_nothing_false(derivation, of)
        count += sum(accepted(each) for each in derivation.candidates)
    assert count >= 550

"""One verdict names every check once, with a reason and its time; each check can come out otherwise than pass."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import get_args

import pytest

from generation.derive import ONE_FORMULA, derive
from generation.relations.relate import relate
from generation.verification.checks import Draft, check_all
from generation.verification.solve import Roots, solve
from generation.wordings.fobar import fobar, masked
from schemas.candidate import BackwardProblem
from schemas.check import Check, CheckName
from schemas.problem import Problem
from schemas.relation import Relation
from schemas.step import Step
from tests.generation.made import accepted, candidate, check, derived_sample, problem, read_trace

OF_MODELS = {"agreement", "solver_votes", "judge", "backprm"}


def hiding(of: Problem, text: str, nth: int = 0) -> BackwardProblem:
    """The candidate that hides the n-th condition written so."""
    return candidate(derive(of), text, nth)


def outcome(of: BackwardProblem, name: CheckName) -> str:
    """How the candidate's check came out."""
    return check(of, name).outcome


def test_every_verdict_names_every_check_once_with_reason_and_time() -> None:
    for derivation in derived_sample():
        for each in derivation.candidates:
            assert sorted(found.name for found in each.checks) == sorted(get_args(CheckName))
            for found in each.checks:
                assert found.reason.strip() == found.reason != ""
                assert 0 <= found.elapsed_ms < 2_000


def test_checks_of_models_are_undecided_where_none_is_configured() -> None:
    for derivation in derived_sample():
        for each in derivation.candidates:
            assert {found.outcome for found in each.checks if found.name in OF_MODELS} == {"undecided"}


def test_what_is_accepted_passed_every_other_check() -> None:
    for derivation in derived_sample():
        for each in derivation.candidates:
            passed = {found.name for found in each.checks if found.outcome == "pass"}
            assert accepted(each) == (passed >= set(get_args(CheckName)) - OF_MODELS)


BEADS = problem(
    "Wanda threads 11 beads on each of 4 strings and 7 shells on a chain. How many beads and shells is that?",
    "The strings hold 11*4 = <<11*4=44>>44 beads.",
    "With the shells it is 44+7 = <<44+7=51>>51.",
    answer="51",
)
HOLES = problem(
    "A fence has 16 posts in 3 fields. How many planks are there?",
    "There are 16*29 = <<16*29=464>>464 planks.",
    answer="464",
)
FRAME = problem(
    "A string of 10 inches is bent for a frame, 3 inches of it on one side. What is the area?",
    "The other side is 10-3 = <<10-3=7>>7 inches.",
    "The area is 3*7 = <<3*7=21>>21.",
    answer="21",
)


class TestFromProblems:
    def test_a_solution_without_the_answer_has_no_formula_that_holds(self) -> None:
        wrong = BEADS.model_copy(update={"answer": "52"})
        found = hiding(wrong, "11")
        assert outcome(found, "formula_holds") == "fail"
        assert outcome(found, "two_sided") == outcome(found, "unique_root") == "undecided"
        assert not accepted(found)

    def test_an_unexplained_number_leaves_the_formula_undecided(self) -> None:
        found = hiding(HOLES, "16")
        assert check(found, "formula_holds").outcome == "undecided"
        assert "29" in check(found, "formula_holds").reason
        assert outcome(found, "provenance") == "undecided"
        assert not accepted(found)

    def test_an_unused_condition_is_not_depended_on(self) -> None:
        found = hiding(HOLES, "3")
        assert outcome(found, "depends_on_condition") == "fail"
        assert found.relation is None
        assert found.solution == ()

    def test_two_admissible_roots_are_not_one(self) -> None:
        found = check(hiding(FRAME, "3"), "unique_root")
        assert found.outcome == "fail"
        assert "3, 7" in found.reason

    def test_where_the_other_root_is_negative_there_is_one(self) -> None:
        court = problem(
            "A square court has sides of 13 meters. What is its area in square meters?",
            "The area is 13^2 = <<13^2=169>>169 square meters.",
            answer="169",
        )
        assert outcome(hiding(court, "13"), "unique_root") == "pass"

    def test_a_second_claim_to_a_place_leaves_provenance_undecided(self) -> None:
        shells = problem(
            "Ana has 6 shells and Bo has 6 shells. One of them gives away 2 shells. How many has that one left?",
            "6-2 = <<6-2=4>>4",
            answer="4",
        )
        assert outcome(hiding(shells, "6", 1), "provenance") == "undecided"
        assert outcome(hiding(shells, "6", 1), "no_leak") == "undecided"

    def test_a_quantity_that_is_said_twice_leaks(self) -> None:
        marbles = problem(
            "Kofi has 6 marbles and 5 bags. He puts the 6 marbles in a bag and adds 8. How many marbles are in it?",
            "6+8 = <<6+8=14>>14",
            answer="14",
        )
        assert {outcome(hiding(marbles, "6", n), "no_leak") for n in range(2)} == {"fail"}

    def test_equal_numbers_of_other_things_do_not_leak(self) -> None:
        both = problem(
            "A van has 8 wheels and carries 8 crates of 5 melons. How many melons does it carry?",
            "It carries 8*5 = <<8*5=40>>40 melons in crates.",
            answer="40",
        )
        assert outcome(hiding(both, "8", 1), "no_leak") == "pass"


def draft(of: Problem, text: str) -> Draft:
    """The candidate before its checks, put together as `derive` does."""
    conditions, read = read_trace(of)
    (hidden,) = [index for index, condition in enumerate(conditions) if condition.text == text]
    related = relate(read, conditions, hidden, "x")
    assert related.function is not None
    return Draft(
        problem=of,
        conditions=conditions,
        hidden=hidden,
        worked=read,
        formula_error="",
        related=related,
        relation_error="",
        independent=False,
        roots=solve(related.function, Fraction(of.answer)),
        unknown="x",
        masked=masked(of.question, conditions[hidden], "x"),
        question=fobar(of.question, conditions[hidden], "x", of.answer),
        steps=hiding(of, text).solution,
        agreement=ONE_FORMULA,
    )


def verdict(of: Draft) -> Mapping[str, Check]:
    """The checks by name."""
    return {found.name: found for found in check_all(of)}


class TestTampered:
    """A sound draft in which one thing is changed: the check that is for it says so, whatever made the change."""

    def test_untouched_it_passes(self) -> None:
        found = verdict(draft(BEADS, "11"))
        assert {check.outcome for name, check in found.items() if name not in OF_MODELS} == {"pass"}

    @pytest.mark.parametrize("expression", ["x + 40", "x*4 + 8", "11*4 + x - 4", "51", "44 + 7 + x - x"])
    def test_an_equation_that_says_something_else_is_not_two_sided(self, expression: str) -> None:
        sound = draft(BEADS, "11")
        assert sound.related
        other = replace(sound.related, relation=Relation(unknown="x", expression=expression, answer="51"))
        assert verdict(replace(sound, related=other))["two_sided"].outcome == "fail"

    def test_an_answer_that_it_does_not_give_is_not_two_sided(self) -> None:
        sound = draft(BEADS, "11")
        assert sound.related
        relation = sound.related.relation.model_copy(update={"answer": "55"})
        found = verdict(replace(sound, related=replace(sound.related, relation=relation)))
        assert found["two_sided"].outcome == "fail"
        assert "does not give 55" in found["two_sided"].reason

    @pytest.mark.parametrize(
        ("roots", "name"),
        [
            (Roots((Fraction(12),)), "two_sided"),
            (Roots(()), "unique_root"),
            (Roots((), all_values=True), "unique_root"),
            (Roots((Fraction(11), Fraction(12))), "unique_root"),
        ],
    )
    def test_roots_that_are_not_the_condition_alone_are_told(self, roots: Roots, name: str) -> None:
        assert verdict(replace(draft(BEADS, "11"), roots=roots))[name].outcome == "fail"

    def test_an_equation_that_states_the_value_leaks(self) -> None:
        sound = draft(BEADS, "11")
        assert sound.related
        stated = replace(sound.related, relation=Relation(unknown="x", expression="x", answer="11"))
        assert verdict(replace(sound, related=stated))["no_leak"].outcome == "fail"

    @pytest.mark.parametrize("equation", ["x + 1 = 13", "2*x = 23", "x = 12", "44 + 7 = 52"])
    def test_a_step_that_is_false_does_not_hold(self, equation: str) -> None:
        sound = draft(BEADS, "11")
        found = verdict(replace(sound, steps=(*sound.steps, Step(text=f"So {equation}.", equation=equation))))
        assert found["steps_hold"].outcome == "fail"
        assert equation in found["steps_hold"].reason

    @pytest.mark.parametrize("equation", ["x", "x = ", "x/0 = 1", "x = __import__('os')", "y = 11", "x^9^9 = 1"])
    def test_a_step_that_cannot_be_read_is_never_taken_for_proved(self, equation: str) -> None:
        sound = draft(BEADS, "11")
        found = verdict(replace(sound, steps=(*sound.steps, Step(text="So.", equation=equation))))
        assert found["steps_hold"].outcome != "pass"

    def test_a_solution_without_steps_is_not_proved(self) -> None:
        assert verdict(replace(draft(BEADS, "11"), steps=()))["steps_hold"].outcome == "undecided"

    def test_a_question_without_the_original_answer_does_not_state_it(self) -> None:
        sound = draft(BEADS, "11")
        for question in (sound.masked, sound.question.replace("51", "52"), sound.question.replace("51", "510")):
            assert verdict(replace(sound, question=question))["states_result"].outcome == "fail"

    def test_a_question_that_lost_a_condition_does_not_keep_it(self) -> None:
        sound = draft(BEADS, "11")
        for text in (sound.masked.replace("7 shells", "shells"), sound.masked.replace("4", "four"), ""):
            assert verdict(replace(sound, masked=text))["conditions_kept"].outcome == "fail"

    def test_a_question_without_the_unknown_does_not_ask_for_it(self) -> None:
        sound = draft(BEADS, "11")
        for changed in (
            replace(sound, masked=sound.masked.replace("x beads", "boxes of beads")),
            replace(sound, question=sound.question.replace("value of x?", "value of y?")),
        ):
            assert verdict(changed)["asks_for_unknown"].outcome == "fail"

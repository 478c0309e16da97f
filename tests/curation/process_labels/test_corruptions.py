"""Corruptions are wrong by proof, read like a solver's own, and are the same each time."""

from collections import Counter
from fractions import Fraction
from functools import cache
from typing import get_args

import pytest

from curation.process_labels.corruptions import arithmetic
from curation.process_labels.corruptions.backward import BackwardCorruptions
from curation.process_labels.corruptions.corruption import (
    FALSE_ARITHMETIC,
    WEIGHTS,
    Corruption,
    CorruptionKind,
    chance,
    weighted,
)
from curation.process_labels.corruptions.forward import ForwardCorruptions
from curation.process_labels.corruptions.refutation import refuted, refuted_at
from curation.process_labels.lines import read_lines
from curation.process_labels.proved import steps_are_proved
from generation.conditions.finder import find_conditions
from generation.derive import derive
from generation.formulas.equalities import read_equalities, read_side, states
from generation.sources.ingest import read
from generation.verification.expression import evaluate, parse
from schemas.candidate import BackwardProblem
from schemas.problem import Problem
from tests.data import data_file
from tests.generation.made import problem

CLIPS = problem(
    "Natalia sold clips to 58 of her friends in April, and then she sold half as many clips in May. "
    "How many clips did Natalia sell altogether in April and May?",
    "Natalia sold 58/2 = <<58/2=29>>29 clips in May.",
    "Natalia sold 58+29 = <<58+29=87>>87 clips altogether in April and May.",
    answer="87",
)


def forward(of: Problem, seed: str) -> Corruption | None:
    numbers = [condition.number for condition in find_conditions(of.question, of.notation)]
    return ForwardCorruptions(read_lines(of), numbers, Fraction(of.answer)).choose(chance(of.id, seed))


def backward(of: Problem, candidate: BackwardProblem, seed: str) -> Corruption | None:
    assert candidate.relation is not None
    numbers = [condition.number for condition in find_conditions(of.question, of.notation)]
    return BackwardCorruptions(candidate, candidate.relation, numbers).choose(chance(candidate.id, seed))


@cache
def real() -> list[Problem]:
    rows = read("gsm8k", path=data_file("gsm8k/train.jsonl"), limit=300)
    return [row for row in rows if isinstance(row, Problem)]


@cache
def real_candidates() -> list[tuple[Problem, BackwardProblem]]:
    return [
        (of, candidate)
        for of in real()[:150]
        for candidate in derive(of).candidates
        if steps_are_proved(candidate) and candidate.relation is not None
    ]


def holds(line: str) -> bool:
    runs = [[read_side(*side) for side in run] for run in read_equalities(line)]
    return all(side is not None and run[0] is not None and states(side, run[0].value) for run in runs for side in run)


def test_an_error_goes_on_into_the_answer() -> None:
    found = {each.steps: each for each in (forward(CLIPS, str(seed)) for seed in range(200)) if each}
    doubled = found[
        "Natalia sold 58*2 = 116 clips in May.", "Natalia sold 58+116 = 174 clips altogether in April and May."
    ]
    assert (doubled.kind, doubled.labels, doubled.answer) == ("wrong_operation", (0, None), "174")
    skipped = found[("Natalia sold 58+58 = 116 clips altogether in April and May.",)]
    assert skipped.labels == (0,)
    assert all(each.answer != "87" for each in found.values())


def test_every_kind_is_made_of_real_solutions_and_each_is_wrong() -> None:
    kinds: Counter[CorruptionKind] = Counter()
    for of in real():
        found = forward(of, "")
        if found is None:
            continue
        kinds[found.kind] += 1
        last = [run for step in found.steps for run in read_equalities(step)][-1]
        result = read_side(*last[-1])
        assert result is not None
        assert result.value != Fraction(of.answer), found
        assert holds(found.steps[found.wrong]) == (found.kind not in FALSE_ARITHMETIC), found
        proved = {line.text for line in read_lines(of)}
        assert set(found.steps[: found.wrong]) <= proved
        assert found.steps[found.wrong] not in proved
        assert all(holds(step) for step, label in zip(found.steps, found.labels, strict=True) if label == 1)
    for of, candidate in real_candidates():
        found = backward(of, candidate, "")
        if found is not None:
            kinds[found.kind] += 1
    assert set(kinds) == set(get_args(CorruptionKind))


def test_a_corrupted_backward_solution_ends_in_no_root_of_the_relation() -> None:
    made = 0
    for of, candidate in real_candidates():
        found = backward(of, candidate, "")
        if found is None:
            continue
        made += 1
        assert candidate.relation is not None
        unknown = candidate.relation.unknown
        value = Fraction(found.answer)
        expression = parse(candidate.relation.expression, (unknown,))
        assert value != candidate.condition.number
        assert evaluate(expression, {unknown: value}) != Fraction(candidate.relation.answer), found
        shown = [step for step in found.steps[found.wrong :] if f"{unknown} = {found.answer}" in step]
        assert shown or value.denominator != 1, found
        assert found.steps[: found.wrong] == tuple(step.text for step in candidate.solution)[: found.wrong]
    assert made > len(real_candidates()) / 2


def test_a_wrong_inverse_ends_without_the_check_that_would_show_it() -> None:
    (candidate,) = [each for each in derive(CLIPS).candidates if each.answer == "58"]
    found = [each for each in (backward(CLIPS, candidate, str(seed)) for seed in range(300)) if each]
    inverses = [each for each in found if each.kind == "wrong_inverse"]
    assert inverses
    for each in inverses:
        assert not any(step.startswith("Check") for step in each.steps)
    set_up = [each for each in found if each.kind == "wrong_number"]
    assert all(each.steps[-1].startswith("Check") for each in set_up)


def test_the_same_solution_goes_wrong_in_the_same_way() -> None:
    for of in real()[:40]:
        assert forward(of, "") == forward(of, "")


def test_a_result_that_could_be_a_condition_as_well_is_not_carried_on() -> None:
    twice_five = problem(
        "Ann has 5 bags of 2 pears and 10 plums. She buys 10 more plums. How many fruits?",
        "She has 5*2=<<5*2=10>>10 pears.",
        "She has 10+10=<<10+10=20>>20 plums.",
        "She has 10+20=<<10+20=30>>30 fruits.",
        answer="30",
    )
    found = [each for each in (forward(twice_five, str(seed)) for seed in range(200)) if each]
    assert found
    assert all(each.wrong > 0 for each in found)


def test_a_line_that_cannot_be_redone_stops_the_error() -> None:
    three_sides = problem(
        "Ann has 7 bags of 9 pears and eats 8 of them, then 5. How many are left?",
        "She has 7*9=<<7*9=63>>63 pears.",
        "She eats, and 63-8-5 = 55-5 = 50 are left.",
        answer="50",
    )
    assert not [each for seed in range(100) if (each := forward(three_sides, str(seed))) and each.wrong == 0]


@pytest.mark.parametrize(
    ("proved", "corrupted", "refutation"),
    [
        ("48 + 24 = 72", "48 + 24 = 62", "false"),
        ("48 + 24 = 72", "48 - 24 = 24", "another value"),
        ("48 + 24 = 72", "24 + 48 = 72", None),
        ("48 + 24 = 72", "so 72 clips", None),
    ],
)
def test_refutation_is_exact(proved: str, corrupted: str, refutation: str | None) -> None:
    assert refuted(proved, corrupted) == refutation


def test_an_equation_is_refuted_at_the_hidden_value() -> None:
    assert refuted_at("x = 48", "x = 192", "x", Fraction(48)) == "false"
    assert refuted_at("x + x/2", "x - x/2", "x", Fraction(48)) == "another value"
    assert refuted_at("x + x/2 = 72", "3*x/2 = 72", "x", Fraction(48)) is None
    assert refuted_at("x = 48", "x = )", "x", Fraction(48)) is None


def test_slips_are_never_the_number_itself_and_never_below_one() -> None:
    for numeral in ("7", "10", "11", "72", "1,000", "4.50", "0.5"):
        values = list(arithmetic.slips(numeral))
        assert Fraction(numeral.replace(",", "")) not in values
        assert all(value > 0 for value in values)


def test_numbers_are_written_in_the_manner_of_those_they_replace() -> None:
    assert arithmetic.like(Fraction(12345), "1,000") == "12,345"
    assert arithmetic.like(Fraction(9, 2), "3.25") == "4.50"
    assert arithmetic.like(Fraction(9, 2), "3") == "4.5"
    assert list(arithmetic.other_operations("1/2*48")) == ["1/2+48", "1/2/48"]


def test_the_likelier_come_first_more_often() -> None:
    first = Counter(weighted(["a", "b"], [3, 1], chance(str(seed)))[0] for seed in range(2_000))
    assert 0.70 < first["a"] / 2_000 < 0.80
    assert sum(WEIGHTS[kind] for kind in FALSE_ARITHMETIC) < 0.1 * sum(WEIGHTS.values())

"""On the bundled sample, whose true formulas are known, an accepted equation is the true one."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from schemas.candidate import BackwardProblem
from tests.generation.made import PROBES, accepted, derived_sample, truths, value


def spans(truth: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Where in the question each named quantity stands."""
    found, shift, template = {}, 0, truth["template"]
    for match in re.finditer(r"{(\w+)}", template):
        text = truth["texts"][match[1]]
        start = match.start() + shift
        found[match[1]] = (start, start + len(text))
        shift += len(text) - len(match[0])
    return found


def name_of(candidate: BackwardProblem, truth: dict[str, Any]) -> str:
    """The name of the quantity that the candidate hides."""
    condition = candidate.condition
    names = [n for n, (start, end) in spans(truth).items() if start < condition.end and condition.start < end]
    assert len(names) == 1, f"{condition.text} is {names}"
    return names[0]


def is_true(candidate: BackwardProblem, truth: dict[str, Any]) -> bool:
    """Whether the candidate's f is the true formula in its condition, the others at their values."""
    assert candidate.relation
    name = name_of(candidate, truth)
    values = {each: Fraction(text) for each, text in truth["values"].items()}
    # "two dozen" may be found as 24 where the truth names the two: the same quantity in another unit.
    scale = values[name] / candidate.condition.number
    return all(
        value(candidate.relation.expression, {candidate.relation.unknown: probe})
        == value(truth["formula"], values | {name: probe * scale})
        for probe in PROBES
    )


def all_accepted() -> Iterator[tuple[BackwardProblem, dict[str, Any]]]:
    for derivation, truth in zip(derived_sample(), truths(), strict=True):
        for candidate in derivation.candidates:
            if accepted(candidate):
                yield candidate, truth


def test_every_accepted_equation_is_the_true_formula() -> None:
    wrong = [
        (truth["question"], candidate.condition.text, candidate.relation and candidate.relation.equation)
        for candidate, truth in all_accepted()
        if name_of(candidate, truth) not in truth["not_invertible"] and not is_true(candidate, truth)
    ]
    assert wrong == []


def test_what_has_no_formula_is_hardly_ever_accepted() -> None:
    """A choice of the larger, a rounding, a limit: in these the solution's arithmetic holds at its values only."""
    taken = [
        (truth["question"], candidate.condition.text)
        for candidate, truth in all_accepted()
        if name_of(candidate, truth) in truth["not_invertible"]
    ]
    assert len(taken) <= 2, taken


def test_most_candidates_are_accepted() -> None:
    assert sum(1 for _ in all_accepted()) >= 200

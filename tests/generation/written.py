"""Made answers of models: formalizations as the text that a model would write, and what they give."""

import json
from collections.abc import Sequence

from generation.conditions.finder import find_conditions
from generation.formalized import Written, WrittenFormula, derive_formalized
from generation.formulas.formalization import Formalization, read
from generation.formulas.formalize import Formalized, formalize
from schemas.derivation import Derivation
from schemas.problem import Notation, Problem
from tests.generation.made import POLICY, accepted, problem

Inputs = Sequence[tuple[str, str, str]]
"""Quote, name and value of each input."""
Steps = Sequence[tuple[str, str]]
"""Name and expression of each step."""


def reply(inputs: Inputs, steps: Steps, equations: Sequence[str] = (), unknowns: Sequence[str] = ()) -> str:
    """What a model writes."""
    return json.dumps(
        {
            "inputs": [{"quote": quote, "name": name, "value": value} for quote, name, value in inputs],
            "unknowns": list(unknowns),
            "equations": list(equations),
            "steps": [{"name": name, "expression": expression} for name, expression in steps],
        }
    )


def bare(question: str, answer: str, notation: Notation = "text") -> Problem:
    """A problem without a solution, so that there is no trace."""
    return problem(question, "", answer=answer, notation=notation)


def formalized(of: Problem, text: str) -> list[Formalized]:
    """The formulas that the reply gives."""
    return formalize(of, find_conditions(of.question, of.notation), as_read(text))


def as_read(text: str) -> Formalization:
    """The reply, read."""
    return read(text)


def derived(of: Problem, *texts: str, asked: int | None = None) -> Derivation:
    """What the replies give, the first one first."""
    formulas = tuple(WrittenFormula(key=str(index), model="made", text=text) for index, text in enumerate(texts))
    return derive_formalized(Written(problem=of, formulas=formulas, asked=asked or len(texts), error=""))


def taken(derivation: Derivation) -> list[str]:
    """The equations that the default policy accepts."""
    return [each.relation.equation for each in derivation.candidates if each.relation and accepted(each)]


def verdicts(derivation: Derivation) -> list[str]:
    """What the default policy decides of each candidate."""
    return [POLICY.decide(each.checks, has_relation=each.relation is not None)[0] for each in derivation.candidates]

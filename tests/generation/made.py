"""Problems of the tests' own, the bundled sample derived, and what one asks of a candidate."""

import json
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from curation import policy
from generation.conditions.finder import find_conditions
from generation.derive import derive
from generation.formulas.trace import Trace, trace
from generation.sources.ingest import read
from generation.verification.expression import evaluate, parse
from schemas.candidate import BackwardProblem
from schemas.check import Check, CheckName
from schemas.condition import Condition
from schemas.derivation import Derivation
from schemas.problem import Notation, Problem

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "generation" / "sources" / "sample.jsonl"
TRUTH = Path(__file__).with_name("sample_formulas.jsonl")
POLICY = policy.load()

PROBES = [Fraction(text) for text in ("2", "3", "7", "11", "13/2", "17/3", "29", "101/10", "997")]
"""Values at which two functions are compared: those of a word problem that agree at all of them are one function."""


def problem(question: str, *lines: str, answer: str, notation: Notation = "annotated", source: str = "made") -> Problem:
    """A problem with its solution, one line each."""
    return Problem(
        question=question,
        solution="\n".join(lines),
        answer=answer,
        notation=notation,
        source=source,
        split="train",
        licence="Apache-2.0",
        origin="made:1",
    )


def read_trace(of: Problem) -> tuple[tuple[Condition, ...], Trace]:
    """The conditions of a problem and its trace."""
    conditions = tuple(find_conditions(of.question, of.notation))
    return conditions, trace(of, conditions)


def candidate(derivation: Derivation, text: str, nth: int = 0) -> BackwardProblem:
    """The candidate that hides the n-th condition written so."""
    return [each for each in derivation.candidates if each.condition.text == text][nth]


def check(of: BackwardProblem, name: CheckName) -> Check:
    """The candidate's check of this name."""
    (found,) = [each for each in of.checks if each.name == name]
    return found


def accepted(of: BackwardProblem) -> bool:
    """Whether the default policy accepts the candidate."""
    return POLICY.decide(of.checks, has_relation=of.relation is not None)[0] == "accept"


def timeless(derivation: Derivation) -> dict[str, Any]:
    """The derivation without the times that its checks took."""
    return derivation.model_dump(exclude={"candidates": {"__all__": {"checks": {"__all__": {"elapsed_ms"}}}}})


def value(text: str, values: Mapping[str, Fraction]) -> Fraction:
    """What an expression in plain infix is worth."""
    return evaluate(parse(text, values), values)


@cache
def sample() -> tuple[Problem, ...]:
    """The problems of the bundled sample."""
    problems = tuple(row for row in read("gsm8k", path=SAMPLE) if isinstance(row, Problem))
    assert len(problems) >= 80
    return problems


def copies(times: int) -> list[Problem]:
    """The sample so many times over, each copy a problem of its own."""
    rows = [of.model_dump() for of in sample()]
    return [Problem(**row | {"source": f"copy {n}"}) for n in range(times) for row in rows]


@cache
def truths() -> tuple[dict[str, Any], ...]:
    """The truth about each of them, in the same order; `tests/generation/test_sample.py` says what a row holds."""
    return tuple(json.loads(line) for line in TRUTH.read_text(encoding="utf-8").splitlines())


@cache
def derived_sample() -> tuple[Derivation, ...]:
    """What each of them gives."""
    return tuple(derive(each) for each in sample())

"""One problem to its candidates: find conditions, work out the formula, relate, word, solve, check."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from generation.conditions.finder import find_conditions
from generation.formulas.agreement import Finding, Parts, part_of
from generation.formulas.algebra import own_letters
from generation.formulas.steps import Worked
from generation.formulas.trace import TraceError, trace
from generation.relations.relate import IndependentError, Related, relate
from generation.solutions.backward import BackwardSolutions
from generation.verification.checks import Draft, check_all
from generation.verification.expression import (
    Expression,
    ExpressionError,
    TooLargeError,
    UndefinedValueError,
    evaluate,
    parse,
)
from generation.verification.solve import Roots, solve, solve_general
from generation.wordings.fobar import choose_unknown, fobar, masked
from schemas.candidate import BackwardProblem
from schemas.condition import Condition
from schemas.derivation import Derivation
from schemas.formula import Formula, FormulaKind
from schemas.problem import Problem
from schemas.sample import Sample
from schemas.step import Step

ONE_FORMULA: Finding = ("undecided", "there is only one formula, the trace's")


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """What is known of a problem's formula: a worked formula for each part of the answer, or none and why.

    `agreement` is the finding for each condition on how formulas got in different ways compare.
    """

    kind: FormulaKind
    parts: Parts
    error: str
    agreement: Sequence[Finding]


def derive(problem: Problem) -> Derivation:
    """Every candidate that the problem's trace gives, one a condition, each with all its checks."""
    conditions = find_conditions(problem.question, problem.notation)
    parts: list[Worked] = []
    error = ""
    try:
        parts = [trace(problem, conditions)]
        parts[0].formula()  # raises where it cannot be written out
    except (TraceError, ExpressionError) as failure:
        parts, error = [], str(failure)
    return derivation(problem, conditions, WorkedOut("trace", parts, error, [ONE_FORMULA] * len(conditions)))


def derivation(
    problem: Problem, conditions: Sequence[Condition], found: WorkedOut, samples: Sequence[Sample] = ()
) -> Derivation:
    """What the problem gives by a formula that has been worked out, or by none; `samples` are what models wrote."""
    unexplained = list(dict.fromkeys(number for worked in found.parts for number in worked.unexplained()))
    return Derivation(
        problem_id=problem.id,
        kind=found.kind,
        conditions=tuple(conditions),
        formula=_formula(found.parts),
        outcome="fail" if not found.parts else "undecided" if unexplained else "pass",
        reason=found.error
        or (f"nothing explains {', '.join(unexplained)}" if unexplained else "the conditions give the answer"),
        candidates=tuple(_candidates(problem, conditions, found)),
        samples=tuple(samples),
    )


def underived(problem: Problem, kind: FormulaKind, reason: str) -> Derivation:
    """What is kept of a problem that could not be derived: no candidates, and why."""
    return Derivation(
        problem_id=problem.id,
        kind=kind,
        conditions=(),
        formula=None,
        outcome="undecided",
        reason=reason,
        candidates=(),
    )


def _formula(parts: Parts) -> Formula | None:
    """The formula of the whole answer; that of a tuple is a tuple."""
    formulas = [worked.formula() for worked in parts]
    if len(formulas) < 2:
        return formulas[0] if formulas else None
    return Formula(
        kind=formulas[0].kind,
        expression=f"({', '.join(formula.expression for formula in formulas)})",
        numbers=tuple(dict.fromkeys(number for formula in formulas for number in formula.numbers)),
    )


def _candidates(problem: Problem, conditions: Sequence[Condition], found: WorkedOut) -> Iterator[BackwardProblem]:
    unknown = choose_unknown(f"{problem.question} {' '.join(own_letters(problem.solution))}")
    solutions: dict[int, BackwardSolutions] = {}
    for hidden, condition in enumerate(conditions):
        worked = part_of(found.parts, hidden)
        related, why_not = _relation(worked, conditions, hidden, found.error, unknown)
        roots = _roots(related) if related else None
        steps: tuple[Step, ...] = ()
        if worked and related and roots and roots.admissible(condition.number) == [condition.value]:
            if related.function is None:
                steps = BackwardSolutions.stated(related, condition)
            else:
                if id(worked) not in solutions:
                    solutions[id(worked)] = BackwardSolutions(worked)
                with suppress(TooLargeError):  # a step that is too long to be written
                    steps = solutions[id(worked)].solve(related, condition)
        draft = Draft(
            problem=problem,
            conditions=conditions,
            hidden=hidden,
            worked=worked,
            formula_error=found.error,
            related=related,
            relation_error=str(why_not),
            independent=isinstance(why_not, IndependentError),
            roots=roots,
            unknown=unknown,
            masked=masked(problem.question, condition, unknown),
            question=fobar(problem.question, condition, unknown, problem.answer),
            steps=steps,
            agreement=found.agreement[hidden],
        )
        yield BackwardProblem(
            problem_id=problem.id,
            condition=condition,
            formula=found.kind,
            wording="fobar",
            relation=related.relation if related else None,
            question=draft.question,
            answer=condition.value,
            solution=steps,
            checks=check_all(draft),
        )


def _relation(
    worked: Worked | None, conditions: Sequence[Condition], hidden: int, error: str, unknown: str
) -> tuple[Related | None, Exception | str]:
    """The relation, or None and why there is none."""
    if worked is None:
        return None, error
    try:
        return relate(worked, conditions, hidden, unknown), ""
    except ExpressionError as failure:
        return None, failure


def _roots(related: Related) -> Roots:
    """The roots in the fraction field, or by general solving where f or the answer is no rational function."""
    answer = parse(related.relation.answer)
    value = _rational(answer)
    if related.function is not None and value is not None:
        return solve(related.function, value)
    return solve_general(related.expression, related.relation.unknown, answer)


def _rational(expression: Expression) -> Fraction | None:
    try:
        return evaluate(expression)
    except UndefinedValueError:
        return None

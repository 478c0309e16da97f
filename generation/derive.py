"""One problem to its candidates: find conditions, read the trace, relate, word, solve, check."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from generation.conditions.finder import find_conditions
from generation.formulas.algebra import own_letters
from generation.formulas.trace import Trace, TraceError, trace
from generation.relations.relate import IndependentError, Related, relate
from generation.solutions.backward import BackwardSolutions
from generation.verification.checks import Draft, check_all
from generation.verification.expression import ExpressionError
from generation.verification.solve import Roots, solve, solve_general
from generation.wordings.fobar import choose_unknown, fobar, masked
from schemas.candidate import BackwardProblem, WordingKind
from schemas.condition import Condition
from schemas.derivation import Derivation
from schemas.formula import Formula, FormulaKind
from schemas.problem import Problem
from schemas.step import Step

VERSION = "1"
"""Goes up when the same problem may give other candidates: a new fingerprint, so that a run derives them anew."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """How backward problems are derived: where the formula comes from, and how the question is put."""

    formula: FormulaKind = "trace"
    wording: WordingKind = "fobar"

    @property
    def fingerprint(self) -> str:
        """Names the strategy and the version of the code behind it."""
        return f"{self.formula}/{self.wording}/{VERSION}"


def derive(problem: Problem, strategy: Strategy) -> Derivation:
    """Every candidate of the problem, one a condition, each with all its checks."""
    conditions = find_conditions(problem.question, problem.notation)
    read: Trace | None = None
    written: Formula | None = None
    error = ""
    try:
        read = trace(problem, conditions)
        written = read.formula()
    except (TraceError, ExpressionError) as failure:
        read, error = None, str(failure)
    unexplained = read.unexplained() if read else []
    return Derivation(
        problem_id=problem.id,
        kind=strategy.formula,
        conditions=conditions,
        formula=written,
        outcome="fail" if read is None else "undecided" if unexplained else "pass",
        reason=error
        or (f"nothing explains {', '.join(unexplained)}" if unexplained else "the conditions give the answer"),
        candidates=tuple(_candidates(problem, conditions, read, error, strategy)),
    )


def _candidates(
    problem: Problem, conditions: Sequence[Condition], read: Trace | None, error: str, strategy: Strategy
) -> Iterator[BackwardProblem]:
    unknown = choose_unknown(f"{problem.question} {' '.join(own_letters(problem.solution))}")
    solutions = BackwardSolutions(read) if read else None
    for hidden, condition in enumerate(conditions):
        related, why_not = _relation(problem, conditions, hidden, read, error, unknown)
        roots = _roots(related, Fraction(problem.answer)) if related else None
        steps: tuple[Step, ...] = ()
        if (
            solutions
            and related
            and related.function
            and roots
            and roots.admissible(condition.number) == [condition.value]
        ):
            steps = solutions.solve(related, condition)
        asked = masked(problem.question, condition, unknown)
        draft = Draft(
            problem=problem,
            conditions=conditions,
            hidden=hidden,
            trace=read,
            trace_error=error,
            related=related,
            relation_error=str(why_not),
            independent=isinstance(why_not, IndependentError),
            roots=roots,
            unknown=unknown,
            masked=asked,
            question=fobar(problem.question, condition, unknown, problem.answer),
            steps=steps,
        )
        yield BackwardProblem(
            problem_id=problem.id,
            condition=condition,
            formula=strategy.formula,
            wording=strategy.wording,
            relation=related.relation if related else None,
            question=draft.question,
            answer=condition.value,
            solution=steps,
            checks=check_all(draft),
        )


def _relation(
    problem: Problem, conditions: Sequence[Condition], hidden: int, read: Trace | None, error: str, unknown: str
) -> tuple[Related | None, Exception | str]:
    """The relation, or None and why there is none."""
    if read is None:
        return None, error
    try:
        return relate(read, conditions, hidden, unknown, problem.answer), ""
    except ExpressionError as failure:
        return None, failure


def _roots(related: Related, answer: Fraction) -> Roots:
    """The roots in the fraction field, or by general solving where f is no rational function."""
    if related.function is not None:
        return solve(related.function, answer)
    return solve_general(related.expression, related.relation.unknown, answer)

"""Labels of what models wrote, where it is wrong and the step at which its proof breaks is known.

The broken step is 0. A step before it is 1 where its equation holds and comes to a value that the proved solution has
too, for true arithmetic alone may be on the wrong quantity; else it is None. For a formula that a model wrote
(`formalize`), the answer is proved to be wrong and the broken step is the first that comes to a value that the
source's own solution never has.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from fractions import Fraction
from typing import Literal

from curation.process_labels.lines import Line, values_in
from curation.process_labels.proved import Label
from generation.verification.expression import ExpressionError, evaluate, parse, walk
from schemas.candidate import BackwardProblem
from schemas.problem import Problem
from schemas.published import ProcessRow
from schemas.sample import Sample
from schemas.step import Step


def forward_row(
    problem: Problem, lines: Sequence[Line], conditions: Iterable[Fraction], sample: Sample
) -> ProcessRow | None:
    """A wrong formula of the problem, told as a solution; None where it is not wrong or nobody knows where."""
    if sample.purpose != "formalize" or not _is_broken(sample):
        return None
    known = {each.value for line in lines for each in line.written} | set(conditions)
    return _row(problem, (), (), sample, _labels(sample, known, {}))


def backward_row(
    problem: Problem, candidate: BackwardProblem, question: Literal[1] | None, sample: Sample
) -> ProcessRow | None:
    """A wrong solution of the candidate's question, labelled `question`; None where nobody knows what is wrong."""
    if sample.purpose != "solve" or not _is_broken(sample) or candidate.relation is None:
        return None
    unknown = {candidate.relation.unknown: candidate.condition.number}
    known = values_in(candidate.question) | _parts(candidate.relation.equation, unknown)
    for step in candidate.solution:
        known |= _parts(step.equation or "", unknown)
    return _row(problem, (candidate.question,), (question,), sample, _labels(sample, known, unknown))


def _row(
    problem: Problem, before: tuple[str, ...], labels: tuple[Label, ...], sample: Sample, of_steps: tuple[Label, ...]
) -> ProcessRow:
    return ProcessRow(
        prompt=problem.question,
        completions=(*before, *(step.text for step in sample.steps)),
        labels=(*labels, *of_steps),
        label_source="sympy",
        problem_id=problem.id,
    )


def _is_broken(sample: Sample) -> bool:
    return sample.outcome == "fail" and sample.broken_step is not None and sample.broken_step < len(sample.steps)


def _labels(sample: Sample, known: Set[Fraction], unknown: Mapping[str, Fraction]) -> tuple[Label, ...]:
    broken = sample.broken_step or 0
    before: list[Label] = [1 if _agrees(step, known, unknown) else None for step in sample.steps[:broken]]
    return (*before, 0, *(None,) * (len(sample.steps) - broken - 1))


def _agrees(step: Step, known: Set[Fraction], unknown: Mapping[str, Fraction]) -> bool:
    """Whether the step's equation holds and comes to a value of the proved solution."""
    values = _values(step.equation or "", unknown)
    return len(values) == 1 and values <= known


def _parts(equation: str, unknown: Mapping[str, Fraction]) -> set[Fraction]:
    """The values of every part of an equation: of `(x + 24)*3 = 216`, those of x and of x + 24 as well."""
    try:
        sides = [parse(side, unknown) for side in equation.split(" = ")]
        return {evaluate(node, unknown) for side in sides for node in walk(side)}
    except ExpressionError:
        return set()


def _values(equation: str, unknown: Mapping[str, Fraction]) -> set[Fraction]:
    """The values of an equation's sides: one where it holds, none where it cannot be read."""
    try:
        return {evaluate(parse(side, unknown), unknown) for side in equation.split(" = ")}
    except ExpressionError:
        return set()

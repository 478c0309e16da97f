"""All process rows of one problem, from every source of labels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from curation.process_labels import proved, questions, reviewed, rollouts, samples
from curation.process_labels.corruptions.backward import BackwardCorruptions
from curation.process_labels.corruptions.corruption import chance
from curation.process_labels.corruptions.forward import ForwardCorruptions
from curation.process_labels.lines import Line, read_lines
from schemas.candidate import BackwardProblem
from schemas.condition import Condition
from schemas.decision import DecidedBy, Verdict
from schemas.formula import Formula
from schemas.problem import Problem
from schemas.published import ProcessRow
from schemas.review import Review
from schemas.rollout import Rollout
from schemas.sample import Sample

ProcessConfig = Literal["prm", "backprm"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate, what was decided about it and by whom, and every answer of reviewers to it."""

    candidate: BackwardProblem
    verdict: Verdict
    decided_by: DecidedBy = "policy"
    reviews: tuple[Review, ...] = ()


def process_rows(
    problem: Problem,
    conditions: Sequence[Condition],
    formula: Formula | None,
    judged: Sequence[Judged],
    written: Sequence[Sample] = (),
    rolled_out: Sequence[Rollout] = (),
) -> Iterator[tuple[ProcessConfig, ProcessRow]]:
    """Every row that the problem gives: the same rows in the same order for the same arguments, on any machine.

    `conditions` and `formula` are those of the problem's derivation; `formula` is None where it does not hold (its
    outcome is not `pass`). `judged` are the candidates of which rows are wanted, in the order of the rows, and
    `written` and `rolled_out` are what models wrote for the problem and for them. Raises nothing, whatever the texts
    say.
    """
    lines = read_lines(problem)
    if formula is not None:
        for row in _forward(problem, lines, conditions):
            yield "prm", row
    numbers = [condition.number for condition in conditions]
    for sample in written:
        if sample.candidate_id is None and (found := samples.forward_row(problem, lines, numbers, sample)):
            yield "prm", found
    for each in judged:
        of_candidate = [sample for sample in written if sample.candidate_id == each.candidate.id]
        for row in _backward(problem, conditions, formula, each, of_candidate):
            yield "backprm", row
    wanted = {None, *(each.candidate.id for each in judged)}
    for backward, row in rollouts.rows(problem, (each for each in rolled_out if each.candidate_id in wanted)):
        yield "backprm" if backward else "prm", row


def _forward(problem: Problem, lines: Sequence[Line], conditions: Sequence[Condition]) -> Iterator[ProcessRow]:
    row = proved.forward_row(problem, lines)
    if row is None:
        return
    yield row
    try:
        answer = Fraction(problem.answer)
    except ValueError:
        return  # an answer that is no number is not carried on
    found = ForwardCorruptions(lines, [condition.number for condition in conditions], answer).choose(chance(problem.id))
    if found is not None:
        yield ProcessRow(
            prompt=problem.question,
            completions=found.steps,
            labels=found.labels,
            label_source="corruption",
            problem_id=problem.id,
        )


def _backward(
    problem: Problem,
    conditions: Sequence[Condition],
    formula: Formula | None,
    judged: Judged,
    written: Sequence[Sample],
) -> Iterator[ProcessRow]:
    candidate = judged.candidate
    accepted = judged.verdict == "accept"
    if accepted and proved.steps_are_proved(candidate):
        yield proved.backward_row(problem, candidate)
        yield from _corrupted(problem, conditions, candidate)
    if accepted and formula is not None:
        bad = questions.spoiled(problem, conditions, formula, candidate, chance("question", candidate.id))
        if bad is not None:
            yield questions.bad_row(problem, bad[1])
    if not accepted and judged.decided_by == "policy" and (row := questions.rejected(problem, candidate)):
        yield row
    if not accepted and judged.decided_by != "policy" and (row := reviewed.row(problem, candidate, judged.reviews)):
        yield row
    for sample in written:
        if row := samples.backward_row(problem, candidate, 1 if accepted else None, sample):
            yield row


def _corrupted(problem: Problem, conditions: Sequence[Condition], candidate: BackwardProblem) -> Iterator[ProcessRow]:
    assert candidate.relation is not None  # a solution is that of a relation
    numbers = [condition.number for condition in conditions]
    found = BackwardCorruptions(candidate, candidate.relation, numbers).choose(chance(candidate.id))
    if found is not None:
        yield ProcessRow(
            prompt=problem.question,
            completions=(candidate.question, *found.steps),
            labels=(*proved.right(1), *found.labels),
            label_source="corruption",
            problem_id=problem.id,
        )

"""Proved steps: 1 where exact arithmetic proves what a step calculates, None where there is nothing to prove.

Forward, a line of the source's own solution is 1 where it calculates and all its equalities hold exactly, and only
where the problem's formula holds: then the conditions give the answer by these calculations. A line without a
calculation, or with one that is rounded or cannot be read, is None: its words are not proved.

Backward, every step of an accepted candidate is 1: each equation is proved by the check `steps_hold`, and a step
without one ("Let x be the unknown number of clips.") only names the unknown or writes a proved function of it.
"""

from collections.abc import Sequence
from typing import Literal

from curation.process_labels.lines import Line
from schemas.candidate import BackwardProblem
from schemas.problem import Problem
from schemas.published import ProcessRow

Label = Literal[0, 1] | None


def right(count: int) -> tuple[Label, ...]:
    """So many steps that are right."""
    return (1,) * count  # type: ignore[return-value]  # mypy takes the 1 for any int


def forward_labels(lines: Sequence[Line]) -> tuple[Label, ...]:
    """One label a line, for a problem whose formula holds."""
    return tuple(1 if line.proved else None for line in lines)


def forward_row(problem: Problem, lines: Sequence[Line]) -> ProcessRow | None:
    """The solution with its labels; None where no line is proved."""
    labels = forward_labels(lines)
    if not any(labels):
        return None
    return ProcessRow(
        prompt=problem.question,
        completions=tuple(line.text for line in lines),
        labels=labels,
        label_source="sympy",
        problem_id=problem.id,
    )


def steps_are_proved(candidate: BackwardProblem) -> bool:
    """Whether there is a solution, all of whose equations were proved."""
    return bool(candidate.solution) and any(
        check.name == "steps_hold" and check.outcome == "pass" for check in candidate.checks
    )


def backward_row(problem: Problem, candidate: BackwardProblem) -> ProcessRow:
    """The question and the solution of an accepted candidate whose steps are proved."""
    steps = tuple(step.text for step in candidate.solution)
    return ProcessRow(
        prompt=problem.question,
        completions=(candidate.question, *steps),
        labels=right(1 + len(steps)),
        label_source="sympy",
        problem_id=problem.id,
    )

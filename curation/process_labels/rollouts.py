"""Labels by roll-outs (Math-Shepherd, Wang et al. 2024): a step from which a model still gets to the answer is right.

The hard label is 1 where any completion reaches the answer, 0 where none does; the soft score is the share that does.
A completion whose answer cannot be compared counts as neither.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from curation.process_labels.proved import Label
from schemas.problem import Problem
from schemas.published import ProcessRow
from schemas.rollout import Rollout


def rows(problem: Problem, rollouts: Iterable[Rollout]) -> Iterator[tuple[bool, ProcessRow]]:
    """One row a solution and model, and whether it is of a backward question, which then is its first completion."""
    ordered = sorted(rollouts, key=lambda each: (each.solution_id, each.model, each.step, each.sample))
    for _, group in groupby(ordered, lambda each: (each.solution_id, each.model)):
        of_solution = list(group)
        first = of_solution[0]
        scores = tuple(_score(of_solution, step) for step in range(len(first.steps)))
        labels: tuple[Label, ...] = tuple(None if score is None else 1 if score else 0 for score in scores)
        backward = first.candidate_id is not None
        yield (
            backward,
            ProcessRow(
                prompt=problem.question,
                completions=(first.question, *first.steps) if backward else first.steps,
                labels=(None, *labels) if backward else labels,
                label_source="rollout",
                problem_id=problem.id,
                scores=(None, *scores) if backward else scores,
            ),
        )


def _score(rollouts: Iterable[Rollout], step: int) -> float | None:
    """The share of a step's completions that reach the answer; None where none could be compared."""
    outcomes = [each.outcome for each in rollouts if each.step == step and each.outcome != "undecided"]
    return outcomes.count("reached") / len(outcomes) if outcomes else None

"""ProcessBench (Zheng et al., arXiv 2412.06559): how well a PRM finds the first wrong step that people marked."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from generation.sources.errors import RowError
from generation.sources.fields import MAX_QUESTION, MAX_SOLUTION, Fields, text
from schemas.evaluation import Estimate, FirstErrors
from schemas.identity import content_id
from training.errors import EvaluationError
from training.evaluation.intervals import Floats, estimate, of_sums
from training.process_reward.aggregation import THRESHOLD, first_error

_NONE = -1
"""What the files write where all steps are right."""


class Marked(NamedTuple):
    """A solution whose first wrong step is marked: its index, None where all steps are right."""

    row_id: str
    problem: str
    steps: tuple[str, ...]
    first_error: int | None


def read_marked(fields: Fields) -> Marked:
    """{"problem", "steps", "label"}. Raises RowError."""
    problem = text(fields, "problem", MAX_QUESTION)
    steps, label = fields.get("steps"), fields.get("label")
    if not isinstance(steps, list) or not steps:
        raise RowError("steps is no list of steps")
    told = tuple(text({"a step": step}, "a step", MAX_SOLUTION) for step in steps)
    if not isinstance(label, int) or isinstance(label, bool) or not _NONE <= label < len(told):
        raise RowError("label is not the index of a step, or -1")
    return Marked(content_id("marked", problem, *told), problem, told, None if label == _NONE else label)


def first_errors(
    name: str, model: str, marked: Sequence[Marked], scores: Sequence[Sequence[float]], seed: int
) -> FirstErrors:
    """What the scores of the solutions come to: accuracy on wrong and on right ones, and F1, their harmonic mean.

    A solution that was not scored to its end is counted as one whose first error was not found.
    """
    found = [
        first_error(each) == one.first_error and not math.isnan(each[-1])
        for one, each in zip(marked, scores, strict=True)
    ]
    problems = [content_id("question", one.problem) for one in marked]
    wrong = [one.first_error is not None for one in marked]
    parts = [[index for index, is_wrong in enumerate(wrong) if is_wrong == wanted] for wanted in (True, False)]
    if not all(parts):
        raise EvaluationError(
            f"set {name} has {'no' if parts[1] else 'only'} wrong solutions among those that were taken"
        )
    erroneous, correct = (
        estimate([float(found[index]) for index in part], [problems[index] for index in part], seed) for part in parts
    )
    columns = [
        (hit and is_wrong, is_wrong, hit and not is_wrong, not is_wrong)
        for hit, is_wrong in zip(found, wrong, strict=True)
    ]
    f1 = of_sums(np.array(columns, float), problems, _f1, seed)
    if {erroneous.value, correct.value} & {0.0, 1.0}:  # its resamples are all alike, and F1 follows the bounds it has
        low, high = _f1(np.array([(erroneous.low, 1, correct.low, 1), (erroneous.high, 1, correct.high, 1)])).tolist()
        f1 = Estimate(value=f1.value, low=min(f1.low, low), high=max(f1.high, high), n=f1.n)
    return FirstErrors(set=name, model=model, threshold=THRESHOLD, erroneous=erroneous, correct=correct, f1=f1)


def _f1(sums: Floats) -> Floats:
    """From the sums of found and all wrong solutions, found and all right ones, in the last axis."""
    with np.errstate(invalid="ignore", divide="ignore"):
        wrong, right = sums[..., 0] / sums[..., 1], sums[..., 2] / sums[..., 3]
    total = wrong + right
    return np.where(total == 0, 0.0, 2 * wrong * right / np.where(total == 0, 1.0, total))

"""Aggregation: from the scores of steps to one of the solution, its first wrong step, or the best of several."""

import math
from collections.abc import Sequence
from typing import Literal, get_args

Aggregation = Literal["min", "product", "last", "mean"]
AGGREGATIONS: tuple[Aggregation, ...] = get_args(Aggregation)
THRESHOLD = 0.5
"""A step whose score is below it is called wrong, and a soft label below it counts as wrong; not fitted to any set."""


def aggregate(scores: Sequence[float], how: Aggregation) -> float:
    """One score between 0 and 1 of a solution from the scores of its steps.

    `min` and `product` follow Lightman et al. (arXiv 2305.20050) and Wang et al. (arXiv 2312.08935). A solution without
    steps gets 0, since nothing speaks for it; one with a step that was not scored (NaN) gets NaN, whatever `how` is.
    """
    if not scores:
        return 0.0
    if any(map(math.isnan, scores)):
        return math.nan
    match how:
        case "min":
            return min(scores)
        case "product":
            return math.prod(scores)
        case "last":
            return scores[-1]
        case "mean":
            return math.fsum(scores) / len(scores)


def best_of(solutions: Sequence[Sequence[float]], how: Aggregation) -> int:
    """The index of the best of a problem's solutions, each given by the scores of its steps; of equals the first.

    One that was not scored to its end is best only where all are so. Raises ValueError where there are none.
    """
    totals = [aggregate(scores, how) for scores in solutions]
    return max(range(len(totals)), key=lambda index: -1.0 if math.isnan(totals[index]) else totals[index])


def first_error(scores: Sequence[float]) -> int | None:
    """The index of the first step that is called wrong; None for none, and a step that was not scored (NaN) is not."""
    return next((index for index, score in enumerate(scores) if score < THRESHOLD), None)

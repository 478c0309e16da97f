"""Slices: the questions of a set that are alike in one respect, and how many of them are answered right."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, cast, get_args

import numpy as np
from numpy.typing import NDArray

from curation.review.interval import wilson
from schemas.evaluation import Answered, Estimate, Facts, QuestionKind
from schemas.failures import Axis, Slice
from training.evaluation.intervals import Floats, interval, resampled

LEAST_PROBLEMS = 20
"""A slice of fewer is left out: its interval would say little, and its test could hardly find anything."""

_MOST_COUNTED = 8
_THIRDS = ("first third", "second third", "last third")
_SIZES = ("below 10", "10 to 100", "100 to 1,000", "thousands", "ten thousands", "hundred thousands", "millions")


class Cell(NamedTuple):
    """A slice, and its place in the order of its axis."""

    axis: Axis
    place: float
    name: str


class Part(NamedTuple):
    """The greedy answers to the questions of one kind in a set, and for each slice which of them are in it."""

    set: str
    kind: QuestionKind
    rows: list[Answered]
    members: dict[Cell, NDArray[np.bool_]]

    @property
    def problems(self) -> list[str]:
        return [row.problem_id for row in self.rows]

    def size(self, cell: Cell) -> int:
        """How many problems are in a slice."""
        return len({row.problem_id for row, inside in zip(self.rows, self.members[cell], strict=True) if inside})


def parts(answers: Sequence[Answered]) -> list[Part]:
    """The answers by set and kind, each with its slices in order."""
    of: dict[tuple[str, QuestionKind], list[Answered]] = {}
    for row in answers:
        if not row.sample:
            of.setdefault((row.set, row.kind), []).append(row)
    return [Part(*key, rows, _members([row.facts for row in rows])) for key, rows in of.items()]


def large(part: Part) -> list[Cell]:
    """The slices of a part that have enough problems."""
    return [cell for cell in part.members if part.size(cell) >= LEAST_PROBLEMS]


def slices(part: Part, seed: int) -> list[Slice]:
    """The accuracy of every slice with enough problems, with its interval."""
    cells = large(part)
    right = np.array([row.outcome == "equal" for row in part.rows], float)
    found = shares(right[:, None], [part.members[cell] for cell in cells], part.problems, seed)
    return [
        Slice(set=part.set, kind=part.kind, axis=cell.axis, name=cell.name, problems=part.size(cell), accuracy=accuracy)
        for cell, accuracy in zip(cells, found, strict=True)
    ]


def shares(values: Floats, masks: Sequence[NDArray[np.bool_]], problems: Sequence[str], seed: int) -> list[Estimate]:
    """The mean of 0s and 1s, (questions, 1) or a column a mask, within each mask, with its interval.

    Problems of the whole set are drawn again, once for all masks. A share of 0 or 1, whose resamples are all alike, has
    Wilson's bounds with problems as trials.
    """
    if not masks:
        return []
    inside = np.column_stack(masks).astype(float)
    counts, sums = inside.sum(axis=0), (inside * values).sum(axis=0)
    drawn = resampled(np.concatenate((inside, inside * values), axis=1), problems, seed)
    drawn_counts, drawn_sums = np.split(drawn, 2, axis=1)
    with np.errstate(invalid="ignore"):  # a resample without a question of the slice, which `interval` leaves out
        means = drawn_sums / drawn_counts
    found = []
    for place, mask in enumerate(masks):
        share, n = float(sums[place] / counts[place]), int(counts[place])
        if share in (0.0, 1.0):
            trials = len({problem for problem, within in zip(problems, mask, strict=True) if within})
            low, high = wilson(int(share) * trials, trials)
            found.append(Estimate(value=share, low=low, high=high, n=n))
        else:
            found.append(interval(share, means[:, place], n))
    return found


def _members(facts: Sequence[Facts]) -> dict[Cell, NDArray[np.bool_]]:
    """For each slice which questions are in it; an axis on which all are alike is none, as it is the set itself."""
    found: dict[Cell, NDArray[np.bool_]] = {}
    for axis in cast(tuple[Axis, ...], get_args(Axis)):
        cells = [None if (fact := getattr(each, axis)) is None else Cell(axis, *_CELL[axis](fact)) for each in facts]
        told = sorted({cell for cell in cells if cell is not None})
        if len(told) + (None in cells) > 1:
            found |= {cell: np.array([other == cell for other in cells]) for cell in told}
    return found


def _count(value: int) -> tuple[float, str]:
    return (value, str(value)) if value < _MOST_COUNTED else (_MOST_COUNTED, f"{_MOST_COUNTED} and more")


def _size(value: float) -> tuple[float, str]:
    """The power of ten."""
    place = 0 if value < 10 else min(int(math.log10(value)), len(_SIZES) - 1)
    return place, _SIZES[place]


def _third(value: float) -> tuple[float, str]:
    place = min(int(3 * value), 2)
    return place, _THIRDS[place]


def _named(value: str) -> tuple[float, str]:
    return 0, value.replace("_", " ")


_CELL: Mapping[Axis, Callable[..., tuple[float, str]]] = {
    "steps": _count,
    "operations": _count,
    "largest_number": _size,
    "condition_kind": _named,
    "condition_position": _third,
    "topic": _named,
    "level": _named,
    "answer_type": _named,
}

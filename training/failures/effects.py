"""Effects: the slices where one run does better than another, and those where it does worse.

With this run trained forward and backward and the other one forward only, these are the slices where backward training
helps, and where it hurts. Both runs answered the same questions, so the test is a paired one. Dozens of slices are
tested at once, and they overlap: each question is in one slice of every axis. Holm's adjustment keeps the chance of any
false claim below 5% however the tests depend on each other.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from curation.review.interval import wilson
from schemas.evaluation import Answered, Estimate
from schemas.failures import Effect
from training.evaluation.intervals import Floats, interval, resampled, summed
from training.evaluation.paired import holm, mcnemar, permutation
from training.failures.slices import Cell, Part, large, parts

LEVEL = 0.05
"""The chance of any false claim, over all slices of an analysis."""


def effects(this: Sequence[Answered], others: Mapping[str, Sequence[Answered]], seed: int) -> list[Effect]:
    """The effect on every slice with enough problems among the questions that both runs were asked."""
    found = [each for name, other in others.items() for each in _against(this, name, other, seed)]
    adjusted = holm([each.p_value for each in found])
    return [_decided(each, p) for each, p in zip(found, adjusted, strict=True)]


def _decided(effect: Effect, p: float) -> Effect:
    clear = p <= LEVEL and effect.only_this != effect.only_other
    verdict = ("helps" if effect.difference.value > 0 else "hurts") if clear else "not_told"
    return effect.model_copy(update={"adjusted_p_value": p, "verdict": verdict})


def _against(this: Sequence[Answered], name: str, other: Sequence[Answered], seed: int) -> list[Effect]:
    theirs = {(row.set, row.row_id): row.outcome == "equal" for row in other if not row.sample}
    shared = [row for row in this if (row.set, row.row_id) in theirs]
    return [each for part in parts(shared) for each in _of(part, name, theirs, seed)]


def _of(part: Part, name: str, theirs: Mapping[tuple[str, str], bool], seed: int) -> list[Effect]:
    """The effects on the slices of a set, their intervals from the same resamples of its problems."""
    cells = large(part)
    if not cells:
        return []
    ours = np.array([row.outcome == "equal" for row in part.rows], float)
    other = np.array([theirs[row.set, row.row_id] for row in part.rows], float)
    inside = np.column_stack([part.members[cell] for cell in cells]).astype(float)
    differences = (ours - other)[:, None]
    table = np.concatenate((inside * differences, inside, differences, np.ones_like(differences)), axis=1)
    drawn = resampled(table, part.problems, seed)
    return [
        _effect(part, cell, name, ours, other, _columns(table.sum(axis=0), place), _columns(drawn, place), seed)
        for place, cell in enumerate(cells)
    ]


def _columns(sums: Floats, place: int) -> tuple[Floats, Floats]:
    """The mean difference within the slice of that place, and how far it is beyond that of the rest."""
    slices = (sums.shape[-1] - 2) // 2
    within, n, total, all_ = sums[..., place], sums[..., slices + place], sums[..., -2], sums[..., -1]
    with np.errstate(invalid="ignore", divide="ignore"):  # of no questions: left out of the interval
        mean = np.divide(within, n)
        return mean, mean - np.divide(total - within, all_ - n)


def _effect(
    part: Part,
    cell: Cell,
    name: str,
    ours: Floats,
    other: Floats,
    values: tuple[Floats, Floats],
    drawn: tuple[Floats, Floats],
    seed: int,
) -> Effect:
    mask = part.members[cell]
    problems = [problem for problem, inside in zip(part.problems, mask, strict=True) if inside]
    differences = (ours - other)[mask]
    ahead, behind = int((differences > 0).sum()), int((differences < 0).sum())
    exact = len(set(problems)) == len(problems)
    sums = summed(differences[:, None], problems)[:, 0]
    n = int(mask.sum())
    return Effect(
        set=part.set,
        kind=part.kind,
        axis=cell.axis,
        name=cell.name,
        other=name,
        problems=len(set(problems)),
        this_value=float(ours[mask].mean()),
        other_value=float(other[mask].mean()),
        difference=_difference(float(values[0]), drawn[0], len(set(problems)), n),
        beyond=interval(float(values[1]), drawn[1], n) if np.isfinite(values[1]) else None,
        only_this=ahead,
        only_other=behind,
        test="mcnemar" if exact else "permutation",
        p_value=mcnemar(ahead, behind) if exact else permutation(sums, seed),
        adjusted_p_value=1.0,
        verdict="not_told",
    )


def _difference(value: float, drawn: Floats, problems: int, n: int) -> Estimate:
    """With its interval; where all differences are alike, and so all resamples, Wilson's bound stands in."""
    if not _alike(drawn):
        return interval(value, drawn, n)
    _, unseen = wilson(0, problems)
    return Estimate(value=value, low=max(value - unseen, -1.0), high=min(value + unseen, 1.0), n=n)


def _alike(drawn: NDArray[np.float64]) -> bool:
    kept = drawn[np.isfinite(drawn)]
    return not len(kept) or bool(np.ptp(kept) < 1e-12)

"""Paired comparison: two models on the same questions, with an interval of the difference and a p value."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
from scipy.stats import binomtest

from schemas.evaluation import Answered, Comparison, QuestionKind
from training.errors import EvaluationError
from training.evaluation.intervals import Floats, estimate_difference, summed

Measure = Literal["accuracy", "mean_of_samples", "leaked", "both"]
Row = tuple[str, str]
"""Names a question: its set, and its id there."""

PERMUTATIONS = 10_000
_BLOCK = 1 << 24


def compared(this: Sequence[Answered], others: Mapping[str, Sequence[Answered]], seed: int) -> tuple[Comparison, ...]:
    """Every measure that this run and another have, on the questions that both were asked; p values adjusted together.

    Raises EvaluationError where another run was asked none of these questions.
    """
    found: list[Comparison] = []
    for name, other in others.items():
        each = _with(this, name, other, seed)
        if not each:
            raise EvaluationError(f"run {name} was asked none of these questions, so there is nothing to compare")
        found += each
    adjusted = holm([each.p_value for each in found])
    return tuple(each.model_copy(update={"adjusted_p_value": p}) for each, p in zip(found, adjusted, strict=True))


def _with(this: Sequence[Answered], name: str, other: Sequence[Answered], seed: int) -> list[Comparison]:
    problems = {(row.set, row.row_id): row.problem_id for row in this}
    found = []
    for set_, kind in dict.fromkeys((row.set, row.kind) for row in this):
        for measure, of in _MEASURES.items():
            ours, theirs = (of(rows, set_, kind) for rows in (this, other))
            shared = [row for row in ours if row in theirs]
            if shared:
                found.append(_compared(set_, kind, measure, name, shared, ours, theirs, problems, seed))
    return found


def mcnemar(only_this: int, only_other: int) -> float:
    """The exact two-sided p value of McNemar's test: how far the discordant pairs are from half and half."""
    discordant = only_this + only_other
    return float(binomtest(only_this, discordant).pvalue) if discordant else 1.0


def permutation(differences: Floats, seed: int) -> float:
    """The two-sided p value of a sum of differences, one a problem, under random signs.

    The identity counts as one of the permutations, so that p is never 0 (Phipson and Smyth, 2010).
    """
    told = differences[differences != 0]
    if not len(told):
        return 1.0
    generator = np.random.default_rng(seed)
    block = max(1, _BLOCK // len(told))
    extreme = 0
    for start in range(0, PERMUTATIONS, block):
        signs = generator.choice((-1.0, 1.0), (min(block, PERMUTATIONS - start), len(told)))
        extreme += int(np.count_nonzero(np.abs(signs @ told) >= abs(told.sum()) - 1e-9))
    return (extreme + 1) / (PERMUTATIONS + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values (1979), in the order given."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [0.0] * len(p_values)
    least = 0.0
    for place, index in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = least
    return adjusted


def _compared(
    set_: str,
    kind: QuestionKind,
    measure: Measure,
    name: str,
    shared: Sequence[Row],
    ours: Mapping[Row, float],
    theirs: Mapping[Row, float],
    problems: Mapping[Row, str],
    seed: int,
) -> Comparison:
    differences = [ours[row] - theirs[row] for row in shared]
    clusters = [problems[row] for row in shared]
    ahead, behind = (sum(sign * each > 0 for each in differences) for sign in (1, -1))
    exact = measure != "mean_of_samples" and len(set(clusters)) == len(clusters)
    sums = summed(np.asarray(differences)[:, None], clusters)[:, 0]
    return Comparison(
        set=set_,
        kind=kind,
        measure=measure,
        other=name,
        this_value=float(np.mean([ours[row] for row in shared])),
        other_value=float(np.mean([theirs[row] for row in shared])),
        difference=estimate_difference(differences, clusters, seed),
        only_this=ahead,
        only_other=behind,
        test="mcnemar" if exact else "permutation",
        p_value=mcnemar(ahead, behind) if exact else permutation(sums, seed),
        adjusted_p_value=1.0,
    )


def greedy_right(rows: Sequence[Answered], set_: str, kind: QuestionKind) -> dict[Row, float]:
    """Whether each greedy answer is right: 1 or 0."""
    return {(row.set, row.row_id): float(row.outcome == "equal") for row in _greedy(rows, set_, kind)}


def mean_right(rows: Sequence[Answered], set_: str, kind: QuestionKind) -> dict[Row, float]:
    """The share of the samples of each question that is right."""
    found: dict[Row, list[bool]] = {}
    for row in rows:
        if row.sample and (row.set, row.kind) == (set_, kind):
            found.setdefault((row.set, row.row_id), []).append(row.outcome == "equal")
    return {key: sum(right) / len(right) for key, right in found.items()}


def leaks(rows: Sequence[Answered], set_: str, kind: QuestionKind) -> dict[Row, float]:
    """Whether each greedy answer is the original one, where that can be told."""
    return {(row.set, row.row_id): float(row.leaked) for row in _greedy(rows, set_, kind) if row.leaked is not None}


def both_right(rows: Sequence[Answered], set_: str, kind: QuestionKind) -> dict[Row, float]:
    """Whether a backward question and its forward one are both right, of those whose forward one was asked.

    The forward question may be of another set; of several that are the same problem, all have to be right.
    """
    if kind != "backward":
        return {}
    forward: dict[str, bool] = {}
    for row in rows:
        if row.kind == "forward" and not row.sample:
            forward[row.problem_id] = forward.get(row.problem_id, True) and row.outcome == "equal"
    return {
        (row.set, row.row_id): float(row.outcome == "equal" and forward[row.problem_id])
        for row in _greedy(rows, set_, kind)
        if row.problem_id in forward
    }


def _greedy(rows: Sequence[Answered], set_: str, kind: QuestionKind) -> list[Answered]:
    return [row for row in rows if not row.sample and (row.set, row.kind) == (set_, kind)]


_MEASURES: dict[Measure, Callable[[Sequence[Answered], str, QuestionKind], dict[Row, float]]] = {
    "accuracy": greedy_right,
    "mean_of_samples": mean_right,
    "leaked": leaks,
    "both": both_right,
}

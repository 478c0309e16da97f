"""The table of a comparison: how often each arm is right, over seeds, and what it does to the arm above."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

import numpy as np

from schemas.ablation import Arm, ArmName, ArmResult, Trained
from schemas.evaluation import Answered, QuestionKind
from training.evaluation import evaluation
from training.evaluation.intervals import estimate, estimate_difference, summed
from training.evaluation.paired import Row, greedy_right, holm, permutation
from training.measures import measures
from training.runs import read_metrics

_SEED = 0
Kind = tuple[str, QuestionKind]


def arms(workspace: Path, trained: Mapping[ArmName, Sequence[Trained]]) -> tuple[Arm, ...]:
    """The rows of the table, each with what it is right on, and the difference to the one before."""
    answers = {
        name: [evaluation.answers(workspace, each.evaluation) for each in of_seeds]
        for name, of_seeds in trained.items()
    }
    results: list[ArmResult] = []
    places: list[ArmName] = []
    above: ArmName | None = None
    for name, of_seeds in answers.items():
        found = _results(of_seeds, above, answers[above] if above else ())
        results += found
        places += [name] * len(found)
        above = name
    adjusted = iter(holm([each.p_value for each in results if each.p_value is not None]))
    results = [
        each if each.p_value is None else each.model_copy(update={"adjusted_p_value": next(adjusted)})
        for each in results
    ]
    return tuple(
        Arm(
            name=name,
            trained=tuple(of_seeds),
            results=tuple(each for each, place in zip(results, places, strict=True) if place == name),
        )
        for name, of_seeds in trained.items()
    )


def _results(
    of_seeds: Sequence[Sequence[Answered]], above: ArmName | None, before: Sequence[Sequence[Answered]]
) -> list[ArmResult]:
    problems = {(row.set, row.row_id): row.problem_id for row in of_seeds[0]}
    return [
        _result(kind, of_seeds, above, before, problems)
        for kind in dict.fromkeys((row.set, row.kind) for row in of_seeds[0])
    ]


def _result(
    kind: Kind,
    of_seeds: Sequence[Sequence[Answered]],
    above: ArmName | None,
    before: Sequence[Sequence[Answered]],
    problems: Mapping[Row, str],
) -> ArmResult:
    right = [greedy_right(rows, *kind) for rows in of_seeds]
    asked = list(right[0])
    mean = [fmean(each[row] for each in right) for row in asked]
    of_problems = [problems[row] for row in asked]
    found = ArmResult(
        set=kind[0],
        kind=kind[1],
        accuracy=estimate(mean, of_problems, _SEED),
        of_seeds=tuple(fmean(each.values()) for each in right),
    )
    if above is None:
        return found
    others = [greedy_right(rows, *kind) for rows in before]
    differences = [value - fmean(each[row] for each in others) for row, value in zip(asked, mean, strict=True)]
    by_problem = summed(np.asarray(differences)[:, None], of_problems)[:, 0]
    return found.model_copy(
        update={
            "above": above,
            "difference": estimate_difference(differences, of_problems, _SEED),
            "p_value": permutation(by_problem, _SEED),
        }
    )


def reward(folder: Path) -> tuple[float, float] | None:
    """The first and the last reward of a run, on the validation split where it was looked at; None without any."""
    told = next((each.told for each in measures(read_metrics(folder)) if each.name == "reward"), None)
    return (told[0][1], told[-1][1]) if told else None


def tokens(folder: Path, solutions: int) -> int:
    """The tokens of so many solutions that a run learned from, by the mean length that it logged."""
    logged = [value for each in measures(read_metrics(folder)) if each.name == "length" for _, value in each.training]
    return round(solutions * fmean(logged)) if logged else 0

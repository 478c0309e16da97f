"""Failure analysis: what the answers of a run show of where it is wrong, alone and against other runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from schemas.evaluation import Answered
from schemas.failures import FailureAnalysis
from training.failures.effects import effects
from training.failures.error_kinds import error_shares
from training.failures.side_by_side import side_by_side
from training.failures.slices import LEAST_PROBLEMS, large, parts, slices

FAILURES_NAME = "failures.json"


def analyse(
    run: str, answers: Sequence[Answered], others: Mapping[str, Sequence[Answered]], seed: int
) -> FailureAnalysis:
    """The analysis of a run's answers; `others` are those of the runs that it is held against, by name."""
    of = parts(answers)
    return FailureAnalysis(
        run=run,
        others=tuple(others),
        least_problems=LEAST_PROBLEMS,
        small_slices=sum(len(part.members) - len(large(part)) for part in of),
        slices=tuple(each for part in of for each in slices(part, seed)),
        effects=tuple(effects(answers, others, seed)),
        errors=tuple(
            each for name, rows in {run: answers, **others}.items() for each in error_shares(name, rows, seed)
        ),
        examples=tuple(side_by_side(run, answers, others)),
        seed=seed,
    )


def write(folder: Path, analysis: FailureAnalysis) -> None:
    """Write `failures.json` into a run's folder, in the place of an older one."""
    part = folder / f"{FAILURES_NAME}.part"
    part.write_text(analysis.model_dump_json(indent=2) + "\n", encoding="utf-8")
    part.replace(folder / FAILURES_NAME)

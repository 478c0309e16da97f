"""Step scores: what a process reward model gives the steps of answers, kept in the run as they come."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from schemas.evaluation import Scored
from training.configurations.configuration import Precision
from training.errors import ModelError, StoppedError
from training.evaluation import lines
from training.evaluation.sampling import Key
from training.watch import Watch

ScorerKind = Literal["prm", "backprm"]

SCORES_NAME = "scores.jsonl"
_ROWS = 64
"""Solutions between two looks at whether to stop."""


class Solved(NamedTuple):
    """A solution that is scored: which it is, what it is shown behind, and its steps."""

    key: Key
    prompt: str
    steps: Sequence[str]


def scored(
    folder: Path,
    path: str,
    kind: ScorerKind,
    solutions: Sequence[Solved],
    precision: Precision,
    watch: Watch,
) -> Mapping[Key, list[float]]:
    """The scores of all solutions, those that are in `scores.jsonl` read from there; NaN for a step that has none.

    Raises ModelError where the model is none of that kind, StoppedError where the watch wants to stop.
    """
    from training.process_reward.scoring import Scorer

    file = folder / SCORES_NAME
    lines.mend(file)
    found = {
        (row.set, row.row_id, row.sample): [math.nan if each is None else each for each in row.scores]
        for row in lines.read(file, Scored)
        if row.model == path
    }
    left = [each for each in solutions if each.key not in found]
    if not left:
        return found
    scorer = Scorer.load(path, precision)
    if scorer.config.kind != kind:
        raise ModelError(f"{path} is a model of kind {scorer.config.kind}, and not {kind}; nothing was scored with it")
    for start in range(0, len(left), _ROWS):
        if watch.stopping():
            raise StoppedError(f"stopped; {len(found):,} of {len(solutions):,} solutions are scored in {file}")
        part = left[start : start + _ROWS]
        scores = scorer.score([each.prompt for each in part], [each.steps for each in part])
        lines.append(file, [_line(each.key, path, of_one) for each, of_one in zip(part, scores, strict=True)])
        found |= {each.key: of_one for each, of_one in zip(part, scores, strict=True)}
        watch.step(len(found), len(solutions), {})
    return found


def _line(key: Key, path: str, scores: Sequence[float]) -> Scored:
    told = tuple(None if math.isnan(each) else each for each in scores)
    return Scored(set=key[0], row_id=key[1], sample=key[2], model=path, scores=told)

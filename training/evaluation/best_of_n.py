"""Best of n: one of k samples chosen, by majority or by a process reward model, and how often it is right."""

from collections.abc import Mapping, Sequence

from schemas.evaluation import Answered, Estimate, Selected
from training.evaluation.intervals import estimate
from training.process_reward.aggregation import AGGREGATIONS, best_of
from training.solution import read

Scores = Mapping[int, Sequence[float]]
"""The scores of the steps of each sample of a question."""


def majority(groups: Sequence[int]) -> tuple[int | None, float]:
    """The place of the first sample of the largest group of equal answers, and the share of samples that agree with it.

    Of equal groups the first; None and 0 where no sample has an answer (-1).
    """
    told = [group for group in groups if group >= 0]
    if not told:
        return None, 0.0
    largest = max(dict.fromkeys(told), key=told.count)
    return groups.index(largest), told.count(largest) / len(groups)


def by_majority(samples: Sequence[Sequence[Answered]], groups: Sequence[Sequence[int]], seed: int) -> Selected:
    """The accuracy of the majority's answers; no answer at all is not right."""
    chosen = [majority(each)[0] for each in groups]
    right = [place is not None and _right(rows[place]) for rows, place in zip(samples, chosen, strict=True)]
    return Selected(by="majority", accuracy=_accuracy(right, samples, seed))


def by_oracle(samples: Sequence[Sequence[Answered]], seed: int) -> Selected:
    """The share of questions of which any sample is right: pass@k, the most that a choice can reach."""
    return Selected(by="oracle", accuracy=_accuracy([any(map(_right, rows)) for rows in samples], samples, seed))


def by_model(model: str, samples: Sequence[Sequence[Answered]], scores: Sequence[Scores], seed: int) -> list[Selected]:
    """The accuracy of the samples that a process reward model ranks first, for every way of aggregating steps."""
    found = []
    for how in AGGREGATIONS:
        chosen = [best_of([each[row.sample] for row in rows], how) for rows, each in zip(samples, scores, strict=True)]
        right = [_right(rows[place]) for rows, place in zip(samples, chosen, strict=True)]
        found.append(Selected(by=how, model=model, accuracy=_accuracy(right, samples, seed)))
    return found


def steps(row: Answered) -> tuple[str, tuple[str, ...]]:
    """What a process reward model is shown: the question and the steps; of a backward one as the BackPRM learned it.

    That is the original question, then the backward one as step 0 and the steps behind it.
    """
    told = read(row.completion).steps
    if row.kind == "backward":
        return row.original_question or "", (row.question, *told)
    return row.question, told


def _right(row: Answered) -> bool:
    return row.outcome == "equal"


def _accuracy(right: Sequence[bool], samples: Sequence[Sequence[Answered]], seed: int) -> Estimate:
    return estimate([float(each) for each in right], [rows[0].problem_id for rows in samples], seed)

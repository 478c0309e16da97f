"""Summary: what the answers to one kind of question in a set come to, with intervals."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from schemas.evaluation import Answered, Calibration, Estimate, QuestionKind, Selected, SetResult
from training.evaluation import best_of_n, paired
from training.evaluation.calibration import calibration
from training.evaluation.intervals import estimate

Row = paired.Row


class Sampled(NamedTuple):
    """What is known of the samples of each question beside the answers: their groups of equal answers, and scores."""

    groups: Mapping[Row, Sequence[int]]
    scores: Mapping[QuestionKind, tuple[str, Mapping[Row, best_of_n.Scores]]]
    """The model that scored the questions of a kind, and the scores."""


def summary(rows: Sequence[Answered], set_: str, kind: QuestionKind, sampled: Sampled, seed: int) -> SetResult:
    """The result of a set's questions of a kind; `rows` are all answers of the evaluation, for pairs across sets."""
    greedy = [row for row in rows if not row.sample and (row.set, row.kind) == (set_, kind)]
    samples = _samples(rows, set_, kind)
    problems = {(row.set, row.row_id): row.problem_id for row in greedy}

    def share(values: Mapping[Row, float]) -> Estimate | None:
        return estimate(list(values.values()), [problems[row] for row in values], seed) if values else None

    def of(values: Sequence[bool]) -> Estimate:
        return estimate([float(each) for each in values], list(problems.values()), seed)

    return SetResult(
        set=set_,
        kind=kind,
        questions=len(greedy),
        problems=len(set(problems.values())),
        samples=len(samples[0]) if samples else 0,
        accuracy=of([row.outcome == "equal" for row in greedy]),
        undecided=of([row.outcome == "undecided" for row in greedy]),
        no_answer=of([row.answer is None for row in greedy]),
        cut_off=of([not row.finished for row in greedy]),
        mean_tokens=sum(row.tokens for row in greedy) / len(greedy),
        mean_of_samples=share(paired.mean_right(rows, set_, kind)),
        selected=tuple(_selected(samples, kind, sampled, seed)),
        leaked=share(paired.leaks(rows, set_, kind)),
        both=share(paired.both_right(rows, set_, kind)),
        calibration=_calibration(greedy, samples, sampled, seed),
    )


def _samples(rows: Sequence[Answered], set_: str, kind: QuestionKind) -> list[list[Answered]]:
    """The samples of each question, in their order."""
    found: dict[str, list[Answered]] = {}
    for row in sorted(rows, key=lambda row: row.sample):
        if row.sample and (row.set, row.kind) == (set_, kind):
            found.setdefault(row.row_id, []).append(row)
    return list(found.values())


def _selected(samples: Sequence[Sequence[Answered]], kind: QuestionKind, sampled: Sampled, seed: int) -> list[Selected]:
    if not samples:
        return []
    keys = [(rows[0].set, rows[0].row_id) for rows in samples]
    found = [
        best_of_n.by_majority(samples, [sampled.groups[key] for key in keys], seed),
        best_of_n.by_oracle(samples, seed),
    ]
    if kind in sampled.scores:
        model, scores = sampled.scores[kind]
        scored = [(rows, scores[key]) for rows, key in zip(samples, keys, strict=True) if key in scores]
        if scored:
            found += best_of_n.by_model(model, [rows for rows, _ in scored], [each for _, each in scored], seed)
    return found


def _calibration(
    greedy: Sequence[Answered], samples: Sequence[Sequence[Answered]], sampled: Sampled, seed: int
) -> Calibration | None:
    """By the agreement of samples where there are two or more, else by token probability where it is known."""
    if samples and len(samples[0]) > 1:
        votes = [best_of_n.majority(sampled.groups[rows[0].set, rows[0].row_id]) for rows in samples]
        right = [
            place is not None and rows[place].outcome == "equal"
            for rows, (place, _) in zip(samples, votes, strict=True)
        ]
        problems = [rows[0].problem_id for rows in samples]
        return calibration("agreement", [share for _, share in votes], right, problems, seed)
    told = [(row, row.confidence) for row in greedy if row.confidence is not None]
    if not told:
        return None
    return calibration(
        "token_probability",
        [confidence for _, confidence in told],
        [row.outcome == "equal" for row, _ in told],
        [row.problem_id for row, _ in told],
        seed,
    )

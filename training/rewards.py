"""Rewards: what a solution is worth, step by step and as a whole. PPO and GRPO are given the same.

The reward of a step is 2 P - 1, where P is the process reward model's probability that the step is correct: between -1
and 1, and 0 where the model does not know. The PRM scores forward solutions; the BackPRM scores backward ones, behind
the backward question as their step 0, and posed questions, each of which is a step 0 itself. That a process reward
model rewards each step is from Math-Shepherd (arXiv 2312.08935), that only the prefix before the first error is
rewarded from Liu et al. (arXiv 2601.18984): there the wrong step gets its own reward, and what follows none. The
outcome's reward is for an answer that is proved equal to the gold answer. The BackMATH paper does not tell its formula:
this one, and the guards in it, are our choice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isnan
from typing import Protocol

from generation.verification.equivalence import equivalent
from generation.verification.verdict import Outcome
from schemas.published import Split, TaskKind
from training.configurations.reward import RewardConfiguration
from training.errors import ConfigMissingError, RowsError
from training.guards import bad_steps
from training.release import Release
from training.solution import Solution, read


@dataclass(frozen=True)
class Task:
    """What a policy is asked. `question` is what the user's turn says, `problem` the forward question that it comes of;
    `answer` is empty where there is none to compare with. `messages` are the turns up to the answer."""

    kind: TaskKind
    question: str
    problem: str
    answer: str
    problem_id: str
    messages: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Reward:
    """What a completion is worth.

    `steps` are ready to be put on tokens: weighted, divided and guarded. `ends` are the character offsets behind each
    in the completion. `outcome` belongs to the last token: that of the answer, and of an end that is missing. `right`
    is None where the answer's comparison is undecided, or there is nothing to compare. `step_mean` is the mean over the
    steps before weight and division.
    """

    steps: tuple[float, ...]
    ends: tuple[int, ...]
    outcome: float
    right: bool | None
    step_mean: float
    bad_steps: int
    finished: bool

    @property
    def total(self) -> float:
        """All that the completion gets."""
        return sum(self.steps) + self.outcome


class StepScorer(Protocol):
    """What tells P(correct) of each step: `training.process_reward.scoring.Scorer`."""

    def score(self, prompts: Sequence[str], solutions: Sequence[Sequence[str]]) -> list[list[float]]: ...


def tasks(release: Release, split: Split, kinds: Sequence[TaskKind], most: int = 0) -> list[Task]:
    """The tasks of some kinds in a split, those of one problem together, the first `most` of them where it is not 0.

    Forward and backward ones are rows of `rl`; those that pose a question are rows of `sft`, and have no answer. Raises
    ConfigMissingError where the release has none, RowsError where a row's problem is not among those of `forward`.
    """
    problems = {row["problem_id"]: row["question"] for row in release.rows("forward", split)}
    rows = [row for row in release.rows("rl", split) if row["kind"] in kinds]
    if "pose" in kinds:
        rows += [_posing(row) for row in release.rows("sft", split) if row["kind"] == "pose"]
    if unknown := [row["problem_id"] for row in rows if row["problem_id"] not in problems]:
        raise RowsError(
            f"{len(unknown)} rows of {split} have no problem in `forward`, as {unknown[0]}; nothing was trained"
        )
    if not rows:
        raise ConfigMissingError(
            f"release {release.version} has no rows of kind {', '.join(kinds)} in {split}; nothing was trained"
        )
    place = {problem_id: number for number, problem_id in enumerate(problems)}
    rows.sort(key=lambda row: place[row["problem_id"]])
    found = [
        Task(
            kind=row["kind"],
            question=row["prompt"][-1]["content"],
            problem=problems[row["problem_id"]],
            answer=row["answer"],
            problem_id=row["problem_id"],
            messages=tuple(row["prompt"]),
        )
        for row in rows
    ]
    return found[: most or len(found)]


def _posing(row: Mapping[str, list[Mapping[str, str]]]) -> dict[str, object]:
    """A row of `sft` as one of `rl`."""
    return {"prompt": row["messages"][:-1], "kind": "pose", "answer": "", "problem_id": row["problem_id"]}


class Rewards:
    """The rewards of completions, by a configuration and the process reward models that there are, `prm` and `backprm`.

    Where the model of a kind is missing, its good steps get 0, and the rest of the reward stays.
    """

    def __init__(self, configuration: RewardConfiguration, scorers: Mapping[str, StepScorer]) -> None:
        self._configuration = configuration
        self._scorers = scorers

    def __call__(self, tasks: Sequence[Task], completions: Sequence[str], finished: Sequence[bool]) -> list[Reward]:
        """The reward of each completion; `finished` says whether it ended by itself."""
        solutions = [self._read(task, text) for task, text in zip(tasks, completions, strict=True)]
        bad = [self._bad(task, solution) for task, solution in zip(tasks, solutions, strict=True)]
        scores = self._scores(tasks, solutions, bad)
        return list(map(self._reward, tasks, solutions, bad, scores, finished))

    def _read(self, task: Task, text: str) -> Solution:
        """The completion's steps: a posed question is one; where there is none, the guard sees an empty one."""
        if task.kind == "pose":
            return Solution((text.strip(),), (len(text),), None)
        solution = read(text)
        if solution.steps or not self._configuration.bad_step:
            return solution
        return Solution(("",), (len(text),), solution.answer)

    def _bad(self, task: Task, solution: Solution) -> list[bool]:
        if not self._configuration.bad_step:
            return [False] * len(solution.steps)
        return bad_steps((task.question, task.problem), solution.steps, self._configuration.most_steps)

    def _scores(
        self, tasks: Sequence[Task], solutions: Sequence[Solution], bad: Sequence[Sequence[bool]]
    ) -> list[list[float | None]]:
        """P(correct) of each step; None where no model says. Bad steps are not shown to the model."""
        found: list[list[float | None]] = [[None] * len(solution.steps) for solution in solutions]
        for name, scorer in self._scorers.items():
            rows = [row for row, task in enumerate(tasks) if _scorer_of(task.kind) == name and not all(bad[row])]
            places = [[place for place, is_bad in enumerate(bad[row]) if not is_bad] for row in rows]
            if not rows:
                continue
            shown = [[solutions[row].steps[place] for place in mine] for row, mine in zip(rows, places, strict=True)]
            before = [[tasks[row].question] if tasks[row].kind == "backward" else [] for row in rows]
            scored = scorer.score(
                [tasks[row].problem for row in rows], [[*b, *steps] for b, steps in zip(before, shown, strict=True)]
            )
            for row, mine, first, numbers in zip(rows, places, before, scored, strict=True):
                for place, number in zip(mine, numbers[len(first) :], strict=True):
                    found[row][place] = None if isnan(number) else number  # NaN: too long to be scored
        return found

    def _reward(
        self, task: Task, solution: Solution, bad: Sequence[bool], scores: Sequence[float | None], finished: bool
    ) -> Reward:
        told = self._configuration
        values = [0.0 if score is None else 2 * score - 1 for score in scores]
        if told.first_error:
            wrong = [is_bad or value < 0 for value, is_bad in zip(values, bad, strict=True)]
            first = wrong.index(True) if any(wrong) else len(wrong)
            values[first + 1 :] = [0.0] * len(values[first + 1 :])
        divisor = max(2, len(values)) if told.divide_by_steps else 1
        weighted = [
            told.bad_step if is_bad else told.step_weight * value for value, is_bad in zip(values, bad, strict=True)
        ]
        plain = [told.bad_step if is_bad else value for value, is_bad in zip(values, bad, strict=True)]
        right = _right(task, solution)
        ended = finished and (task.kind == "pose" or solution.answer is not None)
        return Reward(
            steps=tuple(value / divisor for value in weighted),
            ends=solution.ends,
            outcome=(told.outcome_weight if right else 0.0) + (0.0 if ended else told.unfinished),
            right=right,
            step_mean=sum(plain) / max(1, len(plain)),
            bad_steps=sum(bad),
            finished=finished,
        )


def _scorer_of(kind: TaskKind) -> str:
    return "prm" if kind == "forward" else "backprm"


def _right(task: Task, solution: Solution) -> bool | None:
    if not task.answer or solution.answer is None:
        return False if task.answer else None
    return {"equal": True, "unequal": False, "undecided": None}[_compared(task.answer, solution.answer)]


@lru_cache(maxsize=65536)
def _compared(gold: str, answer: str) -> Outcome:
    """A policy gives the same answers again and again, and some take seconds to compare."""
    return equivalent(gold, answer).outcome

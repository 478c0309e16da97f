"""Sampling: every question asked, greedily and k times more, and each answer kept as soon as it is graded."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from curation.releases.conversations import SYSTEM
from generation.executors.pool import Lost, WorkerPool
from schemas.evaluation import Answered, Question
from training.errors import StoppedError
from training.evaluation import grading, lines
from training.watch import Watch

ANSWERS_NAME = "answers.jsonl"
_ROWS = 16
"""Rows that are graded by one worker at a time."""

Key = tuple[str, str, int]
"""Names an answer: the set, the question in it, the sample."""


class Task(NamedTuple):
    """A question that is asked, and which sample; 0 is the greedy answer."""

    question: Question
    sample: int

    @property
    def key(self) -> Key:
        return self.question.set, self.question.row_id, self.sample

    @property
    def messages(self) -> list[dict[str, str]]:
        """The turns up to the answer, as in training."""
        kind = self.question.kind
        return [{"role": "system", "content": SYSTEM[kind]}, {"role": "user", "content": self.question.question}]


class Completion(NamedTuple):
    """What a model said: `confidence` is the mean probability of its tokens, where that is known."""

    text: str
    finished: bool
    tokens: int
    seconds: float
    confidence: float | None = None


Said = list[tuple[Task, Completion]]


class Answerer(Protocol):
    """A model that answers: all tasks but those that are done, some at a time, until it is asked to stop."""

    def answers(
        self, tasks: Sequence[Task], done: Collection[Key], stopping: Callable[[], bool]
    ) -> AsyncIterator[Said]: ...


Connect = Callable[[], AbstractAsyncContextManager[Answerer]]
"""Makes a model ready, for as long as it is asked."""


def tasks(questions: Sequence[Question], samples: int) -> list[Task]:
    """The greedy answer of each question, then the samples."""
    return [Task(question, sample) for sample in range(samples + 1) for question in questions]


async def ask(folder: Path, wanted: Sequence[Task], connect: Connect, watch: Watch) -> list[Answered]:
    """All answers of a run: those that its `answers.jsonl` has, and the others, which are asked for and added to it.

    Where it has all of them the model is not loaded.

    Raises StoppedError where the watch wants to stop, with all that was answered written.
    """
    file = folder / ANSWERS_NAME
    lines.mend(file)
    keys = {task.key for task in wanted}
    found = [row for row in lines.read(file, Answered) if (row.set, row.row_id, row.sample) in keys]
    done = {(row.set, row.row_id, row.sample) for row in found}
    if len(done) < len(wanted):
        async with connect() as answerer, WorkerPool("training.evaluation.grading") as pool:
            async for said in answerer.answers(wanted, done, watch.stopping):
                rows = await _graded(pool, said)
                lines.append(file, rows)
                found += rows
                right = sum(row.outcome == "equal" for row in found)
                watch.step(len(found), len(wanted), {"right": right / len(found)})
    if len(found) < len(wanted):
        raise StoppedError(f"stopped; {len(found):,} of {len(wanted):,} answers are in {file}")
    return found


async def groups(answers: Sequence[Sequence[Answered]]) -> list[list[int]]:
    """The groups of equal answers among the samples of each question, as `grading.grouped` numbers them."""
    texts = [json.dumps([row.answer for row in rows]) for rows in answers]
    if not texts:
        return []
    async with WorkerPool("training.evaluation.grading") as pool:
        parts = [texts[start : start + _ROWS] for start in range(0, len(texts), _ROWS)]
        found = await asyncio.gather(*(pool.run(grading.grouped_row, part) for part in parts))
    numbered = zip(answers, (each for part in found for each in part), strict=True)
    return [list(range(len(rows))) if isinstance(each, Lost) else list(json.loads(each)) for rows, each in numbered]


async def _graded(pool: WorkerPool, said: Said) -> list[Answered]:
    rows = [_answered(task, completion) for task, completion in said]
    parts = [rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS)]
    graded = await asyncio.gather(
        *(pool.run(grading.grade_row, [row.model_dump_json() for row in part]) for part in parts)
    )
    return [
        _read(row, text)
        for part, texts in zip(parts, graded, strict=True)
        for row, text in zip(part, texts, strict=True)
    ]


def _answered(task: Task, completion: Completion) -> Answered:
    return Answered(
        **task.question.model_dump(),
        sample=task.sample,
        completion=completion.text,
        finished=completion.finished,
        tokens=completion.tokens,
        seconds=round(completion.seconds, 3),
        confidence=completion.confidence,
        answer=None,
        outcome="undecided",
        reason="not graded",
    )


def _read(row: Answered, graded: str | Lost) -> Answered:
    if isinstance(graded, Lost):
        return row.model_copy(update={"reason": graded.reason})
    return Answered.model_validate_json(graded)

"""Roll-outs: a model goes on from each step of a solution, and how often it gets to the answer tells what the step is
worth (Math-Shepherd, Wang et al. 2024, section 3.3)."""

import asyncio
from collections.abc import Collection

from generation.llm.client import Client
from generation.llm.errors import CallFailedError, ModelError
from generation.llm.request import Request
from generation.solutions import votes
from generation.verification.equivalence import equivalent
from schemas.rollout import RolledSolution, Rollout, RolloutOutcome

_OUTCOMES: dict[str, RolloutOutcome] = {"equal": "reached", "unequal": "missed", "undecided": "undecided"}


def request(solution: RolledSolution, step: int, sample: int) -> Request:
    """Ask for one completion behind a step; samples count from 1, since the greedy one says nothing of how often."""
    first = "\n".join(f"{index + 1}. {text}" for index, text in enumerate(solution.steps[: step + 1]))
    return Request(
        purpose="rollout",
        question=f"{solution.question}\n\nFirst steps:\n{first}",
        answer_schema=votes.ANSWER_SCHEMA,
        sample=sample,
        max_tokens=votes.MAX_TOKENS,
    )


async def roll_out(
    solution: RolledSolution, client: Client, completions: int, done: Collection[tuple[int, int]]
) -> tuple[list[Rollout], int, ModelError | None]:
    """The completions of every step, those that are `done` (step and sample) left out.

    Also says how many could not be had, and the error after which none can be had any more, if there was one.
    """
    wanted = [
        (step, sample)
        for step in range(len(solution.steps))
        for sample in range(1, completions + 1)
        if (step, sample) not in done
    ]
    found = await asyncio.gather(*(_one(solution, client, *each) for each in wanted), return_exceptions=True)
    rollouts: list[Rollout] = []
    failed = 0
    over: ModelError | None = None
    for each in found:
        if isinstance(each, Rollout):
            rollouts.append(each)
        elif isinstance(each, CallFailedError):
            failed += 1
        elif isinstance(each, ModelError):
            over = over or each
        else:
            raise each
    return rollouts, failed, over


async def _one(solution: RolledSolution, client: Client, step: int, sample: int) -> Rollout:
    asked = request(solution, step, sample)
    written = await client.ask(asked, votes.read)
    compared = await asyncio.to_thread(equivalent, solution.answer, written.answer)
    return Rollout(
        solution_id=solution.id,
        problem_id=solution.problem_id,
        candidate_id=solution.candidate_id,
        question=solution.question,
        steps=solution.steps,
        step=step,
        sample=sample,
        model=client.model,
        key=asked.key(client.model),
        given=written.answer,
        outcome=_OUTCOMES[compared.outcome],
    )

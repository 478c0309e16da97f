"""A model at an OpenAI-compatible endpoint that answers, through the client with its ledger, budget and retries."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence

from generation.llm.client import Client
from generation.llm.errors import CallFailedError, StoppedError
from generation.llm.ledger import Ledger
from generation.llm.request import Request
from training.configurations.evaluation import EvaluationConfiguration
from training.errors import EvaluationError
from training.evaluation.sampling import Completion, Key, Said, Task

_LOOK_S = 0.2
"""Seconds between two looks at whether to stop."""


class EndpointModel:
    """The model that a client asks; `ledger` is the client's own, where the calls can be looked up."""

    def __init__(self, client: Client, ledger: Ledger, configuration: EvaluationConfiguration) -> None:
        self._client = client
        self._ledger = ledger
        self._configuration = configuration

    async def answers(
        self, tasks: Sequence[Task], done: Collection[Key], stopping: Callable[[], bool]
    ) -> AsyncIterator[Said]:
        """What came back since the last look. The client keeps as many calls in flight as it may.

        Raises EvaluationError at the end where some questions got no answer, and ModelError where none will any more.
        """
        failed: list[CallFailedError] = []
        waiting = {asyncio.create_task(self._one(task)) for task in tasks if task.key not in done}
        try:
            while waiting:
                ended, waiting = await asyncio.wait(waiting, timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
                if stopping():
                    self._client.stop()
                errors = [error for each in ended if (error := each.exception())]
                if said := [each.result() for each in ended if not each.exception()]:
                    yield said
                failed += [error for error in errors if isinstance(error, CallFailedError)]
                for error in errors:
                    if not isinstance(error, CallFailedError | StoppedError):
                        raise error
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        if failed and not stopping():
            raise EvaluationError(f"{len(failed)} of {len(tasks)} answers could not be had: {failed[0]}")

    async def _one(self, task: Task) -> tuple[Task, Completion]:
        """One answer; one that was cut off, or is empty, is an answer too: it was paid for, and is not asked again."""
        request = Request(
            purpose="evaluate",
            instructions=task.messages[0]["content"],
            question=task.question.question,
            answer_schema=None,
            sample=task.sample,
            temperature=self._configuration.temperature,
            max_tokens=self._configuration.max_tokens,
        )
        try:
            await self._client.ask(request, str)
        except CallFailedError as error:
            if not error.paid:
                raise
        call = (await self._ledger.replies(request.key(self._client.model)))[-1]
        finished = call.outcome == "answered"
        return task, Completion(call.text or "", finished, call.output_tokens or 0, call.elapsed_ms / 1000)

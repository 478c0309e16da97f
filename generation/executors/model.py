"""The model executor: a model is asked about many problems at a time, and what it writes is proved in workers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import Literal, NamedTuple, TypeVar

from generation.executors.local import derivation_of, derive_row, row_of
from generation.executors.pool import Lost, WorkerPool
from generation.formalized import Written, WrittenFormula, derive_written
from generation.formulas import formalization
from generation.formulas.scope import why_not_invertible
from generation.llm.client import Client
from generation.llm.errors import CallFailedError, ModelError
from generation.llm.request import Request
from generation.solutions import votes
from generation.strategy import Strategy
from generation.verification import judge
from generation.wordings import declarative, rewrite
from generation.wordings.errors import NotWordableError
from schemas.candidate import BackwardProblem, WordingKind
from schemas.check import Check, Outcome
from schemas.derivation import Derivation
from schemas.model import Model
from schemas.problem import Problem
from schemas.sample import Sample
from schemas.step import Step

WORDING_CHECKS = ("no_leak", "states_result", "conditions_kept", "asks_for_unknown")
PROBLEMS_A_CALL = 2
"""Problems under way for each call that may be in flight: while some wait to try again, others are asked."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unusable:
    """What a model answered was no use, and why: asking the same again would change nothing."""

    reason: str


class _Wording(NamedTuple):
    request: Callable[[Problem, BackwardProblem], Request]
    read: Callable[[str], str]
    worded: Callable[[Problem, BackwardProblem, str], BackwardProblem]


_WORDINGS: dict[WordingKind, _Wording] = {
    "declarative": _Wording(declarative.request, declarative.read, declarative.worded),
    "rewrite": _Wording(rewrite.request, rewrite.read, rewrite.worded),
}


class ModelExecutor:
    """Derives problems with a model's help by one strategy; use it as an async context manager.

    A problem whose calls fail comes back as a failed derivation with the reason, and holds up no other. Where no call
    can succeed any more, what is under way is finished as far as it can be, and then the ModelError is raised.
    `max_tokens` bounds every answer in place of its request's own limit.
    """

    def __init__(self, strategy: Strategy, client: Client, concurrency: int, max_tokens: int | None = None) -> None:
        self._strategy = strategy
        self._client = client
        self._ahead = PROBLEMS_A_CALL * concurrency
        self._asks_of_candidates = strategy.wording != "fobar" or strategy.votes > 0 or strategy.judge
        self._max_tokens = max_tokens
        self._pool = WorkerPool(__name__)

    async def __aenter__(self) -> "ModelExecutor":
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)

    async def derive(self, problems: Iterable[Problem]) -> AsyncIterator[Derivation]:
        """One derivation for each problem, in the order in which they are finished."""
        source = iter(problems)
        finished: asyncio.Queue[asyncio.Task[Derivation]] = asyncio.Queue()
        flying: set[asyncio.Task[Derivation]] = set()
        over: ModelError | None = None
        try:
            while True:
                for problem in islice(source, 0 if over else self._ahead - len(flying)):
                    task = asyncio.create_task(self._derive(problem))
                    flying.add(task)
                    task.add_done_callback(finished.put_nowait)
                if not flying:
                    break
                task = await finished.get()
                flying.discard(task)
                try:
                    yield task.result()
                except ModelError as error:
                    over = over or error
        finally:
            for task in flying:
                task.cancel()
        if over:
            raise over

    async def _derive(self, problem: Problem) -> Derivation:
        try:
            work_out = self._formalize if self._strategy.formula == "formalize" else self._trace
            derivation = await work_out(problem)
            if not self._asks_of_candidates:
                return derivation
            finished = await _all([self._finish(problem, candidate) for candidate in derivation.candidates])
        except CallFailedError as error:
            return Derivation(
                problem_id=problem.id,
                kind=self._strategy.formula,
                conditions=(),
                formula=None,
                outcome="undecided",
                reason=f"the model could not be asked: {error}",
                candidates=(),
                failed=True,
            )
        return derivation.model_copy(
            update={
                "candidates": tuple(candidate for candidate, _ in finished),
                "samples": (*derivation.samples, *(sample for _, samples in finished for sample in samples)),
            }
        )

    async def _trace(self, problem: Problem) -> Derivation:
        row = row_of(problem)
        return derivation_of(problem, row if isinstance(row, Lost) else await self._pool.one(derive_row, row), "trace")

    async def _formalize(self, problem: Problem) -> Derivation:
        row = row_of(problem)
        if isinstance(row, Lost):
            return derivation_of(problem, row, "formalize")
        beyond = why_not_invertible(problem.question) if problem.notation == "latex" else ""
        asked = 0 if beyond else self._strategy.samples
        requests = [formalization.request(problem, sample) for sample in range(asked)]
        texts = await _all([self._answer(request, _text_that(formalization.read)) for request in requests])
        written = Written(
            problem=problem,
            formulas=tuple(
                WrittenFormula(key=request.key(self._client.model), model=self._client.model, text=text)
                for request, text in zip(requests, texts, strict=True)
                if not isinstance(text, Unusable)
            ),
            asked=asked,
            error=beyond or "; ".join(dict.fromkeys(text.reason for text in texts if isinstance(text, Unusable))),
        )
        return derivation_of(problem, await self._pool.one(derive_written, written.model_dump_json()), "formalize")

    async def _finish(self, problem: Problem, candidate: BackwardProblem) -> tuple[BackwardProblem, list[Sample]]:
        """The candidate in its wording, with the model's votes and judgement, and what the model wrote for it.

        Nothing is asked about a candidate that has no relation or has failed a check.
        """
        samples: list[Sample] = []
        if candidate.relation is None or any(check.outcome == "fail" for check in candidate.checks):
            return candidate, samples
        if self._strategy.wording != "fobar":
            candidate = await self._word(self._strategy.wording, problem, candidate, samples)
        if self._strategy.votes:
            candidate = await self._vote(candidate, samples)
        if self._strategy.judge:
            judgement = await self._answer(judge.request(candidate), judge.read)
            if not isinstance(judgement, Unusable):
                candidate = _with_check(candidate, judge.check(judgement))
        return candidate, samples

    async def _word(
        self,
        kind: Literal["declarative", "rewrite"],
        problem: Problem,
        candidate: BackwardProblem,
        samples: list[Sample],
    ) -> BackwardProblem:
        """The candidate in the model's wording where it passes every check of a wording, else as it is.

        Why it does not is kept as a sample, without a key where the model was not asked.
        """
        wording = _WORDINGS[kind]
        key, question = "", ""
        outcome: Outcome = "undecided"
        try:
            request = wording.request(problem, candidate)
        except NotWordableError as error:
            reason = str(error)
        else:
            key = request.key(self._client.model)
            text = await self._answer(request, wording.read)
            if isinstance(text, Unusable):
                outcome, reason = "fail", text.reason
            else:
                worded = wording.worded(problem, candidate, text)
                wrong = [check for check in worded.checks if check.name in WORDING_CHECKS and check.outcome != "pass"]
                if not wrong:
                    return worded
                question, reason = worded.question, "; ".join(f"{check.name}: {check.reason}" for check in wrong)
                outcome = "fail" if any(check.outcome == "fail" for check in wrong) else "undecided"
        samples.append(
            Sample(
                problem_id=problem.id,
                candidate_id=candidate.id,
                purpose=kind,
                model=self._client.model,
                key=key,
                steps=(Step(text=question),) if question else (),
                outcome=outcome,
                broken_step=0 if question and outcome == "fail" else None,
                reason=reason,
            )
        )
        return candidate

    async def _vote(self, candidate: BackwardProblem, samples: list[Sample]) -> BackwardProblem:
        """The candidate with the check `solver_votes`; each solution that the model wrote is kept."""
        requests = [votes.request(candidate, sample) for sample in range(self._strategy.votes)]
        texts = await _all([self._answer(request, _text_that(votes.read)) for request in requests])
        ballot = Ballot(
            candidate=candidate,
            model=self._client.model,
            solutions=tuple(
                (request.key(self._client.model), None if isinstance(text, Unusable) else text)
                for request, text in zip(requests, texts, strict=True)
            ),
        )
        row = await self._pool.one(count_votes, ballot.model_dump_json())
        if isinstance(row, Lost):
            undecided = Check(name="solver_votes", outcome="undecided", reason=row.reason, elapsed_ms=0)
            return _with_check(candidate, undecided)
        counted = Counted.model_validate_json(row)
        samples += counted.samples
        return _with_check(candidate, counted.check)

    async def _answer(self, request: Request, read: Callable[[str], T]) -> T | Unusable:
        """What the model answers; raises CallFailedError where it could not be asked."""
        if self._max_tokens is not None:
            request = request.model_copy(update={"max_tokens": self._max_tokens})
        try:
            return await self._client.ask(request, read)
        except CallFailedError as error:
            if not error.paid:
                raise
            return Unusable(str(error))


class Ballot(Model):
    """A backward problem and the solutions that a model wrote for it, each with the key of its request.

    A solution is None where the model's answer was no use.
    """

    candidate: BackwardProblem
    model: str
    solutions: tuple[tuple[str, str | None], ...]


class Counted(Model):
    """The solutions proved or refuted, and what they say together."""

    samples: tuple[Sample, ...]
    check: Check


def count_votes(row: str) -> str:
    """What a worker does: a Ballot as JSON to Counted as JSON."""
    ballot = Ballot.model_validate_json(row)
    written = [(key, None if text is None else votes.read(text)) for key, text in ballot.solutions]
    samples = [votes.sample_of(ballot.candidate, ballot.model, key, each) for key, each in written if each is not None]
    check = votes.vote(ballot.candidate, [None if each is None else each.answer for _, each in written])
    return Counted(samples=tuple(samples), check=check).model_dump_json()


def _text_that(read: Callable[[str], object]) -> Callable[[str], str]:
    """A reader that gives the text itself back where `read` takes it."""

    def text(reply: str) -> str:
        read(reply)
        return reply

    return text


def _with_check(candidate: BackwardProblem, check: Check) -> BackwardProblem:
    checks = tuple(check if each.name == check.name else each for each in candidate.checks)
    return candidate.model_copy(update={"checks": checks})  # the id does not depend on checks


async def _all(work: Sequence[Coroutine[None, None, T]]) -> list[T]:
    """All results; where some raise, the rest is waited for, and then a ModelError goes before any other error."""
    results = await asyncio.gather(*work, return_exceptions=True)
    errors = [result for result in results if isinstance(result, BaseException)]
    if errors:
        raise next((error for error in errors if isinstance(error, ModelError)), errors[0])
    return [result for result in results if not isinstance(result, BaseException)]

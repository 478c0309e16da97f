"""Votes: solutions of a backward problem by a model that sees nothing but its question, proved, and counted."""

import re
import time
from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from generation.conditions.finder import find_conditions
from generation.formulas.equalities import NUMERAL
from generation.llm.errors import InvalidReplyError
from generation.llm.json_text import find_object
from generation.llm.request import Request
from generation.solutions.chain_of_thought import MAX_STEP, Proof, prove
from generation.verification.equivalence import equivalent
from generation.verification.expression import MAX_DIGITS, literal
from schemas.candidate import BackwardProblem
from schemas.check import Check, Outcome
from schemas.model import Model
from schemas.sample import Sample
from schemas.step import Step

MAX_STEPS = 16
"""Steps of one solution."""
MAX_ANSWER = 100
"""Characters of an answer."""
MAX_TOKENS = 800
"""Of one solution: three times what a long one needs, since a small model may turn in circles for ever."""

ANSWER_SCHEMA = {
    "type": "object",
    "properties": {
        "steps": {"type": "array", "items": {"type": "string"}, "maxItems": MAX_STEPS},
        "answer": {"type": "string"},
    },
    "required": ["steps", "answer"],
    "additionalProperties": False,
}
"""What the answer is bound to: the steps come first, so that the answer follows from them."""

_Text = StringConstraints(strip_whitespace=True, max_length=MAX_STEP)


class WrittenSolution(Model):
    """What a model wrote: its steps, one sentence each, and its answer."""

    steps: Annotated[tuple[Annotated[str, _Text], ...], Field(max_length=MAX_STEPS)]
    answer: Annotated[
        str, Field(coerce_numbers_to_str=True), StringConstraints(strip_whitespace=True, max_length=MAX_ANSWER)
    ]


def request(candidate: BackwardProblem, sample: int) -> Request:
    """Ask for one solution of a backward problem: its question is shown, and nothing else."""
    return Request(
        purpose="solve", question=candidate.question, answer_schema=ANSWER_SCHEMA, sample=sample, max_tokens=MAX_TOKENS
    )


def read(text: str) -> WrittenSolution:
    """What a reply says. Raises InvalidReplyError, with the reason, where it is not in the form that was asked for."""
    try:
        return WrittenSolution.model_validate_json(find_object(text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the reply"
        raise InvalidReplyError(f"{place}: {first['msg']}") from error


def sample_of(candidate: BackwardProblem, model: str, key: str, written: WrittenSolution) -> Sample:
    """The solution with what its steps calculate, and what it is worth.

    `pass`: the answer is the hidden value, every calculating step is proved, and one of them leads to the answer.
    `fail`: the answer is another value, or a step is false. `undecided`: all else.
    """
    proofs = prove(written.steps, _unknown(candidate), candidate.condition.number)
    steps = [Step(text=text, equation=proof.equation) for text, proof in zip(written.steps, proofs, strict=True)]
    outcome, broken, reason = _worth(candidate, written, proofs)
    return Sample(
        problem_id=candidate.problem_id,
        candidate_id=candidate.id,
        purpose="solve",
        model=model,
        key=key,
        steps=tuple(steps),
        outcome=outcome,
        broken_step=broken,
        reason=reason,
    )


def _unknown(candidate: BackwardProblem) -> str:
    """The letter that the question asks for; empty where it has none, and a solution's letters are its own."""
    name = candidate.relation.unknown if candidate.relation else ""
    return name if re.search(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z0-9])", candidate.question) else ""


def _worth(
    candidate: BackwardProblem, written: WrittenSolution, proofs: Sequence[Proof]
) -> tuple[Outcome, int | None, str]:
    """The sample's outcome, its broken step, and the reason."""
    given = equivalent(candidate.answer, written.answer)
    wrong = f"the answer is {written.answer}, and not {candidate.answer}" if given.outcome == "unequal" else ""
    for index, proof in enumerate(proofs):
        if proof.outcome == "fail":
            return "fail", index, f"step {index + 1}: {proof.reason}" + (f"; {wrong}" if wrong else "")
    if wrong:
        return "fail", None, f"{wrong}; no step is shown to be false"
    if given.outcome == "undecided":
        return "undecided", None, given.reason
    return _all_proved(candidate, proofs)


def _all_proved(candidate: BackwardProblem, proofs: Sequence[Proof]) -> tuple[Outcome, None, str]:
    """Whether every calculating step of a solution with the right answer is proved."""
    calculating = [proof for proof in proofs if proof.calculates]
    # "Half of 48 is 25" writes no equality: what a step states must stand in the question or be calculated with.
    known = _numbers(candidate.question).union({Fraction(1), Fraction(100)}, *(proof.shown for proof in proofs))
    for index, proof in enumerate(proofs):
        if proof.outcome == "undecided":
            return "undecided", None, f"step {index + 1}: {proof.reason}"
        unknown = sorted(proof.stated - known)
        if unknown:
            return "undecided", None, f"step {index + 1}: neither the question nor a calculation gives {unknown[0]}"
    if not any(candidate.condition.number in proof.shown for proof in calculating):
        return "undecided", None, "no calculation leads to the answer"
    return "pass", None, f"{len(calculating)} calculating steps proved"


def _numbers(question: str) -> frozenset[Fraction]:
    """The numbers of a question, in digits and words, a percentage also as a part of one."""
    found = find_conditions(question, "latex" if "\\" in question else "text")
    written = {literal(text) for text in re.findall(NUMERAL, question) if len(text) <= MAX_DIGITS}
    values = written | {condition.number for condition in found}
    return frozenset(values | {value / 100 for value in values})


def vote(candidate: BackwardProblem, answers: Sequence[str | None]) -> Check:
    """The check `solver_votes` of the answers that independent solutions gave; None is a call that brought none.

    `pass` where more than half of all give the hidden value, `fail` where more than half agree on one other value.
    Only answers that are proved to be equal agree.
    """
    start = time.perf_counter()
    outcome, reason = _count(candidate.answer, answers)
    return Check(
        name="solver_votes",
        outcome=outcome,
        reason=reason,
        elapsed_ms=round((time.perf_counter() - start) * 1000, 4),
    )


def _count(hidden: str, answers: Sequence[str | None]) -> tuple[Outcome, str]:
    right, untold, failed = 0, 0, 0
    groups: list[list[str]] = []
    for answer in answers:
        outcome = equivalent(hidden, answer).outcome if answer is not None else None
        if answer is None:
            failed += 1
        elif outcome == "equal":
            right += 1
        elif outcome == "undecided":
            untold += 1
        else:
            _group_of(answer, groups).append(answer)
    groups.sort(key=len, reverse=True)
    all_of_them = len(answers)
    told = [f"{right} of {all_of_them} solutions give {hidden}"]
    told += [f"{len(group)} give{'s' * (len(group) == 1)} {_shown(group[0])}" for group in groups]
    told += [f"{untold} cannot be compared with it"] if untold else []
    told += [f"{failed} brought no answer"] if failed else []
    if 2 * right > all_of_them:
        return "pass", ", ".join(told)
    if groups and 2 * len(groups[0]) > all_of_them:
        return "fail", f"{len(groups[0])} of {all_of_them} solutions agree on {_shown(groups[0][0])}, and not {hidden}"
    return "undecided", ", ".join(told)


def _group_of(answer: str, groups: list[list[str]]) -> list[str]:
    """The group whose answers equal this one, a new one where there is none."""
    for group in groups:
        if equivalent(group[0], answer).outcome == "equal":
            return group
    groups.append([])
    return groups[-1]


def _shown(answer: str) -> str:
    return answer if answer.isprintable() else ascii(answer)

"""A backward question that a person corrected: checked by the tests of a model's words before it can be accepted.

A person may tell in other words what a model may not, so a test that comes out undecided is left to the person. One
that fails is not: a number is lost, the hidden value given away.
"""

import re
from collections.abc import Sequence

from generation.verification.equivalence import equivalent
from generation.wordings import checks, rewrite
from generation.wordings.checks import Finding, checked, no_leak
from generation.wordings.errors import NotWordableError
from generation.wordings.mentions import mentions
from generation.wordings.rewording import Rewording, unknown_of
from generation.wordings.sentences import sentences
from schemas.candidate import BackwardProblem
from schemas.check import Check, CheckName
from schemas.problem import Problem

_STRANGE = re.compile(r"<\s*[A-Za-z!/?]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Tags, and characters that are not seen."""


def corrected(
    problem: Problem, candidate: BackwardProblem, question: str | None, answer: str | None
) -> BackwardProblem:
    """The candidate with the corrected question, where there is one, and the checks that bear on it made anew.

    A corrected answer changes no value: it must be equal to what is proved, or `two_sided` fails.
    """
    made = candidate
    if question is not None:
        made = _worded(problem, candidate, question)
    if answer is not None:
        made = _with_check(made, _answer_check(candidate, answer))
    return made


def failures(made: BackwardProblem) -> Sequence[Check]:
    """The checks that failed: with one of these a correction cannot be accepted."""
    return [check for check in made.checks if check.outcome == "fail"]


def _worded(problem: Problem, candidate: BackwardProblem, question: str) -> BackwardProblem:
    strange = (found for found in _STRANGE.findall(question) if found not in problem.question)
    if found := next(strange, None):
        reason = f"{found!r} is no part of a question"
        return _with_check(_with_question(candidate, question), _failed("conditions_kept", reason))
    try:
        if not _letter(unknown_of(candidate)).search(question):
            return rewrite.worded(problem, candidate, question)
    except NotWordableError as error:
        return _with_check(_with_question(candidate, question), _failed("asks_for_unknown", str(error)))
    rewording = Rewording(
        problem=problem,
        candidate=candidate,
        wording=candidate.wording,
        text=question,
        told=tuple(sentences(question)[:-1]),
        statement="",
        asked="",  # the last sentence of fobar is no question of a model's, and may state the answer
    )
    return checked(rewording, no_leak, states_result, conditions_kept, asks_for_unknown)


def states_result(of: Rewording) -> Finding:
    """The original answer stands in the question, beside the other conditions."""
    stated = re.escape(of.answer.replace("$", ""))
    whole = re.compile(rf"(?<![\w.]){stated}(?!\w|\.\w)")
    if not whole.search(of.text.replace("$", "")) and not _answer_as_number(of):
        return "fail", f"the question does not state the original answer, {of.problem.answer}"
    return "pass", f"the question states the original answer, {of.problem.answer}"


def conditions_kept(of: Rewording) -> Finding:
    """All other conditions are told as they were; undecided where the original question does not say what it asks."""
    try:
        return checks.conditions_kept(of)
    except NotWordableError as error:
        return "undecided", str(error)


def asks_for_unknown(of: Rewording) -> Finding:
    """The text ends in a question, and the unknown stands in it."""
    if not of.text.rstrip().endswith("?"):
        return "fail", "the text does not end in a question"
    start, end = sentences(of.text)[-1]
    if not _letter(of.unknown).search(of.text, start, end):
        return "undecided", f"the last sentence does not name {of.unknown}"
    return "pass", f"the question asks for {of.unknown}"


def _answer_as_number(of: Rewording) -> bool:
    """Whether the answer is stated in another form: 1,200 for 1200, seventy-two for 72."""
    from generation.conditions.finder import find_conditions

    answer = find_conditions(of.answer, of.notation)
    return bool(answer) and mentions(of.text, of.notation, answer[0]) > 0


def _answer_check(candidate: BackwardProblem, answer: str) -> Check:
    verdict = equivalent(candidate.answer, answer)
    if verdict.outcome == "equal":
        reason, outcome = f"{answer} is {candidate.answer}, which is proved", "pass"
    elif verdict.outcome == "unequal":
        reason, outcome = f"{answer} is not {candidate.answer}, the root of the equation", "fail"
    else:
        reason, outcome = f"whether {answer} is {candidate.answer} cannot be told: {verdict.reason}", "fail"
    return Check.model_validate({"name": "two_sided", "outcome": outcome, "reason": reason, "elapsed_ms": 0})


def _letter(unknown: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z]){re.escape(unknown)}(?![A-Za-z])")


def _failed(name: CheckName, reason: str) -> Check:
    return Check(name=name, outcome="fail", reason=reason, elapsed_ms=0)


def _with_question(candidate: BackwardProblem, question: str) -> BackwardProblem:
    return BackwardProblem(**dict(candidate) | {"question": question})


def _with_check(candidate: BackwardProblem, check: Check) -> BackwardProblem:
    others = tuple(each for each in candidate.checks if each.name != check.name)
    return BackwardProblem(**dict(candidate) | {"checks": (*others, check)})

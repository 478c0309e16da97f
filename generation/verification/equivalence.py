"""Answer equivalence: the one place where two answers are compared, with three outcomes."""

import re
from fractions import Fraction

from generation import worker
from generation.verification.answer_form import Form, read_form
from generation.verification.answer_text import MAX_TEXT, candidates
from generation.verification.comparison import compare
from generation.verification.expression import ExpressionError
from generation.verification.notation import UnreadableError
from generation.verification.plain_judge import PlainJudge
from generation.verification.verdict import Outcome
from schemas.model import Model

SECONDS = 5.0
"""Wall-clock limit of one comparison."""

_PLAIN = re.compile(r"\s*(-?[0-9]{1,50}(?:\.[0-9]{1,50})?|-?[0-9]{1,50}/0*[1-9][0-9]{0,49})\s*", re.ASCII)


class Equivalence(Model):
    """Whether two answers are equal, and why: `equal` and `unequal` are proved, `undecided` is all else."""

    outcome: Outcome
    reason: str


def equivalent(gold: str, answer: str) -> Equivalence:
    r"""Compare an answer to the gold answer. Never raises, and never takes much longer than SECONDS.

    Both are text, plain or LaTeX: an answer alone, with or without `$`, `\boxed` and a unit, or a solution that states
    it. Not symmetric: a gold answer must be marked as such in its text, while an answer may be read off the last
    sentence; and what is read so can be shown to be right, but not to be wrong.
    """
    plain = _PLAIN.fullmatch(gold), _PLAIN.fullmatch(answer)
    if plain[0] and plain[1]:
        left, right = Fraction(plain[0][1]), Fraction(plain[1][1])
        if left == right:
            return Equivalence(outcome="equal", reason=f"both are {left}")
        return Equivalence(outcome="unequal", reason=f"{left} is not {right}")
    try:
        left_text, left_form, _ = _read(gold, marked=True)
    except ExpressionError as error:
        return Equivalence(outcome="undecided", reason=f"gold answer: {error}")
    try:
        right_text, right_form, marked = _read(answer, marked=False)
    except ExpressionError as error:
        return Equivalence(outcome="undecided", reason=f"answer: {error}")
    outcome, reason = _compared(left_text, left_form, right_text, right_form)
    if outcome == "unequal" and not marked:
        return Equivalence(outcome="undecided", reason=f"the answer is not marked; of the last sentence, {reason}")
    return Equivalence(outcome=outcome, reason=reason)


def _read(text: str, marked: bool) -> tuple[str, Form, bool]:
    """The answer of a text, its form, and whether it is marked (`marked`: it must be). Raises ExpressionError."""
    if len(text) > MAX_TEXT:
        raise UnreadableError(f"a text of {len(text)} characters, more than {MAX_TEXT}")
    first: UnreadableError | None = None
    for candidate in candidates(text):
        if candidate.marked or not marked:
            try:
                return candidate.text, read_form(candidate.text), candidate.marked
            except UnreadableError as error:
                first = first or error
    raise first or UnreadableError("no answer in the text")


def _compared(gold: str, gold_form: Form, answer: str, answer_form: Form) -> tuple[Outcome, str]:
    """By plain arithmetic here, and by algebra in the worker where that leaves something open."""
    verdict = compare(gold_form, answer_form, PlainJudge())
    if verdict.outcome != "undecided" or not verdict.open:
        return verdict.outcome, verdict.reason
    result = worker.run("generation.verification.algebra:decide", gold, answer, seconds=SECONDS)
    if isinstance(result, worker.Stopped):
        return "undecided", result.reason
    outcome, reason = result.value
    return outcome, reason

"""Grading: what was read off a completion, and whether it is right.

Two answers are compared in one place only, `generation.verification.equivalence`. What it leaves undecided is never
right. The functions that end in `_row` take and give JSON text, for worker processes.
"""

import json
import re
from collections.abc import Sequence

from generation.verification.answer_form import Words, read_form
from generation.verification.answer_text import MAX_TEXT, candidates
from generation.verification.equivalence import Equivalence, equivalent
from generation.verification.expression import ExpressionError
from generation.verification.notation import UnreadableError
from schemas.evaluation import Answered, GradedOutcome, Question
from training.solution import read

_LETTER = re.compile(r"[\s(\[*$\\]*(?:(?:text|textbf|mathrm|boxed)\{)?[\s(*]*([A-J])\s*(?=[).:\]}*$]|\Z)")
_MOST_WORDS = 3
"""Of an answer in words, such as `yes` or `the square`; what is longer is prose."""
_UNGRADED = Equivalence(outcome="undecided", reason="no answer can be read")


def grade_row(row: str) -> str:
    """An answered question, as JSON, graded."""
    return graded(Answered.model_validate_json(row)).model_dump_json()


def graded(row: Answered) -> Answered:
    """The row with its answer, its outcome, and whether it is the original answer."""
    answer, text = stated(row.completion)
    found = _compared(row, answer, text)
    return row.model_copy(
        update={
            "answer": answer,
            "outcome": found.outcome,
            "reason": found.reason,
            "leaked": _leaked(row, "" if answer is None else text),
        }
    )


def stated(completion: str) -> tuple[str | None, str]:
    """The answer that a completion states, None where there is none to read, and the text to compare.

    That is the line "The answer is ..." where there is one, as in training; what a model goes on to write behind it
    counts for nothing. Else the whole completion, of which the comparison reads what is boxed or stated.
    """
    line = read(completion).answer
    if line is not None:
        return line, line
    if len(completion) > MAX_TEXT:
        return None, completion
    return next(filter(_is_readable, (each.text.strip() for each in candidates(completion))), None), completion


def grouped_row(row: str) -> str:
    """A JSON list of answers (or nulls), as the list of their groups' numbers; -1 where there is no answer."""
    return json.dumps(grouped(json.loads(row)))


def grouped(answers: Sequence[str | None]) -> list[int]:
    """For each answer the number of its group: those that are written alike, or are proved to be equal."""
    first: list[str] = []
    groups = []
    for answer in answers:
        if answer is None:
            groups.append(-1)
            continue
        found = next((index for index, other in enumerate(first) if _same(other, answer)), len(first))
        if found == len(first):
            first.append(answer)
        groups.append(found)
    return groups


def _same(left: str, right: str) -> bool:
    return left.strip() == right.strip() or equivalent(left, right).outcome == "equal"


def _compared(row: Question, answer: str | None, text: str) -> Equivalence:
    if answer is None:
        return _UNGRADED
    return _chosen(row, answer) if row.choices else equivalent(row.gold, text)


def _chosen(row: Question, answer: str) -> Equivalence:
    """Which choice an answer is: by its letter, else by what proves equal to the text of a choice."""
    letter = _LETTER.match(answer)
    if letter:
        return _outcome("equal" if letter[1] == row.gold else "unequal", f"the choice is {letter[1]}")
    equal = {choice[0] for choice in row.choices if _same(choice[2:].strip(), answer)}
    if len(equal) == 1:
        return _outcome("equal" if equal == {row.gold} else "unequal", f"it is equal to choice {min(equal)}")
    return _outcome("undecided", f"it names no choice, and is equal to {len(equal)} of them")


def _outcome(outcome: GradedOutcome, reason: str) -> Equivalence:
    return Equivalence(outcome=outcome, reason=reason)


def _leaked(row: Question, text: str) -> bool | None:
    if row.original_answer is None or equivalent(row.gold, row.original_answer).outcome != "unequal":
        return None
    return bool(text) and equivalent(row.original_answer, text).outcome == "equal"


def _is_readable(text: str) -> bool:
    try:
        form = read_form(text)
    except UnreadableError:
        return False
    except ExpressionError:
        return True  # beyond a limit: an answer that cannot be compared
    return not isinstance(form, Words) or len(text.split()) <= _MOST_WORDS

"""Records: anyone's own problems, in columns named `question`, `solution` and `answer` or mapped to those."""

import re

from generation.sources.errors import RowError
from generation.sources.fields import MAX_ANSWER, MAX_QUESTION, MAX_SOLUTION, Fields, Parts, optional_text, text
from generation.sources.math_competition import boxed
from generation.sources.number import number_text, plain_number
from schemas.problem import Notation

COLUMNS = ("question", "solution", "answer", "source", "split", "licence", "notation")
"""The columns that a row may have; a question it must, and a solution or an answer."""

MAX_LABEL = 200
"""Characters of a source, a split or a licence."""

_NOTATIONS: dict[str, Notation] = {name: name for name in ("annotated", "latex", "equation", "text")}
_ANNOTATION = re.compile(r"<<[^<>=]{1,500}=[^<>=]{1,500}>>")
# A dollar sign opens mathematics where no space follows it, and closes it where none stands before it and no digit
# follows: so "$5 and $6" is money.
_LATEX = re.compile(r"\\[A-Za-z]{2,}|\\[\[(]|\$[^\s$](?:[^$\n]{0,500}[^\s$])?\$(?!\d)")
_EQUATION = re.compile(r"[0-9\s.,+\-*/^%()×÷·−]+=[0-9\s.,\-/]+")


def parts(fields: Fields) -> Parts:
    """{"question", "solution", "answer", "source", "split", "licence", "notation"}.

    Without an answer, `#### A` at the end of the solution or its last box gives it; with one, the solution may be
    missing, and a model can still write the formula. Raises RowError.
    """
    answered = fields.get("answer") not in (None, "")
    given = optional_text(fields, "solution", MAX_SOLUTION) if answered else text(fields, "solution", MAX_SOLUTION)
    solution, last_line = _split(given or "")
    question = text(fields, "question", MAX_QUESTION)
    return Parts(
        question=question,
        solution=solution,
        answer=_answer(fields, solution, last_line),
        notation=_notation(fields, solution, question),
        source=optional_text(fields, "source", MAX_LABEL),
        split=optional_text(fields, "split", MAX_LABEL),
        licence=optional_text(fields, "licence", MAX_LABEL),
    )


def notation(solution: str) -> Notation:
    """How a solution writes its calculations, told from its text."""
    if _ANNOTATION.search(solution):
        return "annotated"
    if _LATEX.search(solution):
        return "latex"
    if _EQUATION.fullmatch(solution):
        return "equation"
    return "text"


def _split(solution: str) -> tuple[str, str | None]:
    """The solution and, apart from it, the answer where its last line is `#### A`."""
    head, mark, tail = solution.rpartition("####")
    if not mark or "\n" in tail.strip():
        return solution, None
    if not head.strip():
        raise RowError("solution has nothing before ####")
    return head.strip(), tail.strip() or None


def _answer(fields: Fields, solution: str, last_line: str | None) -> str:
    value = fields.get("answer")
    if value is not None and not isinstance(value, str):
        return number_text(value, "answer")
    answer = optional_text(fields, "answer", MAX_ANSWER) or last_line or boxed(solution)
    if answer is None:
        raise RowError("there is no answer, and solution has neither `#### A` nor \\boxed{A}")
    if len(answer) > MAX_ANSWER:
        raise RowError(f"answer has {len(answer):,} characters, more than {MAX_ANSWER:,}")
    return plain_number(answer) or answer


def _notation(fields: Fields, solution: str, question: str) -> Notation:
    given = optional_text(fields, "notation", MAX_LABEL)
    if given is None:
        return notation(solution or question)
    if given not in _NOTATIONS:
        raise RowError(f"notation is {given!r}, not one of {', '.join(_NOTATIONS)}")
    return _NOTATIONS[given]

"""The declarative wording: the question with an unknown, what it asked as a statement, and the unknown asked for.

    Natalia sold clips to x of her friends in April ... Natalia sold 72 clips altogether in April and May.
    What is the value of x?

Only the statement is a model's; the rest is put together here, so that nothing else can change.
"""

import re

from generation.llm.request import Request
from generation.wordings.checks import Finding, checked, conditions_kept, no_leak
from generation.wordings.fobar import is_latex
from generation.wordings.reply import answer_schema, read_line
from generation.wordings.rewording import Rewording, masked_question, unknown_of
from generation.wordings.sentences import asks, clause_before_asking, sentences
from generation.wordings.statement import states_result
from schemas.candidate import BackwardProblem
from schemas.problem import Problem

MAX_STATEMENT = 600
"""Characters of a statement."""

_KEY = "statement"
_SCHEMA = answer_schema(_KEY)


def request(problem: Problem, candidate: BackwardProblem) -> Request:
    """Ask for the statement: the model sees the masked question and the original answer, never the hidden value.

    Raises NotWordableError where the candidate has no relation or a leak, or not exactly one sentence asks.
    """
    question, (start, end) = masked_question(problem, candidate)
    lines = [f"Problem: {question}", f"Asking sentence: {question[start:end]}", f"Answer: {problem.answer}"]
    if clause := clause_before_asking(question[start:end]):
        lines.append(f"Begin with: {clause}")
    return Request(purpose="declarative", question="\n".join(lines), answer_schema=_SCHEMA, max_tokens=400)


def read(text: str) -> str:
    """The statement of a reply. Raises InvalidReplyError where there is none, or it is no line of plain text."""
    return read_line(text, _KEY, MAX_STATEMENT)


def worded(problem: Problem, candidate: BackwardProblem, text: str) -> BackwardProblem:
    """The candidate with the statement in the asking sentence's place, and with new checks of what it says.

    `text` is the statement. Raises NotWordableError where `request` does.
    """
    question, (start, end) = masked_question(problem, candidate)
    statement = text if text.endswith((".", "!", "?", "$")) else f"{text}."
    unknown = unknown_of(candidate)
    asked = f"What is the value of {f'${unknown}$' if is_latex(problem.question) else unknown}?"
    told = f"{question[:start]}{statement}{question[end:]}".rstrip()
    joint = "\n" if told.endswith("]") else " "  # behind a drawing or a displayed formula
    rewording = Rewording(
        problem=problem,
        candidate=candidate,
        wording="declarative",
        text=f"{told}{joint}{asked}",
        told=((0, start), (start + len(statement), len(told))),
        statement=statement,
        asked=asked,
    )
    return checked(rewording, no_leak, states_result, conditions_kept, asks_for_unknown)


def asks_for_unknown(of: Rewording) -> Finding:
    """The unknown stands where it stood, and is the one thing that is asked for, at the end."""
    question, _ = masked_question(of.problem, of.candidate)
    letter = re.compile(rf"(?<![A-Za-z]){re.escape(of.unknown)}(?![A-Za-z])")
    expected, found = len(letter.findall(question)), len(letter.findall(of.text.removesuffix(of.asked)))
    if found != expected:
        return "fail", f"{of.unknown} stands {found} times in the question, not {expected}"
    questions = [span for span in sentences(of.text) if asks(of.text[slice(*span)])]
    if len(questions) != 1 or "?" in of.statement:
        return "fail", f"{max(len(questions), 2)} questions are asked"
    return "pass", f"the question asks for {of.unknown}"

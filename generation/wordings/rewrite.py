"""The rewrite wording: the whole backward question in a model's words, without an unknown's name.

Natalia sold clips to some of her friends in April ... Natalia sold 72 clips altogether in April and May.
How many friends did Natalia sell clips to in April?
"""

import re
from dataclasses import replace

from generation.llm.request import Request
from generation.wordings.asked import asks_for_unknown
from generation.wordings.checks import checked, conditions_kept, no_leak
from generation.wordings.errors import NotWordableError
from generation.wordings.fobar import mathematics
from generation.wordings.reply import answer_schema, read_line
from generation.wordings.rewording import Rewording, masked_question, unknown_of
from generation.wordings.sentences import Span, sentences
from generation.wordings.statement import states_result
from generation.wordings.tokens import tokens
from schemas.candidate import BackwardProblem
from schemas.condition import Condition
from schemas.problem import Problem

MAX_QUESTION = 3_000
"""Characters of a question, the original and the new one."""

_KEY = "question"
_SCHEMA = answer_schema(_KEY)
_WORDS_AROUND = 7
_GIVEN = re.compile(
    r"\s*(?:if|given\sthat|knowing\sthat|since)\b(?P<told>.*),\s(?=(?:then\s)?(?:how|what|which|calculate|find)\b)",
    re.I | re.S,
)
"""The condition before a question, which tells something: If he kept 45 tadpoles, how many ..."""


def request(problem: Problem, candidate: BackwardProblem) -> Request:
    """Ask for the whole question: the model sees the masked one, the original answer and the words around the unknown.

    It never sees the hidden value. Raises NotWordableError where the candidate has no relation or a leak, where not
    exactly one sentence asks, where the condition is a part of a formula, or the question has a drawing or is too long.
    """
    question, (start, end) = _rewordable(problem, candidate)
    unknown = unknown_of(candidate)
    told = " ".join(part.strip() for part in (question[:start], question[end:])).strip()
    lines = (
        f"Told: {told}",
        f"Asked: {question[start:end]}",
        f"Answer: {problem.answer}",
        f'Ask for: {_asked(candidate.condition)}, the {unknown} in "{_around(question, unknown)}"',
    )
    return Request(purpose="rewrite", question="\n".join(lines), answer_schema=_SCHEMA, max_tokens=1_000)


def read(text: str) -> str:
    """The question of a reply. Raises InvalidReplyError where there is none, or it is no line of plain text."""
    return read_line(text, _KEY, MAX_QUESTION)


def worded(problem: Problem, candidate: BackwardProblem, text: str) -> BackwardProblem:
    """The candidate with the new question, and with new checks of what it says.

    `text` is the question. Raises NotWordableError where `request` does.
    """
    _rewordable(problem, candidate)
    spans = sentences(text) or [(0, len(text))]
    start, end = spans.pop()
    if given := _GIVEN.match(text, start, end):
        spans.append(given.span("told"))
        start = given.end()
    rewording = Rewording(
        problem=problem,
        candidate=candidate,
        wording="rewrite",
        text=text,
        told=tuple(spans),
        statement="",
        asked=text[start:end],
    )
    return checked(_with_statement(rewording), no_leak, states_result, conditions_kept, asks_for_unknown)


def _with_statement(of: Rewording) -> Rewording:
    """The rewording with its statement: the sentence with the original answer that is most like what was asked."""
    answer = {token.text for token in tokens(of.answer, of.notation)}
    asked = {token.text for token in of.original(*of.asking)}
    likeness = {}
    for span in of.told:
        found = {token.text.rstrip("%") for token in tokens(of.text[slice(*span)], of.notation)}
        if answer and answer <= found:
            likeness[span] = len(asked & found) - len(found - asked)
    if not likeness:
        return of
    best = max(likeness, key=lambda span: likeness[span])
    told = tuple(span for span in of.told if span != best)
    return replace(of, told=told, statement=of.text[slice(*best)])


def _rewordable(problem: Problem, candidate: BackwardProblem) -> tuple[str, Span]:
    """The masked question, and where it asks; raises NotWordableError where it cannot be rewritten."""
    question, condition = problem.question, candidate.condition
    if len(question) > MAX_QUESTION:
        raise NotWordableError(f"the question has {len(question):,} characters, more than {MAX_QUESTION:,}")
    if "[asy]" in question or "\\begin{" in question:
        raise NotWordableError("the question has a drawing or a table")
    for start, end in mathematics(question):
        inside = question[start:end]
        if start < condition.start < end and inside.strip("$ \\%") != condition.text.strip("$ \\%"):
            raise NotWordableError(f"{condition.text} is a part of the formula {inside[:40]}")
    return masked_question(problem, candidate)


def _asked(condition: Condition) -> str:
    """How one asks for a quantity: how many clips, how much money, what percentage."""
    if condition.unit == "$":
        return "how much money"
    if condition.unit == "%":
        return "what percentage"
    if condition.kind in ("fraction", "fraction_word"):
        return "what fraction"
    return "how many times" if condition.kind == "multiple_word" else f"how many {condition.unit or ''}".strip()


def _around(question: str, unknown: str) -> str:
    """The words around the unknown, in its sentence."""
    letter = re.compile(rf"(?<![A-Za-z]){re.escape(unknown)}(?![A-Za-z])")
    for start, end in sentences(question):
        if match := letter.search(question, start, end):
            before = question[start : match.start()].split(" ")[-_WORDS_AROUND - 1 :]
            behind = question[match.end() : end].split(" ")[: _WORDS_AROUND + 1]
            return f"{' '.join(before)}{unknown}{' '.join(behind)}"
    raise NotWordableError(f"{unknown} does not stand in the question")

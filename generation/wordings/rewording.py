"""A backward question in the words of a model, beside the question that it was made of."""

import re
from dataclasses import dataclass
from functools import cached_property

from generation.conditions.finder import find_conditions
from generation.wordings.errors import NotWordableError
from generation.wordings.fobar import is_latex, masked
from generation.wordings.sentences import Span, asking_part, sentences
from generation.wordings.tokens import Token, tokens_between
from generation.wordings.vocabulary import ASKING, CALENDAR, RELATIONS, lemmas
from schemas.candidate import BackwardProblem, WordingKind
from schemas.condition import Condition
from schemas.problem import Notation, Problem

_NO_NAMES = lemmas((*ASKING, *CALENDAR, *RELATIONS))
_HOW_MANY = re.compile(r"\b(?:how many|(?:total )?number of)\b", re.I)


@dataclass(frozen=True)
class Rewording:
    """What a model made of a problem and its fobar candidate.

    `text` is the whole new question; `statement` is the part of it that should give the original answer, empty where
    there is none, `asked` the part that asks, and `told` is where the sentences stand that are neither.
    """

    problem: Problem
    candidate: BackwardProblem
    wording: WordingKind
    text: str
    told: tuple[Span, ...]
    statement: str
    asked: str

    @property
    def notation(self) -> Notation:
        """How the question writes its numbers."""
        return self.problem.notation

    @property
    def hidden(self) -> Condition:
        """The condition that is asked for."""
        return self.candidate.condition

    @property
    def unknown(self) -> str:
        """The unknown's name."""
        return unknown_of(self.candidate)

    @property
    def answer(self) -> str:
        """The original answer, as a question writes it."""
        answer = self.problem.answer
        return f"${answer}$" if is_latex(self.problem.question) and "$" not in answer else answer

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions of the original question."""
        return find_conditions(self.problem.question, self.notation)

    @cached_property
    def asking(self) -> Span:
        """Where the original question asks, and says what form the answer has."""
        return asking_part(self.problem.question)[1]

    @property
    def asking_sentence(self) -> Span:
        """Where the sentence that asks stands."""
        return asking_part(self.problem.question)[0]

    @property
    def hidden_where_asked(self) -> bool:
        """Whether the hidden condition stands in the asking sentence."""
        return self.asking[0] <= self.hidden.start < self.asking[1]

    def sentence(self, condition: Condition) -> Span:
        """Where the sentence of the original question stands that tells a condition."""
        spans = sentences(self.problem.question)
        return next(span for span in spans if span[0] <= condition.start < span[1])

    @cached_property
    def question(self) -> list[Token]:
        """The tokens of the original question, but for the hidden condition."""
        return self.original(0, len(self.problem.question))

    @cached_property
    def names(self) -> frozenset[str]:
        """The words of the original question that are always written with a capital letter, but for days and months."""
        small = {token.text for token in self.question if not token.capital}
        return frozenset(token.text for token in self.question if token.capital) - small - _NO_NAMES

    @cached_property
    def person(self) -> frozenset[str]:
        """The one name of the question and the pronoun that stands for it, where it cannot be anybody else's."""
        pronouns = {"@he", "@she"} & {token.text for token in self.question}
        return self.names | pronouns if len(self.names) == len(pronouns) == 1 else frozenset()

    def original(self, start: int, end: int) -> list[Token]:
        """The tokens of a stretch of the original question; the hidden condition is the unknown where that is named."""
        kept = []
        for token in tokens_between(self.problem.question, self.conditions, start, end, self.notation):
            if not self.hidden.start <= token.start < self.hidden.end:
                kept.append(token)
            elif token.is_number and self.wording == "declarative":
                kept.append(Token(self.unknown, token.start, self.unknown))
        return kept


def counted(question: str, notation: Notation) -> str | None:
    """What a question asks how many of; None where it does not say."""
    match = _HOW_MANY.search(question)
    if match is None:
        return None
    stated = f"{question[: match.start()]}7{question[match.end() :]}"
    return next((each.unit for each in find_conditions(stated, notation) if each.start >= match.start()), None)


def unknown_of(candidate: BackwardProblem) -> str:
    """The unknown's name. Raises NotWordableError where the candidate has no relation."""
    if candidate.relation is None:
        raise NotWordableError("the candidate has no relation, and so no unknown")
    return candidate.relation.unknown


def masked_question(problem: Problem, candidate: BackwardProblem) -> tuple[str, Span]:
    """The question with the unknown put in, and where it asks.

    Raises NotWordableError where the candidate has no relation or a leak, or not exactly one sentence asks.
    """
    for check in candidate.checks:
        if check.name == "no_leak" and check.outcome != "pass":
            raise NotWordableError(f"no words of a model's cure this: {check.reason}")
    question = masked(problem.question, candidate.condition, unknown_of(candidate))
    longer = len(question) - len(problem.question)
    start, end = (place + longer * (candidate.condition.start < place) for place in asking_part(problem.question)[1])
    return question, (start, end)

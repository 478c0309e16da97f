"""Corruptions of backward solutions: the equation set up wrong, or undone wrong, and all that follows from it.

A solver who set up another equation solves and checks that one. One who undid an operation wrongly gets another value,
which the check would show: so there is none. As in forward solutions, the value found in the end is another one than
the hidden value, above zero, and whole or in cents.
"""

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from curation.process_labels.corruptions import arithmetic
from curation.process_labels.corruptions.corruption import Corruption, CorruptionKind, tried, weighted
from curation.process_labels.corruptions.refutation import refuted_at
from generation.solutions.inversion import inversion
from generation.solutions.polynomial import simplest
from generation.verification.expression import (
    ExpressionError,
    decimal,
    evaluate,
    for_people,
    parse,
    plain,
    written_number,
)
from generation.verification.rational_function import UNKNOWN, RationalFunction, compute, fraction, function_of
from schemas.candidate import BackwardProblem
from schemas.relation import Relation
from schemas.step import Step

MAX_TRIES = 6
"""Ways of one kind at one place that are tried."""
_SET_EQUAL = "The answer to the original question is"
_UNDOING = re.compile(r"(Add|Subtract|Multiply|Divide) (?:both sides by )?(\S+?)(?: (?:to|from) both sides)?: ")
_INVERSE = {
    "Add": ("Subtract {0} from both sides", "-"),
    "Subtract": ("Add {0} to both sides", "+"),
    "Multiply": ("Divide both sides by {0}", "/"),
    "Divide": ("Multiply both sides by {0}", "*"),
}


@dataclass(frozen=True, slots=True)
class Equation:
    """What a wrong step says, f(x) = A, its words, and the text that is refuted against what stood there."""

    words: str
    function: RationalFunction
    answer: Fraction
    claim: str


class BackwardCorruptions:
    """The ways in which the solution of one accepted candidate, all of whose steps are proved, goes wrong."""

    def __init__(self, candidate: BackwardProblem, relation: Relation, conditions: Sequence[Fraction]) -> None:
        self._steps = candidate.solution
        self._relation = relation
        self._unknown = relation.unknown
        self._hidden = candidate.condition.number
        self._others = sorted(set(conditions) - {self._hidden})
        self._whole = self._hidden.denominator == 1

    def choose(self, random_numbers: random.Random) -> Corruption | None:
        """The first corruption that can be made, of the kinds and at the places in the order that chance gives."""
        with suppress(ExpressionError):
            if self._set_equal is None or self._function.reduced().numerator.degree() != 1:
                return None
            places = range(max(1, self._set_equal - 1), len(self._steps) - 1)
            for place in weighted(places, [1 / (1 + index) for index in range(len(places))], random_numbers):
                for kind in tried(random_numbers):
                    ways = list(self._ways(kind, place))
                    for way in random_numbers.sample(ways, min(len(ways), MAX_TRIES)):
                        found = self._carried(kind, place, way)
                        if found is not None:
                            return found
        return None

    @cached_property
    def _set_equal(self) -> int | None:
        """The step that sets the function equal to the answer, where operations undo it from there on."""
        if any("only value" in step.text or "Factor" in step.text for step in self._steps):
            return None
        return next((i for i, step in enumerate(self._steps) if step.text.startswith(_SET_EQUAL)), None)

    @cached_property
    def _function(self) -> RationalFunction:
        return self._read(self._relation.expression)

    @cached_property
    def _answer(self) -> Fraction:
        return evaluate(parse(self._relation.answer))

    def _read(self, text: str) -> RationalFunction:
        return function_of(compute(parse(text, (self._unknown,)), {self._unknown: UNKNOWN}))

    def _ways(self, kind: CorruptionKind, place: int) -> Iterator[Equation]:
        assert self._set_equal is not None
        if place < self._set_equal:
            yield from self._restated(kind, place)
        elif place == self._set_equal:
            yield from self._equated(kind)
        else:
            yield from self._undone(kind, place)

    def _restated(self, kind: CorruptionKind, place: int) -> Iterator[Equation]:
        """The last step before the equation, where it gives f, with f made wrong."""
        step = self._steps[place]
        left, _, right = (step.equation or "").partition(" = ")
        if not left or self._unknown not in left or self._read(right) != self._function_like(right):
            return
        for other in self._expressions(kind, left):
            with suppress(ExpressionError):
                function = self._read(other)
                claim = f"{other} = {simplest(function, self._unknown)[0]}"
                if step.text.count(f"{left} = ") == 1:
                    yield Equation(_replaced(step.text, step.equation or "", claim), function, self._answer, other)

    def _function_like(self, text: str) -> RationalFunction | None:
        """The function of a text, where it is f; None where it is another."""
        function = self._read(text)
        return function if plain_of(function, self._unknown) == plain_of(self._function, self._unknown) else None

    def _expressions(self, kind: CorruptionKind, text: str) -> Iterator[str]:
        """An expression with one thing changed."""
        known = set(self._others)
        if kind == "wrong_operation":
            yield from arithmetic.other_operations(text)
        elif kind == "wrong_number":
            yield from arithmetic.other_numbers(text, lambda value: self._others if value in known else [])
        elif kind == "wrong_quantity":
            yield from arithmetic.other_numbers(text, lambda value: [] if value in known else self._others)
        elif kind == "wrong_constant":
            yield from arithmetic.other_numbers(
                text, lambda value: [] if value in known else arithmetic.other_constants(value)
            )

"""Corruptions of backward solutions: the equation set up wrong, or undone wrong, and all that follows from it.

A solver who set up another equation solves and checks that one. One who undid an operation wrongly gets another value,
which the check would show: so there is none. As in forward solutions, the value found in the end is another one than
the hidden value, above zero, and whole or in cents.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache, partial

from curation.process_labels.corruptions import arithmetic
from curation.process_labels.corruptions.corruption import Corruption, CorruptionKind, tried, weighted
from curation.process_labels.corruptions.refutation import refuted_at
from curation.process_labels.proved import right
from generation.solutions.inversion import inversion
from generation.solutions.polynomial import simplest
from generation.verification.expression import (
    ExpressionError,
    apply,
    decimal,
    evaluate,
    for_people,
    parse,
    written_number,
)
from generation.verification.rational_function import UNKNOWN, RationalFunction, compute, function_of, same
from generation.verification.solve import solve
from schemas.candidate import BackwardProblem
from schemas.relation import Relation

MAX_TRIES = 6
"""Ways of one kind at one place that are tried."""
_SET_EQUAL = "The answer to the original question is"
_UNDOING = re.compile(
    r"(?:(Add|Subtract) ([0-9./]+) (?:to|from) both sides|(Multiply|Divide) both sides by ([0-9]+))\Z"
)
_UNDOING_KINDS = frozenset({"arithmetic_slip", "sign_error", "wrong_inverse", "wrong_quantity"})
_OPERATORS = {"Add": "+", "Subtract": "-", "Multiply": "*", "Divide": "/"}
_INVERSES = {"Add": "Subtract", "Subtract": "Add", "Multiply": "Divide", "Divide": "Multiply"}


@dataclass(frozen=True, slots=True)
class WrongStep:
    """A wrong step in place of one that is proved: its text, the equation f(x) = A to which it leads, and the claim
    (an equation or an expression) that is refuted against the proved one. `kept` is the number of steps before it.
    """

    text: str
    function: RationalFunction
    answer: Fraction
    claim: str
    proved: str
    kept: int


Way = Callable[[], WrongStep]
"""What makes a wrong step: most are not asked for. Raises ExpressionError where there is no such step."""


class BackwardCorruptions:
    """The ways in which the solution of one accepted candidate, all of whose steps are proved, goes wrong."""

    def __init__(self, candidate: BackwardProblem, relation: Relation, conditions: Sequence[Fraction]) -> None:
        self._steps = candidate.solution
        self._relation = relation
        self._unknown = relation.unknown
        self._hidden = candidate.condition.number
        self._known = frozenset(conditions) - {self._hidden}
        self._others = sorted(self._known)

    def choose(self, random_numbers: random.Random) -> Corruption | None:
        """The first corruption that can be made, of the kinds and at the places in the order that chance gives."""
        if self._set_equal is None:
            return None
        places = range(max(1, self._set_equal - 1), len(self._steps) - 1)
        early = [1 / (1 + index) for index in range(len(places))]
        for place in weighted(places, early, random_numbers):
            for kind in tried(random_numbers):
                with suppress(ExpressionError):
                    ways = list(self._ways(kind, place))
                    for way in random_numbers.sample(ways, min(len(ways), MAX_TRIES)):
                        if (found := self._carried(kind, place, way())) is not None:
                            return found
        return None

    @cached_property
    def _set_equal(self) -> int | None:
        """The step that sets f equal to the answer, where an operation a line undoes it from there on."""
        index = next((i for i, step in enumerate(self._steps) if step.text.startswith(_SET_EQUAL)), None)
        if index is None or not _UNDOING.match(self._steps[index + 1].text.partition(":")[0]):
            return None
        return index

    @cached_property
    def _function(self) -> RationalFunction:
        return self._read(self._relation.expression)

    @cached_property
    def _answer(self) -> Fraction:
        return _number(self._relation.answer)

    @cached_property
    def _worked_out(self) -> bool:
        """Whether the step before the equation works f out: `x + x/2 = 3*x/2`."""
        assert self._set_equal is not None
        step = self._steps[self._set_equal - 1]
        equation = step.equation or ""
        result = equation.partition(" = ")[2]
        if self._unknown not in result or step.text.count(equation) != 1:
            return False
        return same(self._read(result), self._function)

    def _read(self, text: str) -> RationalFunction:
        return _function(text, self._unknown)

    def _ways(self, kind: CorruptionKind, place: int) -> Iterator[Way]:
        assert self._set_equal is not None
        if place < self._set_equal:
            return self._restated(kind, place)
        return self._equated(kind, place) if place == self._set_equal else self._undone(kind, place)

    def _restated(self, kind: CorruptionKind, place: int) -> Iterator[Way]:
        """The last step before the equation, where it works f out, `x + x/2 = 3*x/2`, made wrong."""
        if not self._worked_out:
            return
        left, _, result = (self._steps[place].equation or "").partition(" = ")
        if kind in ("arithmetic_slip", "sign_error"):
            yield from (partial(self._restatement, place, left, other) for other in self._miswritten(kind, result))
        else:
            yield from (partial(self._restatement, place, other) for other in self._misunderstood(kind, left))

    def _restatement(self, place: int, left: str, result: str | None = None) -> WrongStep:
        """The step with other sides, the right one what the left one comes to where it is not given."""
        step = self._steps[place]
        equation = step.equation or ""
        function = self._read(result or left)
        if result is None:
            left, result = for_people(parse(left, (self._unknown,)), {}), simplest(function, self._unknown)[0]
        claim = f"{left} = {result}"
        return WrongStep(step.text.replace(equation, claim), function, self._answer, claim, equation, place)

    def _equated(self, kind: CorruptionKind, place: int) -> Iterator[Way]:
        """Another function set equal to the answer, or the function to another number of the question."""
        equation = self._steps[place].equation or ""
        given = equation.rpartition(" = ")[0]
        if kind == "wrong_number":
            for number in self._others:
                yield partial(self._equation, self._function, number, place)
        elif kind == "skipped_step" and place > 2:
            left, _, worked_out = (self._steps[place - 2].equation or "").partition(" = ")
            if self._unknown in left:
                yield partial(self._set_up, worked_out or left, self._answer, place - 1)
        else:
            for other in self._misunderstood(kind, given):
                yield partial(self._set_up, other, self._answer, place)

    def _set_up(self, expression: str, answer: Fraction, kept: int) -> WrongStep:
        return self._equation(self._read(expression), answer, kept)

    def _equation(self, function: RationalFunction, answer: Fraction, kept: int) -> WrongStep:
        assert self._set_equal is not None
        claim = f"{simplest(function, self._unknown)[0]} = {decimal(answer)}"
        text = f"{_SET_EQUAL} {decimal(answer)}, so {claim}."
        return WrongStep(text, function, answer, claim, self._steps[self._set_equal].equation or "", kept)

    def _undone(self, kind: CorruptionKind, place: int) -> Iterator[Way]:
        """An operation undone wrongly: by itself instead of its inverse, by another number, or with a slip."""
        step = self._steps[place]
        words = step.text.partition(": ")[0]
        equation = step.equation or ""
        left, _, result = equation.partition(" = ")
        before = (self._steps[place - 1].equation or "").rpartition(" = ")[2]
        match = _UNDOING.match(words)
        if kind not in _UNDOING_KINDS or match is None or self._unknown in result + before:
            return
        name, operand = match[1] or match[3], _number(match[2] or match[4])
        value = _number(before)
        wrong: list[tuple[str, Fraction]] = []
        if kind == "arithmetic_slip" and "/" not in result and result[0] != "-":
            wrong = [(words, slip) for slip in arithmetic.slips(result)]
        elif kind in ("sign_error", "wrong_inverse"):
            inverse = _INVERSES[name]
            signed = kind == "sign_error"
            if not signed or name in ("Add", "Subtract"):
                spoken = words if signed else _spoken(inverse, operand)
                wrong = [(spoken, apply(_OPERATORS[inverse], value, operand))]  # type: ignore[arg-type]
        elif kind == "wrong_quantity":
            wrong = [
                (_spoken(name, other), apply(_OPERATORS[name], value, other))  # type: ignore[arg-type]
                for other in self._others
                if other not in (0, operand)
            ]
        for spoken, found in wrong:
            claim = f"{left} = {decimal(found)}"
            yield partial(WrongStep, f"{spoken}: {claim}.", self._read(left), found, claim, equation, place)

    def _misunderstood(self, kind: CorruptionKind, text: str) -> Iterator[str]:
        """An expression with one thing changed."""
        known = self._known
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

    @staticmethod
    def _miswritten(kind: CorruptionKind, text: str) -> Iterator[str]:
        """A simplified expression as a slip leaves it."""
        if kind == "sign_error":
            yield from arithmetic.other_signs(text)
        else:
            yield from arithmetic.other_numbers(text, lambda value: list(arithmetic.slips(decimal(value))))

    def _carried(self, kind: CorruptionKind, place: int, way: WrongStep) -> Corruption | None:
        """The solution with the wrong step and all that follows from it; None where it is not proved to be wrong."""
        assert self._set_equal is not None
        least = way.function.reduced()
        if max(least.numerator.degree(), least.denominator.degree()) != 1:
            return None
        roots = solve(least, way.answer).rational
        if len(roots) != 1:
            return None
        (root,) = roots
        if root == self._hidden or not arithmetic.plain_enough(root, self._hidden.denominator == 1):
            return None
        if refuted_at(way.proved, way.claim, self._unknown, self._hidden) is None:
            return None
        steps = [*(step.text for step in self._steps[: way.kept]), way.text]
        if place < self._set_equal:
            steps.append(self._equation(way.function, way.answer, place).text)
        if place <= self._set_equal or not same(way.function, UNKNOWN):
            steps += (step.text for step in inversion(way.function, self._unknown, way.answer, root))
        if place <= self._set_equal:
            steps.append(self._checked(way, root))
        return Corruption(kind, tuple(steps), right(way.kept), str(root))

    def _checked(self, way: WrongStep, root: Fraction) -> str:
        """The check of the equation that was set up."""
        number = written_number(decimal(root))
        function = parse(simplest(way.function, self._unknown)[0], (self._unknown,))
        equation = f"{for_people(function, {self._unknown: number})} = {decimal(way.answer)}"
        return f"Check: with {self._unknown} = {number[0]}, {equation}, as the question says."


@lru_cache(maxsize=4096)  # every kind that is tried reads the same steps
def _function(text: str, unknown: str) -> RationalFunction:
    return function_of(compute(parse(text, (unknown,)), {unknown: UNKNOWN}))


@lru_cache(maxsize=4096)
def _number(text: str) -> Fraction:
    return evaluate(parse(text))


def _spoken(name: str, operand: Fraction) -> str:
    """`Subtract 24 from both sides`."""
    number = decimal(operand)
    match name:
        case "Add":
            return f"Add {number} to both sides"
        case "Subtract":
            return f"Subtract {number} from both sides"
    return f"{name} both sides by {number}"

"""Corruptions of forward solutions: one calculation spoiled, and every later line redone with what it came to.

A value is followed by the number that it is. So a result is carried on only where no condition, no other result and no
common constant is the same number; a corruption that would need such a guess is not made. Nor is one whose answer is
the right one after all, or whose values no solver would go on with (below zero, split people).
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from curation.process_labels.corruptions import arithmetic
from curation.process_labels.corruptions.corruption import Corruption, CorruptionKind, tried, weighted
from curation.process_labels.corruptions.refutation import refuted
from curation.process_labels.lines import NUMERALS, Line, Written, value_of, values_in
from curation.process_labels.proved import forward_labels
from generation.formulas.equalities import read_side

MAX_TRIES = 8
"""Ways of one kind at one place that are tried."""
_CONSTANTS = frozenset(map(Fraction, (0, 1, 2, 3, 4, 7, 10, 12, 24, 30, 52, 60, 100, 365, 1000)))


@dataclass(frozen=True, slots=True)
class Spoiled:
    """One calculation made wrong: its left side as text, and its result where that is not what the left side gives."""

    left: str
    stated: Fraction | None = None


class ForwardCorruptions:
    """The ways in which one solution, whose lines are proved, goes wrong."""

    def __init__(self, lines: Sequence[Line], conditions: Sequence[Fraction], answer: Fraction) -> None:
        self._lines = lines
        self._conditions = frozenset(conditions)
        self._answer = answer
        self._numbers = [values_in(line.text) for line in lines]
        self._results = Counter(each.value for line in lines for each in line.written)
        self._known = self._conditions | self._results.keys()
        self._whole = all(value.denominator == 1 for value in self._results)
        calculations = [each for line in lines for each in line.written]
        self._ends_in_answer = bool(calculations) and calculations[-1].value == answer

    def choose(self, random_numbers: random.Random) -> Corruption | None:
        """The first corruption that can be made, of the kinds and at the places in the order that chance gives."""
        if not self._ends_in_answer:
            return None
        places = [
            (index, each)
            for index, line in enumerate(self._lines)
            if line.proved
            for each in line.written
            if self._can_be_followed(index, each)
        ]
        # Early errors can less often be carried through, and real ones are as often early as late.
        early = [len(self._lines) ** 2 / (index + 1) ** 2 for index, _ in places]
        for index, each in weighted(places, early, random_numbers):
            for kind in tried(random_numbers):
                if kind == "skipped_step":
                    found = self._skipped(index, each)
                else:
                    found = self._spoiled(kind, index, each, random_numbers)
                if found is not None and self._refuted(found):
                    return found
        return None

    def _refuted(self, found: Corruption) -> bool:
        """Whether the wrong step, read anew from its text, is proved wrong, and is no other step of the solution."""
        skipped = found.kind == "skipped_step"
        if found.steps[found.wrong] in {line.text for line in self._lines}:
            return False
        return refuted(self._lines[found.wrong + skipped].text, found.steps[found.wrong]) is not None

    def _spoiled(
        self, kind: CorruptionKind, index: int, each: Written, random_numbers: random.Random
    ) -> Corruption | None:
        ways = list(islice(self._ways(kind, index, each), 4 * MAX_TRIES))
        for way in random_numbers.sample(ways, min(len(ways), MAX_TRIES)):
            value = way.stated if way.stated is not None else _value(way.left)
            if value is None or value == each.value:
                continue
            steps = self._redone(index, {}, each, Spoiled(way.left, value))
            if steps is not None:
                return self._corruption(kind, self._lines[:index], steps)
        return None

    def _ways(self, kind: CorruptionKind, index: int, each: Written) -> Iterator[Spoiled]:
        left = each.left
        numeral = self._lines[index].text[each.start : each.end]
        if kind == "arithmetic_slip":
            yield from (Spoiled(left, value) for value in arithmetic.slips(numeral))
        elif kind == "sign_error":
            values = (_value(other) for other in arithmetic.other_signs(left))
            yield from (Spoiled(left, value) for value in values if value is not None)
        elif kind == "wrong_operation":
            yield from map(Spoiled, arithmetic.other_operations(left))
        elif kind in ("wrong_number", "wrong_quantity", "wrong_constant"):
            yield from map(Spoiled, arithmetic.other_numbers(left, self._instead(kind, index, left)))

    def _instead(self, kind: CorruptionKind, index: int, left: str) -> Callable[[Fraction], Sequence[Fraction]]:
        """What may stand for a number of the calculation by mistake: only what it does not already work with."""
        used = values_in(left)
        earlier = {each.value for line in self._lines[:index] for each in line.written}

        def instead(value: Fraction) -> Sequence[Fraction]:
            if kind == "wrong_constant":
                known = value in self._conditions or value in earlier
                return [] if known else list(arithmetic.other_constants(value))
            if (value in self._conditions) == (kind == "wrong_quantity"):
                return []
            if kind == "wrong_quantity" and value not in earlier:
                return []
            others = self._conditions if kind == "wrong_number" else self._conditions | earlier
            return sorted(others - used)

        return instead

    def _skipped(self, index: int, each: Written) -> Corruption | None:
        """The line left out, and a number that it began from used in its result's place."""
        line = self._lines[index]
        if len(line.written) != 1 or not self._single(each.value):
            return None
        for value in sorted(values_in(each.left)):
            if value == each.value or value not in self._known:
                continue
            steps = self._redone(index + 1, {each.value: value}, None, None)
            if steps is None:
                continue
            after = [later.text for later in self._lines[index + 1 :]]
            first = next(place for place, (old, new) in enumerate(zip(after, steps[0], strict=True)) if old != new)
            # The first line that changes is the wrong one only if it calculates with what was never worked out.
            if self._lines[index + 1 + first].written:
                before = (*self._lines[:index], *self._lines[index + 1 : index + 1 + first])
                return self._corruption("skipped_step", before, (steps[0][first:], steps[1]))
        return None

    @staticmethod
    def _corruption(kind: CorruptionKind, before: Sequence[Line], redone: tuple[list[str], str]) -> Corruption:
        steps, answer = redone
        return Corruption(kind, (*(line.text for line in before), *steps), forward_labels(before), answer)

    def _single(self, value: Fraction) -> bool:
        """Whether the number can be nothing but this one result."""
        return self._results[value] < 2 and value not in self._conditions and value not in _CONSTANTS

    def _can_be_followed(self, index: int, each: Written) -> bool:
        """Whether another result can be carried on: where the text names the number again, it has to mean this one."""
        return self._single(each.value) or not self._named_later(index, each.end, each.value)

    def _redone(
        self, start: int, changed: dict[Fraction, Fraction], spoiled: Written | None, way: Spoiled | None
    ) -> tuple[list[str], str] | None:
        """The lines from `start` with the spoiled calculation and all that follows from it, and the answer that comes.

        None where a line cannot be redone, or the answer does not change.
        """
        done: list[str] = []
        last: tuple[Fraction, str] | None = None
        for index in range(start, len(self._lines)):
            line = self._lines[index]
            if (spoiled is None or index > start) and self._stays(index, changed):
                done.append(line.text)
                if line.written:
                    last = (line.written[-1].value, line.text[line.written[-1].start : line.written[-1].end])
                continue
            text, position = "", 0
            for each in line.written:
                before = line.text[position : each.left_start]
                between = line.text[each.left_start + len(each.left) : each.start]
                numeral = line.text[each.start : each.end]
                if each is spoiled and way is not None:
                    left, value = way.left, way.stated
                else:
                    left = _with(each.left, changed)
                    value = each.value if left == each.left else _value(left)
                if value is None or not (value == each.value or arithmetic.plain_enough(value, self._whole)):
                    return None
                position = each.end
                if value != each.value:
                    named = each.value in values_in(before) or self._named_later(index, position, each.value)
                    if named and not self._single(each.value):
                        return None
                    changed[each.value] = value
                text += _with(before, changed) + left + between + arithmetic.like(value, numeral)
                last = (value, arithmetic.like(value, numeral))
            if not line.closed.isdisjoint(changed) or (not line.written and self._only_some_change(index, changed)):
                return None
            done.append(text + _with(line.text[position:], changed))
        return (done, last[1]) if last is not None and last[0] != self._answer else None

    def _named_later(self, index: int, position: int, value: Fraction) -> bool:
        return value in values_in(self._lines[index].text[position:]) or any(
            value in numbers for numbers in self._numbers[index + 1 :]
        )

    def _stays(self, index: int, changed: Mapping[Fraction, Fraction]) -> bool:
        """Whether nothing in the line is a number that has changed."""
        return self._numbers[index].isdisjoint(changed) and self._lines[index].closed.isdisjoint(changed)

    def _only_some_change(self, index: int, changed: Mapping[Fraction, Fraction]) -> bool:
        """Whether words without a calculation relate a changed number to one that has not: half of 48 is 24."""
        values = self._numbers[index]
        return not values.isdisjoint(changed) and not values <= changed.keys()


def _value(left: str) -> Fraction | None:
    side = read_side(left, 0)
    return None if side is None else side.value


def _with(text: str, changed: Mapping[Fraction, Fraction]) -> str:
    """The text with each number that has changed."""
    if not changed:
        return text

    def new(numeral: str) -> str:
        value = value_of(numeral)
        return numeral if value is None or value not in changed else arithmetic.like(changed[value], numeral)

    return NUMERALS.sub(lambda match: new(match[0]), text)

"""A worked formula: the answer computed step by step over the conditions, whoever worked it out.

Step i is an expression over the conditions (`c0`), earlier steps (`r0`) and constants. A trace reads the steps off a
solution; a model writes them. All that follows (relations, solutions, checks) needs no more than what stands here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from flint import fmpq

from generation.verification.expression import Expression, Number, Operation, Symbol, plain, replace, symbols
from generation.verification.rational_function import UNKNOWN, Value, bounded, compute
from schemas.formula import Formula, FormulaKind


def bits(mask: int) -> Iterator[int]:
    """The places of a mask's ones, the lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


class Steps(Protocol):
    """The steps, which of them gives the answer, and what each is made of."""

    answer: int

    @property
    def steps(self) -> Sequence[Expression]:
        """Each step over `c0` and `r0`."""

    @property
    def cone(self) -> list[int]:
        """The steps that the answer is made of, in order."""

    @property
    def depends(self) -> list[int]:
        """For each step the conditions that it depends on, as a bit mask."""

    def constants(self, condition: int, conditions: Sequence[fmpq], results: Sequence[fmpq]) -> dict[str, Value]:
        """Every `c0` and `r0` that does not depend on one condition, at its value."""

    def functions(self, condition: int, conditions: Sequence[fmpq], results: Sequence[fmpq]) -> dict[str, Value]:
        """Every `c0` and `r0` as a function of one condition, the others at their values; raises ExpressionError."""


@dataclass(slots=True, eq=False)
class Told:
    """The words before and behind one step, whether it is an amount in dollars, and what its result counts."""

    before: str
    after: str
    dollars: bool
    unit: str


class Worked(Protocol):
    """A worked formula with its values and what remains in doubt.

    `conditions` and `results` are the values of `c0` and `r0`. `doubts[i]` are the reasons why the i-th condition may
    not be what stands for it in the steps; `near_only[i]` those why the steps may hold near its value only. `answer` is
    the original answer in plain infix, which the steps give.
    """

    conditions: list[fmpq]
    results: list[fmpq]
    doubts: list[list[str]]
    near_only: list[list[str]]
    answer: str

    @property
    def kind(self) -> FormulaKind:
        """Who worked it out."""

    @property
    def reading(self) -> Steps:
        """The steps."""

    def unexplained(self) -> list[str]:
        """The numbers of the answer's steps that nothing explains."""

    def formula(self) -> Formula:
        """The answer over the conditions alone. Raises TooLargeError where it would be too long to write out."""

    def used(self, condition: int) -> str:
        """Where the condition is used, for people: `line 1, line 3`."""

    def told(self, index: int) -> Told:
        """The words around one step."""


def written_out(reading: Steps) -> str:
    """The answer over the conditions alone, in plain infix. Raises TooLargeError where it would be too long."""
    done: dict[str, Expression] = {}
    for index in reading.cone:
        done[f"r{index}"] = replace(
            reading.steps[index], lambda node: done.get(node.name) if isinstance(node, Symbol) else None
        )
    return plain(done[f"r{reading.answer}"])


class WrittenSteps:
    """Steps as a model wrote them, over `c0` and `r0`; the last of them gives the answer."""

    def __init__(self, steps: Sequence[Expression]) -> None:
        self.steps = list(steps)
        self.answer = len(self.steps) - 1

    @cached_property
    def _used(self) -> list[int]:
        """For each step the earlier steps in it, as a bit mask."""
        return [mentioned(step, "r") for step in self.steps]

    @cached_property
    def cone(self) -> list[int]:
        """The steps that the answer is made of, in order."""
        needed = 1 << self.answer
        for index in range(self.answer, -1, -1):
            if needed >> index & 1:
                needed |= self._used[index]
        return list(bits(needed))

    @cached_property
    def depends(self) -> list[int]:
        """For each step the conditions that it depends on, as a bit mask."""
        masks: list[int] = []
        for step, used in zip(self.steps, self._used, strict=True):
            mask = mentioned(step, "c")
            for index in bits(used):
                mask |= masks[index]
            masks.append(mask)
        return masks

    def constants(self, condition: int, conditions: Sequence[fmpq], results: Sequence[fmpq]) -> dict[str, Value]:
        """Every `c0` and `r0` that does not depend on one condition, at its value."""
        values: dict[str, Value] = {f"c{index}": value for index, value in enumerate(conditions) if index != condition}
        return values | {f"r{index}": results[index] for index in self.cone if not self.depends[index] >> condition & 1}

    def functions(self, condition: int, conditions: Sequence[fmpq], results: Sequence[fmpq]) -> dict[str, Value]:
        """Every `c0` and `r0` as a function of one condition, the others at their values; raises ExpressionError."""
        values = self.constants(condition, conditions, results) | {f"c{condition}": UNKNOWN}
        for index in self.cone:
            if f"r{index}" not in values:
                values[f"r{index}"] = bounded(compute(self.steps[index], values))
        return values


def mentioned(step: Expression, letter: str) -> int:
    """The conditions (`c`) or the earlier steps (`r`) that stand in a step, as a bit mask."""
    return sum(1 << int(name[1:]) for name in symbols(step) if name[0] == letter)


def without_reciprocal(node: Expression) -> Expression | None:
    """`48/(1/c1)`, which a division by 2 for "half" gives, as 48*c1."""
    match node:
        case Operation("/", first, Operation("/", Number(value=top), Symbol() as share)) if top == 1:
            return Operation("*", replace(first, without_reciprocal), share)
    return None

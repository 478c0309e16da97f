"""A worked formula: the answer computed step by step over the conditions, whoever worked it out.

Step i is an expression over the conditions (`c0`), earlier steps (`r0`) and constants. A trace reads the steps off a
solution; a model writes them. All that follows (relations, solutions, checks) needs no more than what stands here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from flint import fmpq

from generation.verification.expression import Expression, Symbol, plain, replace
from generation.verification.rational_function import Value
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

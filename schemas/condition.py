"""Condition: a known quantity in a question."""

from fractions import Fraction
from functools import cached_property
from typing import Literal

from schemas.model import Model

ConditionKind = Literal[
    "integer",  # 48, 1,000
    "decimal",  # 3.75, .5
    "fraction",  # 1/2
    "mixed",  # 2 1/2
    "percent",  # 20%, 20 percent: the value is 20, the unit %
    "money",  # $5, $1,000.50: the unit is the currency sign
    "number_word",  # twenty-five
    "fraction_word",  # half, two-thirds, a quarter
    "multiple_word",  # twice, double, triple
    "collective_word",  # a dozen, a pair, a couple
]


class Condition(Model):
    """A known quantity in the question.

    `question[start:end] == text`, the whole quantity with its `$` or `%`; `value` is exact (`1000`, `1/2`, `15/4`);
    `unit` is the currency sign, `%`, or the word that the quantity counts, where there is one.
    """

    start: int
    end: int
    text: str
    value: str
    kind: ConditionKind
    unit: str | None = None

    @cached_property
    def number(self) -> Fraction:
        """The value as an exact fraction."""
        return Fraction(self.value)

"""Every known quantity of a question, in order."""

import string

from generation.conditions.latex import FILLER, plain_text
from generation.conditions.number_words import find_number_words
from generation.conditions.numerals import find_numerals
from generation.conditions.quantity import Quantity
from generation.conditions.units import unit_after
from schemas.condition import Condition
from schemas.problem import Notation

MAX_CONDITIONS = 500
"""Conditions of one question; what comes behind them is not read."""

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)  # other letters may change in length
_OPERATORS = tuple("=+-*/<>(&" + FILLER)


def find_conditions(question: str, notation: Notation) -> tuple[Condition, ...]:
    """The known quantities of a question, in order and without overlap, at most MAX_CONDITIONS.

    In the notation `latex` the question is read as LaTeX: `\\frac{1}{2}`, `20\\%`, `\\$5`; no exponents or subscripts.
    Never raises; what is no quantity (a clock time, an ordinal, a number of too many digits) is left out.
    """
    fractions: list[Quantity] = []
    text = question
    if notation == "latex":
        text, fractions = plain_text(question)
    text = text.lower() if text.isascii() else text.translate(_LOWER)
    found = []
    end = 0
    for quantity in sorted((*fractions, *find_numerals(text), *find_number_words(text))):
        if quantity.start >= end:
            found.append(_condition(question, text, quantity, notation == "latex"))
            end = quantity.end
            if len(found) == MAX_CONDITIONS:
                break
    return tuple(found)


def _condition(question: str, text: str, quantity: Quantity, latex: bool) -> Condition:
    start, end, value, kind, sign = quantity
    return Condition(
        start=start,
        end=end,
        text=question[start:end],
        value=str(value),
        kind=kind,
        unit=sign or _unit(text, quantity, latex),
    )


def _unit(text: str, quantity: Quantity, latex: bool) -> str | None:
    if quantity.kind == "multiple_word":
        return None
    if latex and text[: quantity.start][-4:].rstrip()[-1:] in _OPERATORS:
        return None  # the end of an equation, and the words behind it say something else
    unit = unit_after(text, quantity.end, single=quantity.value <= 1)
    return None if latex and unit and len(unit) == 1 else unit  # the 3 of 3x

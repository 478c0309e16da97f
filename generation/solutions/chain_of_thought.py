"""Solutions in natural language: what each step calculates, proved by exact arithmetic.

Only what is read without doubt is proved or refuted: an equality that begins behind "half of", counts in dozens, or
looks rounded is undecided. The unknown is worth the hidden value, and a letter of the solution's own what the solution
says it is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from generation.conditions.finder import find_conditions
from generation.formulas.equalities import read_runs, read_side
from generation.solutions.doubts import calculates, goes_on
from generation.solutions.equality import Equality, equalities
from generation.solutions.plain_lines import plain_lines
from generation.verification.expression import numbers, symbols
from schemas.check import Outcome

MAX_STEP = 1_000
"""Characters of a step that are read."""
MAX_LETTERS = 8
"""Letters of a solution's own that are given a value, and statements of one line that give them one."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of one step.

    `outcome` is `pass` where all its equalities hold, `fail` where one is false, and None where it writes none.
    `equation` is the last of them in plain infix, or the first that is false; None where there is a doubt about one.
    `calculates` is true where one of them does more than name a value. `shown` are the numbers of those that hold and
    the values of their names, and of arithmetic that stands alone; `stated` are the numbers, in digits, in the words
    around them.
    """

    outcome: Outcome | None
    reason: str
    equation: str | None = None
    calculates: bool = False
    shown: frozenset[Fraction] = frozenset()
    stated: frozenset[Fraction] = frozenset()


def prove(steps: Sequence[str], unknown: str, hidden: Fraction) -> list[Proof]:
    """One proof a step, with the unknown worth the hidden value. Never raises, whatever the steps say.

    `unknown` is empty where the question has no letter for it.
    """
    lines = [plain_lines(step) if len(step) <= MAX_STEP else [] for step in steps]
    either_case = {unknown, unknown.swapcase()} - {"", "a", "A", "I"}
    values = _with_own_letters([line for of_step in lines for line in of_step], dict.fromkeys(either_case, hidden))
    return [
        _proof(of_step, values, unknown)
        if len(step) <= MAX_STEP
        else Proof("undecided", f"a step of {len(step)} characters, more than {MAX_STEP}")
        for step, of_step in zip(steps, lines, strict=True)
    ]


def _proof(lines: Sequence[str], values: Mapping[str, Fraction], unknown: str) -> Proof:
    found: list[Equality] = []
    shown: set[Fraction] = set()
    stated: set[Fraction] = set()
    for line in lines:
        in_line = equalities(line, values, unknown)
        found += in_line
        words = line
        for equality in in_line:
            words = words[: equality.start] + ";" * (equality.end - equality.start) + words[equality.end :]
            if equality.outcome == "pass":
                for side in equality.sides:
                    shown |= {side.value, *(number.value for number in numbers(side.expression))}
                    shown |= {values[name] for name in symbols(side.expression)}
        stated |= {condition.number for condition in find_conditions(words, "text") if condition.kind in _IN_DIGITS}
        shown |= _alone(words, values)
    worst = next((e for e in found if e.outcome == "fail"), None) or next(
        (e for e in found if e.outcome == "undecided"), found[-1] if found else None
    )
    if worst is None:
        return Proof(None, "no equality", shown=frozenset(shown), stated=frozenset(stated))
    return Proof(
        worst.outcome,
        worst.reason,
        worst.equation if worst.outcome != "undecided" else None,
        any(equality.calculates for equality in found),
        frozenset(shown),
        frozenset(stated),
    )


_IN_DIGITS = ("integer", "decimal", "fraction", "mixed", "percent", "money")


def _alone(words: str, values: Mapping[str, Fraction]) -> set[Fraction]:
    """The values of arithmetic without a result: "the total is 48 + 24"."""
    sides = [read_side(*run[0], values) for run in read_runs(words, frozenset(values)) if len(run) == 1]
    return {side.value for side in sides if side is not None and calculates(side.expression)}


_NAME = r"([B-HJ-Zb-z])(?![A-Za-z0-9_'’])"
_LETTER = rf"(?<![A-Za-z0-9_'’]){_NAME}"
_LETTER_IS = re.compile(rf"{_LETTER}\s*=\s*")
_SIGNS = tuple("+-*/×÷−–^(=")
_LETTER_COUNTS = re.compile(rf"{_LETTER}(?=\s*[-+*/^=)])|(?<=[-+*/^=(])\s*{_LETTER}|(?<=[0-9)])\s?{_NAME}")


def _with_own_letters(lines: Sequence[str], values: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """The values with those of the letters that the solution says are one number: m = x/2, C = 24/3 = 8, D = C + 1.

    A letter of which nothing is said, a unit or an unknown, gets a value that proves nothing but what holds for all.
    """
    known = dict(values)
    for _ in range(MAX_LETTERS):
        said: dict[str, set[Fraction]] = {}
        for line in lines:
            for match in islice(_LETTER_IS.finditer(line), MAX_LETTERS):
                if match[1] not in known and line[: match.start()].rstrip()[-1:] not in _SIGNS:
                    said.setdefault(match[1], set()).update(_value_at(line, match.end(), known))
        new = {letter: next(iter(found)) for letter, found in said.items() if len(found) == 1}
        if not new or len(known) + len(new) > MAX_LETTERS:
            break
        known |= new
    for line in lines:
        for match in _LETTER_COUNTS.finditer(line):
            letter = match[match.lastindex or 0]
            if letter not in known and len(known) < 2 * MAX_LETTERS:
                known[letter] = Fraction(10**24 + 39 * len(known) ** 3, 10**21 + 117)
    return known


def _value_at(line: str, position: int, values: Mapping[str, Fraction]) -> set[Fraction]:
    """The values of the sides of the run that begins at the position, more than one where they differ."""
    rest = line[position:]
    run = next(iter(read_runs(rest, frozenset(values))), [])
    if not run or rest[: run[0][1]].strip() or goes_on(rest, run[-1][1] + len(run[-1][0].rstrip())):
        return set()
    sides = [read_side(text, offset, values) for text, offset in run]
    return {side.value for side in sides if side is not None}

"""Error kinds: how an answer that is not right goes wrong, told by rules from what the solution writes.

The rules are asked in the order of `schemas.failures.ErrorKind`; the first that holds is taken. They read equalities
only, and compare numbers by value: a calculation in words is not seen, and a number that happens to equal one of the
question's is taken for it. So a kind is what the text shows, not what the model thought.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np

from curation.process_labels.lines import value_of, values_in
from generation.conditions.finder import find_conditions
from generation.formulas.equalities import NUMERAL
from schemas.evaluation import Answered
from schemas.failures import ErrorKind, ErrorShare
from training.failures.claims import Claims, read_claims
from training.failures.slices import Part, parts, shares
from training.solution import read

_EVERYDAY = frozenset(Fraction(each) for each in (0, 1, 2, 4, 7, 10, 12, 24, 30, 52, 60, 100, 365, 1000))
"""Numbers that need no explanation: halves, quarters, weeks, dozens, days, hours, percent."""

_RESULT = re.compile(rf"[=≈]\s*[-$€£\\({{]*({NUMERAL})")
_MOST_NUMBERS = 80

KINDS: tuple[ErrorKind, ...] = (
    "no_answer",
    "undecided",
    "copied_original",
    "arithmetic",
    "irrelevant_condition",
    "wrong_relation",
    "no_calculation",
)


class Error(NamedTuple):
    """The kind, and what the rule saw."""

    kind: ErrorKind
    why: str


def error(row: Answered) -> Error | None:
    """How the answer goes wrong; None where it is right."""
    if row.outcome == "equal":
        return None
    if row.answer is None:
        return Error("no_answer", "no answer can be read" if row.finished else "cut off before an answer")
    if row.outcome == "undecided":
        return Error("undecided", row.reason)
    if row.leaked:
        return Error("copied_original", f"the original answer is {row.original_answer}")
    claims = read_claims(read(row.completion).steps)
    if claims.false:
        return Error("arithmetic", claims.false[0])
    if not claims.read:
        return Error("no_calculation", "it writes no calculation")
    why = _irrelevant(row, claims)
    if why is not None:
        return Error("irrelevant_condition", why)
    stated = any(_among(each, frozenset(claims.results)) for each in values_in(row.answer))
    return Error(
        "wrong_relation", "what it calculates is true" + ("" if stated else ", and its answer is no result of it")
    )


def error_shares(run: str, answers: Sequence[Answered], seed: int) -> list[ErrorShare]:
    """The share of each kind that occurs, by set and kind of question."""
    return [each for part in parts(answers) for each in _of_part(run, part, seed)]


def _of_part(run: str, part: Part, seed: int) -> list[ErrorShare]:
    told = [each.kind if (each := error(row)) else None for row in part.rows]
    seen = [kind for kind in KINDS if kind in told]
    if not seen:
        return []
    of_kinds = np.array([[each == kind for kind in seen] for each in told], float)
    found = shares(of_kinds, [np.ones(len(told), bool)] * len(seen), part.problems, seed)
    return [
        ErrorShare(run=run, set=part.set, kind=part.kind, error=kind, answers=told.count(kind), share=share)
        for kind, share in zip(seen, found, strict=True)
    ]


def _irrelevant(row: Answered, claims: Claims) -> str | None:
    """What a calculation uses that it should not, None where there is nothing of the kind."""
    asked, needed = _numbers(row.question), _numbers(row.reference)
    if not any(_among(each, asked) for each in values_in(row.completion)):
        return "it writes none of the question's numbers"
    known = asked | needed | _EVERYDAY
    shown = _results(row.completion)
    for number, before in sorted(claims.told.items()):
        if not _among(number, known | before | shown) and not _among(number, _one_away(known | before)):
            return f"nothing explains {number}"
    if row.reference:
        for each in sorted(claims.given - _EVERYDAY - claims.results):
            if each >= 1 and _among(each, asked) and not _among(each, needed):
                return f"the reference does not need {each}"
    return None


def _results(text: str) -> frozenset[Fraction]:
    """The numbers right behind a sign of equality, also of what is not read as a calculation."""
    return frozenset(value for found in _RESULT.finditer(text) if (value := value_of(found[1])) is not None)


def _one_away(numbers: frozenset[Fraction]) -> frozenset[Fraction]:
    """What one calculation that is not written may have made of two of the numbers, of so many at most."""
    pairs = list(combinations_with_replacement(sorted(numbers)[:_MOST_NUMBERS], 2))
    quotients = {x / y for a, b in pairs for x, y in ((a, b), (b, a)) if y}
    return frozenset({a + b for a, b in pairs} | {a - b for a, b in pairs} | {a * b for a, b in pairs} | quotients)


@lru_cache(maxsize=4096)
def _numbers(text: str) -> frozenset[Fraction]:
    """The numbers of a text in digits and in words, and the parts of fractions among them."""
    told = {each.number for each in find_conditions(text, "text")}
    parts_ = {Fraction(part) for each in told if each.denominator != 1 for part in each.as_integer_ratio()}
    return frozenset(values_in(text) | told | parts_)


def _among(value: Fraction, numbers: frozenset[Fraction]) -> bool:
    """Whether it is one of them, also as a percentage, or with the other sign."""
    return any(each in numbers for each in (value, -value, value * 100, value / 100))

"""Claims: the equalities that a solution writes, and which of them exact arithmetic refutes.

A claim is refuted only where nothing but arithmetic is at stake. What may be rounded, may have changed its unit, or
stands behind words that calculate ("half of 30 + 20 = 35") is let pass: a solution is never called false by mistake of
the reader's, at the price of errors that are not seen.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from generation.formulas.algebra import own_letters
from generation.formulas.calculations import MAX_LINE, MAX_LINES, clean
from generation.formulas.equalities import Side, read_runs, read_side, states
from generation.formulas.latex import plain_text
from generation.verification.expression import Number, Symbol, symbols

_LATEX = re.compile(r"\\[A-Za-z(\[]|\$[^$]*\$")
_CALCULATES = re.compile(
    r"(?:[-+*/×÷·^%|~≈≠<>_{}\\]|\b(?:of|times|plus|minus|by|per|over|less|more|than|half|halves|thirds?|fourths?|quarters?|"
    r"fifths?|twice|thrice|doubled?|tripled?|squared?|cubed?|root|factorial|mod|percent|and|choose|"
    r"[b-zB-Z]))\s*\Z",
    re.I,
)
"""What stands before arithmetic and may belong to it."""
_GOES_ON = re.compile(r"\s*(?:[-+*/×÷·^!%|≈~_{}\\]|(?:times|plus|minus|divided|of|percent|remainder|r|R)\b)|\.\d|\d")
"""What stands behind arithmetic and may belong to it."""
_DOUBTFUL = re.compile(
    r"[0-9][A-Za-z]|[A-Za-z]\s*\(|\)[A-Za-z]|\s{3}[A-Za-z][^=]*=|"
    r"\b(?:of|is|are|was|were|into|as|and|or|than|per|for|to|at|i)\b",
    re.I,
)
"""What within arithmetic makes another thing of it: `2nd`, `f(2)`, "3 and 4"."""
_BULLET = re.compile(r"\A\s*(?:[-–*•]|\(?[0-9a-z]{1,2}[.)])\s+")
_ASIDE = re.compile(r"\([A-Za-z][A-Za-z'’ -]+\)")
"""Words in brackets: `7995 (in all) - 2595 (of the first kind)`."""
_MIXED = re.compile(r"[0-9]\s*\\[dt]?frac")
_UNITS = frozenset(Fraction(each) for each in (100, 60, 3600, 12, 24, 7, 1000, 10, 16, 3, 4, 30, 52, 365, 36))
"""What a change of unit multiplies or divides by: cents, minutes, dozens, weeks, metres, ounces, feet."""
_LONE_LETTER = re.compile(r"(?<![A-Za-z'’])[A-Za-z](?![A-Za-z'’])")
_MOST_CHARACTERS = 4 * MAX_LINE
_PLACES = 12
_MOST_LETTERS = 6
_PROBES = (Fraction(0), Fraction(1), Fraction(2))


@dataclass(slots=True)
class Claims:
    """What a solution claims: `false` are the equalities that are refuted, as they are written.

    `given` are the numbers that its calculations begin with: those that are no result of an earlier one. Those of
    `told` stand in calculations without letters, each with the results before it, which may explain it. `results` are
    what all of them come to, and `read` counts the equalities.
    """

    false: list[str] = field(default_factory=list)
    given: set[Fraction] = field(default_factory=set)
    told: dict[Fraction, frozenset[Fraction]] = field(default_factory=dict)
    results: set[Fraction] = field(default_factory=set)
    read: int = 0


@dataclass(slots=True)
class _Unknown:
    """What the solution says of a letter: the roots of its equations, and the values that it is told to have."""

    roots: dict[Fraction, str] = field(default_factory=dict)
    assigned: dict[Fraction, str] = field(default_factory=dict)
    linear: bool = True

    @property
    def contradiction(self) -> list[str]:
        """Two equations that cannot both hold; none where the letter has several values by cases, or by its powers."""
        told = [*self.roots.items(), *self.assigned.items()]
        if not self.linear or not self.roots or len(self.assigned) > 1:
            return []
        first, text = told[0]
        other = next((each for value, each in told if not _same(first, value)), None)
        return [text, other] if other else []


def read_claims(steps: Sequence[str]) -> Claims:
    """The claims of a solution's steps; of more than MAX_LINES lines, or MAX_LINE characters, what stands in them."""
    lines = [line[:MAX_LINE] for step in steps[:MAX_LINES] for line in _lines(step)][:MAX_LINES]
    letters = frozenset(sorted(own_letters("\n".join(lines)))[:_MOST_LETTERS])
    found = Claims()
    unknowns = {letter: _Unknown() for letter in letters}
    for line in lines:
        for run in _runs(clean(line).strip(), letters):
            for left, right in pairwise(run):
                _read(found, unknowns, left, right, letters)
    found.false += [
        f"{letter}: {' but '.join(told)}" for letter, each in unknowns.items() if (told := each.contradiction)
    ]
    return found


def _lines(step: str) -> Iterator[str]:
    """The lines of a step in plain infix; none that writes a mixed number, which reads like a product."""
    for line in step[:_MOST_CHARACTERS].split("\n"):
        if not _MIXED.search(line):
            plain = plain_text(line) if _LATEX.search(line) else line
            yield from (_ASIDE.sub(" ", _BULLET.sub("", each)) for each in plain.split("\n"))


def _runs(line: str, letters: frozenset[str]) -> Iterator[list[tuple[str, int]]]:
    """The runs of sides joined by `=`, without those that words or signs around them may belong to."""
    found = read_runs(line, letters)
    ends = [run[-1][1] + len(run[-1][0]) for run in found]
    for place, run in enumerate(found):
        before = line[ends[place - 1] if place else 0 : run[0][1]]
        behind = line[ends[place] :]
        joined = (place and not before.strip()) or (place + 1 < len(found) and found[place + 1][0][1] == ends[place])
        if len(run) > 1 and not joined and not _CALCULATES.search(before.rstrip()) and not _GOES_ON.match(behind):
            yield run


def _read(
    found: Claims,
    unknowns: Mapping[str, _Unknown],
    left: tuple[str, int],
    right: tuple[str, int],
    letters: frozenset[str],
) -> None:
    """Take in one equality: as arithmetic, or as an equation in one letter."""
    first, second = _sides(left, letters), _sides(right, letters)
    if first is None or second is None:
        return
    found.read += 1
    text = f"{left[0].strip()} = {right[0].strip()}"
    names = symbols(first[0].expression) | symbols(second[0].expression)
    doubtful = _DOUBTFUL.search(_without(text, letters)) is not None
    if not names:
        _arithmetic(found, first[0], second[0], "" if doubtful else text)
        return
    found.given |= {each.value for side in (first[0], second[0]) for each in side.numbers} - found.results
    if len(names) == 1 and not doubtful:
        _equation(found, unknowns[next(iter(names))], first, second, text)


def _without(text: str, letters: frozenset[str]) -> str:
    """The text with blanks for letters that stand for numbers."""
    return _LONE_LETTER.sub(lambda found: "·" if found[0] in letters else found[0], text)


def _sides(side: tuple[str, int], letters: frozenset[str]) -> tuple[Side, ...] | None:
    """The side where every letter is 0, 1 and 2; None where it is no arithmetic there."""
    read = [read_side(*side, dict.fromkeys(letters, probe)) for probe in (_PROBES if letters else _PROBES[:1])]
    told = tuple(each for each in read if each is not None)
    return told if len(told) == len(read) else None


def _equation(found: Claims, unknown: _Unknown, left: tuple[Side, ...], right: tuple[Side, ...], text: str) -> None:
    """Of a linear equation the root; where the letter goes out, it is false or says nothing."""
    zero, one, two = (a.value - b.value for a, b in zip(left, right, strict=True))
    slope = one - zero
    if two - one != slope:
        unknown.linear = False
    elif slope:
        root = -zero / slope
        found.results.add(root)
        bare = any(isinstance(side[0].expression, Symbol) for side in (left, right))
        kept = unknown.assigned if bare and not (left[0].numbers and right[0].numbers) else unknown.roots
        if not any(_same(root, other) for other in kept):
            kept[root] = text
    elif zero:
        found.false.append(text)


def _arithmetic(found: Claims, left: Side, right: Side, text: str) -> None:
    """Take in `a = b`, which is not refuted where it has no text.

    A run may go on with the result, as `3/2 = 1.5 + 3 = 4.5` does.
    """
    begins = right.numbers[0].value if right.numbers else right.value
    goes_on = len(right.numbers) > 1 and (begins == left.value or _rounds(left.value, begins))
    inputs = {each.value for each in left.numbers} if len(left.numbers) > 1 else set()
    found.given |= inputs - found.results
    for each in inputs - found.results:
        found.told.setdefault(each, frozenset(found.results))
    found.results.add(begins if goes_on else right.value)
    found.results.add(left.value)
    if text and len(left.numbers) > 1 and not (goes_on or states(right, left.value) or _may_pass(left.value, right)):
        found.false.append(text)


def _may_pass(value: Fraction, right: Side) -> bool:
    """Whether the right side may be the value rounded or cut off, or in another unit."""
    if isinstance(right.expression, Number) and _rounds(value, right.value):
        return True
    if not value or not right.value:
        return False
    ratio = abs(value / right.value)
    return ratio in _UNITS or 1 / ratio in _UNITS


def _same(left: Fraction, right: Fraction) -> bool:
    """Whether they are equal, or one is the other rounded."""
    return left == right or _rounds(left, right) or _rounds(right, left)


def _rounds(value: Fraction, written: Fraction) -> bool:
    """Whether the written number is the value to as many places as it has, rounded or cut off."""
    places = next((each for each in range(_PLACES) if (written * 10**each).denominator == 1), None)
    return places is not None and value.denominator != 1 and abs(value - written) < Fraction(1, 10**places)

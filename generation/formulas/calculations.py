"""The calculations of a solution, annotated or written in its text, in the order in which they are made."""

import re
from dataclasses import dataclass, field
from fractions import Fraction

from generation.formulas.algebra import mentions, own_letters, solved_equations
from generation.formulas.equalities import NUMERAL, Side, read_equalities, read_side, states
from generation.formulas.latex import plain_text
from generation.verification.expression import (
    Call,
    Expression,
    ExpressionError,
    Negation,
    Number,
    Percent,
    evaluate,
    numbers,
    parse,
)
from schemas.problem import Problem

MAX_LINES = 60
"""Lines of a solution that are read."""
MAX_LINE = 1_000
"""Characters of a line that are read for calculations."""
MAX_CALCULATIONS = 80
"""Calculations of a solution that are read."""


@dataclass(slots=True, eq=False)
class Calculation:
    """One value that the solution computes.

    `forms` are the expressions that the solution writes for it, `5*3 + 5*8` and then `15 + 40`; all have the exact
    `value`. `units` maps a number of a form to the words behind it in the text ("2 squirrels"), `unit` are those
    behind the result, and `line` is the index of the solution's line. `percent` is true where the result is written
    with a percent sign, so that 80, 80% and 0.8 may all mean it; `annotated` where the source marked the calculation.
    `texts` are the forms as the text writes them, without spaces. `algebra` is true where its line speaks of an unknown
    of the solution's own.
    `text[span[0]:span[1]]` is the calculation with its result as the line (without annotations) writes it.
    """

    forms: list[Expression]
    value: Fraction
    line: int
    text: str
    unit: str = ""
    percent: bool = False
    annotated: bool = False
    span: tuple[int, int] = (0, 0)
    units: dict[Number, str] = field(default_factory=dict)
    algebra: bool = False
    texts: frozenset[str] = frozenset()

    @property
    def ratio(self) -> tuple[int, int]:
        """The value as numerator and denominator: quick to compare."""
        return self.value.as_integer_ratio()


_ANNOTATION = re.compile(r"<<([^<>]*)>>")
_RESULT_UNIT = re.compile(r"[\s$€£]*[\d,.]+\s*%?[\s-]*((?:[A-Za-z']+ ?){0,4})")
_PERCENT = re.compile(r"\s*[\d,.]+\s*%")


def read_calculations(problem: Problem) -> tuple[list[str], list[Calculation]]:
    """The solution's lines, and every calculation in them whose arithmetic holds exactly, in order.

    What does not parse or does not hold is left out: a number that came from it is then explained by nothing.
    """
    if problem.notation == "equation":
        return [problem.solution], _from_equation(problem.solution)
    text = plain_text(problem.solution) if problem.notation == "latex" else problem.solution
    lines = [line[:MAX_LINE] for line in text.split("\n")[:MAX_LINES]]
    found = [calculation for index, line in enumerate(lines) for calculation in _read_line(line, index)]
    cleaned = [clean(line) for line in lines]
    return cleaned, _with_algebra(found, cleaned)[:MAX_CALCULATIONS]


def _with_algebra(found: list[Calculation], lines: list[str]) -> list[Calculation]:
    """The calculations with the equations that the solution solves for a letter of its own.

    An equation's form joins the calculation that works its last step out, `C = 24/3 = 8`; else it is one of its own.
    """
    letters = own_letters("\n".join(lines))
    if not letters:
        return found
    for calculation in found:
        calculation.algebra = mentions(lines[calculation.line], letters)
    own: dict[tuple[str, Fraction], Calculation] = {}
    for line, letter, value, form in solved_equations(lines):
        last = next((c for c in found if c.algebra and c.value == value and c.line >= line), None)
        if last is not None and not any(c is last for c in own.values()):
            last.forms.append(form)
        elif (letter, value) in own:
            own[letter, value].forms.append(form)
        else:
            own[letter, value] = Calculation([form], value, line, lines[line], algebra=True)
    return sorted([*found, *own.values()], key=lambda calculation: calculation.line)


def _from_equation(text: str) -> list[Calculation]:
    """The one calculation of `10/3 = 10/3`: the left side, where the right one has its value."""
    left, _, right = text.partition("=")
    try:
        expression = parse(left)
        value = evaluate(expression)
        if evaluate(parse(right)) != value or len(numbers(expression)) < 2:
            return []
    except ExpressionError:
        return []
    return [Calculation([expression], value, 0, text, span=(0, len(text)))]


def clean(line: str) -> str:
    """The line as a person reads it, without annotations."""
    return _ANNOTATION.sub("", line)


def _read_line(line: str, index: int) -> list[Calculation]:
    """The calculations of one line: each run of `a = b = c` whose sides are arithmetic, annotated or not."""
    if "=" not in line:
        return []
    text = ""
    marks: list[tuple[int, str]] = []
    position = 0
    for match in _ANNOTATION.finditer(line):
        text += line[position : match.start()]
        marks.append((len(text), match[1]))
        position = match.end()
    text += line[position:]
    found: list[tuple[int, Calculation]] = [
        (start, calculation)
        for sides in read_equalities(text)
        for start, calculation in _from_sides(sides, text, index)
    ]
    for where, annotation in marks:
        # The text mostly writes out what the annotation marks; where it does so in other terms, that is another form.
        before = [other for start, other in found if start <= where and not other.annotated]
        left = annotation.partition("=")[0].replace(" ", "")
        same = next((other for other in reversed(before) if left in other.texts), None)
        if same is not None:
            same.annotated = True
            continue
        calculation = _from_annotation(annotation, where, text, index)
        if calculation is None:
            continue
        near = next((other for other in reversed(before) if other.value == calculation.value), None)
        if near is not None:
            near.annotated = True
            near.units.update(_units_like(calculation.forms[0], near))
            near.forms = [*calculation.forms, *near.forms]
        else:
            found.append((where, calculation))
    found.sort(key=lambda item: item[0])
    return [calculation for _, calculation in found]


def _from_sides(sides: list[tuple[str, int]], text: str, line: int) -> list[tuple[int, Calculation]]:
    """The calculations of `a = b = c`, each with the offset of its result.

    Sides of one value are forms of one calculation. A run such as `3/2 = 1.50 + 3 = 4.50` holds two: where the value
    changes, the number that the next side begins with is the result of the side before.
    """
    found: list[tuple[int, Calculation]] = []
    forms: list[Side] = []
    for side in [read_side(text, offset) for text, offset in sides]:
        if side is None:
            forms = []
            continue
        if forms and states(side, forms[0].value):
            forms.append(side)
        elif forms and side.numbers[0].value == forms[0].value:
            found.append(_calculation(forms, side, text, line))
            forms = [side]
        else:
            forms = [side]
            continue
        if len(forms) > 1 and isinstance(side.expression, Number | Percent | Negation):
            found.append(_calculation(forms[:-1], side, text, line))
            forms = [side]
    return [(offset, calculation) for offset, calculation in found if calculation.forms]


def _calculation(forms: list[Side], result: Side, text: str, line: int) -> tuple[int, Calculation]:
    """The calculation of these forms, whose result begins the side that follows them."""
    unit = _RESULT_UNIT.match(text, result.offset)
    written = [side for side in forms if len(side.numbers) > 1 or isinstance(side.expression, Call)]
    units = {node: words for side in written for node, words in side.units.items()}
    expressions = [side.expression for side in written]
    percent = isinstance(result.expression, Percent)
    span = (_skip_space(text, forms[0].offset), _result_end(text, result.offset))
    return result.offset, Calculation(
        expressions,
        forms[0].value,
        line,
        text,
        unit=unit[1] if unit else "",
        percent=percent,
        span=span,
        units=units,
        texts=frozenset(side.text for side in written),
    )


_RESULT = re.compile(rf"\s*-?\s*[$€£]?\s?{NUMERAL}")


def _result_end(text: str, offset: int) -> int:
    """Where the number that begins at the offset ends."""
    match = _RESULT.match(text, offset)
    return match.end() if match else offset


def _skip_space(text: str, offset: int) -> int:
    while offset < len(text) and text[offset] == " ":
        offset += 1
    return offset


def _from_annotation(annotation: str, where: int, text: str, line: int) -> Calculation | None:
    """A calculation from `48/2=24`; None where it is malformed, does not hold, or computes nothing."""
    left, equals, right = annotation.partition("=")
    if not equals or "=" in right:
        return None
    try:
        expression = parse(left)
        value = evaluate(expression)
        stated_expression = parse(right)
        stated = evaluate(stated_expression)
    except ExpressionError:
        return None
    if value != stated or len(numbers(expression)) < 2:
        return None
    unit = _RESULT_UNIT.match(text, where)
    percent = isinstance(stated_expression, Percent) or _PERCENT.match(text, where) is not None
    return Calculation(
        [expression], value, line, text, unit[1] if unit else "", percent, True, (where, _result_end(text, where))
    )


def _units_like(expression: Expression, calculation: Calculation) -> dict[Number, str]:
    """The words of a written form, for the numbers of the same values in another form."""
    known = {number.value: unit for number, unit in calculation.units.items() if unit}
    return {number: known[number.value] for number in numbers(expression) if number.value in known}

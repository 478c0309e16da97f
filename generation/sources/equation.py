"""The equations of the equation-annotated sources: as one solution, `56*9=504`, held against the given answer."""

import re
from fractions import Fraction

from generation.sources.errors import RowError
from generation.sources.number import decimal_text
from generation.verification.expression import ExpressionError, evaluate, parse

_SAME = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "[": "(", "]": ")"})
_WHOLE = re.compile(r"(?<![\d.])(\d+)\.0*(?!\d)")
_OPERATORS = "+-*/^"


def solved(expression: str, given: str) -> tuple[str, str]:
    """The equation `expression=answer` and its exact answer, which `given`, an exact number, must agree with.

    A given answer that is the exact one rounded to its own decimals (0.333 for 1/3) agrees; a whole number never
    counts as rounded, since 3 for 10/3 may as well be a count of what fits. Raises RowError otherwise.
    """
    plain = tidy(expression)
    try:
        value = evaluate(parse(plain))
    except ExpressionError as error:
        raise RowError(f"the equation is not plain arithmetic: {error}") from error
    answer = decimal_text(value)
    difference = abs(value - Fraction(given))
    if difference:
        _, _, decimals = given.partition(".")
        places = len(decimals.rstrip("0"))
        if not places or difference > Fraction(1, 2 * 10**places):
            raise RowError(_disagreement(answer, given, difference))
    return f"{plain}={answer}", answer


def tidy(expression: str) -> str:
    """The expression without spaces, outer brackets and `.0`: `( 290.0 / 2.0 )` is `290/2`."""
    plain = _WHOLE.sub(r"\1", re.sub(r"\s+", "", expression).translate(_SAME))
    while plain.startswith("(") and _closing(plain) == len(plain) - 1:
        plain = plain[1:-1]
    return plain


def _closing(text: str) -> int:
    """Where the bracket that opens the text is closed; -1 where it is not."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if not depth:
            return position
    return -1


def infix(prefix: list[str]) -> str:
    """Prefix notation as infix, an operand that calculates in brackets: `* + 2 3 4` is `(2+3)*4`.

    Raises RowError where the operators and the operands do not match.
    """
    stack: list[str] = []
    for token in reversed(prefix):
        if token not in _OPERATORS:
            stack.append(token)
        elif len(stack) < 2:
            raise RowError(f"the equation has too few operands for {token}")
        else:
            left, right = stack.pop(), stack.pop()
            stack.append(f"({left}{token}{right})")
    if len(stack) != 1:
        raise RowError(f"the equation has {len(stack)} parts that no operator joins")
    return stack[0]


def _disagreement(answer: str, given: str, difference: Fraction) -> str:
    shown = answer if len(answer) <= 60 else f"{answer[:57]}..."
    if difference * 1_000 < abs(Fraction(answer)):
        return f"the answer {given} is rounded, and not to its last digit: the equation gives {shown}"
    return f"the equation gives {shown}, the answer says {given}"

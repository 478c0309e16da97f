"""Values, relations and sets compared by computer algebra, exactly. Runs in the killable worker only.

What plain arithmetic covers is built node by node from our own tree; for other notation (functions, sums, binomials)
math-verify's parser reads the text, which has passed `bounds` before. Decimals are fractions by then: no float takes
part in a claim of equality. "Unequal" rests on a difference that is certainly not zero, at 40 digits, at some point.
"""

import re
from functools import lru_cache
from itertools import product
from typing import Any

import sympy
from latex2sympy2_extended import NormalizationConfig
from math_verify import LatexExtractionConfig, parse
from sympy.core.function import AppliedUndef

from generation.verification.answer_form import Bracket, Form, Listing, Relation, Scalar, Union, read_form
from generation.verification.comparison import compare
from generation.verification.exactness import DIGITS, is_apart_from_zero, is_zero
from generation.verification.expression import ExpressionError, UndefinedValueError
from generation.verification.expression import parse as parse_plain
from generation.verification.infix import infix
from generation.verification.notation import UnreadableError
from generation.verification.plain_judge import PlainJudge
from generation.verification.sympy_tree import CONSTANTS, sympy_tree
from generation.verification.verdict import Verdict

POINTS = (
    sympy.Rational(7, 3), sympy.Rational(5, 11), sympy.Rational(29, 13), sympy.Rational(17, 19), sympy.Rational(37, 7),
    sympy.Rational(3, 23),
)  # fmt: skip
"""Values for the names, where two expressions are tried."""

_LATEX = [
    LatexExtractionConfig(
        normalization_config=NormalizationConfig(
            basic_latex=False, units=False, malformed_operators=False, nits=False, boxed="none", equations=False
        )
    )
]
_DECIMAL = re.compile(r"(?<![0-9.])([0-9]*)\.([0-9]+)(?![0-9.])")
_DEGREES = re.compile(r"(?<![0-9.])([0-9]+)\s*\^\{\\circ\}")
_UNSUPPORTED = re.compile(r"['\[\]&:<>=]|[0-9]\s+[0-9]|[0-9)}]\s*_|\\(?:text|circ|triangle|emptyset)(?![A-Za-z])")
_RANGE = re.compile(r"\\(?:sum|prod)\s*_\s*\{\s*[a-z]\s*=")
_CAPITAL = re.compile(r"(?<![\\A-Za-z])[A-Z]|(?<=[A-Z])[A-Z]")
_UNEVALUATED = (sympy.Sum, sympy.Product, sympy.Integral, sympy.Limit, AppliedUndef)


def decide(gold: str, answer: str) -> tuple[str, str]:
    """Outcome and reason for two answers, as text. Raises ExpressionError where one cannot be read."""
    verdict = compare(read_form(gold), read_form(answer), AlgebraJudge())
    return verdict.outcome, verdict.reason


class AlgebraJudge:
    """Decides values, relations and sets by exact algebra; what it cannot read or prove is undecided."""

    def values(self, gold: str, answer: str) -> Verdict:
        plain = PlainJudge().values(gold, answer)
        if not plain.open:
            return plain
        if _two_logarithms(gold, answer):
            return Verdict("undecided", "a logarithm without its base")
        try:
            left, right = read(gold), read(answer)
        except ExpressionError as error:
            return Verdict("undecided", str(error))
        verdict = _verdict(same(left, right))
        if verdict.outcome == "equal" and set(_CAPITAL.findall(gold)) != set(_CAPITAL.findall(answer)):
            return Verdict("undecided", "names that may differ in case")  # the LaTeX parser folds the case of some
        return verdict

    def relations(self, gold: Relation, answer: Relation) -> Verdict:
        if len(gold.operators) != 1 or len(answer.operators) != 1:
            return Verdict("undecided", "chains of relations that are written differently")
        try:
            left, right = _difference(gold), _difference(answer)
        except ExpressionError as error:
            return Verdict("undecided", str(error))
        return _proportional(left, gold.operators[0], right, answer.operators[0])

    def sets(self, gold: Form, answer: Form) -> Verdict:
        try:
            left, right = _set(gold), _set(answer)
        except ExpressionError as error:
            return Verdict("undecided", str(error))
        if left == right:
            return Verdict("equal", "the same set")
        difference = left.symmetric_difference(right)
        return _verdict(difference.is_empty)


def _verdict(truth: bool | None) -> Verdict:
    if truth is None:
        return Verdict("undecided", "neither shown to be equal nor shown to differ")
    return Verdict("equal", "equal by exact algebra") if truth else Verdict("unequal", "they differ")


@lru_cache(maxsize=512)
def read(text: str) -> Any:
    """The sympy expression of a value. Raises ExpressionError where it has none, or cannot be read in just one way."""
    try:
        plain = infix(text)
        value = sympy_tree(parse_plain(plain.text, plain.names), CONSTANTS)
    except UnreadableError:
        value = _read_latex(text)
    if value.has(sympy.zoo, sympy.nan):
        raise UndefinedValueError(f"{text[:40]!r} has no value")
    return value


def _read_latex(text: str) -> Any:
    """What math-verify's parser makes of the text, where that can be trusted."""
    if text.replace(" ", "") in (r"\infty", r"+\infty", r"-\infty"):
        return -sympy.oo if "-" in text else sympy.oo
    text = _DECIMAL.sub(lambda match: rf"\frac{{{int(match[1] + match[2])}}}{{1{'0' * len(match[2])}}}", text)
    text = re.sub("_([0-9])", r"_{\1}", text)
    text = _DEGREES.sub(r"{\\frac{\1 \\pi}{180}}", text)
    if _UNSUPPORTED.search(_RANGE.sub("", text)):
        raise UnreadableError(f"{text[:40]!r} cannot be read")
    found = parse(f"${text}$", _LATEX, fallback_mode="no_fallback", parsing_timeout=None)
    if len(found) != 1 or not isinstance(found[0], sympy.Expr):
        raise UnreadableError(f"{text[:40]!r} cannot be read")
    return found[0].subs({symbol: _value(symbol.name) for symbol in found[0].free_symbols}).doit()


def _value(name: str) -> Any:
    name = re.sub(r"[{}\\]", "", name)
    return CONSTANTS.get(name, sympy.Symbol(name, real=True))


def _two_logarithms(gold: str, answer: str) -> bool:
    r"""Whether one side writes `\log`, of base 10 or e, and the other `\ln`."""
    bare = [bool(re.search(r"\\log(?!\s*_)(?![A-Za-z])", text)) for text in (gold, answer)]
    return bare[0] != bare[1] and r"\ln" in gold + answer


def same(left: Any, right: Any) -> bool | None:
    """Whether two expressions are the same function of their symbols; None where neither is shown."""
    if left == right:
        return True
    infinite = [side in (sympy.oo, -sympy.oo) for side in (left, right)]
    if any(infinite):
        return False if all(infinite) or left.is_finite or right.is_finite else None
    difference = left - right
    if difference.has(*_UNEVALUATED):
        return None
    if not difference.free_symbols:
        return is_zero(difference)
    if _differs(left, right):
        return False
    return True if any(simplified == 0 for simplified in _simplifications(difference)) else None


def _simplifications(difference: Any) -> Any:
    """The difference, ever more simplified."""
    yield sympy.expand(difference)
    yield sympy.cancel(sympy.together(difference))
    yield sympy.simplify(difference)


def _differs(left: Any, right: Any) -> bool:
    """Whether the two have values that certainly differ, real ones unless the imaginary unit is in them."""
    names = sorted(left.free_symbols | right.free_symbols, key=str)
    imaginary = left.has(sympy.I) or right.has(sympy.I)
    for shift, sign in product(range(len(POINTS)), (1, -1)):
        point = {name: sign * POINTS[(shift + i) % len(POINTS)] + i // len(POINTS) for i, name in enumerate(names)}
        values = [side.subs(point).evalf(DIGITS) for side in (left, right)]
        comparable = all(value.is_number and value.is_finite and (imaginary or value.is_real) for value in values)
        if comparable and is_apart_from_zero((left - right).subs(point)):
            return True
    return False


def _difference(relation: Relation) -> Any:
    sides = []
    for member in relation.members:
        if not isinstance(member, Scalar):
            raise UnreadableError("a relation between other things than values")
        sides.append(read(member.text))
    return sides[0] - sides[1]


_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def _proportional(left: Any, operator: str, right: Any, other: str) -> Verdict:
    """Two relations `left ? 0` and `right ? 0`: the same where one side is a multiple of the other, and the sign fits.

    Where both are linear and no such multiples, they differ.
    """
    ratio = sympy.cancel(sympy.together(left / right)) if right != 0 else sympy.nan
    if ratio.is_number and ratio.is_finite and ratio.is_nonzero:
        if other == operator == "=" or other == operator == "!=":
            return Verdict("equal", "multiples of one another")
        if ratio.is_real:
            fits = (other if ratio.is_positive else _FLIPPED[other]) == operator
            return Verdict("equal", "multiples of one another") if fits else Verdict("unequal", "opposite relations")
    if _is_linear(left) and _is_linear(right):
        return Verdict("unequal", "linear relations that differ")
    return Verdict("undecided", "two relations that may have the same solutions")


def _is_linear(side: Any) -> bool:
    names = sorted(side.free_symbols, key=str)
    return bool(names) and side.is_polynomial(*names) and sympy.Poly(side, *names).total_degree() == 1


def _set(form: Form) -> Any:
    """The set of real numbers that an interval, a list or a union of them writes."""
    match form:
        case Union(items):
            return sympy.Union(*map(_set, items))
        case Bracket(opening, (Scalar(first), Scalar(last)), closing) if opening in "([" and closing in ")]":
            ends = read(first), read(last)
            if all(end.is_extended_real for end in ends) and (ends[0] <= ends[1]) == True:  # noqa: E712
                return sympy.Interval(*ends, left_open=opening == "(", right_open=closing == ")")
        case Listing(items=items):
            values = [read(item.text) for item in items if isinstance(item, Scalar)]
            if len(values) == len(items) and all(value.is_real for value in values):
                return sympy.FiniteSet(*values)
    raise UnreadableError("no set of real numbers")

"""The backward solution that a trace gives.

Let the unknown stand for the hidden quantity; restate each step of the forward solution in it; set the result equal to
the original answer; undo one operation a line until the unknown stands alone; check the value found.
"""

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from flint import fmpq, fmpq_poly

from generation.formulas.calculations import Calculation
from generation.formulas.trace import Trace
from generation.relations.relate import Related
from generation.verification.expression import Expression, Negation, Number, Operation, Symbol, plain, replace
from generation.verification.rational_function import RationalFunction, Value, fraction
from schemas.condition import Condition
from schemas.step import Step

_NUMERAL = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")
_SMALL_WORDS = {
    word: Fraction(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split()
    )
}
_WORD = re.compile(r"[a-z]+")
_LAST_WORD = re.compile(r"\b(?:and|or|in|of|to|on|for|from|the|a|an|with|at|by|per|so|that|each|is|are)$")


class BackwardSolutions:
    """The backward solutions of one trace; what its lines say is looked at once for all conditions."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._told = {index: _Told.of(trace, index) for index in trace.reading.cone}
        self._constants: dict[str, Expression] = {
            f"{letter}{index}": Number(fraction(value))
            for letter, values in (("c", trace.conditions), ("r", trace.results))
            for index, value in enumerate(values)
        }

    def solve(self, related: Related, condition: Condition) -> tuple[Step, ...]:
        """The steps from "let x be ..." to the checked value, which must be the relation's one admissible root."""
        unknown, answer = related.relation.unknown, related.relation.answer
        value = condition.number
        steps = [Step(text=f"Let {unknown} be {_described(condition)}.")]
        steps += self._restated(related, condition)
        equation = f"{_text(expression_of(related.function, unknown))} = {answer}"
        steps.append(Step(text=f"The answer to the original question is {answer}, so {equation}.", equation=equation))
        steps += _inversion(related.function, unknown, Fraction(answer), value)
        found = replace(related.expression, lambda node: Number(value) if isinstance(node, Symbol) else None)
        check = f"{_text(found)} = {answer}"
        text = f"Check: with {unknown} = {condition.value}, {check}, as the question says."
        steps.append(Step(text=text, equation=check))
        return tuple(steps)

    def _restated(self, related: Related, condition: Condition) -> list[Step]:
        """Each forward calculation in the unknown, in the solution's own words where they do not give a value away."""
        unknown = related.relation.unknown
        known = self._constants | {
            name: expression_of(value, unknown)
            for name, value in related.values.items()
            if isinstance(value, RationalFunction)
        }
        hidden = {condition.number} | {
            self._trace.calculations[index].value
            for index in self._told
            if isinstance(related.values[f"r{index}"], RationalFunction)
        }
        steps = []
        for index, told in self._told.items():
            if isinstance(related.values[f"r{index}"], RationalFunction):
                put = replace(
                    self._trace.reading.steps[index],
                    lambda node: known[node.name] if isinstance(node, Symbol) else None,
                )
                left, right = _text(put), _text(known[f"r{index}"])
                if sorted(left.split(" + ")) == sorted(right.split(" + ")):
                    left = right  # the same terms in another order are no step
                written = left if left == right else f"{left} = {right}"
            else:
                left, written = "", told.constant
            equation = None if written == left else written
            steps.append(Step(text=told.text(written, hidden), equation=equation))
        return steps


@dataclass(slots=True)
class _Told:
    """What the solution says around one calculation: the words before and behind it, and the numbers among them.

    `constant` is the calculation with all its values, `5*12 = 60`.
    """

    before: str
    after: str
    numbers: frozenset[Fraction]
    dollars: bool
    unit: str
    constant: str

    @staticmethod
    def of(trace: Trace, index: int) -> "_Told":
        """Looks at the line; a line of several calculations has no words for one of them."""
        calculation = trace.calculations[index]
        start, end = calculation.span
        before, after = calculation.text[:start], calculation.text[end:]
        alone = Counter(trace.calculations[i].line for i in trace.reading.cone)[calculation.line] == 1
        if not alone or after.lstrip().startswith("%") or not (before.strip() or after.strip(" .")):
            before = after = ""
        rest = f"{before} {after}"
        numbers = {_value_of(number) for number in _NUMERAL.findall(rest)}
        numbers |= {_SMALL_WORDS[word] for word in _WORD.findall(rest.lower()) if word in _SMALL_WORDS}
        values = {f"c{i}": value for i, value in enumerate(trace.conditions)}
        values |= {f"r{i}": value for i, value in enumerate(trace.results)}
        put = replace(
            trace.reading.steps[index],
            lambda node: Number(fraction(values[node.name])) if isinstance(node, Symbol) else None,
        )
        constant = f"{_text(put)} = {_text(Number(calculation.value))}"
        dollars = "$" in calculation.text[start:end]
        return _Told(before, after, frozenset(numbers), dollars, _unit_of(calculation), constant)

    def text(self, written: str, hidden: set[Fraction]) -> str:
        """The line with the calculation as it is `written`; plain words where the line tells a hidden value."""
        if not (self.before or self.after) or self.numbers & hidden:
            return f"{self.unit}: {written}."
        if self.dollars:
            written = _in_dollars(written)
        text = f"{self.before.rstrip()} {written}{self.after}".strip()
        return text if text.endswith((".", "!", "?")) else text + "."


def _unit_of(calculation: Calculation) -> str:
    """The words behind the result, as a heading; "Next" where there are none."""
    unit = _LAST_WORD.sub("", " ".join(calculation.unit.split()[:3])).strip()
    return unit[0].upper() + unit[1:] if unit else "Next"


def _in_dollars(written: str) -> str:
    """`2*7 = $14`, `$(x - 10)`: the dollar sign at the result."""
    left, equals, right = written.rpartition(" = ")
    return f"{left}{equals}${right}" if right.replace(".", "").isalnum() else f"{left}{equals}$({right})"


def _value_of(text: str) -> Fraction:
    digits = text.replace(",", "")
    return Fraction(digits) if len(digits) < 50 else Fraction(-1)


def _text(expression: Expression) -> str:
    return plain(expression, decimals=True)


def _described(condition: Condition) -> str:
    """What the unknown stands for, as far as the condition's unit says."""
    match condition.kind, condition.unit:
        case "percent", _:
            return "the unknown percentage"
        case "money", unit:
            return f"the unknown amount in {unit}" if unit and unit.isalpha() else "the unknown amount of money"
        case (("fraction" | "fraction_word"), _):
            return "the unknown fraction"
        case "multiple_word", _:
            return "the unknown multiple"
        case _, None:
            return "the unknown number"
        case _, unit:
            return f"the unknown number ({unit})"


def expression_of(value: Value, unknown: str) -> Expression:
    """A function of the unknown in its simplest form, over one denominator, `(3*x + 10)/2`, or a constant."""
    if isinstance(value, fmpq):
        return Number(fraction(value))
    numerator, denominator = _over_one_denominator(value)
    if denominator.degree() > 0:
        return Operation("/", _polynomial(numerator, unknown), _polynomial(denominator, unknown))
    whole = fraction(denominator[0])
    if whole == 1 or sum(1 for coefficient in numerator.coeffs() if coefficient) == 1:
        return _polynomial(numerator / denominator[0], unknown)
    return Operation("/", _polynomial(numerator, unknown), Number(whole))


def _over_one_denominator(function: RationalFunction) -> tuple[fmpq_poly, fmpq_poly]:
    """Numerator and denominator without common factors and with whole coefficients."""
    least = function.reduced()
    scale = lcm(int(least.numerator.denom()), int(least.denominator.denom()))
    return least.numerator * scale, least.denominator * scale


def _polynomial(polynomial: fmpq_poly, unknown: str) -> Expression:
    """The terms from the highest degree down: `2*x^2 - x/3 + 1`; a positive term first where the leading one is negative."""
    terms = [
        (degree, fraction(polynomial[degree]))
        for degree in range(polynomial.degree(), -1, -1)
        if polynomial[degree] or polynomial.degree() < 1
    ]
    if not terms:
        return Number(Fraction(0))
    terms.sort(key=lambda term: (term[1] < 0, -term[0]))
    written: Expression | None = None
    for degree, coefficient in terms:
        if written is None:
            written = _term(coefficient, degree, unknown)
        else:
            written = Operation("+" if coefficient > 0 else "-", written, _term(abs(coefficient), degree, unknown))
    assert written is not None
    return written


def _term(coefficient: Fraction, degree: int, unknown: str) -> Expression:
    if degree == 0:
        return Number(coefficient)
    power: Expression = Symbol(unknown) if degree == 1 else Operation("^", Symbol(unknown), Number(Fraction(degree)))
    if coefficient.numerator == -1:
        power = Negation(power)
    elif coefficient.numerator != 1:
        power = Operation("*", Number(Fraction(coefficient.numerator)), power)
    return power if coefficient.denominator == 1 else Operation("/", power, Number(Fraction(coefficient.denominator)))


def _inversion(function: RationalFunction, unknown: str, answer: Fraction, value: Fraction) -> list[Step]:
    """One operation a line from f(x) = A to x = value."""
    left, divisor = _over_one_denominator(function)
    right = fmpq_poly([fmpq(answer.numerator, answer.denominator)])
    steps: list[Step] = []

    def line(words: str) -> None:
        equation = f"{_text(_polynomial(left, unknown))} = {_text(_polynomial(right, unknown))}"
        steps.append(Step(text=f"{words}: {equation}.", equation=equation))

    if divisor != 1:
        right = right * divisor
        line(f"Multiply both sides by {_bracketed(divisor, unknown)}")
    if max(left.degree(), right.degree()) > 1:
        return steps + _by_factors(left - right, unknown, value)
    if right.degree() == 1 or left[1] < 0:
        # The smaller of the two terms in the unknown goes, so that what is left is positive.
        swap = right[1] > left[1]
        moved = fmpq_poly([0, min(left[1], right[1])])
        left, right = (right - moved, left - moved) if swap else (left - moved, right - moved)
        line(_moved(_text(_polynomial(moved if moved[1] > 0 else -moved, unknown)), moved[1] > 0))
    if left[0]:
        constant = left[0]
        left, right = left - constant, right - constant
        line(_moved(_text(Number(abs(fraction(constant)))), constant > 0))
    coefficient = fraction(left[1])
    if coefficient != 1:
        left, right = left / left[1], right / left[1]
        line(f"Divide both sides by {_text(Number(coefficient))}")
    if not steps:
        line("So")
    return steps


def _moved(term: str, subtract: bool) -> str:
    return f"Subtract {term} from both sides" if subtract else f"Add {term} to both sides"


def _bracketed(polynomial: fmpq_poly, unknown: str) -> str:
    text = _text(_polynomial(polynomial, unknown))
    return f"({text})" if " " in text else text


def _by_factors(polynomial: fmpq_poly, unknown: str, value: Fraction) -> list[Step]:
    """The equation brought to zero and the factor of the admissible root named."""
    zero = f"{_text(_polynomial(polynomial, unknown))} = 0"
    root = fmpq(value.numerator, value.denominator)
    rest = polynomial // fmpq_poly([-root, 1])
    factors = f"({_text(_polynomial(fmpq_poly([-root, 1]), unknown))})*({_text(_polynomial(rest, unknown))}) = 0"
    found = f"{unknown} = {value}"
    return [
        Step(text=f"Bring everything to one side: {zero}.", equation=zero),
        Step(text=f"Factor the left side: {factors}.", equation=factors),
        Step(text=f"The other factor has no root that such a quantity can have, so {found}.", equation=found),
    ]

"""The backward solution that a trace gives.

Let the unknown stand for the hidden quantity; restate each step of the forward solution in it; set the result equal to
the original answer; undo one operation a line until the unknown stands alone; check the value found.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from flint import fmpq, fmpq_poly, fmpz, fmpz_poly

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
} | {
    word: Fraction(value)
    for value, words in {
        "1/2": "half halves",
        "2": "twice double doubles doubled both couple pair",
        "3": "thrice triple triples tripled",
        "4": "quadruple quadruples quadrupled",
        "1/4": "quarter fourth quarters fourths",
        "1/3": "third thirds",
        "1/5": "fifth fifths",
        "1/6": "sixth sixths",
        "1/8": "eighth eighths",
        "1/10": "tenth tenths",
        "12": "dozen",
    }.items()
    for word in words.split()
}
_FRACTION = re.compile(r"\d{1,9}\s?/\s?[1-9]\d{0,8}")
_WORD = re.compile(r"[a-z]+")


_JOINING = frozenset(
    "and or in of to on for from the a an with at by per so that each is are was were he it they his her their as than she "
    "will would can has have had if then but because which who when while after before this these those its".split()
)


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
        text = f"Check: with {unknown} = {_text(Number(value))}, {check}, as the question says."
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
                if any(sorted(left.split(sign)) == sorted(right.split(sign)) for sign in (" + ", "*")):
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
        alone = sum(other.line == calculation.line for other in trace.calculations) == 1
        # "20 cows * $800 = $" before an annotation is its left side, which the calculation writes out itself.
        written_twice = before.rstrip(" $").endswith(("=", "*", "+", "-", "/", "×"))
        if not alone or written_twice or after.lstrip().startswith("%") or not (before.strip() or after.strip(" .")):
            before = after = ""
        rest = f"{before} {after}"
        numbers = {_value_of(number) for number in _NUMERAL.findall(rest)}
        numbers |= {Fraction(text.replace(" ", "")) for text in _FRACTION.findall(rest)}
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
        if self.dollars:
            written = _in_dollars(written)
        if not (self.before or self.after) or self.numbers & hidden:
            return f"This gives {written}{self.unit}."
        text = f"{self.before.rstrip()} {written}{self.after}".strip()
        return text if text.endswith((".", "!", "?")) else text + "."


def _unit_of(calculation: Calculation) -> str:
    """The words behind the result up to the first that only joins: " stickers", or nothing."""
    kept = []
    for word in calculation.unit.split()[:3]:
        if word.lower() in _JOINING:
            break
        kept.append(word)
    return f" {' '.join(kept)}" if kept else ""


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
            # Only a plural names what is counted: "5-page book" and "he scored 3 more" do not.
            return f"the unknown number of {unit}" if unit.endswith("s") and len(unit) > 3 else "the unknown number"


def expression_of(value: Value, unknown: str) -> Expression:
    """A function of the unknown in its simplest form, over one denominator, `(3*x + 10)/2`, or a constant."""
    if isinstance(value, fmpq):
        return Number(fraction(value))
    numerator, denominator = _over_one_denominator(value)
    if denominator.degree() > 0:
        if all(coefficient <= 0 for coefficient in numerator.coeffs()):
            numerator, denominator = -numerator, -denominator
        return Operation("/", _polynomial(numerator, unknown), _polynomial(denominator, unknown))
    whole = int(denominator[0])
    coefficients = [int(coefficient) for coefficient in numerator.coeffs()]
    terms = sum(1 for coefficient in coefficients if coefficient)
    short_decimal = 100 % whole == 0 and not any(coefficient % whole for coefficient in coefficients[1:])
    if whole == 1 or terms == 1 or short_decimal:
        return _sum_of_terms([Fraction(coefficient, whole) for coefficient in coefficients], unknown)
    return Operation("/", _sum_of_terms([Fraction(c) for c in coefficients], unknown), Number(Fraction(whole)))


def _over_one_denominator(function: RationalFunction) -> tuple[fmpz_poly, fmpz_poly]:
    """Numerator and denominator without common factors, both with whole coefficients."""
    least = function.reduced()
    top, bottom = int(least.numerator.denom()), int(least.denominator.denom())
    scale = lcm(top, bottom)
    return least.numerator.numer() * (scale // top), least.denominator.numer() * (scale // bottom)


def _polynomial(polynomial: fmpq_poly | fmpz_poly, unknown: str) -> Expression:
    return _sum_of_terms([Fraction(*_ratio(coefficient)) for coefficient in polynomial.coeffs()], unknown)


def _ratio(coefficient: fmpq | fmpz) -> tuple[int, int]:
    return (int(coefficient.p), int(coefficient.q)) if isinstance(coefficient, fmpq) else (int(coefficient), 1)


def _sum_of_terms(coefficients: list[Fraction], unknown: str) -> Expression:
    """`2*x^2 - x/3 + 1` from [1, -1/3, 2]; a positive term comes first where there is one."""
    terms = [(degree, value) for degree, value in enumerate(coefficients) if value]
    if not terms:
        return Number(Fraction(0))
    terms.sort(key=lambda term: (term[1] < 0, -term[0]))
    written = _term(terms[0][1], terms[0][0], unknown)
    for degree, value in terms[1:]:
        written = Operation("+" if value > 0 else "-", written, _term(abs(value), degree, unknown))
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
    top, divisor = _over_one_denominator(function)
    left, right = fmpq_poly(top), fmpq_poly([fmpq(answer.numerator, answer.denominator)])
    steps: list[Step] = []

    def line(words: str) -> None:
        equation = f"{_text(_polynomial(left, unknown))} = {_text(_polynomial(right, unknown))}"
        steps.append(Step(text=f"{words}: {equation}.", equation=equation))

    if divisor != 1:
        right = right * fmpq_poly(divisor)
        line(f"Multiply both sides by {_bracketed(fmpq_poly(divisor), unknown)}")
    if max(left.degree(), right.degree()) > 1:
        return steps + _by_factors(left - right, unknown, value)
    if right.degree() == 1 or left[1] < 0:
        # The smaller of the two terms in the unknown goes, so that what is left is positive.
        swap = right[1] > left[1]
        moved = fmpq_poly([0, min(left[1], right[1])])
        left, right = (right - moved, left - moved) if swap else (left - moved, right - moved)
        if moved:
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

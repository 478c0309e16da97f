"""What each number of a calculation may stand for: a condition, a result, an implied constant, or nothing known.

A number is compared with the conditions and the results by value, also where a percent sign, a complement (`1 - 30%`)
or a unit (50 minutes as 50/60 of an hour) stands between; the sentences that both stand in are the evidence that tells
equal values apart.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import fsum
from typing import Literal

from flint import fmpq

from generation.formulas.calculations import Calculation
from generation.formulas.constants import implied_by, may_be_implied, surprise
from generation.formulas.vocabulary import words
from generation.verification.expression import (
    Expression,
    Number,
    Operation,
    Operator,
    Percent,
    Symbol,
    numbers,
    replace,
    walk,
)
from generation.verification.rational_function import number
from schemas.condition import Condition

OriginKind = Literal["condition", "result", "constant", "unexplained"]

_VARYING = frozenset(("percent", "fraction", "fraction_word", "collective_word"))
_UNIT_SCALES = {
    "cents": 100,
    "cent": 100,
    "minutes": 60,
    "minute": 60,
    "seconds": 60,
    "inches": 12,
    "inch": 12,
    "months": 12,
    "centimeters": 100,
    "cm": 100,
    "grams": 1000,
}
_HUNDRED = Number(Fraction(100))
_ONE = Number(Fraction(1))


@dataclass(slots=True, eq=False)
class Link:
    """One reading of a number: what it stands for, as an expression over `c0`, `r0`, and how well that is supported."""

    origin: OriginKind
    index: int
    expression: Expression
    score: float
    reason: str


@dataclass(slots=True, eq=False)
class Site:
    """A place in an expression that has to be read, with its readings, the best first."""

    node: Expression
    value: Fraction
    links: list[Link]


@dataclass(slots=True, eq=False)
class Quantity:
    """A condition with its value (exact, and as FLINT has it) and the words that it stands among."""

    condition: Condition
    value: Fraction
    number: fmpq
    ratio: tuple[int, int]
    near: frozenset[str]
    sentence: frozenset[str]
    symbol: Symbol

    @property
    def varies(self) -> bool:
        """Whether the solution may state it as another number: a percentage, a share, or in a larger unit."""
        return self.condition.kind in _VARYING or self.condition.unit in _UNIT_SCALES


class Evidence:
    """The words of question and solution, weighed by how few sentences have them."""

    def __init__(self, question: str, lines: Sequence[str], known: Sequence["Quantity"]) -> None:
        self.question = question
        self.unclaimed = without_conditions(question, known)
        self.stated = {
            value for quantity in known for value in (quantity.value, 1 / quantity.value if quantity.value else 0)
        }
        self._implied: dict[tuple[Fraction, str], tuple[str | None, bool]] = {}
        self._asked: dict[Fraction, str | None] = {}
        self.lines = [words(line) for line in lines]
        self._counts: Counter[str] | None = None

    def implied(self, value: Fraction, line: str) -> tuple[str | None, bool]:
        """The word that implies a constant, and whether it stands in the line itself."""
        if not may_be_implied(value):
            return None, False
        if (value, line) not in self._implied:
            word = implied_by(value, line, number_words=value not in self.stated)
            self._implied[value, line] = (word, True) if word else (self._implied_by_question(value), False)
        return self._implied[value, line]

    def _implied_by_question(self, value: Fraction) -> str | None:
        if value not in self._asked:
            self._asked[value] = implied_by(value, self.unclaimed)
        return self._asked[value]

    def weight(self, shared: frozenset[str]) -> float:
        """How telling it is that two places share these words."""
        if not shared:
            return 0.0
        if self._counts is None:
            self._counts = Counter(word for sentence in sentences(self.question) for word in words(sentence[2]))
            self._counts.update(word for line in self.lines for word in line)
        return fsum(2.0 / (1 + self._counts[word]) for word in shared)  # exact, so that the order of a set is nothing

    def with_condition(self, quantity: Quantity, unit: frozenset[str], line: frozenset[str]) -> float:
        """How well a number with these words behind it, in a line of these words, fits a condition."""
        score = (
            1.2 * self.weight(unit & quantity.near)
            + 0.5 * self.weight(unit & (quantity.sentence - quantity.near))
            + 0.5 * self.weight((line & quantity.near) - unit)
            + 0.25 * self.weight((line & quantity.sentence) - quantity.near - unit)
        )
        if unit and quantity.condition.unit and not unit & (quantity.near | quantity.sentence):
            score -= 0.5
        return min(score, 2.5)

    def with_result(self, result: Calculation, unit: frozenset[str], line: frozenset[str]) -> float:
        """How well a number with these words behind it, in a line of these words, fits an earlier result."""
        own = words(result.unit)
        there = self.lines[result.line]
        score = (
            1.2 * self.weight(unit & own)
            + 0.5 * self.weight(unit & (there - own))
            + 0.4 * self.weight((line & own) - unit)
            + 0.2 * self.weight((line & there) - own - unit)
        )
        return min(score, 2.5)


def without_conditions(question: str, known: Sequence["Quantity"]) -> str:
    """The question with its conditions blanked: what a word of a condition states is that condition."""
    parts, end = [], 0
    for quantity in known:
        parts += [question[end : quantity.condition.start], " "]
        end = quantity.condition.end
    return "".join(parts) + question[end:]


_SENTENCE_END = re.compile(r'[.?!](?=[ "\n]|$)|\n')


def sentences(text: str) -> list[tuple[int, int, str]]:
    """The sentences of a text with their offsets."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    if not ends or text[ends[-1] :].strip():
        ends.append(len(text))
    return [(start, end, text[start:end]) for start, end in pairwise([0, *ends])]


def quantities(question: str, conditions: Sequence[Condition]) -> list[Quantity]:
    """The conditions with their words: those within a few words on either side, and those of the whole sentence."""
    spans = sentences(question)
    found = []
    for index, condition in enumerate(conditions):
        sentence = next((text for start, end, text in spans if start <= condition.start < end), question)
        before = question[max(0, condition.start - 30) : condition.start].rsplit(".", 1)[-1]
        after = question[condition.end : condition.end + 35]
        near = words(" ".join(before.split()[-3:])) | words(" ".join(after.split()[:4]))
        if condition.unit:
            near |= words(condition.unit)
        found.append(
            Quantity(
                condition,
                condition.number,
                number(condition.number),
                condition.number.as_integer_ratio(),
                near,
                words(sentence),
                Symbol(f"c{index}"),
            )
        )
    return found


def regrouped(form: Expression, known: Sequence[Quantity]) -> Expression:
    """The form with `360*1/4` read as 360*(1/4) where the question has that fraction."""
    fractions = {q.value for q in known if q.condition.kind in ("fraction", "fraction_word", "mixed")}
    if not fractions:
        return form

    def change(node: Expression) -> Expression | None:
        match node:
            case Operation("/", Operation("*", first, Number() as top), Number() as bottom):
                if bottom.value and top.value / bottom.value in fractions:
                    return Operation("*", regrouped(first, known), Operation("/", top, bottom))
        return None

    return replace(form, change)


def find_sites(
    form: Expression,
    calculation: Calculation,
    earlier: Sequence[Calculation],
    known: Sequence[Quantity],
    evidence: Evidence,
) -> list[Site]:
    """The places of one form that have to be read, each with every reading that its value allows."""
    sites: list[Site] = []
    line = evidence.lines[calculation.line]
    stack: list[tuple[Expression, Expression | None]] = [(form, None)]
    while stack:
        node, parent = stack.pop()
        whole = _as_one(node, known)
        if whole:
            sites.append(Site(node, _literal_value(node), whole))
        elif isinstance(node, Number):
            unit = words(calculation.units.get(node, ""))
            links = _links(node, parent, calculation, earlier, known, evidence, unit, line)
            sites.append(Site(node, node.value, links))
        elif isinstance(node, Operation):
            stack += ((node.right, node), (node.left, node))
        elif not isinstance(node, Symbol):
            stack.append((node.operand, node))
    return sites


def _literal_value(node: Expression) -> Fraction:
    """The value of `1/3` or `2*12` with numbers on both sides."""
    assert isinstance(node, Operation)
    assert isinstance(node.left, Number)
    assert isinstance(node.right, Number)
    return node.left.value / node.right.value if node.operator == "/" else node.left.value * node.right.value


def _as_one(node: Expression, known: Sequence[Quantity]) -> list[Link]:
    """Readings of `1/3` as the one condition "1/3", and of `2*12` as "two dozen"."""
    if not (
        isinstance(node, Operation)
        and node.operator in "*/"
        and isinstance(node.left, Number)
        and isinstance(node.right, Number)
        and (node.operator == "*" or node.right.value)
    ):
        return []
    kinds = ("fraction", "fraction_word", "mixed", "percent") if node.operator == "/" else ("collective_word",)
    value = _literal_value(node)
    links = []
    for index, quantity in enumerate(known):
        if quantity.condition.kind not in kinds:
            continue
        percent = quantity.condition.kind == "percent"
        if percent and not (node.operator == "/" and node.right.value == 100):
            continue
        own = quantity.value / 100 if percent else quantity.value
        if value == own:
            if node.operator == "*" and quantity.value < 20:
                continue
            expression: Expression = Operation("/", quantity.symbol, _HUNDRED) if percent else quantity.symbol
            links.append(Link("condition", index, expression, 0.5, f'"{quantity.condition.text}" of the question'))
    return links


def _links(
    node: Number,
    parent: Expression | None,
    calculation: Calculation,
    earlier: Sequence[Calculation],
    known: Sequence[Quantity],
    evidence: Evidence,
    unit: frozenset[str],
    line: frozenset[str],
) -> list[Link]:
    """Every reading of one number, unexplained last."""
    percent = isinstance(parent, Percent)
    ratio = node.value.as_integer_ratio()
    links = [
        Link("condition", index, expression, score, reason)
        for index, quantity in enumerate(known)
        if ratio == quantity.ratio or quantity.varies
        for expression, score, reason in readings_of(node.value, percent, parent, quantity)
    ]
    for index, result in enumerate(earlier):
        if ratio != result.ratio and not result.percent:
            continue
        score = 0.5 if index == len(earlier) - 1 else 0.2
        symbol = Symbol(f"r{index}")
        if ratio == result.ratio:
            links.append(Link("result", index, symbol, score, f"the result of line {result.line + 1}"))
        elif result.percent and node.value in (result.value / 100, result.value * 100):
            operator: Operator = "/" if node.value < result.value else "*"
            expression = Operation(operator, symbol, _HUNDRED)
            links.append(
                Link("result", index, expression, score - 0.3, f"the result of line {result.line + 1}, in percent")
            )
    constant = _constant(node, parent, calculation, earlier, known, evidence)
    if constant:
        links.append(constant)
    best = max((link.score for link in links), default=-9.0)
    if len(links) > 1 or (links and surprise(node.value) < 2):
        for link in links:
            if link.origin == "condition":
                link.score += evidence.with_condition(known[link.index], unit, line)
            elif link.origin == "result":
                link.score += evidence.with_result(earlier[link.index], unit, line)
    elif links:
        links[0].score += max(0.0, 1.0 - best)
    links.append(Link("unexplained", -1, node, -1.5 - surprise(node.value), "nothing explains it"))
    links.sort(key=lambda link: -link.score)
    return links


def readings_of(
    value: Fraction, percent: bool, parent: Expression | None, quantity: Quantity
) -> list[tuple[Expression, float, str]]:
    """Readings of a value as one condition: itself, a percentage, a complement, a reciprocal or another unit of it."""
    condition, own, symbol = quantity.condition, quantity.value, quantity.symbol
    name = f'"{condition.text}" of the question'
    if value.as_integer_ratio() == quantity.ratio:
        return [(symbol, 0.0, name)]
    if condition.kind == "percent":
        hundredth = Operation("/", symbol, _HUNDRED)
        whole = Number(Fraction(1))
        if value * 100 == own:
            return [(hundredth, 0.0, f"{name}, as a fraction")]
        if not percent and value * 100 == 100 - own:
            return [(Operation("-", whole, hundredth), -0.8, f"what {name} leaves of the whole")]
        if not percent and value * 100 == 100 + own:
            return [(Operation("+", whole, hundredth), -0.8, f"the whole and {name} more")]
        if value == 100 - own:
            return [(Operation("-", _HUNDRED, symbol), -1.0 if percent else -1.5, f"what {name} leaves of 100%")]
        if value == 100 + own:
            return [(Operation("+", _HUNDRED, symbol), -1.0 if percent else -1.5, f"100% and {name} more")]
    elif condition.kind in ("fraction", "fraction_word") and own:
        divides = isinstance(parent, Operation) and parent.operator == "/"
        if divides and value * own == 1:
            return [(Operation("/", _ONE, symbol), -0.2, f"the reciprocal of {name}")]
        if value == 1 - own:
            return [(Operation("-", _ONE, symbol), -1.0, f"what {name} leaves of the whole")]
        if percent and value == own * 100:
            return [(Operation("*", symbol, _HUNDRED), -0.5, f"{name}, in percent")]
    elif condition.kind == "collective_word" and own > 12 and value * 12 == own:
        return [(Operation("/", symbol, Number(Fraction(12))), -0.3, f"the dozens of {name}")]
    if condition.unit:
        scale = _UNIT_SCALES.get(condition.unit)
        if scale and value * scale == own:
            return [(Operation("/", symbol, Number(Fraction(scale))), -0.5, f"{name}, in the larger unit")]
    return []


def _constant(
    node: Number,
    parent: Expression | None,
    calculation: Calculation,
    earlier: Sequence[Calculation],
    known: Sequence[Quantity],
    evidence: Evidence,
) -> Link | None:
    """The reading as a constant that the form of the calculation, or a word, implies."""
    value = node.value

    def constant(score: float, reason: str) -> Link:
        return Link("constant", -1, node, score, reason)

    if isinstance(parent, Operation):
        if parent.operator == "^" and parent.right is node:
            return constant(2.0, "an exponent")
        if value == 1 and parent.operator in "+-" and parent.left is node and is_share(parent.right):
            return constant(1.5, "the whole that a share is taken of")
        if parent.operator == "/" and parent.right is node and value > 1 and value in _terms(parent.left, earlier):
            return constant(0.5, "the number of values that are averaged")
        if (
            value == 100
            and parent.operator in "*/"
            and parent.right is node
            and _speaks_of_percent(calculation, evidence)
        ):
            return constant(1.0, "the hundred of a percentage")
    if value == 100 and (isinstance(parent, Percent) or calculation.percent):
        return constant(1.0, "the hundred of a percentage")
    if value == 100 and any(quantity.condition.kind == "percent" for quantity in known):
        return constant(0.3, "the hundred of a percentage")
    word, in_line = evidence.implied(value, calculation.text)
    if word:
        return constant(0.8 if in_line else -0.3, f'implied by "{word}"')
    if value in (0, 1):
        return constant(-0.5, "one more, one less or nothing")
    return None


def _terms(node: Expression, earlier: Sequence[Calculation]) -> set[int]:
    """How many terms the sum has that is divided, written out or an earlier result."""
    if isinstance(node, Number):
        return {summands(form) for result in earlier if result.value == node.value for form in result.forms}
    return {summands(node)}


def _speaks_of_percent(calculation: Calculation, evidence: Evidence) -> bool:
    return (
        "%" in calculation.text
        or "percent" in calculation.text
        or "%" in evidence.question
        or "percent" in evidence.question
    )


def is_share(node: Expression) -> bool:
    """Whether the node is a literal between 0 and 1, or a quotient or percentage of literals."""
    if isinstance(node, Number):
        return 0 < node.value < 1
    if isinstance(node, Percent):
        return True
    return (
        isinstance(node, Operation)
        and node.operator == "/"
        and isinstance(node.left, Number)
        and isinstance(node.right, Number)
        and 0 < node.left.value < node.right.value
    )


def summands(node: Expression) -> int:
    """How many terms a sum has; 1 for anything that is no sum."""
    count = 1
    while isinstance(node, Operation) and node.operator == "+":
        count += 1
        node = node.left
    return count


def repeated_terms(form: Expression) -> set[int]:
    """How often an equal number is added up in a sum of three or more: {4} for `3 + 3 + 3 + 3`."""
    found: set[int] = set()
    for node in walk(form):
        if isinstance(node, Operation) and node.operator in "+*":
            values = Counter(leaf.value for leaf in numbers(node))
            found |= {count for count in values.values() if count >= 3}
    return found

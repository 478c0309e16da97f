"""What the numbers that a model writes stand for: quoted quantities of the question, or constants that words imply.

A model's word that a number comes from the question is not enough: the words that it quotes must stand there and state
that value, which ties the number to one condition's place. A number that it writes into an expression without a quote
is tied to a condition by its value alone, which is a doubt, or explained as a constant, or smuggled in. A word explains
a constant where that stands as constants do: it multiplies or divides, or something is taken from it. Added to a
quantity it may be anything: "day" does not explain the 24 of `48 + 24`.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from generation.formulas.constants import implied_by, surprise
from generation.formulas.doubts import REUSE_SURPRISE
from generation.formulas.formalization import Input
from generation.formulas.links import Quantity, is_share, readings_of, regrouped, summands, without_conditions
from generation.formulas.places import Text
from generation.formulas.vocabulary import words
from generation.verification.expression import Expression, Number, Operation, Symbol, replace
from schemas.formula import NumberOrigin

MAX_QUOTED_WORDS = 12
"""Words of a quote whose parts are looked for where the whole does not stand in the question."""
MAX_QUOTED = 3
"""Quantities in one quote: where more stand in it, it is the value that chooses among them, and not the quote."""

_ONE = Number(Fraction(1))
_STATED_BY_A_WORD = ("multiple_word", "fraction_word", "collective_word")
_FRACTIONS = ("fraction", "fraction_word")
_SHARES = (*_FRACTIONS, "percent", "multiple_word")
_TIMES = re.compile(r"\s+times\s+(?!(?:an?|per|each|every)\b)", re.I)


_Reading = tuple[int, Expression, str]
"""The index of a condition, an expression over it that has a number's value, and why it may stand for the number."""


@dataclass(frozen=True, slots=True)
class Grounded:
    """A number over the conditions, where it comes from, and what speaks against that (empty: nothing does).

    `conditions` are the indices of those that it may stand for.
    """

    expression: Expression
    origin: NumberOrigin
    conditions: tuple[int, ...] = ()
    doubt: str = ""


class Grounding:
    """The question's quantities, and which of them the inputs of one formalization claim."""

    def __init__(self, question: str, known: Sequence[Quantity], inputs: Sequence[Input]) -> None:
        self._question = question
        self._text = Text(question)
        self._known = known
        self._starts = [quantity.condition.start for quantity in known]
        self._ends = [quantity.condition.end for quantity in known]
        self._rest = without_conditions(question, known)
        self._percent = any(quantity.condition.kind == "percent" for quantity in known) or "percent" in question
        self._implied: dict[Fraction, str | None] = {}
        self.inputs = {each.name: self._input(each) for each in inputs}
        self._claimed = {index for found in self.inputs.values() for index in found.conditions}
        self._unclaimed = [index for index in range(len(known)) if index not in self._claimed]
        self._shares = {name for name, found in self.inputs.items() if any(map(self._states_share, found.conditions))}
        self._terms: dict[str, int] = {}

    def keep(self, name: str, step: Expression) -> None:
        """Remember of a step, as it was written, what explains numbers of later ones."""
        self._terms[name] = self._count(step)
        if self._is_share(step):
            self._shares.add(name)

    def _input(self, written: Input) -> Grounded:
        value = Fraction(written.value)
        places = self._text.places(written.quote)
        quoted = self._conditions_at(places)
        links = self._readings(value, quoted)
        if len(links) == 1:
            index, expression, reason = links[0]
            doubt = f"the quote of {value} holds {len(quoted)} quantities" if len(quoted) > MAX_QUOTED else ""
            return _from_conditions(value, expression, f'{reason}, quoted "{written.quote}"', (index,), doubt)
        if links:
            texts = " or ".join(f'"{self._known[index].condition.text}"' for index, _, _ in links[:MAX_QUOTED])
            return _from_conditions(
                value, links[0][1], links[0][2], tuple(link[0] for link in links), f"{value} may be {texts}"
            )
        for part in _parts(written.quote):
            near = self._readings(value, self._conditions_at(self._text.places(part)))
            if len(near) == 1:
                index, expression, reason = near[0]
                return _from_conditions(value, expression, f'{reason}, quoted "{part}"', (index,))
            if near:
                break
        if places and (word := implied_by(value, written.quote)):
            return Grounded(Number(value), _origin(value, "constant", f'"{word}" implies it'))
        links = self._readings(value, range(len(self._known)))
        if len(links) == 1:
            index, expression, reason = links[0]
            if not places and self._reworded(written.quote, self._known[index]):
                return _from_conditions(value, expression, f'{reason}, quoted as "{written.quote}"', (index,))
            missing = "does not state it" if places else "does not stand in the question"
            doubt = f'{value} is taken for {reason}, but the quote "{written.quote[:60]}" {missing}'
            return _from_conditions(value, expression, reason, self._equal(value, links), doubt)
        return unexplained(value, f'the quote "{written.quote[:60]}" does not state it')

    def _conditions_at(self, places: Sequence[tuple[int, int]]) -> list[int]:
        """The conditions that stand, or begin or end, in one of the places."""
        found: set[int] = set()
        for start, end in places:
            found.update(range(bisect_right(self._ends, start), bisect_left(self._starts, end)))
        return sorted(found)

    def _reworded(self, quote: str, quantity: Quantity) -> bool:
        """Whether a quote is the quantity among words of its own sentence, in another order: "$80 in total"."""
        own = quantity.sentence | words(quantity.condition.text)
        return bool(Text(quote).places(quantity.condition.text)) and words(quote) <= own

    def with_fractions(self, node: Expression) -> Expression:
        """The expression with each `1/3` that the question has as one quantity as one number."""
        own = {quantity.value for quantity in self._known if quantity.condition.kind in _FRACTIONS}

        def change(each: Expression) -> Expression | None:
            match each:
                case Operation("/", Number(value=top), Number(value=bottom)) if bottom and top / bottom in own:
                    return Number(top / bottom)
            return None

        return replace(regrouped(node, self._known), change) if own else node

    def literal(self, node: Number, parent: Expression | None) -> Grounded:
        """A number that stands in a step itself, under `parent`."""
        value = node.value
        divides = isinstance(parent, Operation) and parent.operator == "/" and parent.right is node
        links = self._readings(value, self._unclaimed, parent if divides else None, inverse=divides)
        structure = self._by_structure(node, parent)
        if len(links) == 1:
            index, expression, reason = links[0]
            stated = self._known[index].condition.kind in _STATED_BY_A_WORD
            if stated and not structure and (divides or isinstance(expression, Symbol)):
                return _from_conditions(value, expression, reason, (index,))
            doubt = f"{value} may be {structure}" if structure else f"only its value says that {value} is {reason}"
            return _from_conditions(value, expression, reason, self._equal(value, links), doubt)
        if structure:
            return Grounded(node, _origin(value, "constant", structure))
        if not links and stands_as_constant(node, parent) and (word := self._implied_by_question(value)):
            equal = self._equal(value)
            doubt = f'the {value} that "{word}" implies may be a quantity of the question' if equal else ""
            return Grounded(node, _origin(value, "constant", f'"{word}" implies it'), equal, doubt)
        links = links or self._readings(value, range(len(self._known)), inverse=divides)
        if links:
            return self._by_value(value, links)
        if value == 1 and isinstance(parent, Operation) and parent.operator in "+-":
            origin = _origin(value, "constant", "one more or one less", certain=False)
            return Grounded(node, origin, tuple(range(len(self._known))), "no word says why 1 is added or taken away")
        return unexplained(value, "nothing in the question explains it")

    def _by_value(self, value: Fraction, links: Sequence[_Reading]) -> Grounded:
        """A number without a quote as the first of its readings; a common one may be made of any condition."""
        _, expression, reason = links[0]
        common = surprise(value) <= REUSE_SURPRISE
        conditions = tuple(range(len(self._known))) if common else self._equal(value, links)
        return _from_conditions(value, expression, reason, conditions, f"only its value says that {value} is {reason}")

    def _equal(self, value: Fraction, links: Sequence[_Reading] = ()) -> tuple[int, ...]:
        """The conditions that a number without a quote may stand for: those of its readings, and all of its value."""
        indices = {index for index, _, _ in links}
        indices |= {index for index, quantity in enumerate(self._known) if quantity.value == value}
        return tuple(sorted(indices))

    def _readings(
        self, value: Fraction, indices: Sequence[int], parent: Expression | None = None, inverse: bool = True
    ) -> list[_Reading]:
        """The conditions that the value may stand for, each as an expression over it, with the reason."""
        found = []
        for index in indices:
            quantity = self._known[index]
            own = quantity.value
            if own != value and not quantity.varies:
                continue
            readings = [(expression, reason) for expression, _, reason in readings_of(value, False, parent, quantity)]
            if not readings and inverse and quantity.condition.kind in _FRACTIONS and value * own == 1:
                name = f'the reciprocal of "{quantity.condition.text}" of the question'
                readings = [(Operation("/", _ONE, quantity.symbol), name)]
            found += [(index, *reading) for reading in readings[:1]]
        exact = [link for link in found if isinstance(link[1], Symbol)]
        return exact or found

    def _by_structure(self, node: Number, parent: Expression | None) -> str:
        """Why a number may stand where it does, whatever the question says; empty where it may not."""
        value = node.value
        if not isinstance(parent, Operation):
            return ""
        first = parent.left is node
        other = parent.right if first else parent.left
        match parent.operator:
            case "^" if not first and value in (2, 3):
                return "an exponent"
            case "*" | "/" if value == 1:
                return "a factor of one"
            case "/" if not first and value > 1 and value == self._count(other):
                return "the number of values that are averaged"
            case "+" | "-" if value == 1 and self._is_share(other):
                return "the whole that a share is taken of"
            case "+" | "-" if (
                value == 100 and first and self._percent and (parent.operator == "-" or self._is_share(other))
            ):
                return "the hundred of a percentage"
            case "*" | "/" if value == 100 and self._percent:
                return "the hundred of a percentage"
        return ""

    def _implied_by_question(self, value: Fraction) -> str | None:
        if value not in self._implied:
            self._implied[value] = implied_by(value, self._rest)
        return self._implied[value]

    def _count(self, node: Expression) -> int:
        """How many terms a sum has, also one that is an earlier step."""
        return self._terms.get(node.name, 1) if isinstance(node, Symbol) else summands(node)

    def _states_share(self, index: int) -> bool:
        """Whether a condition is a share or a multiple of something: "half", "20%", "3 times as many"."""
        condition = self._known[index].condition
        return condition.kind in _SHARES or bool(_TIMES.match(self._question, condition.end))

    def _is_share(self, node: Expression) -> bool:
        """Whether the node is a share of the question, also one over 100, or one that is written out."""
        if isinstance(node, Symbol):
            return node.name in self._shares
        return is_share(node) or (isinstance(node, Operation) and node.operator == "/" and self._is_share(node.left))


def stands_as_constant(node: Expression, parent: Expression | None) -> bool:
    """Whether a constant of a word may stand here: as a factor, a divisor, a base, or what something is taken from."""
    if isinstance(parent, Operation):
        return parent.operator in "*/" or (parent.operator in "-^" and parent.left is node)
    return parent is None


def _parts(quote: str) -> Iterator[str]:
    """The parts of a quote, the longest first, of two words or more: models quote freely, "costs $25" as "$25 each"."""
    own = quote.split()[:MAX_QUOTED_WORDS]
    for length in range(len(own) - 1, 1, -1):
        for start in range(len(own) - length + 1):
            yield " ".join(own[start : start + length])


def _origin(value: Fraction, origin: str, reason: str, certain: bool = True) -> NumberOrigin:
    return NumberOrigin.model_validate({"number": str(value), "origin": origin, "reason": reason, "certain": certain})


def _from_conditions(
    value: Fraction, expression: Expression, reason: str, conditions: tuple[int, ...], doubt: str = ""
) -> Grounded:
    return Grounded(expression, _origin(value, "condition", reason, not doubt), conditions, doubt)


def unexplained(value: Fraction, reason: str) -> Grounded:
    return Grounded(Number(value), _origin(value, "unexplained", reason, certain=False))


def parents(expression: Expression) -> list[tuple[Number | Symbol, Expression | None]]:
    """Every number and name of an expression with the operation that it stands in."""
    found: list[tuple[Number | Symbol, Expression | None]] = []
    stack: list[tuple[Expression, Expression | None]] = [(expression, None)]
    while stack:
        node, parent = stack.pop()
        if isinstance(node, Number | Symbol):
            found.append((node, parent))
        elif isinstance(node, Operation):
            stack += ((node.right, node), (node.left, node))
        else:
            stack.append((node.operand, node))
    return found

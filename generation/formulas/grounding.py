"""What the numbers that a model writes stand for: quoted quantities of the question, or constants that words imply.

A model's word that a number comes from the question is not enough: the words that it quotes must stand there and state
that value, which ties the number to one condition's place. A number that it writes into an expression without a quote
is tied to a condition by its value alone, which is a doubt, or explained as a constant, or smuggled in.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from generation.formulas.constants import implied_by
from generation.formulas.formalization import Input
from generation.formulas.links import Quantity, is_share, readings_of, summands, without_conditions
from generation.verification.expression import Expression, Number, Operation, Percent, Symbol
from schemas.formula import NumberOrigin

_STRAIGHT = str.maketrans("’‘“”–—−\u00a0", "''\"\"--- ")
_ONE = Number(Fraction(1))
_STATED_BY_A_WORD = ("multiple_word", "fraction_word", "collective_word")


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
        self._known = known
        self._rest = without_conditions(question, known)
        self._percent = any(quantity.condition.kind == "percent" for quantity in known) or "percent" in question
        self.inputs = {each.name: self._input(each) for each in inputs}
        self._claimed = {index for found in self.inputs.values() for index in found.conditions}

    def _input(self, written: Input) -> Grounded:
        value = Fraction(written.value)
        places = _places(self._question, written.quote)
        quoted = [
            index
            for index, quantity in enumerate(self._known)
            if any(quantity.condition.start < end and start < quantity.condition.end for start, end in places)
        ]
        links = self._readings(value, quoted)
        if len(links) == 1:
            index, expression, reason = links[0]
            return _from_conditions(value, expression, f'{reason}, quoted "{written.quote}"', (index,))
        if links:
            texts = " or ".join(f'"{self._known[index].condition.text}"' for index, _, _ in links)
            return _from_conditions(
                value, links[0][1], links[0][2], tuple(link[0] for link in links), f"{value} may be {texts}"
            )
        if places and (word := implied_by(value, written.quote)):
            return Grounded(Number(value), _origin(value, "constant", f'"{word}" implies it'))
        links = self._readings(value, range(len(self._known)))
        if len(links) == 1:
            index, expression, reason = links[0]
            missing = "does not state it" if places else "does not stand in the question"
            doubt = f'{value} is taken for {reason}, but the quote "{written.quote[:60]}" {missing}'
            return _from_conditions(value, expression, reason, (index,), doubt)
        return _unexplained(value, f'the quote "{written.quote[:60]}" does not state it')

    def literal(self, node: Number, parent: Expression | None, words: str) -> Grounded:
        """A number that stands in a step itself; `words` are those of the step's name."""
        value = node.value
        links = self._readings(value, [i for i in range(len(self._known)) if i not in self._claimed], parent)
        if len(links) == 1:
            index, expression, reason = links[0]
            stated = self._known[index].condition.kind in _STATED_BY_A_WORD
            doubt = "" if stated else f"only its value says that {value} is {reason}"
            return _from_conditions(value, expression, reason, (index,), doubt)
        if reason := self._constant(node, parent, words):
            return Grounded(node, _origin(value, "constant", reason))
        links = links or self._readings(value, range(len(self._known)), parent)
        if links:
            reason = links[0][2]
            conditions = tuple(index for index, _, _ in links)
            return _from_conditions(
                value, links[0][1], reason, conditions, f"only its value says that {value} is {reason}"
            )
        return _unexplained(value, "nothing in the question explains it")

    def _readings(
        self, value: Fraction, indices: Sequence[int], parent: Expression | None = None
    ) -> list[tuple[int, Expression, str]]:
        """The conditions that the value may stand for, each as an expression over it, with the reason."""
        found = []
        for index in indices:
            quantity = self._known[index]
            own = quantity.value
            readings = [(expression, reason) for expression, _, reason in readings_of(value, False, parent, quantity)]
            if not readings and own and value * own == 1 and quantity.condition.kind in ("fraction", "fraction_word"):
                inverse = Operation("/", _ONE, quantity.symbol)
                readings = [(inverse, f'the reciprocal of "{quantity.condition.text}" of the question')]
            found += [(index, *reading) for reading in readings[:1]]
        exact = [link for link in found if isinstance(link[1], Symbol)]
        return exact or found

    def _constant(self, node: Number, parent: Expression | None, words: str) -> str:
        """Why a number may stand in a step without being a quantity of the question; empty where it may not."""
        value = node.value
        if isinstance(parent, Operation):
            if parent.operator == "^" and parent.right is node:
                return "an exponent"
            other = parent.right if parent.left is node else parent.left
            if value == 1 and parent.operator in "+-" and (is_share(other) or self._is_share(other)):
                return "the whole that a share is taken of"
            if parent.operator == "/" and parent.right is node and value == summands(parent.left):
                return "the number of values that are averaged"
            if value == 100 and parent.operator in "*/" and self._percent:
                return "the hundred of a percentage"
        if value == 100 and (self._percent or isinstance(parent, Percent)):
            return "the hundred of a percentage"
        word = implied_by(value, words.replace("_", " "), number_words=False) or implied_by(value, self._rest)
        return f'"{word}" implies it' if word else ""

    def _is_share(self, node: Expression) -> bool:
        """Whether the node is a percentage over 100, or a fraction of the question."""
        if isinstance(node, Symbol):
            found = self.inputs.get(node.name)
            return found is not None and any(
                self._known[index].condition.kind in ("fraction", "fraction_word", "percent")
                for index in found.conditions
            )
        return isinstance(node, Operation) and node.operator == "/" and self._is_share(node.left)


def _places(question: str, quote: str) -> list[tuple[int, int]]:
    """Where the quote stands in the question, however its spaces and its case are; never inside a word or a number."""
    parts = quote.translate(_STRAIGHT).split()
    pattern = r"\s+".join(map(re.escape, parts))
    before = r"(?<![\w.])" if parts and parts[0][0].isalnum() else ""
    after = r"(?!\w|\.\d)" if parts and parts[-1][-1].isalnum() else ""
    found = re.finditer(before + pattern + after, question.translate(_STRAIGHT), re.I) if parts else ()
    return [match.span() for match in found]


def _origin(value: Fraction, origin: str, reason: str, certain: bool = True) -> NumberOrigin:
    return NumberOrigin.model_validate({"number": str(value), "origin": origin, "reason": reason, "certain": certain})


def _from_conditions(
    value: Fraction, expression: Expression, reason: str, conditions: tuple[int, ...], doubt: str = ""
) -> Grounded:
    return Grounded(expression, _origin(value, "condition", reason, not doubt), conditions, doubt)


def _unexplained(value: Fraction, reason: str) -> Grounded:
    return Grounded(Number(value), _origin(value, "unexplained", reason, certain=False))


def parents(expression: Expression) -> list[tuple[Number, Expression | None]]:
    """Every number of an expression with the operation that it stands in."""
    found: list[tuple[Number, Expression | None]] = []
    stack: list[tuple[Expression, Expression | None]] = [(expression, None)]
    while stack:
        node, parent = stack.pop()
        if isinstance(node, Number):
            found.append((node, parent))
        elif isinstance(node, Operation):
            stack += ((node.right, node), (node.left, node))
        elif not isinstance(node, Symbol):
            stack.append((node.operand, node))
    return found

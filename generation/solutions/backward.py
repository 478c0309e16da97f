"""The backward solution that a worked formula gives.

Let the unknown stand for the hidden quantity; restate each step of the forward solution in it; set the result equal to
the original answer; undo one operation a line until the unknown stands alone; check the value found.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from generation.formulas.steps import Told, Worked
from generation.relations.relate import Related
from generation.solutions.inversion import inversion
from generation.solutions.polynomial import simplest
from generation.verification.expression import Written, decimal, for_people, written_number
from generation.verification.rational_function import RationalFunction, fraction
from schemas.condition import Condition
from schemas.step import Step

_NUMERAL = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")
_SMALL_WORDS = {
    word: Fraction(value)
    for value, words in {
        "0": "zero",
        "1": "one",
        "1/2": "half halves",
        "2": "two twice double doubles doubled both couple pair",
        "3": "three thrice triple triples tripled",
        "4": "four quadruple quadruples quadrupled",
        "5": "five",
        "6": "six",
        "7": "seven",
        "8": "eight",
        "9": "nine",
        "10": "ten",
        "11": "eleven",
        "13": "thirteen",
        "14": "fourteen",
        "15": "fifteen",
        "16": "sixteen",
        "17": "seventeen",
        "18": "eighteen",
        "19": "nineteen",
        "20": "twenty",
        "1/4": "quarter fourth quarters fourths",
        "1/3": "third thirds",
        "1/5": "fifth fifths",
        "1/6": "sixth sixths",
        "1/8": "eighth eighths",
        "1/10": "tenth tenths",
        "12": "twelve dozen",
    }.items()
    for word in words.split()
}
_FRACTION = re.compile(r"\d{1,9}\s?/\s?[1-9]\d{0,8}")
_WORD = re.compile(r"[a-z]+")


_JOINING = frozenset(
    re.findall(
        r"\w+",
        "and or in of to on for from the a an with at by per so that each is are was were he it they his her their as "
        "than she will would can has have had if then but because which who when while after before this these those "
        "its",
    )
)


class BackwardSolutions:
    """The backward solutions of one formula; what is told of its steps is looked at once for all conditions."""

    def __init__(self, worked: Worked) -> None:
        self._worked = worked
        self._constants = _constants(worked)
        self._lines = {index: _Line.of(worked, index, self._constants) for index in worked.reading.cone}

    def solve(self, related: Related, condition: Condition) -> tuple[Step, ...]:
        """The steps from "let x be ..." to the checked value, which must be the relation's one admissible root."""
        unknown, answer = related.relation.unknown, related.relation.answer
        value = condition.number
        assert related.function is not None
        steps = [Step(text=f"Let {unknown} be {_described(condition)}.")]
        steps += self._restated(related, condition)
        equation = f"{simplest(related.function, unknown)[0]} = {answer}"
        steps.append(Step(text=f"The answer to the original question is {answer}, so {equation}.", equation=equation))
        steps += inversion(related.function, unknown, Fraction(answer), value)
        found = written_number(decimal(value))
        check = f"{for_people(related.expression, {unknown: found})} = {answer}"
        text = f"Check: with {unknown} = {found[0]}, {check}, as the question says."
        steps.append(Step(text=text, equation=check))
        return tuple(steps)

    @staticmethod
    def stated(related: Related, condition: Condition) -> tuple[Step, ...]:
        """The equation, its solution and the check, where no operation a line leads there: f has a root in it."""
        unknown, answer = related.relation.unknown, related.relation.answer
        found = written_number(decimal(condition.number))
        check = f"{for_people(related.expression, {unknown: found})} = {answer}"
        solution = f"{unknown} = {found[0]}"
        return (
            Step(text=f"Let {unknown} be {_described(condition)}."),
            Step(
                text=f"The answer to the original question is {answer}, so {related.relation.equation}.",
                equation=related.relation.equation,
            ),
            Step(
                text=f"The only value that solves it and that such a quantity can have: {solution}.", equation=solution
            ),
            Step(text=f"Check: with {solution}, {check}, as the question says.", equation=check),
        )

    def _restated(self, related: Related, condition: Condition) -> list[Step]:
        """Each forward calculation in the unknown, in the solution's own words where they do not give a value away."""
        unknown = related.relation.unknown
        known = self._constants | {
            name: simplest(value, unknown)
            for name, value in related.values.items()
            if isinstance(value, RationalFunction)
        }
        hidden = {condition.number} | {
            fraction(self._worked.results[index])
            for index in self._lines
            if isinstance(related.values[f"r{index}"], RationalFunction)
        }
        steps = []
        for index, line in self._lines.items():
            if isinstance(related.values[f"r{index}"], RationalFunction):
                left, right = for_people(self._worked.reading.steps[index], known), known[f"r{index}"][0]
                if any(sorted(left.split(sign)) == sorted(right.split(sign)) for sign in (" + ", "*")):
                    left = right  # the same terms in another order are no step
                written = left if left == right else f"{left} = {right}"
            else:
                left, written = "", line.constant
            equation = None if written == left else written
            steps.append(Step(text=line.text(written, hidden), equation=equation))
        return steps


def _constants(worked: Worked) -> dict[str, Written]:
    """What every `c0` and `r0` is worth, as it is written."""
    return {
        f"{letter}{index}": written_number(decimal(fraction(value)))
        for letter, values in (("c", worked.conditions), ("r", worked.results))
        for index, value in enumerate(values)
    }


@dataclass(slots=True)
class _Line:
    """What is told of one step, the numbers in its words, and the step with all its values, `5*12 = 60`."""

    told: Told
    numbers: frozenset[Fraction]
    constant: str

    @staticmethod
    def of(worked: Worked, index: int, constants: Mapping[str, Written]) -> "_Line":
        """Looks at the words once for all conditions."""
        told = worked.told(index)
        rest = f"{told.before} {told.after}"
        numbers = {_value_of(number) for number in _NUMERAL.findall(rest)}
        numbers |= {Fraction(text.replace(" ", "")) for text in _FRACTION.findall(rest)}
        numbers |= {_SMALL_WORDS[word] for word in _WORD.findall(rest.lower()) if word in _SMALL_WORDS}
        value = decimal(fraction(worked.results[index]))
        return _Line(told, frozenset(numbers), f"{for_people(worked.reading.steps[index], constants)} = {value}")

    def text(self, written: str, hidden: set[Fraction]) -> str:
        """The line with the calculation as it is `written`; plain words where the line tells a hidden value."""
        if self.told.dollars:
            written = _in_dollars(written)
        if not (self.told.before or self.told.after) or self.numbers & hidden:
            return f"This gives {written}{_unit(self.told.unit)}."
        text = f"{self.told.before.rstrip()} {written}{self.told.after}".strip()
        return text if text.endswith((".", "!", "?")) else text + "."


def _unit(words: str) -> str:
    """The words behind the result up to the first that only joins: " stickers", or nothing."""
    kept = []
    for word in words.split()[:3]:
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

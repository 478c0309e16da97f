"""Formalized formulas: what a model wrote without sight of the answer, tied to the question and held to the answer.

The formula holds where it gives the original answer exactly. Its numbers are grounded: quoted from the question,
implied by a word, or else in doubt or unexplained.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq

from generation.formulas.coincidences import doubt_coincidences, is_one_condition, same_whatever
from generation.formulas.formalization import Formalization
from generation.formulas.grounding import Grounded, Grounding, parents, stands_as_constant, unexplained
from generation.formulas.links import Quantity, quantities
from generation.formulas.near_value import near_only
from generation.formulas.steps import Told, WrittenSteps, mentioned, without_reciprocal, written_out
from generation.formulas.systems import Equation, UnsolvedError, solve_system
from generation.verification.answer_value import AnswerValue, answer_value
from generation.verification.equivalence import equivalent
from generation.verification.expression import (
    Expression,
    ExpressionError,
    IrrationalError,
    Number,
    Operation,
    Symbol,
    TooLargeError,
    evaluate,
    parse,
    plain,
    replace,
    symbols,
    walk,
)
from generation.verification.rational_function import number
from schemas.condition import Condition
from schemas.formula import Formula, FormulaKind, NumberOrigin
from schemas.problem import Problem

_ADDED = "words explain its parts, but not that it is added"


class FormalizeError(ValueError):
    """What the model wrote is no formula of the answer; `step` is the index of the first step at fault, or None."""

    def __init__(self, reason: str, step: int | None = None) -> None:
        super().__init__(reason)
        self.step = step


class UndecidedError(FormalizeError):
    """It cannot be told whether it is one."""


@dataclass(slots=True, eq=False)
class Formalized:
    """A model's formula over conditions, grounded and holding: a `Worked` formula."""

    reading: WrittenSteps
    names: list[str]
    conditions: list[fmpq]
    results: list[fmpq]
    doubts: list[list[str]]
    near_only: list[list[str]]
    answer: str
    numbers: tuple[NumberOrigin, ...]
    kind: FormulaKind = "formalize"

    def unexplained(self) -> list[str]:
        """The numbers that nothing explains."""
        return list(dict.fromkeys(each.number for each in self.numbers if each.origin == "unexplained"))

    def formula(self) -> Formula:
        """The answer over the conditions alone. Raises TooLargeError where it would be too long to write out."""
        return Formula(kind=self.kind, expression=written_out(self.reading), numbers=self.numbers)

    def used(self, condition: int) -> str:
        """The steps that use the condition."""
        steps = self.reading.steps
        using = [index for index in self.reading.cone if mentioned(steps[index], "c") >> condition & 1]
        return ", ".join(f"the step {self.names[index]}" for index in using) or "no step"

    def told(self, index: int) -> Told:
        """The name of a step as words: `clips_in_may` is told as "Clips in may:"."""
        words = self.names[index].replace("_", " ")
        return Told(f"{words[:1].upper()}{words[1:]}:", "", dollars=False, unit="")


def formalize(problem: Problem, conditions: Sequence[Condition], written: Formalization) -> list[Formalized]:
    """What was written as worked formulas, one for each part of the answer (more than one for a tuple).

    Raises FormalizeError where it is no formula of the answer, and UndecidedError where that cannot be told.
    """
    try:
        answer = answer_value(problem.answer)
    except ExpressionError as error:
        raise UndecidedError(f"the answer {problem.answer[:40]!r} has no exact value: {error}") from error
    if not written.steps:
        raise FormalizeError("no steps")
    known = quantities(problem.question, conditions)
    draft = _Draft(problem, known, written)
    brackets, endings = endings_of(written)
    last = len(written.steps) - 1
    if len(endings) != len(answer.parts):
        raise FormalizeError(f"the steps give {len(endings)} values, the answer has {len(answer.parts)}", last)
    if answer.opening and brackets != (answer.opening, answer.closing):
        raise FormalizeError("the steps give an answer of another form", last)
    for step in written.steps[:-1]:
        draft.step(step.name, step.expression)
    name = written.steps[-1].name
    parts = [draft.finished(name, text, part, answer) for text, part in zip(endings, answer.parts, strict=True)]
    if not any(worked.reading.depends[worked.reading.answer] for worked in parts):
        raise FormalizeError("the formula is a constant: it uses no condition of the question")
    if all(is_one_condition(worked.reading, draft.conditions) for worked in parts):
        raise FormalizeError("the formula is trivial: it is a condition of the question as it stands")
    doubt_coincidences([worked.reading for worked in parts], known, draft.constants, draft.doubts)
    draft.doubt_unused_steps(parts)
    return parts


def endings_of(written: Formalization) -> tuple[tuple[str, str], list[str]]:
    """The brackets of the last step and the values in them; no brackets around a single value."""
    text = written.steps[-1].expression.strip()
    if text[:1] in ("(", "[") and text[-1:] in (")", "]"):
        parts, depth, start = [], 0, 1
        for position, sign in enumerate(text):
            depth += (sign in "([") - (sign in ")]")
            if depth == 1 and sign == ",":
                parts.append(text[start:position])
                start = position + 1
            if depth == 0 and position < len(text) - 1:
                return ("", ""), [text]  # (a + b)*(c + d)
        if parts:
            return (text[0], text[-1]), [*parts, text[start:-1]]
    return ("", ""), [text]


class _Draft:
    """Steps as they are read, each over `c0` and `r0`, with its value and with what its numbers stand for."""

    def __init__(self, problem: Problem, known: Sequence[Quantity], written: Formalization) -> None:
        self.problem = problem
        self.known = known
        self.grounding = Grounding(problem.question, known, written.inputs)
        self.read = 0  # steps
        self.names: list[str] = []
        self.steps: list[Expression] = []
        self.numbers: list[NumberOrigin] = []
        self.doubts: list[list[str]] = [[] for _ in known]
        self.symbols: dict[str, Expression] = {}
        self.used: set[str] = set()
        self.fixed: set[str] = set()  # steps that are the same whatever the conditions are
        self.claims: dict[int, str] = {}
        self.constants: list[Fraction] = []
        self.conditions = [quantity.value for quantity in known]
        self.values = {f"c{index}": value for index, value in enumerate(self.conditions)}
        if written.unknowns:
            self._solve(written)

    def _solve(self, written: Formalization) -> None:
        """Solve the system; each unknown becomes a step."""
        names = (*self.grounding.inputs, *written.unknowns)
        unknowns = {name: name.upper() for name in written.unknowns}  # no `c0` or `r0`, whatever the model calls it
        self.symbols |= {name: Symbol(unknown) for name, unknown in unknowns.items()}
        equations: list[Equation] = []
        try:
            for text in written.equations:
                left, _, right = text.partition("=")
                first, second = (self._grounded(parse(side, names)) for side in (left, right))
                equations.append((first, second))
            solved = solve_system(equations, list(unknowns.values()), self.values)
            for name, unknown in unknowns.items():
                self._add(name, solved[unknown])
        except (UnsolvedError, TooLargeError) as error:
            raise UndecidedError(f"the system of equations: {error}") from error
        except ExpressionError as error:
            raise FormalizeError(f"the system of equations: {error}") from error
        if len(equations) > len(unknowns):
            self._doubt_all("there are more equations than unknowns: others of them give another formula")

    def step(self, name: str, text: str) -> None:
        """Read one step. Raises FormalizeError naming it."""
        try:
            self._add(name, self._read(name, text))
        except ExpressionError as error:
            raise FormalizeError(f"the step {name}: {error}", self.read) from error
        self.read += 1

    def _read(self, name: str, text: str) -> Expression:
        written = parse(text, (*self.grounding.inputs, *self.symbols))
        step = self._grounded(written)
        self.grounding.keep(name, written)
        return step

    def _add(self, name: str, step: Expression) -> None:
        """Keep a step under its name; one whose value is irrational is put in where it is used."""
        try:
            value = evaluate(step, self.values)
        except IrrationalError:
            self.symbols[name] = step
            return
        own = f"r{len(self.steps)}"
        self.symbols[name] = Symbol(own)
        self.values[own] = value
        if symbols(step) <= self.fixed:
            self.fixed.add(own)
        self.steps.append(step)
        self.names.append(name)

    def _grounded(self, node: Expression) -> Expression:
        """The expression over `c0` and `r0`, what its numbers stand for noted."""
        put: dict[int, Expression] = {}
        node = self.grounding.with_fractions(node)
        for leaf, parent in parents(node):
            if isinstance(leaf, Number):
                found = self.grounding.literal(leaf, parent)
                self._note(found, f"a {found.origin.number} in a step")
                put[id(leaf)] = found.expression
            elif not stands_as_constant(leaf, parent) and leaf.name in self.grounding.inputs:
                quoted = self.grounding.inputs[leaf.name].expression
                if isinstance(quoted, Number):
                    self._note(unexplained(quoted.value, _ADDED), "")

        def change(each: Expression) -> Expression | None:
            if isinstance(each, Symbol):
                found = self.grounding.inputs.get(each.name)
                if found is None:
                    return self.symbols.get(each.name)
                if each.name not in self.used:
                    self.used.add(each.name)
                    self._note(found, each.name)
                return found.expression
            return put.get(id(each))

        step = replace(replace(node, change), without_reciprocal)
        for each in walk(step):
            if isinstance(each, Operation) and each.operator in "+-":
                for part in (each.left, each.right) if each.operator == "+" else (each.right,):
                    value = self._value(part) if symbols(part) <= self.fixed else None
                    if value is not None and not isinstance(part, Number):
                        self._note(unexplained(value, _ADDED), "")
        return step

    def _note(self, found: Grounded, claim: str) -> None:
        """Keep where a number comes from and what is in doubt; two numbers with a claim to one condition are so."""
        self.numbers.append(found.origin)
        if found.origin.origin == "unexplained":
            self._doubt_all(f"nothing explains the {found.origin.number} of the model's formula")
            return
        if found.doubt:
            for index in found.conditions:
                self.doubts[index].append(found.doubt)
        elif found.origin.origin == "constant":
            self.constants.append(Fraction(found.origin.number))
        else:
            (index,) = found.conditions
            if index in self.claims:
                text = self.known[index].condition.text
                self.doubts[index].append(f'{self.claims[index]} and {claim} are both taken for "{text}"')
            self.claims.setdefault(index, claim)

    def _doubt_all(self, reason: str) -> None:
        for reasons in self.doubts:
            reasons.append(reason)

    def doubt_unused_steps(self, parts: Sequence[Formalized]) -> None:
        """What was worked out and is not in the answer: something else may have taken its place."""
        used = {index for worked in parts for index in worked.reading.cone}
        for index, name in enumerate(self.names):
            if index not in used:
                self._doubt_all(f"nothing uses the step {name}")

    def finished(self, name: str, text: str, part: Expression, answer: AnswerValue) -> Formalized:
        """The formula of one part of the answer. Raises FormalizeError where it does not give that part."""
        try:
            last = self._in_percent(self._read(name, text), part, answer)
            self._hold(last, part)
            reading = WrittenSteps([*self.steps, last])
            for value in same_whatever(reading, self.conditions):
                self._note(unexplained(value, "it is made of conditions, and the same whatever they are"), "")
            values = [*(self.values[f"r{index}"] for index in range(len(self.steps))), self._value(last) or Fraction()]
            names = [*self.names, name]
            worked = Formalized(
                reading=reading,
                names=names,
                conditions=[quantity.number for quantity in self.known],
                results=list(map(number, values)),
                doubts=self.doubts,
                near_only=near_only(
                    self.problem.question, [each.replace("_", " ") for each in names], values, reading, self.known
                ),
                answer=plain(part),
                numbers=tuple(dict.fromkeys(self.numbers)),
            )
            worked.formula()  # raises where it cannot be written out
        except ExpressionError as error:
            raise FormalizeError(f"the step {name}: {error}", self.read) from error
        return worked

    def _value(self, step: Expression) -> Fraction | None:
        """The value of a step, None where it is irrational."""
        try:
            return evaluate(step, self.values)
        except IrrationalError:
            return None

    def _in_percent(self, last: Expression, part: Expression, answer: AnswerValue) -> Expression:
        """The last step times 100 where it is a share and the answer is written as its percentage."""
        value = self._value(last)
        if answer.percent and isinstance(part, Number) and value is not None and value * 100 == part.value:
            return Operation("*", last, Number(Fraction(100)))
        return last

    def _hold(self, last: Expression, part: Expression) -> None:
        """Raises FormalizeError unless the last step gives the answer, UndecidedError where that cannot be told."""
        value = self._value(last)
        if value is not None and symbols(part) == frozenset():
            try:
                if value != evaluate(part):
                    raise FormalizeError(f"the steps give {value}, not {plain(part)}", self.read)
                return
            except IrrationalError:
                pass
        at_values = replace(last, lambda node: Number(self.values[node.name]) if isinstance(node, Symbol) else None)
        found = equivalent(plain(part), plain(at_values))
        if found.outcome == "unequal":
            raise FormalizeError(f"the steps give {plain(at_values)}, not {plain(part)}", self.read)
        if found.outcome == "undecided":
            raise UndecidedError(f"whether {plain(at_values)} is {plain(part)} cannot be told: {found.reason}")

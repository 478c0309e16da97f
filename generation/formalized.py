"""One problem to its candidates by what a model wrote: each answer grounded, proved, compared, and kept."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from generation.conditions.finder import find_conditions
from generation.derive import WorkedOut, derivation
from generation.formulas.agreement import compare
from generation.formulas.formalization import Formalization, WrittenStep, read
from generation.formulas.formalize import Formalized, FormalizeError, UndecidedError, endings_of, formalize
from generation.formulas.systems import solve_system
from generation.formulas.trace import Trace, TraceError, trace
from generation.verification.expression import (
    ExpressionError,
    decimal,
    evaluate,
    for_people,
    parse,
    written_number,
)
from schemas.check import Outcome
from schemas.condition import Condition
from schemas.derivation import Derivation
from schemas.model import Model
from schemas.problem import Problem
from schemas.sample import Sample
from schemas.step import Step

MAX_WORDS = 80
"""Characters of the words that a step is told with; where the model's are longer, it is told by its name."""


class WrittenFormula(Model):
    """One model's answer to one request for a problem's formula, in the form that was asked for."""

    key: str
    model: str
    text: str


class Written(Model):
    """A problem, all that was written for it, and how many samples were asked for; `error` where nothing was."""

    problem: Problem
    formulas: tuple[WrittenFormula, ...]
    asked: int
    error: str


def derive_written(row: str) -> str:
    """What a worker does: a Written as JSON to its Derivation as JSON."""
    return derive_formalized(Written.model_validate_json(row)).model_dump_json()


def derive_formalized(written: Written) -> Derivation:
    """Every candidate that the model's formula gives, and every answer of the model as a sample, right or wrong."""
    problem = written.problem
    conditions = find_conditions(problem.question, problem.notation)
    traced = _trace(problem, conditions)
    holding: list[list[Formalized]] = []
    smuggling: list[list[Formalized]] = []
    samples = []
    for answer in written.formulas:
        formalization = read(answer.text)
        step: int | None = None
        outcome: Outcome
        try:
            parts = formalize(problem, conditions, formalization)
        except FormalizeError as error:
            outcome, reason = "undecided" if isinstance(error, UndecidedError) else "fail", str(error)
            step = error.step
            if traced is not None and outcome == "fail":
                step = _first_strange(formalization, traced, step)
        else:
            unexplained = dict.fromkeys(number for worked in parts for number in worked.unexplained())
            outcome = "undecided" if unexplained else "pass"
            reason = f"nothing explains {', '.join(unexplained)}" if unexplained else "the conditions give the answer"
            (smuggling if unexplained else holding).append(parts)
        steps = lines(formalization)
        samples.append(
            Sample(
                problem_id=problem.id,
                candidate_id=None,
                purpose="formalize",
                model=answer.model,
                key=answer.key,
                steps=steps,
                outcome=outcome,
                broken_step=None if step is None else step + len(steps) - len(formalization.steps),
                reason=reason,
            )
        )
    # A formula with a number from nowhere is compared with no other: it counts where there is nothing better.
    if holding := holding or smuggling:
        # So is a trace with such a number: it proves nothing about others.
        other = None if traced is None or traced.unexplained() else traced
        agreement = compare(holding, written.asked, other, len(conditions), "x")
        found = WorkedOut("formalize", holding[agreement.taken], "", agreement.findings)
    else:
        why = "; ".join(dict.fromkeys(sample.reason for sample in samples)) or written.error
        found = WorkedOut("formalize", (), why, [("undecided", "the model gave no formula")] * len(conditions))
    return derivation(problem, conditions, found, samples)


def _trace(problem: Problem, conditions: Sequence[Condition]) -> Trace | None:
    """The trace of the problem's own solution, where it gives one."""
    try:
        return trace(problem, conditions)
    except (TraceError, ExpressionError):
        return None


def lines(formalization: Formalization) -> tuple[Step, ...]:
    """The system and the steps as a solution reads, `Clips in may: 48/2 = 24.`, by the values that the model read."""
    values = _values(formalization)
    names = [*values, *formalization.unknowns]
    steps = [Step(text=_equation(equation, formalization)) for equation in formalization.equations]
    if solved := [f"{name} = {decimal(values[name])}" for name in formalization.unknowns if name in values]:
        steps.append(Step(text=f"So {', '.join(solved)}."))
    for step in formalization.steps[:-1]:
        text, value = _calculation(step.expression, names, values)
        steps.append(_line(step, text, "" if value is None else decimal(value)))
        names.append(step.name)
        if value is not None:
            values[step.name] = value
    (opening, closing), endings = endings_of(formalization)
    found = [_calculation(ending, names, values) for ending in endings]
    results = [value for _, value in found if value is not None]
    result = ", ".join(map(decimal, results)) if len(results) == len(found) else ""
    text = f"{opening}{', '.join(text for text, _ in found)}{closing}"
    steps.append(_line(formalization.steps[-1], text, result and f"{opening}{result}{closing}"))
    return tuple(steps)


def _calculation(text: str, names: Sequence[str], values: Mapping[str, Fraction]) -> tuple[str, Fraction | None]:
    """An expression by the values of the names in it, and its value where it has an exact one."""
    try:
        node = parse(text, names)
        text = for_people(node, {name: written_number(decimal(value)) for name, value in values.items()})
        return text, evaluate(node, values)
    except ExpressionError:
        return text.strip(), None


def _line(step: WrittenStep, text: str, result: str) -> Step:
    """A line of a solution in the model's words; where it calculates a single value, its equation, too."""
    words = " ".join(step.finds.partition(":")[0].replace("_", " ").split()).rstrip(" .,;=")
    if not 0 < len(words) <= MAX_WORDS:
        words = step.name.replace("_", " ")
    calculated = f"{text} = {result}" if result and result != text else text
    return Step(
        text=f"{words[:1].upper()}{words[1:]}: {calculated}.",
        equation=None if calculated == text or "," in result else calculated,
    )


def _values(formalization: Formalization) -> dict[str, Fraction]:
    """What the inputs are worth, and the unknowns where the system can be solved."""
    values = {each.name: Fraction(each.value) for each in formalization.inputs}
    names = [*values, *formalization.unknowns]
    try:
        sides = [[parse(side, names) for side in equation.split("=")] for equation in formalization.equations]
        solved = solve_system([(left, right) for left, right in sides], formalization.unknowns, values)
        return values | {name: evaluate(found, values) for name, found in solved.items()}
    except ExpressionError:
        return values


def _equation(text: str, formalization: Formalization) -> str:
    """An equation of the system by the values that the model read: `rui + ana = 90.`"""
    names = {each.name: written_number(decimal(Fraction(each.value))) for each in formalization.inputs}
    try:
        sides = [for_people(parse(side, [*names, *formalization.unknowns]), names) for side in text.split("=")]
    except ExpressionError:
        return f"{text}."
    return f"{' = '.join(sides)}."


def _first_strange(formalization: Formalization, traced: Trace, step: int | None) -> int | None:
    """The first step whose value the human solution never has: where a wrong answer goes astray, if that tells."""
    seen = {Fraction(int(value.p), int(value.q)) for value in (*traced.conditions, *traced.results)}
    values = _values(formalization)
    for index, each in enumerate(formalization.steps):
        try:
            values[each.name] = evaluate(parse(each.expression, values), values)
        except ExpressionError:
            return step
        if values[each.name] not in seen:
            return index
    return step

"""One problem to its candidates by what a model wrote: each answer grounded, proved, compared, and kept."""

from collections.abc import Sequence
from fractions import Fraction

from generation.conditions.finder import find_conditions
from generation.derive import WorkedOut, derivation
from generation.formulas.agreement import compare
from generation.formulas.formalization import Formalization, read
from generation.formulas.formalize import Formalized, FormalizeError, UndecidedError, formalize
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
            unexplained = [number for worked in parts for number in worked.unexplained()]
            outcome = "undecided" if unexplained else "pass"
            reason = f"nothing explains {', '.join(unexplained)}" if unexplained else "the conditions give the answer"
            (smuggling if unexplained else holding).append(parts)
        samples.append(
            Sample(
                problem_id=problem.id,
                candidate_id=None,
                purpose="formalize",
                model=answer.model,
                key=answer.key,
                steps=lines(formalization),
                outcome=outcome,
                broken_step=step,
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
    """The steps as a solution reads: `Clips in may: 48/2 = 24.`, by the values that the model read."""
    values: dict[str, Fraction] = {each.name: Fraction(each.value) for each in formalization.inputs}
    names = [*values, *formalization.unknowns]
    steps = [Step(text=f"{equation}.") for equation in formalization.equations]
    for step in formalization.steps:
        words = step.name.replace("_", " ")
        text, equation = step.expression, None
        try:
            node = parse(step.expression, names)
            put = {name: written_number(decimal(value)) for name, value in values.items()}
            text = for_people(node, put)
            value = evaluate(node, values)
            if text != decimal(value):
                text = equation = f"{text} = {decimal(value)}"
            values[step.name] = value
        except ExpressionError:
            pass
        names.append(step.name)
        steps.append(Step(text=f"{words[:1].upper()}{words[1:]}: {text}.", equation=equation))
    return tuple(steps)


def _first_strange(formalization: Formalization, traced: Trace, step: int | None) -> int | None:
    """The first step whose value the human solution never has: where a wrong answer goes astray, if that tells."""
    seen = {Fraction(int(value.p), int(value.q)) for value in (*traced.conditions, *traced.results)}
    values: dict[str, Fraction] = {each.name: Fraction(each.value) for each in formalization.inputs}
    for index, each in enumerate(formalization.steps):
        try:
            values[each.name] = evaluate(parse(each.expression, values), values)
        except ExpressionError:
            return step
        if values[each.name] not in seen:
            return index
    return step

"""Agreement: formulas got in different ways compared as functions of each condition, by exact algebra."""

from collections.abc import Sequence
from dataclasses import dataclass

from generation.formulas.steps import Worked
from generation.solutions.polynomial import simplest
from generation.verification.expression import ExpressionError
from generation.verification.rational_function import Value, same
from schemas.check import Outcome

Finding = tuple[Outcome, str]
Parts = Sequence[Worked]
"""A formula: one worked formula for each part of the answer."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Which of the formulas is taken, by its index, and for each condition the finding on how the others compare."""

    taken: int
    findings: tuple[Finding, ...]


def compare(formulas: Sequence[Parts], asked: int, traced: Worked | None, conditions: int, unknown: str) -> Agreement:
    """Compare formulas that all hold, got from `asked` samples of a model, with one another and with the trace's.

    The one that most others are the same as is taken, the one with the least in doubt of those. Two formulas that
    differ are a failure: one of them is wrong. Samples of one model that share a doubt do not settle it. `unknown` is
    the name under which functions are shown.
    """
    functions = [[function_in(parts, condition) for condition in range(conditions)] for parts in formulas]
    traces = [function_in([traced], condition) for condition in range(conditions)] if traced else None
    support = [
        sum(_alike(mine, other) for other in functions) + (len(functions) if traces and _alike(mine, traces) else 0)
        for mine in functions
    ]
    doubts = [[_doubted(parts, condition) for condition in range(conditions)] for parts in formulas]
    taken = max(range(len(formulas)), key=lambda index: (support[index], -sum(doubts[index])))
    return Agreement(
        taken,
        tuple(
            _finding(
                functions[taken][condition],
                [each[condition] for each in functions],
                asked,
                traces[condition] if traces else None,
                all(each[condition] for each in doubts),
                unknown,
            )
            for condition in range(conditions)
        ),
    )


def part_of(parts: Parts, condition: int) -> Worked | None:
    """The part of the answer that depends on the condition; the first one where none does."""
    depending = (worked for worked in parts if worked.reading.depends[worked.reading.answer] >> condition & 1)
    return next(depending, parts[0] if parts else None)


def function_in(parts: Parts, condition: int) -> Value | None:
    """The answer as a function of one condition, the others at their values; None where it is no rational function."""
    worked = part_of(parts, condition)
    if worked is None:
        return None
    if not worked.reading.depends[worked.reading.answer] >> condition & 1:
        return worked.results[worked.reading.answer]
    try:
        return worked.reading.functions(condition, worked.conditions, worked.results)[f"r{worked.reading.answer}"]
    except ExpressionError:
        return None


def _doubted(parts: Parts, condition: int) -> bool:
    worked = part_of(parts, condition)
    return worked is None or bool(worked.doubts[condition])


def _alike(mine: Sequence[Value | None], other: Sequence[Value | None]) -> bool:
    return all(a is not None and b is not None and same(a, b) for a, b in zip(mine, other, strict=True))


def _finding(
    mine: Value | None, samples: Sequence[Value | None], asked: int, traced: Value | None, doubted: bool, unknown: str
) -> Finding:
    """The finding on one condition; `doubted` says that all samples have doubts of it."""
    if mine is None:
        return "undecided", "no rational function: such formulas are not compared"
    for name, others in (("the trace", [traced]), ("another sample", samples)):
        for other in others:
            if other is not None and not same(mine, other):
                shown = simplest(other, unknown)[0], simplest(mine, unknown)[0]
                return "fail", f"{name} gives {shown[0]}, the model {shown[1]}"
    equal = sum(other is not None for other in samples)
    of_samples = f"{equal} of {asked} samples of the model"
    if traced is not None:
        return "pass", f"the trace and {of_samples} are one function, {simplest(mine, unknown)[0]}"
    if equal > 1:
        reason = f"{of_samples} are one function, {simplest(mine, unknown)[0]}"
        return ("undecided", f"{reason}, but all are in doubt") if doubted else ("pass", reason)
    return "undecided", f"there is only one formula: {of_samples} gives the answer"

"""What a model answers when it is asked for a problem's formula: one that is right, and one that is wrong.

The right formula is the one that the problem's own solution was read as: its quantities quoted from the question where
they stand, the solution's calculations as steps over them. The mock server answers from a table of such answers.
"""

import json
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

from generation.conditions.finder import find_conditions
from generation.formulas.formalization import Formalization, Input, WrittenStep
from generation.formulas.steps import bits
from generation.formulas.trace import Trace, TraceError, trace
from generation.verification.expression import Expression, ExpressionError, Number, Operation, Percent, plain, replace
from schemas.condition import Condition
from schemas.problem import Problem

_HUNDRED = Number(Fraction(100))


def right_answer(problem: Problem) -> Formalization | None:
    """The answer that holds; None where the problem's solution gives no formula."""
    conditions = find_conditions(problem.question, problem.notation)
    try:
        traced = trace(problem, conditions)
        return _written(problem.question, conditions, traced)
    except (TraceError, ExpressionError):
        return None


def wrong_answer(problem: Problem) -> Formalization:
    """The right one but for its last step, which gives one more; where there is none, a formula of no condition."""
    right = right_answer(problem)
    if right is None:
        return Formalization(inputs=(), unknowns=(), equations=(), steps=(WrittenStep(name="one", expression="1"),))
    last = right.steps[-1]
    changed = last.model_copy(update={"expression": f"({last.expression}) + 1"})
    return right.model_copy(update={"steps": (*right.steps[:-1], changed)})


def write_table(path: Path, answers: Iterable[tuple[Problem, Formalization]]) -> Path:
    """The table from which the mock server answers: the text for each question."""
    with path.open("w", encoding="utf-8") as file:
        for problem, answer in answers:
            file.write(json.dumps({"question": problem.question, "text": answer.model_dump_json()}) + "\n")
    return path


def _written(question: str, conditions: Sequence[Condition], traced: Trace) -> Formalization:
    """The trace as a model would write it; inputs and steps have the names that they have in the trace."""
    reading = traced.reading
    return Formalization(
        inputs=tuple(
            Input(quote=quote(question, conditions, index), name=f"c{index}", value=conditions[index].value)
            for index in bits(reading.depends[reading.answer])
        ),
        unknowns=(),
        equations=(),
        steps=tuple(
            WrittenStep(name=f"r{index}", expression=plain(replace(reading.steps[index], _without_sign)))
            for index in reading.cone
        ),
    )


def _without_sign(node: Expression) -> Expression | None:
    """20% as 20/100: a model's arithmetic has no percent sign."""
    if isinstance(node, Percent):
        return Operation("/", replace(node.operand, _without_sign), _HUNDRED)
    return None


def quote(question: str, conditions: Sequence[Condition], index: int) -> str:
    """The condition with as many of the words around it as tell its place from others, and with no other condition."""
    own = conditions[index]
    earliest = conditions[index - 1].end if index else 0
    latest = conditions[index + 1].start if index + 1 < len(conditions) else len(question)
    start, end = own.start, own.end
    while question.count(question[start:end].strip()) > 1 and (end < latest or start > earliest):
        if end < latest:
            end = next((at for at in range(end + 1, latest) if question[at].isspace()), latest)
        else:
            start = next((at for at in range(start - 1, earliest, -1) if question[at - 1].isspace()), earliest)
    return question[start:end].strip()

"""The checks of a candidate that need no model, and what a check that needs one says where none is configured."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from flint import fmpq

from generation.formulas.agreement import Finding
from generation.formulas.steps import Worked
from generation.formulas.vocabulary import stem
from generation.relations.relate import Related
from generation.verification.equivalence import equivalent
from generation.verification.expression import (
    Expression,
    ExpressionError,
    IrrationalError,
    Number,
    Symbol,
    UndefinedValueError,
    evaluate,
    parse,
    plain,
    replace,
)
from generation.verification.rational_function import UNKNOWN, NotRationalError, Value, compute, number, same
from generation.verification.solve import Roots, holds
from generation.wordings.fobar import mathematics
from schemas.check import Check, CheckName
from schemas.condition import Condition
from schemas.problem import Problem
from schemas.step import Step


@dataclass(slots=True)
class Draft:
    """A candidate before its checks.

    `worked` and `related` are None where there is no formula or no relation, with the reason in `formula_error` and
    `relation_error`; `independent` is true where that is because the answer does not change with the condition; `roots`
    are those of the relation; `masked` is the question with the unknown put in; `agreement` is the finding on formulas
    got in other ways.
    """

    problem: Problem
    conditions: Sequence[Condition]
    hidden: int
    worked: Worked | None
    formula_error: str
    related: Related | None
    relation_error: str
    independent: bool
    roots: Roots | None
    unknown: str
    masked: str
    question: str
    steps: tuple[Step, ...]
    agreement: Finding

    @property
    def condition(self) -> Condition:
        """The condition that is asked for."""
        return self.conditions[self.hidden]


def check_all(draft: Draft) -> tuple[Check, ...]:
    """Every check of the candidate, each timed."""
    checks = []
    for name, test in _CHECKS.items():
        start = time.perf_counter()
        outcome, reason = test(draft)
        checks.append(
            Check(name=name, outcome=outcome, reason=reason, elapsed_ms=round((time.perf_counter() - start) * 1000, 4))
        )
    return (*checks, *_NEED_MORE)


def _formula_holds(draft: Draft) -> Finding:
    if draft.worked is None:
        return "fail", draft.formula_error
    unexplained = draft.worked.unexplained()
    if unexplained:
        return "undecided", f"nothing explains {', '.join(dict.fromkeys(unexplained))} in the solution"
    return "pass", f"the solution's calculations give {draft.problem.answer} from the conditions"


def _depends_on_condition(draft: Draft) -> Finding:
    if draft.independent:
        return "fail", draft.relation_error
    if draft.related is None:
        return "undecided", draft.relation_error
    return "pass", "the answer changes with the condition"


def _two_sided(draft: Draft) -> Finding:
    if draft.related is None or draft.roots is None:
        return "undecided", draft.relation_error
    value, answer = draft.condition.number, draft.related.relation.answer
    try:
        published = parse(draft.related.relation.expression, (draft.unknown,))
    except ExpressionError as error:
        return "undecided", f"the equation as it is written cannot be read: {error}"
    if draft.related.function is None:
        outcome = _gives(published, draft.unknown, value, answer)
        if outcome != "equal":
            verdict = f"with {draft.unknown} = {value} the equation does not give {answer}"
            return ("fail", verdict) if outcome == "unequal" else ("undecided", f"it cannot be told whether {verdict}")
    elif not same(compute(published, {draft.unknown: UNKNOWN}), draft.related.function):
        return "fail", "the equation as it is written is another function than the formula's"
    elif not holds(draft.related.function, Fraction(answer), value):
        return "fail", f"with {draft.unknown} = {value} the equation does not give {answer}"
    if draft.roots.undecided:
        return "undecided", draft.roots.undecided
    if value not in draft.roots.rational and not draft.roots.all_values:
        return "fail", f"{value} is no root of the equation"
    return "pass", f"{draft.unknown} = {value} gives {answer}, and {answer} gives {draft.unknown} = {value}"


def _gives(expression: Expression, unknown: str, value: Fraction, answer: str) -> str:
    """Whether the expression gives the answer at the unknown's value: `equal`, `unequal` or `undecided`."""
    at_value = replace(expression, lambda node: Number(value) if isinstance(node, Symbol) else None)
    try:
        return "equal" if evaluate(at_value) == evaluate(parse(answer)) else "unequal"
    except UndefinedValueError:
        return equivalent(answer, plain(at_value)).outcome


def _unique_root(draft: Draft) -> Finding:
    if draft.related is None or draft.roots is None:
        return "undecided", draft.relation_error
    if draft.roots.undecided:
        return "undecided", draft.roots.undecided
    if draft.roots.all_values:
        return "fail", "every value solves the equation"
    admissible = draft.roots.admissible(draft.condition.number)
    if len(admissible) != 1:
        return "fail", f"{len(admissible)} admissible roots: {', '.join(admissible[:4])}" if admissible else "no root"
    if draft.worked is not None and draft.worked.near_only[draft.hidden]:
        return "undecided", "; ".join(dict.fromkeys(draft.worked.near_only[draft.hidden]))
    return "pass", f"one admissible root, {admissible[0]}"


def _provenance(draft: Draft) -> Finding:
    if draft.worked is None:
        return "undecided", draft.formula_error
    doubts = list(dict.fromkeys(draft.worked.doubts[draft.hidden]))
    if doubts:
        return "undecided", "; ".join(doubts[:3])
    places = draft.worked.used(draft.hidden)
    return "pass", f'"{draft.condition.text}" is used in {places}, and nothing else has a claim to its place'


def _steps_hold(draft: Draft) -> Finding:
    if not draft.steps:
        return "undecided", draft.relation_error or "there is no solution to prove"
    proved = 0
    for step in draft.steps:
        if step.equation is None:
            continue
        try:
            if not _equation_holds(step.equation, draft.unknown, draft.condition.value):
                return "fail", f"{step.equation} does not hold"
        except ExpressionError as error:
            return "undecided", f"{step.equation} cannot be proved: {error}"
        proved += 1
    return "pass", f"{proved} calculating steps proved"


def _equation_holds(equation: str, unknown: str, value: str) -> bool:
    """Whether both sides, read from the text that is published, have the same exact value at the unknown's."""
    left, _, right = equation.partition(" = ")
    try:
        return bool(_side(left, unknown, value) == _side(right, unknown, value))
    except (IrrationalError, NotRationalError):
        outcome = _gives(parse(left, (unknown,)), unknown, Fraction(value), right)
        if outcome == "undecided":
            raise
        return outcome == "equal"


def _side(text: str, unknown: str, value: str) -> Value:
    """The value of one side; steps share most of their sides with the steps around them."""
    if text == unknown:
        return _exact(value)
    return _with_unknown(text, unknown, value) if unknown in text else _without_unknown(text)


@lru_cache(maxsize=4_096)
def _with_unknown(text: str, unknown: str, value: str) -> Value:
    return compute(parse(text, (unknown,)), {unknown: _exact(value)})


@lru_cache(maxsize=16_384)
def _without_unknown(text: str) -> Value:
    return compute(parse(text), {})


@lru_cache(maxsize=64)
def _exact(value: str) -> fmpq:
    return number(Fraction(value))


_REPEATED = re.compile(
    r"(?:the|these|those|all|original|his|her|their|its|both|same|first|of the)\s+(?:other\s+)?$", re.I
)


def _no_leak(draft: Draft) -> Finding:
    hidden = draft.condition
    if draft.related is not None and draft.related.relation.expression == draft.unknown:
        return "fail", f"the equation is {draft.related.relation.equation}: the answer is stated"
    for index, other in enumerate(draft.conditions):
        if index == draft.hidden or other.number != hidden.number or _other_unit(other, hidden):
            continue
        later = max(other, hidden, key=lambda condition: condition.start)
        if _REPEATED.search(draft.problem.question[max(0, later.start - 20) : later.start]):
            return "fail", f'"{other.text}" elsewhere in the question is the same quantity'
        if draft.worked is None or not _both_used(draft.worked, index, draft.hidden):
            return "undecided", f'"{other.text}" elsewhere in the question may be the same quantity'
    return "pass", "the hidden value is not stated"


def _both_used(worked: Worked, first: int, second: int) -> bool:
    """Whether the answer is made of both conditions."""
    mask = worked.reading.depends[worked.reading.answer]
    return bool(mask >> first & 1 and mask >> second & 1)


def _other_unit(one: Condition, other: Condition) -> bool:
    """Whether the two count different things."""
    if one.unit is None or other.unit is None:
        return one.unit != other.unit
    return stem(one.unit) != stem(other.unit)


def _states_result(draft: Draft) -> Finding:
    request = draft.question.rpartition("If we know")[2]
    if f"is {draft.problem.answer},".replace("$", "") in request.replace("$", ""):
        return "pass", f"the question states the original answer, {draft.problem.answer}"
    return "fail", "the question does not state the original answer"


def _conditions_kept(draft: Draft) -> Finding:
    position = 0
    for index, condition in enumerate(draft.conditions):
        if index == draft.hidden:
            continue
        position = draft.masked.find(condition.text, position)
        if position < 0:
            return "fail", f'"{condition.text}" is missing'
        position += len(condition.text)
    return "pass", f"all {len(draft.conditions) - 1} other conditions are kept"


def _asks_for_unknown(draft: Draft) -> Finding:
    if not _stands(draft.unknown, draft.masked):
        return "fail", f"{draft.unknown} does not stand in the question"
    if not draft.question.replace("$", "").endswith(f"value of {draft.unknown}?"):
        return "fail", f"the question does not ask for {draft.unknown}"
    return "pass", f"the question asks for {draft.unknown}"


_NO_LETTER = re.compile(r"\\(?:text\w{0,2}|mbox|mathrm)\s?\{[^{}]*\}|\\[A-Za-z]+")


def _stands(unknown: str, question: str) -> bool:
    """Whether the unknown stands in the question as a letter of its own; in mathematics `yx` is y times x."""
    if re.search(rf"(?<![A-Za-z]){re.escape(unknown)}(?![A-Za-z])", question):
        return True
    return any(unknown in _NO_LETTER.sub(" ", question[start:end]) for start, end in mathematics(question))


def _agreement(draft: Draft) -> Finding:
    return draft.agreement


_CHECKS: dict[CheckName, Callable[[Draft], Finding]] = {
    "formula_holds": _formula_holds,
    "two_sided": _two_sided,
    "unique_root": _unique_root,
    "depends_on_condition": _depends_on_condition,
    "provenance": _provenance,
    "steps_hold": _steps_hold,
    "no_leak": _no_leak,
    "states_result": _states_result,
    "conditions_kept": _conditions_kept,
    "asks_for_unknown": _asks_for_unknown,
    "agreement": _agreement,
}

_NEED_MORE = (
    Check(name="solver_votes", outcome="undecided", reason="no model is configured to solve it", elapsed_ms=0),
    Check(name="judge", outcome="undecided", reason="no model is configured to judge it", elapsed_ms=0),
    Check(name="backprm", outcome="undecided", reason="no model is configured to score it", elapsed_ms=0),
)

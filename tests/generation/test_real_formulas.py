"""Real questions: each accepted trace of GSM8K as an honest model would have written it, and as one that errs."""

import random
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations
from typing import Any

from generation.derive import derive
from generation.formulas.agreement import function_in
from generation.formulas.formalize import FormalizeError
from generation.formulas.trace import Trace, trace
from generation.llm.errors import InvalidReplyError
from generation.sources.ingest import read
from generation.verification.expression import Symbol, evaluate, parse, plain, replace
from generation.verification.rational_function import same
from schemas.condition import Condition
from schemas.problem import Problem
from tests.data import data_file
from tests.generation.made import accepted
from tests.generation.written import as_read, derived, formalized, reply


def as_a_model_writes(question: str, conditions: Sequence[Condition], of: Trace) -> tuple[list[Any], list[Any]]:
    """The trace's formula as inputs, quoted with the words around them, and steps."""
    names = {f"c{i}": f"given_{i}" for i in range(len(conditions))}
    names |= {f"r{i}": f"result_{i}" for i in range(len(of.reading.steps))}
    steps = []
    for index in of.reading.cone:
        renamed = replace(
            of.reading.steps[index], lambda node: Symbol(names[node.name]) if isinstance(node, Symbol) else None
        )
        steps.append((names[f"r{index}"], plain(renamed)))
    inputs = []
    for index, condition in enumerate(conditions):
        if of.reading.depends[of.reading.answer] >> index & 1:
            before = " ".join(question[: condition.start].split(" ")[-3:])
            after = " ".join(question[condition.end :].split(" ")[:3])
            quote = f"{before}{condition.text}{after}".strip()
            inputs.append((quote, names[f"c{index}"], condition.value))
    return inputs, steps


@cache
def real(count: int) -> list[tuple[Problem, set[int], Trace, list[Any], list[Any]]]:
    """Problems of GSM8K, the conditions that the trace settles, and the formula as a model writes it."""
    rows = [row for row in read("gsm8k", path=data_file("gsm8k/train.jsonl")) if isinstance(row, Problem)]
    found = []
    for of in random.Random(7).sample(rows, count):
        derivation = derive(of)
        sure = {index for index, each in enumerate(derivation.candidates) if accepted(each)}
        if sure:
            traced = trace(of, derivation.conditions)
            found.append((of, sure, traced, *as_a_model_writes(of.question, derivation.conditions, traced)))
    return found


def outcomes(of: Problem, text: str, sure: set[int], traced: Trace) -> Iterator[tuple[bool, bool]]:
    """For each condition that is sure: whether the candidate is accepted, and whether its function is the trace's."""
    derivation = derived(of, text)
    try:
        parts = formalized(of, text)
    except FormalizeError:
        yield from ((False, False) for _ in sure)
        return
    for index in sure:
        mine, true = function_in(parts, index), function_in([traced], index)
        yield accepted(derivation.candidates[index]), mine is not None and true is not None and same(mine, true)


def test_honest_formulas_of_real_questions_are_accepted_and_are_the_trace() -> None:
    alone, beside = [], []
    for of, sure, traced, inputs, steps in real(250):
        text = reply(inputs, steps)
        alone += outcomes(of.model_copy(update={"solution": "", "notation": "text"}), text, sure, traced)
        beside += outcomes(of, text, sure, traced)
    assert len(alone) > 400
    assert all(same for found, same in (*alone, *beside) if found)
    assert sum(found for found, _ in alone) >= 0.9 * len(alone)  # the rest is doubted, with no trace to settle it
    assert sum(found for found, _ in beside) >= 0.97 * len(beside)


def corrupted(inputs: list[Any], steps: list[Any]) -> Iterator[tuple[str, list[Any], list[Any]]]:
    """What goes wrong and gives the same value: a literal for a name, an equal number for another, a wrong quote."""
    values = {name: Fraction(text) for _, name, text in inputs}
    for name, text in steps:
        values[name] = evaluate(parse(text, values), values)
    order = [name for name, _ in steps]
    for place, (own, text) in enumerate(steps):
        for match in re.finditer(r"(?:given|result)_\d+", text):
            other = str(values[match[0]])
            for kind, instead in (
                ("literal", f"({other})"),
                *(("equal", name) for name, number in values.items() if number == values[match[0]]),
            ):
                if instead in (match[0], *order[place:]) or other.startswith("-"):
                    continue
                changed = f"{text[: match.start()]}{instead}{text[match.end() :]}"
                yield kind, inputs, [*steps[:place], (own, changed), *steps[place + 1 :]]
    for one, other in combinations(range(len(inputs)), 2):
        if Fraction(inputs[one][2]) != Fraction(inputs[other][2]):
            moved = list(inputs)
            moved[one], moved[other] = (
                (inputs[other][0], *inputs[one][1:]),
                (inputs[one][0], *inputs[other][1:]),
            )
            yield "quotes", moved, steps


def test_corrupted_formulas_of_real_questions_that_give_the_answer_are_no_other_function() -> None:
    chance = random.Random(3)
    tried = wrong = 0
    for of, sure, traced, inputs, steps in real(250)[:90]:
        bare_one = of.model_copy(update={"solution": "", "notation": "text"})
        changed = list(corrupted(inputs, steps))
        for _, new_inputs, new_steps in chance.sample(changed, min(6, len(changed))):
            try:
                text = reply(new_inputs, new_steps)
                as_read(text)
            except InvalidReplyError:
                continue
            tried += 1
            wrong += any(found and not true for found, true in outcomes(bare_one, text, sure, traced))
    assert tried > 300
    assert wrong == 0

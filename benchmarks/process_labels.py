"""The process labels of GSM8K's training set: how many, every corruption proved wrong, and how alike to real errors.

python -m benchmarks.process_labels

Real errors are the first wrong steps that are marked in ProcessBench's GSM8K part and in the answers of students that
teachers marked. Two things of an error can be told mechanically: where in its solution it stands, in fifths, and
whether its arithmetic is false or true. Likeness is the total variation distance of the two distributions, 0 to 1.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

from curation import policy
from curation.process_labels.corruptions.backward import BackwardCorruptions
from curation.process_labels.corruptions.corruption import Corruption, chance
from curation.process_labels.corruptions.forward import ForwardCorruptions
from curation.process_labels.lines import read_lines, values_in
from curation.process_labels.proved import steps_are_proved
from curation.process_labels.rows import Judged, process_rows
from generation.derive import derive
from generation.solutions.chain_of_thought import prove
from generation.sources.ingest import read
from generation.verification.expression import evaluate, parse
from schemas.derivation import Derivation
from schemas.problem import Problem
from tests.data import DATA

TARGET = 100_000
"""Labelled steps of `prm` and `backprm` together."""


def main() -> None:
    """Derive, make the rows, prove each corruption wrong anew, and compare with real errors."""
    problems = [each for each in read("gsm8k", path=DATA / "gsm8k" / "train.jsonl") if isinstance(each, Problem)]
    derived = [(problem, derive(problem)) for problem in problems]
    rules = policy.load()
    judged = [
        [
            Judged(each, rules.decide(each.checks, has_relation=each.relation is not None)[0])
            for each in derivation.candidates
        ]
        for _, derivation in derived
    ]
    start = time.perf_counter()
    labels: Counter[tuple[str, int | None]] = Counter()
    for (problem, derivation), of_problem in zip(derived, judged, strict=True):
        formula = derivation.formula if derivation.outcome == "pass" else None
        for config, row in process_rows(problem, derivation.conditions, formula, of_problem):
            labels.update((config, label) for label in row.labels)
    seconds = time.perf_counter() - start

    kinds: Counter[str] = Counter()
    unproved = 0
    made: list[tuple[Sequence[str], int]] = []
    for (problem, derivation), of_problem in zip(derived, judged, strict=True):
        for name, found, wrong in _corruptions(problem, derivation, of_problem):
            kinds[f"{name} {found.kind}"] += 1
            unproved += not wrong
            if name == "prm":
                made.append((found.steps, found.wrong))
    count = sum(number for (_, label), number in labels.items() if label is not None)
    real = list(_real())
    candidates = sum(map(len, judged))
    print(
        f"process_labels: {count:,} labelled steps ({_told(labels)}) of {len(problems):,} problems and {candidates:,} "
        f"candidates in {seconds:.1f} s; {kinds.total():,} corruptions, {unproved} not proved wrong: "
        f"{', '.join(f'{kind} {number:,}' for kind, number in sorted(kinds.items()))}; "
        f"against {len(real):,} real first errors: distance in place {_distance(_places(made), _places(real)):.2f}, in "
        f"false arithmetic {_distance(_arithmetic(made), _arithmetic(real)):.2f} "
        f"({_share(made):.0%} of ours, {_share(real):.0%} of the real ones); "
        f"target {'met' if count >= TARGET and not unproved else 'missed'}"
    )


def _told(labels: Counter[tuple[str, int | None]]) -> str:
    return ", ".join(
        f"{config}: {labels[config, 1]:,} right, {labels[config, 0]:,} wrong" for config in ("prm", "backprm")
    )


def _corruptions(
    problem: Problem, derivation: Derivation, judged: Sequence[Judged]
) -> Iterator[tuple[str, Corruption, bool]]:
    """Every corruption of the problem, and whether its answer is proved to be wrong by another way than it was made.

    Forward, the steps come to a number that is not the answer, which the last one does not name, and the wrong step is
    none of the solution's.
    Backward, the value found does not satisfy the candidate's own relation, and the wrong step is not one of its steps.
    """
    numbers = [condition.number for condition in derivation.conditions]
    lines = read_lines(problem)
    if derivation.outcome == "pass" and any(line.proved for line in lines):
        found = ForwardCorruptions(lines, numbers, Fraction(problem.answer)).choose(chance(problem.id))
        if found is not None:
            answer = Fraction(found.answer.replace(",", ""))
            ends_right = Fraction(problem.answer) in {answer, *values_in(found.steps[-1].rpartition("=")[2])}
            stated = any(answer in values_in(step) for step in found.steps[found.wrong :])
            as_before = found.steps[found.wrong] in {line.text for line in lines}
            yield "prm", found, stated and not ends_right and not as_before
    for each in judged:
        candidate, relation = each.candidate, each.candidate.relation
        if each.verdict != "accept" or relation is None or not steps_are_proved(candidate):
            continue
        found = BackwardCorruptions(candidate, relation, numbers).choose(chance(candidate.id))
        if found is not None:
            expression = parse(relation.expression, (relation.unknown,))
            value = evaluate(expression, {relation.unknown: Fraction(found.answer)})
            as_before = found.steps[found.wrong] in {step.text for step in candidate.solution}
            yield "backprm", found, value != Fraction(relation.answer) and not as_before


def _real() -> Iterator[tuple[Sequence[str], int]]:
    """The steps of real wrong solutions, each with the index of the first wrong one."""
    with open(DATA / "process" / "processbench_gsm8k.jsonl") as file:
        for row in map(json.loads, file):
            if row["label"] >= 0:
                yield row["steps"], row["label"]
    with open(DATA / "process" / "verify_then_generate_student_errors.jsonl") as file:
        for row in map(json.loads, file):
            steps = row["student_incorrect_solution"][:-1]  # the last is the bare answer
            if row["incorrect_index"] < len(steps):
                yield steps, row["incorrect_index"]


def _places(errors: Sequence[tuple[Sequence[str], int]]) -> Counter[object]:
    """The fifth of the solution in which the middle of the wrong step lies."""
    return Counter(int(5 * (wrong + 0.5) / len(steps)) for steps, wrong in errors)


def _arithmetic(errors: Sequence[tuple[Sequence[str], int]]) -> Counter[object]:
    """Whether the wrong step's arithmetic holds; what cannot be told is left out."""
    outcomes = (prove([steps[wrong]], "", Fraction(0))[0].outcome for steps, wrong in errors)
    return Counter(outcome for outcome in outcomes if outcome in ("pass", "fail"))


def _share(errors: Sequence[tuple[Sequence[str], int]]) -> float:
    """The share of false arithmetic."""
    counted = _arithmetic(errors)
    return counted["fail"] / counted.total()


def _distance(one: Counter[object], other: Counter[object]) -> float:
    """The total variation distance of two distributions."""
    return sum(abs(one[key] / one.total() - other[key] / other.total()) for key in {*one, *other}) / 2


if __name__ == "__main__":
    main()

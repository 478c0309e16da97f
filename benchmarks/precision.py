"""How many of the accepted equations are the true formula of their problem when the condition takes other values.

    python -m benchmarks.precision [--list]

Three sources where the truth is known: MAWPS's numbered templates, as published and filled again with small numbers so
that many are equal; the bundled sample with its formulas; and GSM-Hard, whose rows give GSM8K test problems with one
number changed and the new answer (from programs that a model
wrote: where one is wrong, gsm_hard_disputed.json says why)."""

import argparse
import difflib
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from benchmarks.truth import Truth, holds, mawps, sample
from curation import policy
from curation.review.interval import wilson
from generation.derive import derive
from generation.sources.ingest import read
from generation.verification.expression import ExpressionError, parse
from generation.verification.rational_function import compute, fraction, number
from schemas.candidate import BackwardProblem
from schemas.problem import Problem
from tests.data import DATA

SEED = 20250101
REFILLS = 3
ROOT = Path(__file__).parents[1]


@dataclass
class Tally:
    """What was accepted of one source, and what of that was wrong."""

    name: str
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    disputed: int = 0
    held_back: int = 0

    def line(self) -> str:
        total = self.right + len(self.wrong)
        low, high = wilson(self.right, total)
        share = self.right / total if total else 0.0
        disputed = f", {self.disputed} more where the source's own answer is wrong" if self.disputed else ""
        interval = f"{low:.1%}-{high:.1%}"
        return f"{self.name} {share:.2%} of {total:,} accepted ({interval}){disputed}, {self.held_back:,} held back"


def main() -> None:
    """Measure every source that is at hand and print one line."""
    arguments = argparse.ArgumentParser(description="Precision of accepted equations.")
    arguments.add_argument("--list", action="store_true", help="also print every wrong and every disputed one")
    listing = arguments.parse_args().list
    tallies = [
        _against_formulas(
            "sample", sample(ROOT / "generation/sources/sample.jsonl", ROOT / "tests/generation/sample_formulas.jsonl")
        )
    ]
    with tempfile.TemporaryDirectory() as folder:
        templates = DATA / "equations" / "mawps_svamp_repo.jsonl"
        if templates.exists():
            tallies.append(_against_formulas("mawps templates", mawps(templates, Path(folder), 0, SEED)))
            tallies.append(_against_formulas("mawps refilled", mawps(templates, Path(folder), REFILLS, SEED)))
    if (DATA / "eval" / "gsm_hard.jsonl").exists():
        tallies.append(
            _against_changed_numbers(DATA / "gsm8k" / "test.jsonl", DATA / "eval" / "gsm_hard.jsonl", listing)
        )
    right = sum(tally.right for tally in tallies)
    total = right + sum(len(tally.wrong) for tally in tallies)
    low, high = wilson(right, total)
    print(
        f"precision: {right / total:.2%} of {total:,} accepted equations are the true formula ({low:.2%}-{high:.2%}), "
        f"target 99% {'met' if right / total >= 0.99 else 'missed'}; " + "; ".join(tally.line() for tally in tallies)
    )
    if listing:
        for tally in tallies:
            for wrong in tally.wrong:
                print(f"  {tally.name}: {wrong}")


def accepted(problem: Problem) -> Iterator[tuple[BackwardProblem, bool]]:
    """Each candidate of the problem, and whether the default policy accepts it."""
    rules = policy.load()
    for candidate in derive(problem).candidates:
        verdict, _ = rules.decide(candidate.checks, has_relation=candidate.relation is not None)
        yield candidate, verdict == "accept"


def _against_formulas(name: str, truths: Iterable[Truth]) -> Tally:
    """Every accepted equation compared with the true formula, as functions of its unknown."""
    tally = Tally(name)
    for truth in truths:
        for candidate, is_accepted in accepted(truth.problem):
            if not is_accepted:
                tally.held_back += 1
                continue
            assert candidate.relation is not None
            right = holds(truth, candidate)
            if right:
                tally.right += 1
            elif right is not None:
                what = f"{candidate.condition.text} in {truth.problem.question!r}: {candidate.relation.equation}"
                tally.wrong.append(what)
    return tally


def _against_changed_numbers(test: Path, hard: Path, listing: bool) -> Tally:
    """The accepted equation of the condition that GSM-Hard changed, at the new value, against the new answer."""
    tally = Tally("GSM-Hard")
    disputed = json.loads((ROOT / "benchmarks" / "gsm_hard_disputed.json").read_text())
    problems = {
        _letters(problem.question): problem for problem in read("gsm8k", path=test) if isinstance(problem, Problem)
    }
    for row in map(json.loads, hard.read_text().splitlines()):
        documentation = _DOCUMENTATION.search(row["code"])  # the question as it was
        problem = problems.get(_letters(documentation[1])) if documentation else None
        change = _change(problem.question, row["input"]) if problem else None
        if problem is None or change is None:
            continue
        place, value = change
        for candidate, is_accepted in accepted(problem):
            if not candidate.condition.start <= place < candidate.condition.end:
                continue
            if not is_accepted:
                tally.held_back += 1
                continue
            assert candidate.relation is not None
            found = _value_at(candidate, value)
            at_value = f"{candidate.relation.equation}, at {value} not {row['target']}"
            what = f"{candidate.condition.text} in {problem.question!r}: {at_value}"
            if found is not None and abs(float(found) - row["target"]) <= 1e-4 * max(1.0, abs(row["target"])):
                tally.right += 1
            elif str(row["idx"]) in disputed:
                tally.disputed += 1
                if listing:
                    print(f"  GSM-Hard {row['idx']} disputed: {disputed[str(row['idx'])]}")
            else:
                tally.wrong.append(f"idx {row['idx']}: {what}")
    return tally


def _value_at(candidate: BackwardProblem, value: Fraction) -> Fraction | None:
    assert candidate.relation is not None
    unknown = candidate.relation.unknown
    try:
        found = compute(parse(candidate.relation.expression, (unknown,)), {unknown: number(value)})
    except ExpressionError:
        return None
    return fraction(found)


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text)


_DOCUMENTATION = re.compile(r'"""(.*?)"""', re.S)
_WORD = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+|\w+|[^\w\s]")


def _change(question: str, changed: str) -> tuple[int, Fraction] | None:
    """Where the one number that differs stands in the question, and its new value; None unless it is exactly one."""
    old = list(_WORD.finditer(question))
    new = _WORD.findall(changed)
    matcher = difflib.SequenceMatcher(None, [match[0] for match in old], new, autojunk=False)
    changes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    if len(changes) != 1:
        return None
    _, first, last, start, end = changes[0]
    if last - first != 1 or end - start != 1:
        return None
    try:
        return old[first].start(), Fraction(new[start].replace(",", ""))
    except ValueError:
        return None


if __name__ == "__main__":
    main()

"""The whole run on GSM8K's training set, from JSONL to decided rows in DuckDB: time, memory, growth, and the plain way.

    python -m benchmarks.trace_speed

The plain way, in the same run on the first PLAIN_PROBLEMS problems: each annotated calculation as a sympy expression
tree, numbers matched by value, `sympy.solve` for each condition, and the same rows written with one INSERT a row. It
makes no solutions, proves no step and keeps no provenance; it is compared by time a problem.
"""

import re
import tempfile
import time
from fractions import Fraction
from itertools import islice
from pathlib import Path

import duckdb
import sympy

from benchmarks.measure import BACKMATH, Cost, run
from generation.derive import derive
from generation.sources.ingest import read
from generation.verification.expression import ExpressionError, Number, Symbol, parse, replace
from generation.verification.sympy_tree import sympy_tree
from schemas.condition import Condition
from schemas.derivation import Derivation
from schemas.problem import Problem
from tests.data import DATA

LIMIT_S = 15.0
LIMIT_BYTES = 1_000_000_000
TIMES_FASTER = 6.0
PLAIN_PROBLEMS = 150
SIZES = (467, 1_868, 7_473)
"""1, 4 and 16 times the input, the last the whole file."""


def main() -> None:
    """Print one line: the whole run, its growth, and the comparison."""
    path = DATA / "gsm8k" / "train.jsonl"
    costs = [_whole_run(path, size) for size in SIZES]
    whole = costs[-1]
    problems = [problem for problem in islice(read("gsm8k", path=path), PLAIN_PROBLEMS) if isinstance(problem, Problem)]
    plain = _plain_way(problems) / len(problems)
    ours = whole.seconds / SIZES[-1]
    met = whole.seconds < LIMIT_S and whole.memory < LIMIT_BYTES and plain / ours >= TIMES_FASTER
    growth = ", ".join(
        f"{size:,} problems {cost.seconds:.1f} s {cost.memory / 1e6:.0f} MB"
        for size, cost in zip(SIZES, costs, strict=True)
    )
    print(
        f"trace_speed: {SIZES[-1]:,} problems from JSONL to decided rows in {whole.seconds:.1f} s (limit {LIMIT_S:g}), "
        f"peak {whole.memory / 1e6:.0f} MB (limit {LIMIT_BYTES / 1e6:.0f}); growth: {growth}; a problem "
        f"{ours * 1e3:.2f} ms, the plain way {plain * 1e3:.0f} ms: {plain / ours:.0f} times faster "
        f"(target {TIMES_FASTER:g}); "
        f"target {'met' if met else 'missed'}"
    )


def _whole_run(path: Path, size: int) -> Cost:
    """Ingest and generate, as a user runs them."""
    with tempfile.TemporaryDirectory() as folder:
        ingest = run(BACKMATH, "ingest", "gsm8k", "--path", str(path), "--limit", str(size), "--workspace", folder)
        generate = run(BACKMATH, "generate", "--workspace", folder)
    return Cost(ingest.seconds + generate.seconds, max(ingest.memory, generate.memory), generate.output)


def _plain_way(problems: list[Problem]) -> float:
    """Seconds that the plain way takes for these problems, the rows to write made beforehand."""
    derived = [derive(problem) for problem in problems]
    start = time.perf_counter()
    for problem, derivation in zip(problems, derived, strict=True):
        for condition in derivation.conditions:
            _plain_root(problem, condition)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "plain.duckdb")) as store:
        _plain_rows(store, derived)
    return time.perf_counter() - start


_ANNOTATION = re.compile(r"<<([^<>=]*)=([^<>=]*)>>")


def _plain_root(problem: Problem, condition: Condition) -> list[object]:
    """The roots of f(x) = answer, by sympy trees and `sympy.solve`, numbers matched by value."""
    unknown = sympy.Symbol("x", real=True)
    results: dict[Fraction, object] = {condition.number: unknown}
    last: object = None
    for left, _ in _ANNOTATION.findall(problem.solution):
        try:
            tree = parse(left)
            names = {f"n{index}": value for index, value in enumerate(results)}
            put = {value: Symbol(name) for name, value in names.items()}
            matched = replace(tree, lambda node: put.get(node.value) if isinstance(node, Number) else None)  # noqa: B023
            last = sympy_tree(matched, {name: results[value] for name, value in names.items()})
            results[Fraction(str(sympy_tree(tree, {})))] = last
        except (ExpressionError, ValueError):
            continue
    if last is None:
        return []
    return list(sympy.solve(last - sympy.Rational(problem.answer), unknown))


def _plain_rows(store: duckdb.DuckDBPyConnection, derived: list[Derivation]) -> None:
    """The candidates, checks and decisions of the run, one INSERT a row, in one transaction."""
    store.execute(
        "CREATE TABLE candidates (id VARCHAR, problem VARCHAR, equation VARCHAR, question VARCHAR, solution VARCHAR)"
    )
    store.execute("CREATE TABLE checks (id VARCHAR, name VARCHAR, outcome VARCHAR, reason VARCHAR, elapsed DOUBLE)")
    store.begin()
    for derivation in derived:
        for candidate in derivation.candidates:
            equation = candidate.relation.equation if candidate.relation else None
            solution = "\n".join(step.text for step in candidate.solution)
            row = [candidate.id, candidate.problem_id, equation, candidate.question, solution]
            store.execute("INSERT INTO candidates VALUES (?, ?, ?, ?, ?)", row)
            for check in candidate.checks:
                values = [candidate.id, check.name, check.outcome, check.reason, check.elapsed_ms]
                store.execute("INSERT INTO checks VALUES (?, ?, ?, ?, ?)", values)
    store.commit()


if __name__ == "__main__":
    main()

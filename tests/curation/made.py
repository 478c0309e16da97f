"""Problems, derivations and stores made for the tests of the store, and programs run beside them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from curation import policy, problems, runs
from curation.derivations import StoreSink
from curation.runs import Run
from curation.store import Store
from schemas.call import Call, CallOutcome
from schemas.candidate import BackwardProblem, WordingKind
from schemas.check import Check, CheckName, Outcome
from schemas.condition import Condition
from schemas.derivation import Derivation
from schemas.formula import Formula, FormulaKind, NumberOrigin
from schemas.identity import content_id
from schemas.problem import Problem
from schemas.relation import Relation
from schemas.sample import Sample
from schemas.step import Step

CHECK_NAMES: tuple[CheckName, ...] = get_args(CheckName)
NOT_NEEDED = ("agreement", "solver_votes", "judge", "backprm")

Outcomes = Mapping[CheckName, Outcome]


def problem(number: int, source: str = "gsm8k") -> Problem:
    """A problem of its own for each number, with two conditions in its question."""
    return Problem(
        question=f"Natalia sold {number} clips in April and half as many in May, to 3 friends. How many altogether?",
        solution=f"In May she sold {number}/2 = <<{number}/2={number / 2:g}>>{number / 2:g}.",
        answer=str(number * 3),
        notation="annotated",
        source=source,
        split="train",
        licence="MIT",
        origin=f"made:{number}",
    )


def checks(outcomes: Outcomes | None = None, *, note: str = "") -> tuple[Check, ...]:
    """One check of each name: passed, those of models undecided, unless `outcomes` says otherwise."""
    usual: dict[CheckName, Outcome] = {name: "undecided" if name in NOT_NEEDED else "pass" for name in CHECK_NAMES}
    return tuple(
        Check(name=name, outcome=outcome, reason=f"came out {outcome}{note}", elapsed_ms=0.5)
        for name, outcome in (usual | dict(outcomes or {})).items()
    )


def derivation(
    of: Problem,
    *outcomes: Outcomes,
    conditions: Sequence[int] = (0, 1),
    question: str = "If Natalia sold x clips, what is x?",
    relation: bool = True,
    note: str = "",
    kind: FormulaKind = "trace",
    expression: str = "x + x/2",
    wording: WordingKind = "fobar",
    samples: Sequence[Sample] = (),
    failed: str = "",
) -> Derivation:
    """What a problem gave: a candidate for each condition wanted, its checks come out as the outcomes in its place."""
    first = of.question.split()[2]
    found = (
        Condition(start=13, end=13 + len(first), text=first, value=first, kind="integer", unit="clips"),
        Condition(start=58, end=59, text="3", value="3", kind="integer"),
    )
    numbers = (NumberOrigin(number="2", origin="constant", reason="half", certain=True),)
    return Derivation(
        problem_id=of.id,
        kind=kind,
        conditions=found,
        formula=Formula(kind=kind, expression="c0 + c0/2", numbers=numbers) if relation else None,
        outcome="pass" if relation else "undecided",
        reason=failed or ("the formula gives the answer" if relation else "25 is not explained"),
        candidates=tuple(
            BackwardProblem(
                problem_id=of.id,
                condition=found[index],
                formula=kind,
                wording=wording,
                relation=Relation(unknown="x", expression=expression, answer=of.answer) if relation else None,
                question=question,
                answer=found[index].value,
                solution=(Step(text="Let x be it."), Step(text="x + x/2 = 72", equation="x + x/2 = 72")),
                checks=checks(outcomes[index] if index < len(outcomes) else None, note=note),
            )
            for index in conditions
        ),
        samples=tuple(samples),
        failed=bool(failed),
    )


def failure(of: Problem, reason: str = "rate limited: 429 five times", kind: FormulaKind = "trace") -> Derivation:
    """What is kept of a problem that no answer could be had for."""
    return derivation(of, conditions=[], relation=False, kind=kind, failed=reason)


def sample(of: Problem, *texts: str, candidate_id: str | None = None, broken_step: int | None = None) -> Sample:
    """A model's answer of these steps: proved, unless a step is broken."""
    return Sample(
        problem_id=of.id,
        candidate_id=candidate_id,
        purpose="solve" if candidate_id else "formalize",
        model="made",
        key=content_id("key", *texts),
        steps=tuple(Step(text=text, equation=text if "=" in text else None) for text in texts),
        outcome="pass" if broken_step is None else "fail",
        broken_step=broken_step,
        reason="every step holds" if broken_step is None else f"step {broken_step + 1} does not hold",
    )


def call(number: int, outcome: CallOutcome = "answered", *, key: str = "", text: str | None = None) -> Call:
    """The number-th call, at half a dollar where it brought text; a `lost` one is how it stands while it is in flight.

    Its text is its number unless one is given.
    """
    answered = outcome in ("answered", "truncated")
    return Call(
        call_id=f"{number:016x}",
        key=key or content_id("key", str(number)),
        purpose="formalize",
        prompt="formalize+3f2a9c01",
        model="made",
        base_url="http://localhost/v1",
        question=problem(number).question,
        sample=0,
        max_tokens=1024,
        outcome=outcome,
        text=(text if text is not None else str(number)) if answered else None,
        error="" if answered else outcome,
        input_tokens=100 if answered else None,
        output_tokens=20 if answered else None,
        usd=0.5 if answered else 2.0 if outcome == "lost" else 0.0,
        elapsed_ms=0.0 if outcome == "lost" else 500.0,
        called_at=1_700_000_000.0 + number,
    )


def begin(store: Store, command: str = "generate", fingerprint: str = "f1") -> Run:
    """A run begun in the store."""
    return runs.begin(
        store,
        command,
        command_line=f"backmath {command}",
        configuration={"limit": None},
        fingerprint=fingerprint,
        code_version="0.1.0",
    )


def ingested(folder: Path, *rows: Problem) -> Store:
    """A store in the folder with the problems in it, and the run that brought them done."""
    store = Store(folder)
    run = begin(store, "ingest")
    problems.write(store, run.run_id, rows)
    runs.finish(store, run.run_id, "done")
    return store


def derived(store: Store, *derivations: Derivation, fingerprint: str = "f1", wording: WordingKind = "fobar") -> Run:
    """Write the derivations in one batch, as a run that comes to its end."""
    run = begin(store, fingerprint=fingerprint)
    asyncio.run(StoreSink(store, run, wording, policy.load()).write(derivations))
    return runs.finish(store, run.run_id, "done")


def query(store: Store, sql: str, *parameters: Any) -> list[Any]:
    """The rows of a query."""
    with store.connect(read_only=True) as connection:
        return connection.execute(sql, parameters).fetchall()


def contents(store: Store) -> dict[str, list[str]]:
    """All rows of all tables, sorted, without the columns that hold times."""
    with store.connect(read_only=True) as connection:
        tables = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        rows = {}
        for table in tables:
            relation = connection.table(table)
            columns = [name for name in relation.columns if not name.endswith("_at")]
            rows[table] = sorted(map(repr, relation.project(", ".join(f'"{name}"' for name in columns)).fetchall()))
    return rows


def start(program: str, *arguments: object, **environment: str) -> "subprocess.Popen[str]":
    """Start a Python program beside the test, with the project to import from and more in its environment."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        env=os.environ | environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )

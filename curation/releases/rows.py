"""The rows of a release: all that a problem gives, in every config, made on all cores."""

import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa
from joblib import Parallel, delayed, parallel_config

from curation.process_labels.rows import process_rows
from curation.releases.conversations import rl_of_candidate, rl_of_problem, sft_of_candidate, sft_of_problem
from curation.releases.skeleton import skeleton
from curation.releases.snapshot import Known, Snapshot
from curation.releases.splits import split_of
from curation.releases.tables import table
from schemas.published import Config, ForwardRow, Split

CHUNK = 512
"""Problems that a process reads and works on at a time."""
_ALONE = 2
"""Chunks up to which starting processes would take longer than the work."""

Place = tuple[Config, Split]


@dataclass
class Made:
    """The rows of some problems, in order, and what they come to.

    `items` are the candidates, each with its problem, split and who accepted it; `problems` and `candidates` count by
    source and licence.
    """

    tables: dict[Place, pa.Table] = field(default_factory=dict)
    items: list[tuple[str, str, Split, str]] = field(default_factory=list)
    problems: Counter[tuple[str, str]] = field(default_factory=Counter)
    candidates: Counter[tuple[str, str]] = field(default_factory=Counter)
    labelled_steps: int = 0


def make(snapshot: Snapshot, going_in: Mapping[str, Sequence[str]]) -> Iterator[Made]:
    """The rows of what goes in, in its order: candidates by problem, the problems in the order of their ids."""
    chosen = iter(going_in.items())
    chunks = iter(lambda: dict(islice(chosen, CHUNK)), {})
    if len(going_in) <= _ALONE * CHUNK:
        yield from (_made(snapshot, chunk) for chunk in chunks)
        return
    with parallel_config("loky", inner_max_num_threads=1):
        yield from Parallel(n_jobs=-1, return_as="generator", pre_dispatch="2*n_jobs", batch_size=1)(
            delayed(_made)(snapshot, chunk) for chunk in chunks
        )


def _made(snapshot: Snapshot, chunk: Mapping[str, Sequence[str]]) -> Made:
    gc.disable()  # there are no cycles to speak of, and to look for them takes a tenth of the time
    try:
        return _rows_of(snapshot, chunk)
    finally:
        gc.enable()


def _rows_of(snapshot: Snapshot, chunk: Mapping[str, Sequence[str]]) -> Made:
    found = Made()
    rows: dict[Place, list[dict[str, Any]]] = {}
    for of_one, candidate_ids in zip(snapshot.problems(tuple(chunk)), chunk.values(), strict=True):
        _add(found, rows, of_one, candidate_ids)
    found.tables = {place: table(place[0], of_place) for place, of_place in rows.items()}
    return found


def _add(found: Made, rows: dict[Place, list[dict[str, Any]]], of_one: Known, candidate_ids: Sequence[str]) -> None:
    """Add all rows that a problem and its candidates give, to the split that the problem is on."""
    problem = of_one.problem
    split = split_of(skeleton(problem.question))
    source = (problem.source, problem.licence)
    found.problems[source] += 1
    found.candidates[source] += len(candidate_ids)

    def put(config: Config, row: dict[str, Any]) -> None:
        rows.setdefault((config, split), []).append(row)

    forward = ForwardRow(
        problem.id, problem.question, problem.solution, problem.answer, problem.source, problem.licence
    )
    put("forward", forward._asdict())
    put("rl", rl_of_problem(problem)._asdict())
    for each in sft_of_problem(problem):
        put("sft", each._asdict())
    for key in candidate_ids:
        row, candidate = of_one.rows[key], of_one.judged[key].candidate
        put("backward", row)
        put("rl", rl_of_candidate(problem, candidate)._asdict())
        for each in sft_of_candidate(problem, candidate):
            put("sft", each._asdict())
        found.items.append((key, problem.id, split, row["decided_by"]))
    going_in = set(candidate_ids)
    judged = [each for key, each in of_one.judged.items() if key in going_in or each.verdict == "reject"]
    for config, process in process_rows(
        problem, of_one.conditions, of_one.formula, judged, of_one.samples, of_one.rolled_out
    ):
        put(config, process._asdict())
        found.labelled_steps += sum(label is not None for label in process.labels)

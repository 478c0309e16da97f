"""Samples: what models wrote, right or wrong, written once and read back for a candidate."""

from collections.abc import Iterable

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation.columns import insert, integers, stored, strings, struct_lists
from curation.rows import rows
from schemas.sample import Sample
from schemas.step import Step


def add(connection: DuckDBPyConnection, run_id: str, samples: Iterable[Sample]) -> None:
    """Add those of the samples that the store does not have yet."""
    new = {sample.id: sample for sample in samples}
    if not new:
        return
    for sample_id in stored(connection, "samples", "sample_id", new):
        del new[sample_id]
    written = list(new.values())
    insert(
        connection,
        "samples",
        {
            "sample_id": strings(new),
            "problem_id": strings(sample.problem_id for sample in written),
            "candidate_id": strings(sample.candidate_id for sample in written),
            "purpose": strings(sample.purpose for sample in written),
            "model": strings(sample.model for sample in written),
            "key": strings(sample.key for sample in written),
            "steps": struct_lists([sample.steps for sample in written], Step),
            "outcome": strings(sample.outcome for sample in written),
            "broken_step": integers(sample.broken_step for sample in written),
            "reason": strings(sample.reason for sample in written),
            "run_id": pa.repeat(run_id, len(written)),
        },
    )


def read(connection: DuckDBPyConnection, problem_id: str, candidate_id: str) -> tuple[Sample, ...]:
    """What models wrote for the candidate and for its forward problem, in the order in which it was written."""
    found = rows(
        connection,
        "SELECT * EXCLUDE (sample_id, run_id) FROM samples "
        "WHERE problem_id = ? AND (candidate_id IS NULL OR candidate_id = ?) ORDER BY rowid",
        [problem_id, candidate_id],
    )
    return tuple(Sample.model_validate(row) for row in found)

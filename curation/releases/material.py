"""What the rows of a release are made of, read for a page of problems at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation import candidates
from curation.columns import strings
from curation.process_labels.rows import Judged
from curation.rows import rows
from schemas.condition import Condition
from schemas.formula import Formula
from schemas.review import Review
from schemas.sample import Sample


@dataclass
class Material:
    """What is known of one problem beside itself: `formula` is None where it does not hold.

    `judged` are all its candidates that were accepted or rejected, by id; `samples` what models wrote for it.
    """

    conditions: Sequence[Condition] = ()
    formula: Formula | None = None
    judged: dict[str, Judged] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)


def read(connection: DuckDBPyConnection, problem_ids: Iterable[str]) -> dict[str, Material]:
    """The material of these problems, by problem; candidates and samples in a stable order."""
    wanted = list(problem_ids)
    found = {problem_id: Material() for problem_id in wanted}
    connection.register("wanted_problems", pa.table({"problem_id": strings(wanted)}))
    for row in rows(connection, _DERIVATIONS):
        material = found[row["problem_id"]]
        material.conditions = tuple(Condition.model_validate(each) for each in row["conditions"])
        if row["outcome"] == "pass" and row["expression"] is not None:
            material.formula = Formula.model_validate(
                {"kind": row["formula"], "expression": row["expression"], "numbers": row["numbers"]}
            )
    for row in rows(connection, _SAMPLES):
        found[row["problem_id"]].samples.append(Sample.model_validate(row))
    decided = {row["candidate_id"]: row for row in rows(connection, _DECIDED)}
    reviews = _reviews(connection)
    connection.unregister("wanted_problems")
    for key, (problem, candidate) in sorted(candidates.read(connection, decided).items()):
        found[problem.id].judged[key] = Judged(
            candidate=candidate,
            verdict=decided[key]["decision"],
            decided_by=decided[key]["decided_by"],
            reviews=tuple(reviews.get(key, ())),
        )
    return found


def _reviews(connection: DuckDBPyConnection) -> Mapping[str, list[Review]]:
    found: dict[str, list[Review]] = {}
    for row in rows(connection, _REVIEWS):
        found.setdefault(row["candidate_id"], []).append(Review.model_validate(row))
    return found


_DERIVATIONS = """
    SELECT problem_id, formula, conditions, expression, numbers, outcome
    FROM latest_derivations SEMI JOIN wanted_problems USING (problem_id)
    QUALIFY row_number() OVER (
        PARTITION BY problem_id
        ORDER BY outcome = 'pass' AND expression IS NOT NULL DESC, formula = 'trace' DESC, wording
    ) = 1
"""
"""One derivation a problem: one whose formula holds, the trace's first."""

_DECIDED = """
    SELECT candidate_id, decision, decided_by FROM candidate_overview
    SEMI JOIN wanted_problems USING (problem_id) WHERE decision IN ('accept', 'reject')
"""

_SAMPLES = """
    SELECT * EXCLUDE (sample_id, run_id) FROM samples SEMI JOIN wanted_problems USING (problem_id) ORDER BY sample_id
"""

_REVIEWS = f"""
    SELECT {", ".join(Review.model_fields)} FROM reviews
    WHERE candidate_id IN (
        SELECT candidate_id FROM candidates SEMI JOIN wanted_problems USING (problem_id)
    )
    ORDER BY rowid
"""

"""Lineage: from an id in a published row back to the candidates that it came from."""

from duckdb import DuckDBPyConnection

from curation.errors import UnknownCandidateError
from curation.rows import rows
from schemas.model import Model


class Placed(Model):
    """A candidate in a release: its split, or why it was left out."""

    candidate_id: str
    split: str | None
    reason: str


def placed(connection: DuckDBPyConnection, version: str, start_of_id: str) -> tuple[Placed, ...]:
    """The candidates of a release whose id, or whose problem's, begins so; raises UnknownCandidateError for none."""
    found = rows(
        connection,
        "SELECT candidate_id, split, reason FROM release_items WHERE version = $version "
        "AND (starts_with(candidate_id, $start) OR starts_with(problem_id, $start)) ORDER BY candidate_id",
        {"version": version, "start": start_of_id},
    )
    if not found or not start_of_id:
        raise UnknownCandidateError(
            f"release {version} has no candidate or problem whose id begins with {start_of_id!r}"
        )
    return tuple(Placed.model_validate(row) for row in found)

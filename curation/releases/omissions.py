"""Omissions: what a release left out though it was accepted, each beside what it is like."""

from collections.abc import Sequence

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation.columns import floats, insert, strings
from curation.releases.selection import Omitted
from curation.rows import rows
from schemas.model import Model


class Omission(Model):
    """A candidate that a release left out, and why; the rest is None where it is not like another.

    `ours` is the text that was compared, its question or its backward one; `other` says where the `theirs` stands: an
    evaluation set's row, or the id of the problem or candidate that is kept. `share` is the part of the runs of words
    that both have, None where the two are alike otherwise.
    """

    candidate_id: str
    problem_id: str
    reason: str
    compared: str | None
    ours: str | None
    other: str | None
    theirs: str | None
    share: float | None


def note_matches(connection: DuckDBPyConnection, version: str, left_out: Sequence[Omitted]) -> None:
    """Note what those that a version leaves out are like."""
    found = [(each.candidate_id, each.likeness) for each in left_out if each.likeness]
    insert(
        connection,
        "release_matches",
        {
            "version": pa.repeat(version, len(found)),
            "candidate_id": strings(key for key, _ in found),
            "compared": strings(like.compared for _, like in found),
            "other": strings(like.other for _, like in found),
            "text": strings(like.text for _, like in found),
            "share": floats(like.share for _, like in found),
        },
    )


def omissions(connection: DuckDBPyConnection, version: str, kind: str, limit: int | None) -> tuple[int, list[Omission]]:
    """How many a version left out for reasons that have `kind` in what stands before their colon, and the first ones.

    They are in the order of their reasons, those with the greater share first.
    """
    parameters = {"version": version, "kind": kind}
    ((count,),) = connection.execute(f"SELECT count(*) {_LEFT_OUT}", parameters).fetchall()
    found = rows(connection, _OMISSIONS, parameters | {"limit": limit})
    return int(count), [Omission.model_validate(row) for row in found]


_LEFT_OUT = """
    FROM release_items
    WHERE version = $version AND split IS NULL AND contains(split_part(reason, ':', 1), $kind)
"""

_OMISSIONS = f"""
    WITH left_out AS (SELECT version, candidate_id, problem_id, reason {_LEFT_OUT})
    SELECT
        left_out.candidate_id, left_out.problem_id, reason, compared,
        CASE compared
            WHEN 'question' THEN problems.question WHEN 'backward question' THEN candidates.question
        END AS ours,
        other,
        coalesce(release_matches.text, twin_problems.question, twin_candidates.question) AS theirs,
        share
    FROM left_out
    JOIN problems USING (problem_id)
    JOIN candidates USING (candidate_id)
    LEFT JOIN release_matches USING (version, candidate_id)
    LEFT JOIN problems AS twin_problems ON twin_problems.problem_id = other
    LEFT JOIN candidates AS twin_candidates ON twin_candidates.candidate_id = other
    ORDER BY split_part(reason, ':', 1), share DESC NULLS FIRST, left_out.candidate_id
    LIMIT $limit
"""

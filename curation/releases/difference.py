"""The difference of two releases: what came in, went out and changed, by whose decision, and how shares moved."""

from collections import Counter
from typing import Literal

from duckdb import DuckDBPyConnection

from curation.rows import rows
from schemas.model import Model


class Change(Model):
    """One candidate that is in one release and not in the other, or was accepted by somebody else.

    `cause` is what made it so: a decision with who made it and why, a run that derived it, or why it is left out.
    """

    candidate_id: str
    problem_id: str
    what: Literal["added", "removed", "changed"]
    cause: str


class Moved(Model):
    """How a share of the backward problems moved: of the `value` of a `feature`, in both releases, from 0 to 1."""

    feature: str
    value: str
    before: float
    after: float


class Difference(Model):
    """From one release to another."""

    before: str
    after: str
    changes: tuple[Change, ...]
    moved: tuple[Moved, ...]

    def counts(self) -> dict[str, int]:
        """How many candidates were added, removed and changed."""
        return dict(Counter(change.what for change in self.changes))


def difference(connection: DuckDBPyConnection, before: str, after: str) -> Difference:
    """What changed from release `before` to `after`; both have to be there."""
    parameters = {"before": before, "after": after}
    changes = tuple(Change.model_validate(row) for row in rows(connection, _CHANGES, parameters))
    moved = tuple(Moved.model_validate(row) for row in rows(connection, _MOVED, parameters))
    return Difference(before=before, after=after, changes=changes, moved=moved)


_CHANGES = """
    WITH old AS (SELECT * FROM release_items WHERE version = $before),
    new AS (SELECT * FROM release_items WHERE version = $after),
    made AS (SELECT created_at FROM releases WHERE version = $before),
    decided AS (
        SELECT candidate_id, decided_by || ', ' || strftime(decided_at, '%Y-%m-%d %H:%M') || ': ' || reasons[1] AS told,
            decided_at, decided_by
        FROM latest_decisions
    ),
    pairs AS (
        SELECT
            coalesce(new.candidate_id, old.candidate_id) AS candidate_id,
            coalesce(new.problem_id, old.problem_id) AS problem_id,
            old.candidate_id IS NOT NULL AS was_known,
            new.candidate_id IS NOT NULL AS is_known,
            old.split IS NOT NULL AS was_in,
            new.split IS NOT NULL AS is_in,
            old.reason AS old_reason,
            new.reason AS new_reason,
            old.decided_by AS old_by,
            new.decided_by AS new_by
        FROM new FULL JOIN old ON new.candidate_id = old.candidate_id
    )
    SELECT
        pairs.candidate_id,
        pairs.problem_id,
        CASE WHEN is_in AND NOT was_in THEN 'added' WHEN was_in AND NOT is_in THEN 'removed' ELSE 'changed' END AS what,
        CASE
            WHEN is_in AND NOT was_in AND was_known THEN 'was left out before: ' || old_reason
            WHEN was_in AND is_known AND NOT is_in THEN 'left out: ' || new_reason
            WHEN is_in AND runs.started_at > (SELECT created_at FROM made) AND decided.decided_by = 'policy'
                THEN 'derived since by `' || runs.command_line || '`'
            WHEN was_in AND NOT is_known AND overview.candidate_id IS NULL THEN 'its problem was derived anew'
            ELSE coalesce(decided.told, 'no decision')
        END AS cause
    FROM pairs
    LEFT JOIN decided USING (candidate_id)
    LEFT JOIN candidates USING (candidate_id)
    LEFT JOIN runs ON runs.run_id = candidates.run_id
    LEFT JOIN candidate_overview AS overview ON overview.candidate_id = pairs.candidate_id
    WHERE was_in <> is_in OR (was_in AND is_in AND old_by <> new_by)
    ORDER BY what, pairs.problem_id, pairs.candidate_id
"""

_MOVED = """
    WITH kept AS (
        SELECT version, release_items.split, problems.source, formula, wording, len(candidates.solution) AS steps,
            candidates.condition.kind AS kind
        FROM release_items
        JOIN candidates USING (candidate_id)
        JOIN problems ON problems.problem_id = candidates.problem_id
        WHERE version IN ($before, $after) AND release_items.split IS NOT NULL
    ),
    features AS (
        SELECT version, unnest([
            {'feature': 'source', 'value': source}, {'feature': 'formula', 'value': formula},
            {'feature': 'wording', 'value': wording}, {'feature': 'split', 'value': split},
            {'feature': 'condition', 'value': kind},
            {'feature': 'steps', 'value': CASE WHEN steps >= 12 THEN '12 and more' ELSE steps::VARCHAR END}
        ], recursive := true)
        FROM kept
    ),
    totals AS (SELECT version, count(*) AS total FROM kept GROUP BY version),
    shares AS (
        SELECT feature, value,
            count(*) FILTER (features.version = $before) / any_value((SELECT total FROM totals WHERE version = $before))
                AS before,
            count(*) FILTER (features.version = $after) / any_value((SELECT total FROM totals WHERE version = $after))
                AS after
        FROM features GROUP BY feature, value
    )
    SELECT feature, value, coalesce(before, 0) AS before, coalesce(after, 0) AS after
    FROM shares ORDER BY feature, try_cast(value AS INTEGER), value
"""

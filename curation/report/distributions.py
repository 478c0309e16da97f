"""Distributions: what the candidates are like, and what was decided of the like of each."""

from duckdb import DuckDBPyConnection

from curation.report.figure import Figure, queried
from schemas.model import Model


class Group(Model):
    """Candidates that are alike in one respect, by decision."""

    name: str
    accepted: int
    review: int
    rejected: int


_MOST_SOURCES = 12

_DRAWN: tuple[tuple[str, str, str, str], ...] = (
    (
        "steps",
        "Steps of the solution",
        "Lines of the backward solution; 0 where the equation has no single root.",
        "least(len(candidates.solution), 20) AS place, if(place < 20, place::VARCHAR, '20+') AS name",
    ),
    (
        "operations",
        "Operations of the equation",
        "Signs of arithmetic on the equation's left side; none where there is no equation.",
        "if(relation IS NULL, -1, least(len(regexp_extract_all(relation.expression, '[-+*/^]')), 15)) AS place, "
        "CASE place WHEN -1 THEN 'none' WHEN 15 THEN '15+' ELSE place::VARCHAR END AS name",
    ),
    (
        "magnitude",
        "Size of the hidden value",
        "By powers of ten, without its sign.",
        "abs(try_cast(split_part(condition.\"value\", '/', 1) AS DOUBLE) "
        "/ coalesce(try_cast(nullif(split_part(condition.\"value\", '/', 2), '') AS DOUBLE), 1)) AS size, "
        "CASE WHEN size = 0 THEN -9 WHEN size < 0.1 THEN -2 WHEN size < 1 THEN -1 WHEN size >= 1e6 THEN 6 "
        "ELSE floor(log10(size)) END::INTEGER AS place, "
        "CASE place WHEN -9 THEN '0' WHEN -2 THEN 'below 0.1' WHEN -1 THEN '0.1 to 1' WHEN 0 THEN '1 to 10' "
        "WHEN 1 THEN '10 to 100' WHEN 2 THEN '100 to 1,000' WHEN 3 THEN 'thousands' WHEN 4 THEN 'ten thousands' "
        "WHEN 5 THEN 'hundred thousands' WHEN 6 THEN 'millions and more' ELSE 'no number' END AS name",
    ),
    (
        "position",
        "Where in the question the hidden value stands",
        "In tenths of the question's length.",
        'least(9, 10 * condition."start" // greatest(len(problems.question), 1)) AS place, '
        "concat(10 * place, ' to ', 10 * place + 10, '%') AS name",
    ),
    (
        "kind",
        "Kind of condition",
        "How the question writes the hidden value.",
        "-count(*) OVER (PARTITION BY condition.kind) AS place, replace(condition.kind, '_', ' ') AS name",
    ),
)


def distributions(connection: DuckDBPyConnection) -> tuple[Figure[Group], ...]:
    """One figure for each respect in which candidates are counted."""
    drawn = (
        queried(
            connection,
            Group,
            _COUNTED.format(named=named),
            key=key,
            title=title,
            caption=caption,
            docs="docs/report.md",
        )
        for key, title, caption, named in _DRAWN
    )
    sources = queried(
        connection,
        Group,
        _SOURCES,
        key="sources",
        title="Source",
        caption=f"The {_MOST_SOURCES} sources with most candidates.",
        docs="docs/report.md",
    )
    return (*drawn, sources)


_COUNTED = """
    SELECT
        name,
        count(*) FILTER (decision = 'accept') AS accepted,
        count(*) FILTER (decision = 'review') AS review,
        count(*) FILTER (decision = 'reject') AS rejected
    FROM (
        SELECT
            decision,
            {named}
        FROM candidates
        JOIN (SELECT candidate_id, decision FROM candidate_overview) USING (candidate_id)
        JOIN problems USING (problem_id)
    )
    GROUP BY place, name ORDER BY place, name
"""

_SOURCES = f"""
    SELECT
        source AS name,
        count(*) FILTER (decision = 'accept') AS accepted,
        count(*) FILTER (decision = 'review') AS review,
        count(*) FILTER (decision = 'reject') AS rejected
    FROM candidate_overview GROUP BY source ORDER BY count(*) DESC, source LIMIT {_MOST_SOURCES}
"""

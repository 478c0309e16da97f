"""Problems and refused rows: writing them as they are read, and reading the problems back in that order."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from curation.columns import insert, integers, stored, strings, well_formed
from curation.store import Store
from schemas.identity import content_id
from schemas.ingest_error import IngestError
from schemas.model import Model
from schemas.problem import Problem

PAGE = 4000
"""Problems read at a time: the store is free between two pages."""

_FIELDS = tuple(Problem.model_fields)


class Ingested(Model):
    """How many rows of a batch were new to the store, and how many it had already."""

    problems: int
    known_problems: int
    errors: int
    known_errors: int


def write(store: Store, run_id: str, rows: Sequence[Problem | IngestError]) -> Ingested:
    """Add those of the rows that the store does not have yet, in one transaction; of equal rows the first one stays."""
    problems: dict[str, Problem] = {}
    errors: dict[str, IngestError] = {}
    for row in rows:
        if isinstance(row, Problem):
            problem = Problem.model_validate({name: well_formed(getattr(row, name)) for name in _FIELDS})
            problems.setdefault(problem.id, problem)
        else:
            errors.setdefault(content_id("ingest_error", row.file, str(row.line), row.reason, row.raw), row)
    with store.connect() as connection:
        for problem_id in stored(connection, "problems", "problem_id", problems):
            del problems[problem_id]
        for error_id in stored(connection, "ingest_errors", "error_id", errors):
            del errors[error_id]
        if problems:
            columns = {name: strings(getattr(problem, name) for problem in problems.values()) for name in _FIELDS}
            columns["problem_id"] = strings(problems)
            columns["run_id"] = pa.repeat(run_id, len(problems))
            insert(connection, "problems", columns)
        if errors:
            insert(
                connection,
                "ingest_errors",
                {
                    "error_id": strings(errors),
                    "file": strings(error.file for error in errors.values()),
                    "line": integers(error.line for error in errors.values()),
                    "reason": strings(error.reason for error in errors.values()),
                    "raw": strings(error.raw for error in errors.values()),
                    "run_id": pa.repeat(run_id, len(errors)),
                },
            )
    total = sum(isinstance(row, Problem) for row in rows)
    return Ingested(
        problems=len(problems),
        known_problems=total - len(problems),
        errors=len(errors),
        known_errors=len(rows) - total - len(errors),
    )


def count_problems(store: Store) -> int:
    """How many problems there are; raises StoreMissingError where there is no store yet."""
    with store.connect(read_only=True) as connection:
        return int(connection.execute("SELECT count(*) FROM problems").fetchall()[0][0])


def read_problems(store: Store, *, source: str | None = None, limit: int | None = None) -> Iterator[Problem]:
    """The first `limit` problems, of one source where it is given, in the order in which they came in.

    Opens the store for a page at a time, so that a run can write between them.
    """
    last, left = -1, limit
    while left is None or left > 0:
        with store.connect(read_only=True) as connection:
            rows = connection.execute(
                f"SELECT rowid, {', '.join(_FIELDS)} FROM problems "
                "WHERE rowid > $last AND ($source IS NULL OR source = $source) ORDER BY rowid LIMIT $page",
                {"last": last, "source": source, "page": PAGE if left is None else min(PAGE, left)},
            ).fetchall()
        for row in rows:
            yield Problem(**dict(zip(_FIELDS, row[1:], strict=True)))
        if len(rows) < PAGE:
            return
        last = rows[-1][0]
        left = None if left is None else left - len(rows)

"""Selection: which accepted candidates go into a release, and why the others do not.

Of what is accepted, in this order: sources that are left out; of candidates that ask for one condition of one problem,
all but the best; what overlaps with an evaluation set; of problems that are duplicates, all but the best.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation.columns import strings
from curation.releases.contamination import Contamination, Match
from curation.releases.duplicates import Question, duplicates
from curation.releases.snapshot import Snapshot

_PAGE = 10_000


class Omitted(NamedTuple):
    """An accepted candidate that is not in the release; the reason's kind stands before its first colon."""

    candidate_id: str
    problem_id: str
    decided_by: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What goes in, by problem in their order, what does not, and the evaluation sets it was held against."""

    kept: dict[str, list[str]]
    left_out: list[Omitted]
    evaluation_sets: tuple[str, ...]


def plan(snapshot: Snapshot, against: Sequence[Path] = (), leave_out: Sequence[str] = ()) -> Plan:
    """Choose among all that was accepted when the snapshot was taken.

    `against` are files of evaluation sets, `leave_out` names of sources. Holds some hundred bytes a candidate.
    """
    sets = Contamination.load(against)
    with snapshot.accepted() as connection:
        left_out = [Omitted(*row[:3], f"source: {row[3]} is left out") for row in _of_sources(connection, leave_out)]
        left_out += (
            Omitted(*row[:3], f"duplicate: asks the same as {row[3]}") for row in _twins(connection, leave_out)
        )
        gone = {each.candidate_id for each in left_out}
        accepted = [row for row in connection.execute(_ACCEPTED).fetchall() if row[0] not in gone]
        dropped = _overlapping_problems(connection, sets, {row[1] for row in accepted})
        dropped |= _dropped_problems(connection, Counter(row[1] for row in accepted if row[1] not in dropped))
        dropped_candidates = _overlapping_candidates(connection, sets, [row[0] for row in accepted])
    going_in: dict[str, list[str]] = {}
    for candidate_id, problem_id, decided_by in accepted:
        why = dropped.get(problem_id) or dropped_candidates.get(candidate_id)
        if why:
            left_out.append(Omitted(candidate_id, problem_id, decided_by, why))
        else:
            going_in.setdefault(problem_id, []).append(candidate_id)
    return Plan(kept=going_in, left_out=sorted(left_out), evaluation_sets=sets.names)


_ACCEPTED = """
    SELECT candidate_id, problem_id, decided_by FROM accepted ORDER BY problem_id, candidate_id
"""

_BETTER = """
    CASE decided_by WHEN 'adjudicator' THEN 2 WHEN 'reviewer' THEN 1 ELSE 0 END DESC,
    CASE wording WHEN 'declarative' THEN 2 WHEN 'rewrite' THEN 1 ELSE 0 END DESC,
    formula = 'trace' DESC, length(backward_question), candidate_id
"""
"""Which of several that ask the same is kept: what people accepted before what the policy did, a statement before a
rewritten question before the plain one, the trace's formula before a model's, the shorter, the lower id."""


def _of_sources(connection: DuckDBPyConnection, names: Sequence[str]) -> list[tuple[str, str, str, str]]:
    query = """
        SELECT candidate_id, problem_id, decided_by, source FROM accepted
        WHERE list_contains($names, source) ORDER BY candidate_id
    """
    return connection.execute(query, {"names": list(names)}).fetchall()


def _twins(connection: DuckDBPyConnection, leave_out: Sequence[str]) -> list[tuple[str, str, str, str]]:
    """Accepted candidates that ask for the same condition as a better one, with that one."""
    return connection.execute(
        f"""
        SELECT candidate_id, problem_id, decided_by, best FROM (
            SELECT candidate_id, problem_id, decided_by, first(candidate_id) OVER same AS best
            FROM accepted WHERE NOT list_contains($names, source)
            WINDOW same AS (PARTITION BY problem_id, condition_start, condition_end ORDER BY {_BETTER})
        )
        WHERE candidate_id <> best
        """,
        {"names": list(leave_out)},
    ).fetchall()


def _dropped_problems(connection: DuckDBPyConnection, accepted: Counter[str]) -> dict[str, str]:
    """The problems that are duplicates of better ones: of those with more accepted candidates."""

    def questions() -> Iterator[Question]:
        for problem_id, text in _questions(connection, accepted):
            yield Question(problem_id, text, accepted[problem_id])

    return {
        problem_id: f"{found.kind} duplicate: of problem {found.of}, {found.likeness:.0%} alike"
        for problem_id, found in duplicates(questions()).items()
    }


def _overlapping_problems(connection: DuckDBPyConnection, sets: Contamination, problem_ids: set[str]) -> dict[str, str]:
    found = _overlapping(sets, _questions(connection, problem_ids if sets.names else ()))
    return {problem_id: f"contaminated: its problem is {match}" for problem_id, match in found}


def _overlapping_candidates(
    connection: DuckDBPyConnection, sets: Contamination, candidate_ids: Sequence[str]
) -> dict[str, str]:
    if not sets.names:
        return {}
    connection.register("wanted", pa.table({"candidate_id": strings(candidate_ids)}))
    query = "SELECT candidate_id, backward_question FROM accepted SEMI JOIN wanted USING (candidate_id)"
    cursor = connection.execute(query)
    found = _overlapping(sets, chain.from_iterable(iter(lambda: cursor.fetchmany(_PAGE), [])))
    told = {key: f"contaminated: its backward question is {match}" for key, match in found}
    connection.unregister("wanted")
    return told


def _overlapping(sets: Contamination, texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Match]]:
    """Those that overlap, by id."""
    waiting = iter(texts)
    while page := list(islice(waiting, _PAGE)):
        for (key, _), match in zip(page, sets.matches([text for _, text in page]), strict=True):
            if match is not None:
                yield key, match


def _questions(connection: DuckDBPyConnection, problem_ids: Any) -> Iterator[tuple[str, str]]:
    """Problems with their questions, in the order of their ids."""
    connection.register("wanted", pa.table({"problem_id": strings(problem_ids)}))
    cursor = connection.execute(
        "SELECT problem_id, any_value(original_question) FROM accepted SEMI JOIN wanted USING (problem_id) "
        "GROUP BY problem_id ORDER BY problem_id"
    )
    while page := cursor.fetchmany(_PAGE):
        yield from page
    connection.unregister("wanted")

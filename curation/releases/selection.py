"""Selection: which accepted candidates go into a release, and why the others do not.

Of what is accepted, in this order: sources that are left out; of candidates that ask for one condition of one problem,
all but the best; what overlaps with an evaluation set; of problems that are duplicates, all but the best; of candidates
of different problems that have the same words, all but the best.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation.columns import strings
from curation.releases.contamination import Contamination, Match
from curation.releases.duplicates import Question, duplicates
from curation.releases.snapshot import Snapshot

_PAGE = 10_000


class Likeness(NamedTuple):
    """What a candidate that is left out is like: the `other` problem, candidate or row, the row with its text.

    `share` is what they have in common of their runs of words; None where that is not what tells them alike.
    """

    compared: Literal["question", "backward question"]
    other: str
    text: str | None
    share: float | None


class Omitted(NamedTuple):
    """An accepted candidate that is not in the release; the reason's kind stands before its first colon."""

    candidate_id: str
    problem_id: str
    decided_by: str
    reason: str
    likeness: Likeness | None = None


Dropped = dict[str, tuple[str, Likeness]]
"""Why problems or candidates do not go in, and what they are like, by id."""


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
            Omitted(
                *row[:3], f"duplicate: asks the same as {row[3]}", Likeness("backward question", row[3], None, None)
            )
            for row in _twins(connection, leave_out)
        )
        gone = {each.candidate_id for each in left_out}
        accepted = [row for row in connection.execute(_ACCEPTED).fetchall() if row[0] not in gone]
        dropped = _overlapping_problems(connection, sets, {row[1] for row in accepted})
        dropped_candidates = _overlapping_candidates(connection, sets, [row[0] for row in accepted])
        dropped |= _dropped_problems(connection, _remaining(accepted, dropped, dropped_candidates))
        dropped_candidates |= _repeated(connection, _remaining(accepted, dropped, dropped_candidates))
    going_in: dict[str, list[str]] = {}
    for candidate_id, problem_id, decided_by in accepted:
        why = dropped.get(problem_id) or dropped_candidates.get(candidate_id)
        if why:
            left_out.append(Omitted(candidate_id, problem_id, decided_by, *why))
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


def _remaining(accepted: Sequence[tuple[str, str, str]], problems: Dropped, candidates: Dropped) -> list[str]:
    """The candidates that are not dropped so far."""
    return [key for key, problem_id, _ in accepted if problem_id not in problems and key not in candidates]


def _repeated(connection: DuckDBPyConnection, candidate_ids: Sequence[str]) -> Dropped:
    """Candidates whose backward question has the words of a better one of another problem, with that one."""
    connection.register("wanted", pa.table({"candidate_id": strings(candidate_ids)}))
    found = connection.execute(
        f"""
        SELECT candidate_id, best.candidate_id FROM (
            SELECT candidate_id, problem_id, first({{'candidate_id': candidate_id, 'problem_id': problem_id}}) OVER (
                PARTITION BY hash(regexp_extract_all(lower(backward_question), '{_WORD}')) ORDER BY {_BETTER}
            ) AS best
            FROM accepted SEMI JOIN wanted USING (candidate_id)
        )
        WHERE problem_id <> best.problem_id
        """
    ).fetchall()
    connection.unregister("wanted")
    return {
        candidate_id: (
            f"exact duplicate: has the same words as {best}",
            Likeness("backward question", best, None, 1.0),
        )
        for candidate_id, best in found
    }


_WORD = r"[\p{L}\p{M}\p{N}]+|[-+*/^=<>%]"
"""Words as `curation.releases.grams` has them, for DuckDB."""


def _dropped_problems(connection: DuckDBPyConnection, candidate_ids: Sequence[str]) -> Dropped:
    """The problems that are duplicates of better ones, by `_RANKED`; `candidate_ids` are those that would go in."""
    connection.register("wanted", pa.table({"candidate_id": strings(candidate_ids)}))
    cursor = connection.execute(_RANKED)
    ranked = chain.from_iterable(iter(lambda: cursor.fetchmany(_PAGE), []))
    dropped: Dropped = {}
    for problem_id, found in duplicates(Question(*row) for row in ranked).items():
        why = f"{found.kind} duplicate: of problem {found.of}, {found.likeness:.0%} alike"
        dropped[problem_id] = (why, Likeness("question", found.of, None, found.likeness))
    connection.unregister("wanted")
    return dropped


_RANKED = """
    SELECT problem_id, any_value(original_question), dense_rank() OVER (
        ORDER BY count(*), count(*) FILTER (decided_by <> 'policy'), count(*) FILTER (formula = 'trace')
    )
    FROM accepted SEMI JOIN wanted USING (candidate_id) GROUP BY problem_id ORDER BY problem_id
"""
"""Which of several problems that are alike is kept: of which more backward problems go in; then, of which people
accepted more of them, of which more follow the trace; last, the lower id."""


def _overlapping_problems(connection: DuckDBPyConnection, sets: Contamination, problem_ids: set[str]) -> Dropped:
    found = _overlapping(sets, _questions(connection, problem_ids if sets.names else ()))
    return {key: (f"contaminated: its problem is {match}", _likeness("question", match)) for key, match in found}


def _overlapping_candidates(
    connection: DuckDBPyConnection, sets: Contamination, candidate_ids: Sequence[str]
) -> Dropped:
    if not sets.names:
        return {}
    connection.register("wanted", pa.table({"candidate_id": strings(candidate_ids)}))
    query = "SELECT candidate_id, backward_question FROM accepted SEMI JOIN wanted USING (candidate_id)"
    cursor = connection.execute(query)
    found = _overlapping(sets, chain.from_iterable(iter(lambda: cursor.fetchmany(_PAGE), [])))
    told = {
        key: (f"contaminated: its backward question is {match}", _likeness("backward question", match))
        for key, match in found
    }
    connection.unregister("wanted")
    return told


def _likeness(compared: Literal["question", "backward question"], match: Match) -> Likeness:
    return Likeness(compared, match.where, match.text, match.share)


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

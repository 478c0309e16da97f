"""Audit: what people found, without knowing it, among the candidates that the policy accepts.

An audited candidate counts once it is known whether it is right as it stands (see LABELS in answers.py), and while the
policy accepts it and no later run has derived it anew: the precision is that of what is accepted now.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation import candidates
from curation.columns import strings
from curation.decisions import last_of_policy
from curation.policy import HELD, Policy
from curation.review.answers import LABELS
from curation.review.precision import Precision, precision
from schemas.formula import FormulaKind

_AUDITED = f"""
    SELECT candidate_id, source, formula, is_right
    FROM review_items JOIN candidate_overview USING (candidate_id) JOIN ({LABELS}) USING (candidate_id)
    WHERE stage = 'review' AND kind = 'audit' ORDER BY candidate_id
"""


def precisions(connection: DuckDBPyConnection) -> tuple[Precision, ...]:
    """The precision of what is accepted, or waits for audits to be, by source and kind of formula."""
    audited = connection.execute(_AUDITED).fetchall()
    decided = last_of_policy(connection, [key for key, *_ in audited])
    return _by_group(
        row
        for key, *row in audited
        if key in decided and (decided[key].verdict == "accept" or decided[key].reasons[0].startswith(HELD))
    )


def shown(
    connection: DuckDBPyConnection, policy: Policy, asked: Mapping[str, tuple[str, FormulaKind]]
) -> dict[str, Precision]:
    """The precision that audits show of the like of each candidate, which the policy may hold back for it.

    `asked` are the candidates with their problem and kind of formula. Left out are those that the policy has accepted
    before, and all where it demands no precision.
    """
    if not policy.precision_at_least:
        return {}
    known = {(one.source, one.formula): one for one in _by_policy(connection, policy)}
    before = last_of_policy(connection, asked)
    sources = _sources(connection, {problem_id for problem_id, _ in asked.values()})
    return {
        key: known.get((sources[problem_id], formula)) or precision(sources[problem_id], formula, 0, 0)
        for key, (problem_id, formula) in asked.items()
        if key not in before or before[key].verdict != "accept"
    }


def _by_policy(connection: DuckDBPyConnection, policy: Policy) -> tuple[Precision, ...]:
    """The precision of what this policy's checks accept, whatever was decided before."""
    audited = connection.execute(_AUDITED).fetchall()
    whole = candidates.read(connection, [key for key, *_ in audited])
    return _by_group(
        row
        for key, *row in audited
        if policy.decide(whole[key][1].checks, has_relation=whole[key][1].relation is not None)[0] == "accept"
    )


def _by_group(audited: Iterable[Iterable[object]]) -> tuple[Precision, ...]:
    """The precision of each group from source, kind of formula, and whether it is right."""
    counts = Counter((str(source), str(formula), bool(is_right)) for source, formula, is_right in audited)
    groups = sorted({(source, formula) for source, formula, _ in counts})
    return tuple(
        precision(*group, audited=counts[*group, True] + counts[*group, False], right=counts[*group, True])
        for group in groups
    )


def _sources(connection: DuckDBPyConnection, problem_ids: Iterable[str]) -> dict[str, str]:
    connection.register("wanted", pa.table({"problem_id": strings(problem_ids)}))
    found = connection.execute("SELECT problem_id, source FROM problems SEMI JOIN wanted USING (problem_id)").fetchall()
    connection.unregister("wanted")
    return dict(found)

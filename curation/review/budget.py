"""Budget: in which order people are asked, and what a number of rows buys."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import takewhile

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation.columns import strings
from curation.review.probability import Estimates
from schemas.model import Model

_TAKEN_FROM = 0.5
"""P(correct) from which on a doubtful candidate is taken for right: where it is likelier than not."""

_ROWS_SHOWN = (0, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)

_WORTH_OF_A_TWIN = 0.5
"""What is left to learn of a candidate when one that asks the same is reviewed."""


class Bought(Model):
    """What the accepted set is expected to be once so many `rows` of the queue are reviewed.

    `accepted` is how many candidates are in it, `error` the share of them that are wrong, and `missed` how many right
    ones of the queue are left out.
    """

    rows: int
    accepted: float
    error: float
    missed: float


def order(connection: DuckDBPyConnection, estimates: Estimates, candidate_ids: Iterable[str]) -> list[str]:
    """The candidates in the order in which people should be asked.

    The one comes first whose review lowers the expected number of wrong decisions most: while nobody looks, a candidate
    is decided by its P(correct), wrongly with probability min(P, 1 - P). One that asks for the same condition by the
    same equation as one before it is worth half as much. Of equals, doubts of different kinds take turns, and
    candidates of one problem do not follow each other while there are others.
    """
    connection.register("wanted", pa.table({"candidate_id": strings(dict.fromkeys(candidate_ids))}))
    found = connection.execute("""
        SELECT
            candidate_id,
            problem_id,
            (problem_id, condition_start, equation)::VARCHAR AS asks,
            split_part(reasons[1], ':', 1) AS doubt
        FROM candidate_overview SEMI JOIN wanted USING (candidate_id)
    """).fetchall()
    connection.unregister("wanted")
    probability = estimates.probability
    found.sort(key=lambda row: (-_doubt(probability[row[0]]), row[0]))
    seen, turns = Counter[str](), Counter[tuple[float, str]]()
    ranked = []
    for key, problem, asks, doubt in found:
        worth = round(_doubt(probability[key]) * _WORTH_OF_A_TWIN ** seen[asks], 2)
        seen[asks] += 1
        ranked.append((-worth, turns[worth, doubt], key, problem))
        turns[worth, doubt] += 1
    return _apart([(key, problem) for _, _, key, problem in sorted(ranked)])


def _doubt(probability: float) -> float:
    return min(probability, 1 - probability)


def _apart(ranked: Sequence[tuple[str, str]]) -> list[str]:
    """The candidates, each with its problem; where two of one problem meet, the next one of another comes between."""
    ordered = list(ranked)
    for place in range(1, len(ordered)):
        problem = ordered[place - 1][1]
        if ordered[place][1] == problem:
            other = next((later for later in range(place, len(ordered)) if ordered[later][1] != problem), None)
            if other is None:
                break
            ordered.insert(place, ordered.pop(other))
    return [key for key, _ in ordered]


def budget(
    connection: DuckDBPyConnection, estimates: Estimates, queue: Sequence[str], chosen: int = 0
) -> tuple[Bought, ...]:
    """What reviewing the first 0, 50, 100, ..., all rows of the queue is expected to buy, and the `chosen` ones.

    The accepted set is what is accepted now, and of the queue what is taken at the model's word: P(correct) of a half
    or more. A reviewed row is decided as a person says, who is taken to be right, as are those who accepted candidates
    before: it is in the set with probability P, and then it is right. The estimates have to cover the queue and what
    the policy accepts.
    """
    accepted = connection.execute("""
        SELECT candidate_id, decided_by = 'policy' FROM candidate_overview WHERE decision = 'accept' ORDER BY ALL
    """).fetchall()
    now = [estimates.probability[key] if by_policy else 1.0 for key, by_policy in accepted]
    return curve(now, [estimates.probability[key] for key in queue], chosen)


def curve(accepted: Sequence[float], queue: Sequence[float], chosen: int = 0) -> tuple[Bought, ...]:
    """The same from P(correct) of what is accepted now, and of the queue in its order."""
    doubtful = np.asarray(queue, dtype=float)
    taken = doubtful >= _TAKEN_FROM
    wrong_now = sum(1 - probability for probability in accepted)
    bought = []
    for rows in sorted({*takewhile(lambda rows: rows < len(queue), _ROWS_SHOWN), min(chosen, len(queue)), len(queue)}):
        reviewed, left, trusted = doubtful[:rows], doubtful[rows:], taken[rows:]
        size = len(accepted) + float(reviewed.sum() + trusted.sum())
        wrong = float(wrong_now + (1 - left[trusted]).sum())
        missed = float(left[~trusted].sum())
        bought.append(Bought(rows=rows, accepted=size, error=wrong / size if size else 0.0, missed=missed))
    return tuple(bought)

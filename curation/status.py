"""Status: where the workspace stands, and what to do next."""

from collections.abc import Sequence
from textwrap import shorten

from curation.review.audit import precisions
from curation.review.items import count_pushed
from curation.review.precision import Precision, in_all
from curation.rows import rows
from curation.runs import Run, all_runs
from curation.store import Store
from schemas.call import Purpose
from schemas.decision import Verdict
from schemas.formula import FormulaKind
from schemas.model import Model

_LONGEST_REASON = 120


class Cause(Model):
    """How many candidates went to review or were rejected with their first reason from this check."""

    decision: Verdict
    check_name: str
    candidates: int


class FunnelRow(Model):
    """One row of the view `funnel`: what the problems of a source came to, by one kind of formula."""

    source: str
    formula: FormulaKind
    problems: int
    conditions: int
    candidates: int
    accepted: int
    review: int
    rejected: int
    why: tuple[Cause, ...]


class SourceCount(Model):
    """What a source has brought: problems, and how many of them no run has derived anything from yet."""

    source: str
    problems: int
    underived: int


class Cost(Model):
    """Calls, tokens, money and time by one model, over all runs.

    `failed` calls brought no text. `usd` leaves out the `unpriced` calls, whose price is not known; it is None where
    that is all of them.
    """

    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    usd: float | None
    elapsed_s: float
    failed: int
    unpriced: int


class SampleCount(Model):
    """What models wrote for one purpose: how many samples, and how many of them are proved, wrong, and undecided."""

    purpose: Purpose
    samples: int
    passed: int
    failed: int
    undecided: int


class FailedCount(Model):
    """How many problems a command last left without a model's answer, and the most frequent reason."""

    command_line: str
    problems: int
    reason: str


class NextStep(Model):
    """A command worth running now, and why."""

    command: str
    why: str


class Status(Model):
    """Where a workspace stands.

    `queue` is how many candidates wait for people; those that are `held`, which the checks accept and the policy wants
    audits to speak for, are left out. `causes` is `why` over the whole funnel; `precision` is what blind audits
    show of what is accepted, by source and kind of formula, and `precision_in_all` of all of it; `failed` are the
    problems whose last derivation failed for want of a model's answer; `runs` are all runs, oldest first. Of those
    marked as running, `going_on` holds the ids of those that really are: the others were killed.
    """

    ingested: tuple[SourceCount, ...]
    ingest_errors: int
    funnel: tuple[FunnelRow, ...]
    accepted_problems: int
    queue: int
    held: int
    causes: tuple[Cause, ...]
    precision: tuple[Precision, ...]
    precision_in_all: Precision
    costs: tuple[Cost, ...]
    samples: tuple[SampleCount, ...]
    failed: tuple[FailedCount, ...]
    runs: tuple[Run, ...]
    going_on: tuple[str, ...]
    next_steps: tuple[NextStep, ...]


def status(store: Store) -> Status:
    """Where the workspace stands; raises StoreMissingError where there is no store yet."""
    with store.connect(read_only=True) as connection:
        ingested = tuple(SourceCount(**row) for row in rows(connection, _INGESTED))
        errors = rows(connection, "SELECT count(*) AS count FROM ingest_errors")[0]["count"]
        funnel = tuple(FunnelRow(**row) for row in rows(connection, "SELECT * FROM funnel ORDER BY source, formula"))
        accepted_problems = rows(connection, _ACCEPTED_PROBLEMS)[0]["count"]
        causes = tuple(Cause(**row) for row in rows(connection, _CAUSES))
        precision = precisions(connection)
        costs = tuple(Cost(**row) for row in rows(connection, _COSTS))
        samples = tuple(SampleCount(**row) for row in rows(connection, _SAMPLES))
        failed = tuple(FailedCount(**row) for row in rows(connection, _FAILED))
        runs = tuple(all_runs(connection))
        asked = count_pushed(connection, "review")
    going_on = tuple(
        run.run_id
        for run in {run.command: run for run in runs if run.status == "running"}.values()
        if store.runner(run.command) is not None
    )
    held = sum(cause.candidates for cause in causes if cause.check_name == "audit")
    return Status(
        ingested=ingested,
        ingest_errors=errors,
        funnel=funnel,
        accepted_problems=accepted_problems,
        queue=sum(row.review for row in funnel) - held,
        held=held,
        causes=causes,
        precision=precision,
        precision_in_all=in_all(precision),
        costs=costs,
        samples=samples,
        failed=failed,
        runs=runs,
        going_on=going_on,
        next_steps=tuple(_next_steps(ingested, funnel, asked, failed, runs, going_on)),
    )


_INGESTED = """
    SELECT
        source,
        count(*) AS problems,
        count(*) FILTER (problem_id NOT IN (SELECT problem_id FROM derivations)) AS underived
    FROM problems GROUP BY source ORDER BY source
"""

_ACCEPTED_PROBLEMS = """
    SELECT count(DISTINCT problem_id) AS count FROM candidate_overview WHERE decision = 'accept'
"""

_CAUSES = """
    SELECT cause.decision, cause.check_name, sum(cause.candidates)::BIGINT AS candidates
    FROM (SELECT unnest(why) AS cause FROM funnel) GROUP BY ALL ORDER BY candidates DESC, 1, 2
"""

_COSTS = """
    SELECT model, sum(calls)::BIGINT AS calls, sum(input_tokens)::BIGINT AS input_tokens,
        sum(output_tokens)::BIGINT AS output_tokens, sum(usd) AS usd, sum(elapsed_s) AS elapsed_s,
        sum(failed)::BIGINT AS failed, sum(unpriced)::BIGINT AS unpriced
    FROM cost GROUP BY model ORDER BY model
"""

_SAMPLES = """
    SELECT
        purpose,
        count(*) AS samples,
        count(*) FILTER (outcome = 'pass') AS passed,
        count(*) FILTER (outcome = 'fail') AS failed,
        count(*) FILTER (outcome = 'undecided') AS undecided
    FROM samples GROUP BY purpose ORDER BY purpose
"""

_FAILED = """
    SELECT command_line, count(*) AS problems, mode(reason) AS reason
    FROM (
        SELECT run_id, failed, reason FROM derivations
        QUALIFY row_number() OVER (PARTITION BY problem_id, formula, wording ORDER BY rowid DESC) = 1
    )
    JOIN runs USING (run_id) WHERE failed GROUP BY command_line ORDER BY max(started_at)
"""


def _next_steps(
    ingested: Sequence[SourceCount],
    funnel: Sequence[FunnelRow],
    asked: int,
    failed: Sequence[FailedCount],
    runs: Sequence[Run],
    going_on: Sequence[str],
) -> list[NextStep]:
    steps = []
    unfinished = set()
    named = set()
    for run in {run.command_line: run for run in runs}.values():  # of those typed alike, the last one
        if run.status != "done":
            named.add(run.command_line)
        if run.run_id in going_on:
            unfinished.add(run.command)
            steps.append(NextStep(command="backmath status", why=f"`{run.command_line}` is running: see how far it is"))
        elif run.status != "done":
            unfinished.add(run.command)
            ended = {"running": "was killed", "interrupted": "was interrupted", "failed": "failed"}[run.status]
            steps.append(NextStep(command=run.command_line, why=f"it {ended}, and goes on from there"))
    for row in failed:
        if row.command_line not in named:
            reason = shorten(row.reason, _LONGEST_REASON, placeholder="...")
            why = f"{row.problems:,} problems failed for want of an answer: {reason}"
            steps.append(NextStep(command=row.command_line, why=why))
    if not ingested and "ingest" not in unfinished:
        steps.append(NextStep(command="backmath ingest --help", why="there are no problems yet"))
    underived = sum(row.underived for row in ingested)
    if underived and "generate" not in unfinished:
        why = f"{underived:,} problems have not been derived from yet"
        steps.append(NextStep(command="backmath generate", why=why))
    waiting = sum(row.review for row in funnel)
    if asked:
        why = f"people were asked about {asked:,} candidates: see how far they are"
        steps.append(NextStep(command="backmath review status", why=why))
    elif waiting:
        why = f"{waiting:,} candidates wait for people, who answer in their browser"
        steps.append(NextStep(command="backmath review serve", why=why))
    accepted = sum(row.accepted for row in funnel)
    if accepted:
        why = f"{accepted:,} backward problems are accepted"
        steps.append(NextStep(command="backmath candidates export accepted.parquet --decision accept", why=why))
    return steps

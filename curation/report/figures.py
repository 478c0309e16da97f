"""The figures of the report: each a query over the store, or a function of the project, with what it shows."""

from collections.abc import Sequence
from datetime import datetime

from duckdb import DuckDBPyConnection

from curation.report.figure import Figure, called, queried
from curation.review.agreement import Agreement, agreement
from curation.review.audit import precisions
from curation.review.precision import Precision
from curation.review.workload import ReviewerLoad, StageLoad, workload
from schemas.model import Model
from schemas.review import ReviewStage


class Totals(Model):
    """What the store holds in all; `helped` are the problems with at least one accepted candidate."""

    problems: int
    refused: int
    candidates: int
    accepted: int
    helped: int


class Flow(Model):
    """What became of the conditions of one source, by one kind of formula."""

    source: str
    formula: str
    problems: int
    conditions: int
    candidates: int
    accepted: int
    review: int
    rejected: int


class Held(Model):
    """How many candidates a check held back: theirs is the first reason."""

    decision: str
    check_name: str
    candidates: int


class Outcomes(Model):
    """How a check came out, over all candidates."""

    check_name: str
    passed: int
    undecided: int
    failed: int


class Waiting(Model):
    """Candidates that wait for people, and how many of them people were asked about."""

    waiting: int
    asked: int


class Spent(Model):
    """What one model cost; `usd` leaves out the `unpriced` calls, and is None where that is all of them."""

    model: str
    calls: int
    failed: int
    input_tokens: int
    output_tokens: int
    usd: float | None
    unpriced: int
    hours: float


class Released(Model):
    """A release: how many backward problems are in it, and how many accepted ones it leaves out."""

    version: str
    created_at: datetime
    problems: int
    train: int
    validation: int
    test: int
    left_out: int


def totals(connection: DuckDBPyConnection) -> Figure[Totals]:
    """What the store holds in all."""
    return queried(
        connection,
        Totals,
        """
        SELECT
            (SELECT count(*) FROM problems) AS problems,
            (SELECT count(*) FROM ingest_errors) AS refused,
            count(*) AS candidates,
            count(*) FILTER (decision = 'accept') AS accepted,
            count(DISTINCT problem_id) FILTER (decision = 'accept') AS helped
        FROM candidate_overview
        """,
        key="totals",
        title="In all",
        caption="What the store holds.",
        docs="docs/store.md",
    )


def flow(connection: DuckDBPyConnection) -> Figure[Flow]:
    """From conditions to decisions, by source and kind of formula."""
    return queried(
        connection,
        Flow,
        """
        SELECT source, formula, problems, conditions, candidates, accepted, review, rejected
        FROM funnel ORDER BY candidates DESC, source, formula
        """,
        key="flow",
        title="From problems to decisions",
        caption="Every known quantity of a question is hidden in turn. A band is as wide as the number of candidates.",
        docs="docs/store.md",
    )


def held(connection: DuckDBPyConnection) -> Figure[Held]:
    """What held candidates back."""
    return queried(
        connection,
        Held,
        """
        SELECT cause.decision, cause.check_name, sum(cause.candidates)::BIGINT AS candidates
        FROM (SELECT unnest(why) AS cause FROM funnel) GROUP BY ALL ORDER BY candidates DESC, 1, 2
        """,
        key="held",
        title="What held them back",
        caption="Each candidate is counted once, under the first reason of its decision.",
        docs="docs/policy.md",
    )


def outcomes(connection: DuckDBPyConnection) -> Figure[Outcomes]:
    """How each check came out."""
    return queried(
        connection,
        Outcomes,
        """
        SELECT
            check_name,
            count(*) FILTER (outcome = 'pass') AS passed,
            count(*) FILTER (outcome = 'undecided') AS undecided,
            count(*) FILTER (outcome = 'fail') AS failed
        FROM check_overview SEMI JOIN candidate_overview USING (candidate_id)
        GROUP BY check_name ORDER BY passed DESC, undecided DESC, check_name
        """,
        key="outcomes",
        title="How each check came out",
        caption="A check that needs a model, or a second formula, is undecided where there is none.",
        docs="docs/policy.md",
    )


def precision(connection: DuckDBPyConnection) -> Figure[Precision]:
    """What blind audits show of what is accepted."""
    return called(
        precisions(connection),
        """
        from curation.review.audit import precisions

        with store.connect(read_only=True) as connection:
            print(*precisions(connection), sep="\\n")
        """,
        key="precision",
        title="Precision of what is accepted",
        caption="People judged accepted candidates without knowing that they were accepted. The line is Wilson's 95% "
        "interval of the share that is right.",
        docs="docs/review-quality.md",
    )


def agreements(connection: DuckDBPyConnection) -> Figure[Agreement]:
    """How far reviewers agree on the verdict: in all, by source, by kind of formula."""
    measured = agreement(connection, "verdict")
    named = [(measured.sources, "source"), (measured.formulas, "formula")]
    groups = [one.model_copy(update={"group": f"{what} {one.group}"}) for some, what in named for one in some]
    return called(
        (measured.overall, *groups) if measured.overall.candidates else (),
        """
        from curation.review.agreement import agreement

        with store.connect(read_only=True) as connection:
            measured = agreement(connection, "verdict")
        print(measured.overall, *measured.sources, *measured.formulas, sep="\\n")
        """,
        key="agreement",
        title="Agreement of reviewers",
        caption="Krippendorff's alpha of their verdicts, with its 95% interval from resampled candidates: 1 is "
        "complete agreement, 0 what chance would bring about.",
        docs="docs/review-quality.md",
    )


def waiting(connection: DuckDBPyConnection) -> Figure[Waiting]:
    """What waits for people."""
    return queried(
        connection,
        Waiting,
        """
        SELECT
            count(*) AS waiting,
            count(*) FILTER (candidate_id IN (
                SELECT candidate_id FROM review_items WHERE pushed_at IS NOT NULL
            )) AS asked
        FROM candidate_overview WHERE decision = 'review'
        """,
        key="waiting",
        title="The queue",
        caption="Candidates that wait for a decision of people.",
        docs="docs/review.md",
    )


_WORKLOAD = """
    from curation.review.workload import workload

    with store.connect(read_only=True) as connection:
        load = workload(connection, {"review": [], "adjudication": []}, {"review": 1, "adjudication": 1})
    print(*load.
"""


def work(connection: DuckDBPyConnection) -> tuple[Figure[StageLoad], Figure[ReviewerLoad]]:
    """How far the stages of review are, and who has answered how much."""
    stages: Sequence[ReviewStage] = ("review", "adjudication")
    load = workload(connection, dict.fromkeys(stages, ()), dict.fromkeys(stages, 1))
    return (
        called(
            load.stages,
            _WORKLOAD.rstrip() + 'stages, sep="\\n")',
            key="stages",
            title="How far review is",
            caption="Of what was put before people, as of the last pull.",
            docs="docs/review.md",
        ),
        called(
            load.reviewers,
            _WORKLOAD.rstrip() + 'reviewers, sep="\\n")',
            key="reviewers",
            title="Who answered",
            caption="Left is what a reviewer did not answer and nobody else has; what cannot count is marked unusable.",
            docs="docs/review.md",
        ),
    )


def spent(connection: DuckDBPyConnection) -> Figure[Spent]:
    """What models cost."""
    return queried(
        connection,
        Spent,
        """
        SELECT model, sum(calls)::BIGINT AS calls, sum(failed)::BIGINT AS failed,
            sum(input_tokens)::BIGINT AS input_tokens, sum(output_tokens)::BIGINT AS output_tokens,
            sum(usd) AS usd, sum(unpriced)::BIGINT AS unpriced, round(sum(elapsed_s) / 3600, 3) AS hours
        FROM cost GROUP BY model ORDER BY calls DESC, model
        """,
        key="cost",
        title="What models cost",
        caption="Hours are summed over calls that may have run side by side. Where the price of a call is not known, "
        "the money is the least it can be.",
        docs="docs/models.md",
    )


def released(connection: DuckDBPyConnection) -> Figure[Released]:
    """The releases, newest first."""
    return queried(
        connection,
        Released,
        """
        SELECT version, created_at,
            count(DISTINCT problem_id) FILTER (split IS NOT NULL) AS problems,
            count(*) FILTER (split = 'train') AS train,
            count(*) FILTER (split = 'validation') AS validation,
            count(*) FILTER (split = 'test') AS test,
            count(*) FILTER (candidate_id IS NOT NULL AND split IS NULL) AS left_out
        FROM releases LEFT JOIN release_items USING (version)
        GROUP BY version, created_at ORDER BY created_at DESC, version
        """,
        key="releases",
        title="Versions",
        caption="Backward problems by split, the forward problems they are of, and accepted ones that were left out.",
        docs="docs/store.md",
    )

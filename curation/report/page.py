"""The page: one HTML file with everything in it, that asks for nothing and runs nothing."""

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from curation.errors import ReportError
from curation.report import ablations, failures, figures, plots, training
from curation.report.distributions import distributions
from curation.report.examples import examples
from curation.report.plots import Estimate
from curation.report.releases import details
from curation.report.runs import read_runs
from curation.report.stream import stream
from curation.report.text import readable, short
from curation.review.agreement import Agreement
from curation.review.precision import in_all
from curation.store import Store
from schemas.decision import Verdict

_MOST_ROWS = 40
"""Rows of a table in the page; the query gives all of them."""

_MOST_RELEASES = 10
"""Releases that are shown with what is in them; the others have their line in the table."""

_EXAMPLES: dict[Verdict, str] = {"accept": "Accepted", "review": "Doubtful: people decide", "reject": "Rejected"}


def write(store: Store, output: Path, meaning: Mapping[str, str]) -> None:
    """Write the page of what the store holds; `meaning` says what it means that a check held a candidate back.

    The same store gives the same bytes. The file appears whole or not at all, in the place of an older one. Raises
    StoreMissingError where there is no store yet, ReportError where the file cannot be written.
    """
    html = render(store, meaning).encode("utf-8", "replace")
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        part.write_bytes(html)
        os.replace(part, output)
    except OSError as error:
        raise ReportError(f"{output} could not be written ({error.strerror}); nothing was left of it") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def render(store: Store, meaning: Mapping[str, str]) -> str:
    """The page as text; raises StoreMissingError where there is no store yet."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("curation.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": _cell, "short": short, "readable": readable}
    template = environment.get_template("report.html.jinja")
    with store.connect(read_only=True) as connection:
        parts = _parts(store, connection, meaning)
    return template.render(parts, most_rows=_MOST_ROWS, meaning=meaning)


def _parts(store: Store, connection: DuckDBPyConnection, meaning: Mapping[str, str]) -> dict[str, Any]:
    """All that the template shows."""
    flow, held = figures.flow(connection), figures.held(connection)
    wide, narrow = stream(flow, held, meaning)
    outcomes, precision = figures.outcomes(connection), figures.precision(connection)
    agreements, spent = figures.agreements(connection), figures.spent(connection)
    stages, reviewers = figures.work(connection)
    runs = read_runs(store.folder)
    released, unreadable = details(connection, _MOST_RELEASES)
    return {
        "as_of": connection.execute("SELECT max(decided_at) FROM decisions").fetchall()[0][0],
        "totals": figures.totals(connection),
        "flow": flow,
        "held": held,
        "stream": wide,
        "stream_narrow": narrow,
        "outcomes": outcomes,
        "outcomes_plot": plots.outcomes(outcomes),
        "precision": precision,
        "precision_plot": plots.precisions(precision, *([in_all(precision.rows)] if len(precision.rows) > 1 else [])),
        "agreements": agreements,
        "agreements_plot": plots.estimates(
            agreements, [_agreement(row) for row in agreements.rows[:12]], _least(agreements.rows), 1
        ),
        "waiting": figures.waiting(connection),
        "stages": stages,
        "stages_plot": plots.stages(stages),
        "reviewers": reviewers,
        "reviewers_plot": plots.amounts(
            reviewers, [(row.reviewer, row.answered, f"{row.answered:,} answered") for row in reviewers.rows[:12]]
        ),
        "spent": spent,
        "spent_plot": plots.amounts(spent, [(row.model, row.usd or 0, _money(row)) for row in spent.rows[:12]]),
        "distributions": [(figure, plots.groups(figure)) for figure in distributions(connection)],
        "examples": [(title, verdict, examples(store, connection, verdict)) for verdict, title in _EXAMPLES.items()],
        "released": figures.released(connection),
        "releases": released,
        "unreadable": unreadable,
        "left_out": runs.left_out[:_MOST_ROWS],
        "trained": training.trained(runs) if runs.found else None,
        "learning": tuple(training.learning(runs)),
        "evaluations": tuple(training.evaluations(runs)),
        "comparisons": tuple(training.comparisons(runs)),
        "arms": ablations.trainings(runs),
        "ablations": tuple(ablations.accuracies(runs)),
        "analyses": failures.analyses(runs),
    }


def _least(rows: tuple[Agreement, ...]) -> float:
    """Where the scale of agreement begins: below 0 only where it is worse than chance would have it."""
    known = [
        low for row in rows for low in (row.alpha, row.alpha_interval and row.alpha_interval[0]) if low is not None
    ]
    return 0.0 if min(known, default=0) >= 0 else -1.0


def _agreement(row: Agreement) -> Estimate:
    end = row.note.partition(":")[0] if row.alpha is None else f"{row.alpha:.2f}"
    return Estimate(row.group, row.alpha, row.alpha_interval, end)


def _money(row: figures.Spent) -> str:
    if row.usd is None:
        return "price unknown"
    return f"${row.usd:,.2f}{' or more' if row.unpriced else ''}"


def _cell(value: object) -> str:
    """A value as a table shows it."""
    if value is None:
        return "–"
    if isinstance(value, bool | int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, tuple):
        return " to ".join(map(_cell, value))
    return short(str(value), 80)

"""Releases in the report: what each version holds and was made from, read off its manifest in the store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from duckdb import DuckDBPyConnection
from markupsafe import Markup

from curation.errors import ReleaseDamagedError
from curation.releases import shelf
from curation.report import plots
from curation.report.figure import Figure, called, queried
from curation.report.plots import Estimate
from curation.report.text import short
from schemas.model import Model
from schemas.release import AuditedPrecision, LeftOut, Manifest, SourceShare, Version

_DOCS = "docs/release.md"
_MOST_BARS = 12


class Holding(Model):
    """Rows of one config, by split."""

    config: str
    train: int
    validation: int
    test: int


class Overlap(Model):
    """Accepted candidates that overlap with an evaluation set, and what with."""

    match: str
    candidates: int


class Made(Model):
    """What a version was made from, and the SHA-256 of its `manifest.json`."""

    version: str
    previous: str | None
    code_version: str
    policies: str
    decided_by: str
    fingerprints: str
    evaluation_sets: str
    labelled_steps: int
    manifest_sha256: str


@dataclass(frozen=True)
class Detail:
    """One version as the report shows it: figures, and the drawings of those that have one."""

    version: str
    made: Figure[Made]
    holdings: Figure[Holding]
    holdings_plot: Markup
    left_out: Figure[LeftOut]
    left_out_plot: Markup
    overlaps: Figure[Overlap]
    audited: Figure[AuditedPrecision]
    audited_plot: Markup
    sources: Figure[SourceShare]


def details(connection: DuckDBPyConnection, most: int) -> tuple[tuple[Detail, ...], str]:
    """The newest `most` versions, newest first; and what is wrong, where a manifest in the store is not readable."""
    try:
        known = shelf.manifests(connection)[-1 : -most - 1 : -1]
    except (ReleaseDamagedError, ValueError) as error:  # ValueError: a version that is none
        return (), str(error)
    return tuple(_detail(connection, each) for each in known), ""


def _detail(connection: DuckDBPyConnection, manifest: Manifest) -> Detail:
    version = Version.read(manifest.version)  # three numbers, so that it can stand in the SQL
    holdings, left_out = _holdings(connection, version), _left_out(connection, version)
    audited = _audited(connection, version)
    return Detail(
        version=manifest.version,
        made=_made(manifest),
        holdings=holdings,
        holdings_plot=plots.holdings(holdings),
        left_out=left_out,
        left_out_plot=plots.amounts(
            left_out, [(row.reason, row.candidates, f"{row.candidates:,}") for row in left_out.rows[:_MOST_BARS]]
        ),
        overlaps=_overlaps(connection, version),
        audited=audited,
        audited_plot=plots.estimates(
            audited,
            [
                Estimate(
                    f"{short(row.source, 14)} {row.formula}",
                    row.right / row.audited,
                    (row.low, row.high),
                    f"{row.right:,} of {row.audited:,}",
                )
                for row in audited.rows[:_MOST_BARS]
            ],
            plots.scale(min((row.low for row in audited.rows), default=0.0)),
            1,
        ),
        sources=_sources(connection, version),
    )


def _listed(name: str, columns: str) -> Callable[[Version], str]:
    """SQL of the rows of a list in the manifest of a version."""

    def query(version: Version) -> str:
        return f"""
            SELECT each.* FROM (
                SELECT unnest(from_json(manifest->'{name}', '[{columns}]')) AS each
                FROM releases WHERE version = '{version}'
            )
        """

    return query

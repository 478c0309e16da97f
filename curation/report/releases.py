"""Releases in the report: what each version holds and was made from, read off its manifest in the store."""

from dataclasses import dataclass
from hashlib import sha256

from duckdb import DuckDBPyConnection
from markupsafe import Markup

from curation.errors import ReleaseDamagedError
from curation.releases import shelf
from curation.report import plots
from curation.report.figure import Figure, called, queried
from schemas.model import Model
from schemas.release import AuditedPrecision, LeftOut, Manifest, SourceShare, Version

_DOCS = "docs/releases.md"


class Holding(Model):
    """Rows of one config, by split."""

    config: str
    train: int
    validation: int
    test: int


class Overlap(Model):
    """Accepted candidates that are left out because of a row of an evaluation set."""

    match: str
    candidates: int


class Made(Model):
    """What a version was made from and by."""

    previous: str | None
    decided_by: str
    policies: str
    evaluation_sets: str
    labelled_steps: int
    code_version: str
    fingerprints: str


class Checksum(Model):
    """The SHA-256 of a file, in hexadecimal."""

    file: str
    sha256: str


@dataclass(frozen=True)
class Detail:
    """One version as the report shows it: figures, and the drawings of those that have one."""

    version: str
    made: Figure[Made]
    checksum: Figure[Checksum]
    sources: Figure[SourceShare]
    overlaps: Figure[Overlap]
    holdings: Figure[Holding]
    holdings_plot: Markup
    left_out: Figure[LeftOut]
    left_out_plot: Markup
    audited: Figure[AuditedPrecision]
    audited_plot: Markup


def details(connection: DuckDBPyConnection, most: int) -> tuple[tuple[Detail, ...], str]:
    """The newest `most` versions, newest first; and what is wrong where a manifest in the store cannot be read."""
    try:
        known = shelf.manifests(connection)
    except (ReleaseDamagedError, ValueError) as error:  # ValueError: a version that is no version
        return (), str(error)
    return tuple(_detail(connection, each) for each in known[: -most - 1 : -1]), ""


def _detail(connection: DuckDBPyConnection, manifest: Manifest) -> Detail:
    version = Version.read(manifest.version)  # three numbers, so that it may stand in SQL
    holdings, left_out = _holdings(connection, version), _left_out(connection, version)
    audited = _audited(connection, version)
    return Detail(
        version=manifest.version,
        made=_made(connection, version),
        checksum=_checksum(manifest),
        sources=_sources(connection, version),
        overlaps=_overlaps(connection, version),
        holdings=holdings,
        holdings_plot=plots.holdings(holdings),
        left_out=left_out,
        left_out_plot=plots.amounts(
            left_out, [(row.reason, row.candidates, f"{row.candidates:,}") for row in left_out.rows[:12]]
        ),
        audited=audited,
        audited_plot=plots.precisions(audited),
    )


def _holdings(connection: DuckDBPyConnection, version: Version) -> Figure[Holding]:
    return queried(
        connection,
        Holding,
        f"""
        SELECT count->>'config' AS config,
            coalesce(sum((count->'rows')::BIGINT) FILTER (count->>'split' = 'train'), 0)::BIGINT AS train,
            coalesce(sum((count->'rows')::BIGINT) FILTER (count->>'split' = 'validation'), 0)::BIGINT AS validation,
            coalesce(sum((count->'rows')::BIGINT) FILTER (count->>'split' = 'test'), 0)::BIGINT AS test
        FROM (SELECT unnest(manifest->'$.counts[*]') AS count FROM releases WHERE version = '{version}')
        GROUP BY config ORDER BY sum((count->'rows')::BIGINT) DESC, config
        """,
        key=f"holdings-{version}",
        title=f"What is in {version}",
        caption="Rows of each config. From left to right: train, validation, test.",
        docs=_DOCS,
    )


def _left_out(connection: DuckDBPyConnection, version: Version) -> Figure[LeftOut]:
    return queried(
        connection,
        LeftOut,
        f"""
        SELECT split_part(reason, ':', 1) AS reason, count(*) AS candidates
        FROM release_items WHERE version = '{version}' AND split IS NULL
        GROUP BY ALL ORDER BY candidates DESC, reason
        """,
        key=f"left-out-{version}",
        title=f"What is left out of {version}, and why",
        caption="Candidates that were accepted and are not in it.",
        docs=_DOCS,
    )


def _audited(connection: DuckDBPyConnection, version: Version) -> Figure[AuditedPrecision]:
    return queried(
        connection,
        AuditedPrecision,
        f"""
        SELECT audit->>'source' AS source, audit->>'formula' AS formula, (audit->'audited')::BIGINT AS audited,
            (audit->'right')::BIGINT AS right, (audit->'low')::DOUBLE AS low, (audit->'high')::DOUBLE AS high
        FROM (SELECT unnest(manifest->'$.precision[*]') AS audit FROM releases WHERE version = '{version}')
        ORDER BY source, formula
        """,
        key=f"audited-{version}",
        title=f"Precision when {version} was made",
        caption="What blind audits had shown by then, with Wilson's 95% interval.",
        docs="docs/review-quality.md",
    )


def _sources(connection: DuckDBPyConnection, version: Version) -> Figure[SourceShare]:
    return queried(
        connection,
        SourceShare,
        f"""
        SELECT share->>'source' AS source, share->>'licence' AS licence, (share->'problems')::BIGINT AS problems,
            (share->'candidates')::BIGINT AS candidates
        FROM (SELECT unnest(manifest->'$.sources[*]') AS share FROM releases WHERE version = '{version}')
        ORDER BY candidates DESC, source, licence
        """,
        key=f"sources-{version}",
        title=f"Sources and licences of {version}",
        caption="Problems, and the backward problems made of them.",
        docs=_DOCS,
    )


def _overlaps(connection: DuckDBPyConnection, version: Version) -> Figure[Overlap]:
    return queried(
        connection,
        Overlap,
        f"""
        SELECT reason[length('contaminated: ') + 1:] AS match, count(*) AS candidates
        FROM release_items WHERE version = '{version}' AND starts_with(reason, 'contaminated: ')
        GROUP BY ALL ORDER BY candidates DESC, match
        """,
        key=f"overlaps-{version}",
        title=f"Overlap of {version} with evaluation sets",
        caption="What was left out, so that nothing of the kind is in it.",
        docs=_DOCS,
    )


def _made(connection: DuckDBPyConnection, version: Version) -> Figure[Made]:
    return queried(
        connection,
        Made,
        f"""
        SELECT
            previous,
            array_to_string([
                (manifest->'decided_by'->>who) || ' by ' || who FOR who IN json_keys(manifest->'decided_by')
            ], ', ') AS decided_by,
            array_to_string(manifest->>'$.policies[*]', ', ') AS policies,
            array_to_string(manifest->>'$.evaluation_sets[*]', ', ') AS evaluation_sets,
            (manifest->'labelled_steps')::BIGINT AS labelled_steps,
            manifest->>'code_version' AS code_version,
            array_to_string(manifest->>'$.fingerprints[*]', ', ') AS fingerprints
        FROM releases WHERE version = '{version}'
        """,
        key=f"made-{version}",
        title=f"What {version} was made from",
        caption="Who accepted its backward problems, by which policy, and what it was held against.",
        docs=_DOCS,
    )


def _checksum(manifest: Manifest) -> Figure[Checksum]:
    digest = sha256(shelf.text(manifest).encode()).hexdigest()
    return called(
        (Checksum(file=shelf.MANIFEST_NAME, sha256=digest),),
        f"""
        from hashlib import sha256

        from curation.releases.shelf import MANIFEST_NAME, manifest, text

        with store.connect(read_only=True) as connection:
            print(MANIFEST_NAME, sha256(text(manifest(connection, "{manifest.version}")).encode()).hexdigest())
        """,
        key=f"checksum-{manifest.version}",
        title=f"Manifest of {manifest.version}",
        caption="SHA-256 of its manifest, which has that of every file",
        docs=_DOCS,
    )

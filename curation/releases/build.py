"""Building a release: everything is written beside its place, and moved there in one step."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import version as version_of
from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation.columns import insert, strings
from curation.errors import CurationError, ReleaseRefusedError
from curation.policy import Policy
from curation.releases import shelf
from curation.releases.card import card
from curation.releases.changes import changes, log, next_version
from curation.releases.licences import forbidden
from curation.releases.omissions import note_matches
from curation.releases.rows import Made, make
from curation.releases.selection import Plan, plan
from curation.releases.snapshot import Snapshot
from curation.releases.tables import Tables
from curation.review.audit import precisions
from curation.review.precision import Precision
from curation.rows import rows
from curation.store import Store
from schemas.release import AuditedPrecision, LeftOut, Manifest, ReleaseFile, RowCount, SourceShare, Version


def build(
    store: Store,
    version: Version | None,
    *,
    policy: Policy,
    against: Sequence[Path] = (),
    leave_out: Sequence[str] = (),
    advance: Callable[[int], None] = lambda count: None,
    stopping: Callable[[], bool] = lambda: False,
) -> Manifest | None:
    """Build a version from what is accepted now, and return its manifest; None where it was asked to stop.

    Two builds from the same decisions, on any machine with the same libraries, have the same bytes. Until the last
    step nothing of the version is to be seen: a kill leaves a hidden folder, which the next build removes. Raises
    ReleaseRefusedError where the version is there already, nothing is accepted, a licence forbids it, or audits do not
    show the precision that the policy demands.
    """
    with store.connect(read_only=True) as connection:
        known = shelf.versions(connection)
        history, earlier = _history(connection, known)
        audited = precisions(connection)
        _refuse(connection, policy, audited, leave_out, version, known)
    folder = store.folder / "releases"
    part, work = folder / ".part", folder / ".snapshot"
    snapshot = Snapshot(work)
    with store.explaining():
        _clear(store, part, work)
        for new in (part, work):
            new.mkdir(parents=True)
    try:
        snapshot.take(store)
        with store.explaining():
            chosen = plan(snapshot, against, leave_out)
            written = _write(snapshot, chosen, part, advance, stopping)
        if written is None:
            return None
        total, files = written
        now = {item[0] for item in total.items}
        previous = known[-1] if known else None
        number = version or next_version(previous, earlier, now)
        if (place := folder / str(number)).exists():
            raise ReleaseRefusedError(
                f"{place} is there, and is no release of this store; nothing was made. Next: move it away, or give "
                "another --version"
            )
        told = changes(str(previous) if previous else None, earlier, now)
        with store.connect(read_only=True) as connection:
            made = Manifest(
                version=str(number),
                previous=str(previous) if previous else None,
                code_version=version_of("backmath"),
                files=files,
                counts=_counts(files),
                labelled_steps=total.labelled_steps,
                sources=_sources(total),
                policies=_policies(connection, now),
                decided_by=dict(sorted(Counter(item[3] for item in total.items).items())),
                fingerprints=_fingerprints(connection, now),
                precision=tuple(AuditedPrecision.model_validate(row.model_dump(exclude={"share"})) for row in audited),
                left_out=_left_out(chosen),
                evaluation_sets=chosen.evaluation_sets,
            )
        with store.explaining():
            _finish(part, made, told, history)
            (work / _PLACED).write_text(made.version)
        _put_on_the_shelf(store, part, place, made, total, chosen)
    finally:
        with suppress(CurationError, OSError):  # the next build does it where it cannot be done now
            _clear(store, part, work)
    return made


_PLACED = "placed"
"""The file beside a snapshot that names the version which the build puts in its place."""


def _clear(store: Store, part: Path, work: Path) -> None:
    """Remove what a build leaves; where it ended before its version was noted, the folder in its place too."""
    with suppress(FileNotFoundError, ValueError):  # ValueError: of a build that was killed while it wrote this
        placed = Version.read((work / _PLACED).read_text())
        with store.connect(read_only=True) as connection:
            noted = placed in shelf.versions(connection)
        if not noted:
            shutil.rmtree(part.with_name(str(placed)))
    for left in (part, work):
        shutil.rmtree(left, ignore_errors=True)


def _refuse(
    connection: DuckDBPyConnection,
    policy: Policy,
    audited: Sequence[Precision],
    leave_out: Sequence[str],
    version: Version | None,
    known: Sequence[Version],
) -> None:
    """Raise ReleaseRefusedError where no release may be made."""
    if version is not None and known and version <= known[-1]:
        taken = "is there already" if version in known else f"is not after {known[-1]}"
        raise ReleaseRefusedError(f"release {version} {taken}; nothing was made. Next: leave out --version")
    groups = rows(connection, _GROUPS)
    groups = [group for group in groups if group["source"] not in leave_out]
    if not groups:
        raise ReleaseRefusedError("nothing is accepted that could be released; nothing was made. Next: backmath status")
    for group in groups:
        if why := forbidden(group["licence"]):
            raise ReleaseRefusedError(
                f"{group['source']}: {why}; nothing was made. Next: --leave-out {group['source']}, or ingest it with "
                "the --licence that it really has"
            )
    shown = {(row.source, row.formula): row.low for row in audited}
    for group in groups:
        low = shown.get((group["source"], group["formula"]), 0.0)
        if low < policy.precision_at_least:
            raise ReleaseRefusedError(
                f"audits show that at least {low:.1%} of {group['source']} {group['formula']} are right, the policy "
                f"demands {policy.precision_at_least:.1%}; nothing was made. Next: backmath review push --audit 1"
            )


_GROUPS = """
    SELECT DISTINCT candidate_overview.source, formula, licence
    FROM candidate_overview JOIN problems USING (problem_id) WHERE decision = 'accept' ORDER BY ALL
"""


def _write(
    snapshot: Snapshot, chosen: Plan, part: Path, advance: Callable[[int], None], stopping: Callable[[], bool]
) -> tuple[Made, tuple[ReleaseFile, ...]] | None:
    """Write the rows of all configs below `part`; what they come to, and the files. None where it was asked to stop."""
    total = Made()
    with Tables(part) as tables:
        for each in make(snapshot, chosen.kept):
            if stopping():
                return None
            for (config, split), rows in each.tables.items():
                tables.add(config, split, rows)
            total.items += each.items
            total.problems += each.problems
            total.candidates += each.candidates
            total.labelled_steps += each.labelled_steps
            advance(len(each.items))
    _hold_apart(total)
    return total, tables.files()


def _hold_apart(total: Made) -> None:
    """Raise ReleaseRefusedError where a problem is in two splits."""
    splits: dict[str, str] = {}
    for _, problem_id, split, _ in total.items:
        if splits.setdefault(problem_id, split) != split:
            raise ReleaseRefusedError(f"problem {problem_id} would be in two splits; nothing was made")


def _counts(files: Sequence[ReleaseFile]) -> tuple[RowCount, ...]:
    return tuple(
        RowCount.model_validate(dict(zip(("config", "split"), _names(file.path), strict=True)) | {"rows": file.rows})
        for file in files
    )


def _names(path: str) -> tuple[str, str]:
    config, _, name = path.partition("/")
    return config, name.removesuffix(".parquet")


def _sources(total: Made) -> tuple[SourceShare, ...]:
    return tuple(
        SourceShare(source=source, licence=licence, problems=count, candidates=total.candidates[source, licence])
        for (source, licence), count in sorted(total.problems.items())
    )


def _left_out(chosen: Plan) -> tuple[LeftOut, ...]:
    """How many were left out for each kind of reason: the reason up to its first colon."""
    counts = Counter(item.reason.partition(":")[0] for item in chosen.left_out)
    return tuple(
        LeftOut(reason=reason, candidates=count)
        for reason, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    )


def _policies(connection: DuckDBPyConnection, candidate_ids: set[str]) -> tuple[str, ...]:
    return _distinct(
        connection, "SELECT DISTINCT policy FROM latest_decisions SEMI JOIN kept USING (candidate_id)", candidate_ids
    )


def _fingerprints(connection: DuckDBPyConnection, candidate_ids: set[str]) -> tuple[str, ...]:
    query = """
        SELECT DISTINCT fingerprint
        FROM runs JOIN (SELECT * FROM candidates SEMI JOIN kept USING (candidate_id)) USING (run_id)
    """
    return _distinct(connection, query, candidate_ids)


def _distinct(connection: DuckDBPyConnection, query: str, candidate_ids: set[str]) -> tuple[str, ...]:
    connection.register("kept", pa.table({"candidate_id": strings(candidate_ids)}))
    found = connection.execute(query).fetchall()
    connection.unregister("kept")
    return tuple(sorted(value for (value,) in found))


def _history(connection: DuckDBPyConnection, known: Sequence[Version]) -> tuple[list[tuple[str, str]], set[str]]:
    """What was new in each version that there is, and the candidates of the newest.

    From the store, so that nobody's change to a file gets into the next change log.
    """
    told: list[tuple[str, str]] = []
    newest: set[str] = set()
    for version in known:
        kept = shelf.kept_candidates(connection, version)
        told.append((str(version), changes(told[-1][0] if told else None, newest, kept)))
        newest = kept
    return told, newest


def _finish(part: Path, made: Manifest, told: str, earlier: Sequence[tuple[str, str]]) -> None:
    """Write card, change log and manifest, and have the disk keep all of it."""
    (part / "README.md").write_text(card(made, told), encoding="utf-8")
    (part / "CHANGELOG.md").write_text(log(made, told, earlier), encoding="utf-8")
    (part / shelf.MANIFEST_NAME).write_text(shelf.text(made), encoding="utf-8")
    for path in sorted(part.rglob("*")):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _put_on_the_shelf(store: Store, part: Path, place: Path, made: Manifest, total: Made, chosen: Plan) -> None:
    """Move the folder to its place and note the version, in one transaction: a folder without a note is no release."""
    rows_in = [(key, problem, split, "", by) for key, problem, split, by in total.items]
    rows_out = [(item.candidate_id, item.problem_id, None, item.reason, item.decided_by) for item in chosen.left_out]
    every = [*rows_in, *rows_out]
    with store.connect() as connection:
        shelf.note(connection, made)
        insert(
            connection,
            "release_items",
            {
                "version": pa.repeat(made.version, len(every)),
                "candidate_id": strings(row[0] for row in every),
                "problem_id": strings(row[1] for row in every),
                "split": strings(row[2] for row in every),
                "reason": strings(row[3] for row in every),
                "decided_by": strings(row[4] for row in every),
            },
        )
        note_matches(connection, made.version, chosen.left_out)
        with store.explaining():
            os.rename(part, place)

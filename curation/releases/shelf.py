"""The shelf: the versions that a workspace has, in the store and as folders of files."""

import json
from datetime import UTC, datetime
from pathlib import Path

from duckdb import DuckDBPyConnection
from pydantic import ValidationError

from curation.errors import ReleaseDamagedError, ReleaseMissingError
from curation.releases.tables import sha256
from curation.store import Store
from schemas.release import Manifest, Version

MANIFEST_NAME = "manifest.json"


def folder(store: Store, version: str) -> Path:
    """Where the files of a version are."""
    return store.folder / "releases" / version


def versions(connection: DuckDBPyConnection) -> list[Version]:
    """The versions that there are, in their order."""
    found = connection.execute("SELECT version FROM releases").fetchall()
    return sorted(Version.read(version) for (version,) in found)


def manifests(connection: DuckDBPyConnection) -> list[Manifest]:
    """The manifests of all versions, in their order."""
    found = dict(connection.execute("SELECT version, manifest FROM releases").fetchall())
    return [Manifest.model_validate_json(found[str(version)]) for version in versions(connection)]


def kept_candidates(connection: DuckDBPyConnection, version: Version) -> set[str]:
    """The candidates that are in a version."""
    query = "SELECT candidate_id FROM release_items WHERE version = ? AND split IS NOT NULL"
    return {key for (key,) in connection.execute(query, [str(version)]).fetchall()}


def note(connection: DuckDBPyConnection, made: Manifest) -> None:
    """Note that a version is there now."""
    created_at = datetime.now(UTC).replace(tzinfo=None)
    connection.execute(
        "INSERT INTO releases VALUES (?, ?, ?, ?)", [made.version, made.previous, made.model_dump_json(), created_at]
    )


def manifest(connection: DuckDBPyConnection, version: str | None) -> Manifest:
    """The manifest of a version, or of the newest one for None; raises ReleaseMissingError where there is none."""
    known = manifests(connection)
    if not known:
        raise ReleaseMissingError("there is no release yet. Next: backmath release create")
    if version is None:
        return known[-1]
    for each in known:
        if each.version == version:
            return each
    names = ", ".join(each.version for each in known)
    raise ReleaseMissingError(f"there is no release {version}; there are {names}")


def verify(store: Store, expected: Manifest) -> None:
    """Hold the files of a version to its manifest; raises ReleaseDamagedError, naming the first that is another."""
    place = folder(store, expected.version)
    try:
        written = Manifest.model_validate(json.loads((place / MANIFEST_NAME).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ReleaseDamagedError(
            f"{place / MANIFEST_NAME} is missing; nothing was done. {_AGAIN.format(expected.version)}"
        ) from None
    except (OSError, ValueError, ValidationError) as error:
        raise ReleaseDamagedError(
            f"{place / MANIFEST_NAME} cannot be read ({type(error).__name__}); {_AGAIN.format(expected.version)}"
        ) from error
    if written != expected:
        raise ReleaseDamagedError(
            f"{place / MANIFEST_NAME} was changed since the release was made; nothing was done. "
            f"{_AGAIN.format(expected.version)}"
        )
    for file in expected.files:
        path = place / file.path
        try:
            as_it_was = path.stat().st_size == file.size and sha256(path) == file.sha256
        except OSError:
            raise ReleaseDamagedError(
                f"{path} is missing; nothing was done. {_AGAIN.format(expected.version)}"
            ) from None
        if not as_it_was:
            raise ReleaseDamagedError(
                f"{path} was changed since the release was made; nothing was done. {_AGAIN.format(expected.version)}"
            )


_AGAIN = "Next: put the file of release {} back, or make a new version: backmath release create"

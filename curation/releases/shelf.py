"""The shelf: the versions that a workspace has, in the store and as folders of files."""

from datetime import UTC, datetime
from pathlib import Path

from duckdb import DuckDBPyConnection
from pydantic import ValidationError

from curation.errors import ReleaseDamagedError, ReleaseMissingError
from curation.releases.tables import sha256
from curation.store import Store
from schemas.release import Manifest, Version

MANIFEST_NAME = "manifest.json"
BESIDE = ("README.md", "CHANGELOG.md", MANIFEST_NAME)
"""The files of a version beside those that its manifest lists, the manifest last."""


def folder(store: Store, version: str) -> Path:
    """Where the files of a version are."""
    return store.folder / "releases" / version


def versions(connection: DuckDBPyConnection) -> list[Version]:
    """The versions that there are, in their order."""
    found = connection.execute("SELECT version FROM releases").fetchall()
    return sorted(Version.read(version) for (version,) in found)


def manifests(connection: DuckDBPyConnection) -> list[Manifest]:
    """The manifests of all versions, in their order; raises ReleaseDamagedError where one is not readable."""
    found = dict(connection.execute("SELECT version, manifest FROM releases").fetchall())
    return [_read(str(version), found[str(version)]) for version in versions(connection)]


def _read(version: str, text: str) -> Manifest:
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise ReleaseDamagedError(
            f"the manifest of release {version} in the store's table `releases` was changed, or is of a newer backmath "
            f"({error.error_count()} errors in it); nothing was done. Next: put a copy of the store back, or update"
        ) from error


def kept_candidates(connection: DuckDBPyConnection, version: Version) -> set[str]:
    """The candidates that are in a version."""
    query = "SELECT candidate_id FROM release_items WHERE version = ? AND split IS NOT NULL"
    return {key for (key,) in connection.execute(query, [str(version)]).fetchall()}


def text(made: Manifest) -> str:
    """What the file of a manifest says."""
    return made.model_dump_json(indent=2) + "\n"


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
    if found := damage(store, expected):
        raise ReleaseDamagedError(
            f"{found}; nothing was done. Next: put the file of release {expected.version} back, or make a new version: "
            "backmath release create"
        )


def damage(store: Store, expected: Manifest) -> str:
    """What is wrong with the first file of a version that is not as it was made; empty where all are."""
    place = folder(store, expected.version)
    listed = place / MANIFEST_NAME
    try:
        if Manifest.model_validate_json(listed.read_bytes()) != expected:
            return f"{listed} was changed since the release was made"
    except FileNotFoundError:
        return f"{listed} is missing"
    except (OSError, ValidationError) as error:
        return f"{listed} cannot be read ({type(error).__name__})"
    if missing := next((place / name for name in BESIDE if not (place / name).exists()), None):
        return f"{missing} is missing"
    for file in expected.files:
        path = place / file.path
        try:
            as_it_was = path.stat().st_size == file.size and sha256(path) == file.sha256
        except OSError:
            return f"{path} is missing"
        if not as_it_was:
            return f"{path} was changed since the release was made"
    return ""

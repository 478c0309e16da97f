"""Publishing: the files of a release copied to any place that fsspec knows, or committed to the hub, resumable."""

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, get_args

from pydantic import ValidationError

from curation.errors import PublishError
from curation.releases import hub
from curation.releases.shelf import MANIFEST_NAME, folder, verify
from curation.store import Store
from schemas.published import Config, Split
from schemas.release import Manifest

_PART = ".part"
_UNFINISHED = "unfinished.json"
"""The manifest of a publishing that goes on: what it has copied can be told from what was there before."""

_BESIDE = ("README.md", "CHANGELOG.md", MANIFEST_NAME)
_OF_ROWS = frozenset(f"{config}/{split}.parquet" for config in get_args(Config) for split in get_args(Split))
"""Every file of rows that any release can have."""

_REFUSED = ("accessdenied", "credential", "forbidden", "permission", "signaturedoesnotmatch")
"""What errors of refused keys have in common, in their class or their text."""


def publish(
    store: Store,
    manifest: Manifest,
    target: str,
    *,
    advance: Callable[[int], None] = lambda size: None,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Copy a release to `target`, such as `s3://bucket/backmath` or `hf://datasets/me/backmath`; return files sent.

    The files are held to the manifest first. What is there whole is not sent again. Cut short, the same call goes on.
    Raises ReleaseDamagedError, and PublishError where the target cannot be written to.
    """
    verify(store, manifest)
    place = folder(store, manifest.version)
    sizes = {file.path: file.size for file in manifest.files}
    stale = sorted(_OF_ROWS - sizes.keys())
    try:
        if target.startswith(hub.PREFIX):
            files = sizes | dict.fromkeys(_BESIDE, 0)
            return hub.commit(target, manifest.version, place, files, stale, advance, stopping)
        return _copy(place, manifest, target, stale, advance, stopping)
    except PublishError:
        raise
    except Exception as error:  # each file system has errors of its own
        raise _told(target, error) from error


def _copy(
    place: Path,
    manifest: Manifest,
    target: str,
    stale: Sequence[str],
    advance: Callable[[int], None],
    stopping: Callable[[], bool],
) -> int:
    """Copy the files, one that is there with the right size and hash left alone; the manifest comes last."""
    system, root = _target(target)
    copied = 0
    there = _there(system, root, manifest)
    _write(system, f"{root}/{_UNFINISHED}", place / MANIFEST_NAME)
    for file in manifest.files:
        if stopping():
            return copied
        goal = f"{root}/{file.path}"
        if there.get(file.path) != file.sha256 or not system.exists(goal) or system.info(goal)["size"] != file.size:
            _write(system, goal, place / file.path)
            copied += 1
        advance(file.size)
    for name in _BESIDE:
        _write(system, f"{root}/{name}", place / name)
    for left in (*stale, _UNFINISHED):
        if system.exists(f"{root}/{left}"):
            system.rm_file(f"{root}/{left}")
    return copied + len(_BESIDE)


def _target(target: str) -> tuple[Any, str]:
    import fsspec
    from fsspec.registry import known_implementations

    protocol = target.partition("://")[0]
    try:
        system, root = fsspec.core.url_to_fs(target)
    except ImportError as error:
        package = known_implementations[protocol]["class"].partition(".")[0]
        raise PublishError(
            f"{target} needs a package that is not installed; nothing was copied. "
            f"Next: pip install {package} fsspec=={fsspec.__version__}"
        ) from error
    except ValueError as error:
        raise PublishError(f"{target} is no place to publish to ({_line(error)}); nothing was copied") from error
    return system, str(root)


def _there(system: Any, root: str, manifest: Manifest) -> dict[str, str]:
    """The SHA-256 of the files that are there whole, by path: of a publishing that was cut short, or of a version."""
    for name in (_UNFINISHED, MANIFEST_NAME):
        try:
            found = Manifest.model_validate_json(system.cat_file(f"{root}/{name}"))
        except (FileNotFoundError, ValidationError):
            continue
        if name == MANIFEST_NAME or found == manifest:
            return {file.path: file.sha256 for file in found.files}
    return {}


def _write(system: Any, goal: str, source: Path) -> None:
    """Write a file so that it is there whole or not at all: beside its place and moved, but in a bucket, which does so.

    A bucket has no folders to make, and is not made itself: its name may be mistyped.
    """
    if not goal.startswith("/"):
        system.put_file(str(source), goal)
        return
    system.makedirs(str(PurePosixPath(goal).parent), exist_ok=True)
    system.put_file(str(source), goal + _PART)
    system.mv(goal + _PART, goal)


def _told(target: str, error: Exception) -> PublishError:
    """The error as one line, with what to do."""
    while isinstance(error, RuntimeError) and isinstance(error.__cause__, Exception):  # "Error while uploading ..."
        error = error.__cause__
    status = getattr(getattr(error, "response", None), "status_code", None)
    told = f"{type(error).__name__} {error}".lower().replace(" ", "")
    refused = status in (401, 403) or any(mark in told for mark in _REFUSED)
    keys = "give it keys that may write there; " if refused else ""
    return PublishError(
        f"{target} could not be written to ({_line(error)}); what is there whole stays. "
        f"Next: {keys}the same command goes on"
    )


def _line(error: Exception) -> str:
    """What an error says, on one line that is not too long."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= 300 else said[:299] + "…"

"""Publishing: the files of a release copied to any place that fsspec knows, the hub among them, resumable."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from curation.errors import PublishError
from curation.releases.shelf import MANIFEST_NAME, folder, verify
from curation.store import Store
from schemas.release import Manifest

_PART = ".part"
_UNFINISHED = "unfinished.json"
"""The manifest of a publishing that goes on: what it has copied can be told from what was there before."""


def publish(
    store: Store,
    manifest: Manifest,
    target: str,
    *,
    advance: Callable[[int], None] = lambda size: None,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Copy a release to `target`, such as `s3://bucket/backmath` or `hf://datasets/me/backmath`; return files copied.

    The files are held to the manifest first. A file is written beside its place and moved there, so what is there is
    whole, and one that is there with the right size is not copied again; the manifest comes last. Cut short, the same
    call goes on. Raises ReleaseDamagedError, and PublishError where the target cannot be written to.
    """
    verify(store, manifest)
    place = folder(store, manifest.version)
    system, root = _target(target)
    copied = 0
    try:
        there = _there(system, root, manifest)
        system.makedirs(root, exist_ok=True)
        _write(system, f"{root}/{_UNFINISHED}", (place / MANIFEST_NAME).read_bytes())
        for file in manifest.files:
            if stopping():
                return copied
            goal = f"{root}/{file.path}"
            if there.get(file.path) != file.sha256 or not system.exists(goal) or system.info(goal)["size"] != file.size:
                system.makedirs(str(PurePosixPath(goal).parent), exist_ok=True)
                _write(system, goal, place / file.path)
                copied += 1
            advance(file.size)
        for name in ("README.md", "CHANGELOG.md", MANIFEST_NAME):
            _write(system, f"{root}/{name}", (place / name).read_bytes())
        system.rm_file(f"{root}/{_UNFINISHED}")
    except Exception as error:  # each file system has errors of its own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PublishError(
            f"{target} could not be written to ({reason}); {copied} of {len(manifest.files)} files are new there. "
            "Next: the same command goes on"
        ) from error
    return copied + 3


def _target(target: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        system, root = url_to_fs(target)
    except (ImportError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise PublishError(f"{target} is no place to publish to ({reason}); nothing was copied") from error
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


def _write(system: Any, goal: str, content: Path | bytes) -> None:
    """Write a file beside its place and move it there."""
    part = goal + _PART
    if isinstance(content, bytes):
        system.pipe_file(part, content)
    else:
        system.put_file(str(content), part)
    if system.exists(goal):
        system.rm_file(goal)
    system.mv(part, goal)

"""The environment of Argilla's server: made once, in the user's cache, and never shared with ours.

The server wants older versions of what we use. `python -m curation.review.server.environment` makes it beforehand.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

from curation.errors import ServerEnvironmentError
from curation.locks import locked

CONSTRAINTS = Path(__file__).with_name("constraints.txt")

_OLDEST, _NEWEST = (3, 11), (3, 13)
"""Pythons that every pinned package has a wheel for."""

_PIP_OPTIONS = (
    "--no-deps",  # all that is needed is pinned, so there is nothing to resolve
    "--only-binary=:all:",  # source packages would run code of their own, and want compilers
    "--no-compile",  # most modules are never imported
    "--disable-pip-version-check",
    "--progress-bar=off",
    "--retries=2",
)
_FETCHING = ("Collecting ", "Processing ")
_WAIT_S = 0.25


def environment() -> Path:
    """Where the environment is, or will be: another one for each set of pins and each Python."""
    cache = os.environ.get("XDG_CACHE_HOME") or ""
    folder = Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
    key = "\n".join((CONSTRAINTS.read_text(), _interpreter()[0], sysconfig.get_platform()))
    return folder / "backmath" / f"argilla-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def packages() -> int:
    """How many packages it holds."""
    return sum(not line.startswith("#") for line in CONSTRAINTS.read_text().splitlines())


def is_made() -> bool:
    """Whether there is nothing left to do for `ensure_environment`."""
    return _python(environment()).exists()


def ensure_environment(advance: Callable[[], object] = lambda: None, *, show_output: bool = False) -> Path:
    """The Python of the environment, which is made where it is missing; others that want it meanwhile wait.

    `advance` is told of each package that is fetched; `show_output` sends what pip says to stderr. Raises
    ServerEnvironmentError; whatever happens, there is never half an environment.
    """
    folder = environment()
    python = _python(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        while not python.exists():
            with locked(folder.with_suffix(".lock")) as free:
                if free and not python.exists():
                    _make(folder, advance, show_output)
            if not free:
                time.sleep(_WAIT_S)
    except OSError as error:
        raise ServerEnvironmentError(
            f"the environment of Argilla's server cannot be made in {folder.parent}: {error.strerror or error}; "
            "nothing else was changed. XDG_CACHE_HOME names another folder for it"
        ) from error
    return python


def _interpreter() -> tuple[str, Path]:
    """The version and the file of a Python that the server runs on: this one where it will do."""
    here = "{}.{}".format(*sys.version_info[:2])
    if _OLDEST <= sys.version_info[:2] <= _NEWEST:
        return here, Path(sys.executable)
    for minor in range(_NEWEST[1], _OLDEST[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            return f"3.{minor}", Path(found)
    raise ServerEnvironmentError(
        f"Argilla's server needs Python 3.{_OLDEST[1]} to 3.{_NEWEST[1]}; this is {here}, and none of them is in PATH. "
        f"Nothing was changed. Next: install python3.{_NEWEST[1]}, or use a server elsewhere with --argilla-url"
    )


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _make(folder: Path, advance: Callable[[], object], show_output: bool) -> None:
    """Make it beside its place and move it there, so that a kill leaves nothing that looks whole."""
    new = folder.with_suffix(".new")
    for left in (new, folder):  # of a kill, or of a Python that is gone
        shutil.rmtree(left, ignore_errors=True)
    pip = [str(_python(new)), "-I", "-m", "pip", "install", *_PIP_OPTIONS, "--requirement", str(CONSTRAINTS)]

    def fetched(line: str) -> None:
        if line.startswith(_FETCHING):
            advance()

    try:
        _run([str(_interpreter()[1]), "-I", "-m", "venv", str(new)], lambda line: None, show_output)
        _run(pip, fetched, show_output)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _run(command: list[str], each: Callable[[str], None], show_output: bool) -> None:
    """Run a command, giving each line of its output to `each`. Raises ServerEnvironmentError with its last line."""
    said = ["it gave no reason"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        for line in filter(str.strip, process.stdout):
            each(line)
            said.append(line.strip())
            if show_output:
                sys.stderr.write(line)
    if process.returncode:
        reason = next((line for line in reversed(said) if line.startswith(("ERROR:", "Error:"))), said[-1])
        raise ServerEnvironmentError(
            f"the environment of Argilla's server could not be made: {reason} (--debug shows what pip says); nothing "
            "is left of it. Next: the same command again, with a package index that can be reached"
        )


if __name__ == "__main__":
    print(ensure_environment())

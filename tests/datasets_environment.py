"""An environment with `datasets` and nothing else: what somebody has who loads a release.

`python -m tests.datasets_environment` makes it where it is missing, in the user's cache, once for each set of pins.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

_CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"
_OPTIONS = ("--disable-pip-version-check", "--quiet", "--no-compile", "--only-binary=:all:")


def _folder() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    key = hashlib.sha256(f"{sys.version_info[:2]}\n{_CONSTRAINTS.read_text()}".encode())
    return cache / "backmath" / f"datasets-{key.hexdigest()[:16]}"


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def make() -> None:
    """Make it where it is missing, whole or not at all."""
    folder = _folder()
    if _python(folder).exists():
        return
    new = folder.with_suffix(f".{os.getpid()}")
    pip = [sys.executable, "-m", "pip", "--python", str(_python(new)), "install", *_OPTIONS]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(new)], check=True)
        subprocess.run([*pip, "--constraint", str(_CONSTRAINTS), "datasets"], check=True)
        with suppress(OSError):  # somebody else was quicker
            new.rename(folder)
    except subprocess.CalledProcessError as error:
        print(f"No environment with `datasets` alone ({error}): the tests that need one are skipped")
    finally:
        shutil.rmtree(new, ignore_errors=True)


@pytest.fixture(scope="session")
def datasets_python() -> Path:
    """The Python of the environment; skips where it was not made."""
    python = _python(_folder())
    if not python.exists():
        pytest.skip("needs an environment with `datasets` alone: `python -m tests.datasets_environment` makes it")
    return python


if __name__ == "__main__":
    make()

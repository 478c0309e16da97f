"""Where tests and benchmarks find the public data that is not part of the project."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("BACKMATH_DATA", Path(__file__).parents[2] / "shared" / "data"))
"""The folder of public data: `BACKMATH_DATA`, else `shared/data` beside the checkout."""


def data_file(name: str) -> Path:
    """The path of a public data file; skips the test, naming the file, where it is absent."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"needs {name} in {DATA} (set BACKMATH_DATA)")
    return path

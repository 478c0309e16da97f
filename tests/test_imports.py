"""The directions of imports, and what a start of the command line may cost."""

import re
import shutil
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LAYERS = PYPROJECT["tool"]["importlinter"]["contracts"][0]["layers"]


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """import-linter's verdict on the packages in a folder, with the contract of its pyproject.toml."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    return subprocess.run([*command, "--no-cache", "--no-logo"], cwd=root, capture_output=True, text=True, timeout=120)


def test_imports_go_one_way_only() -> None:
    verdict = lint_imports(ROOT)
    assert verdict.returncode == 0, verdict.stdout
    assert re.search(r"\b1 kept, 0 broken", verdict.stdout)


@pytest.mark.parametrize(("upper", "lower"), list(pairwise(LAYERS)))
def test_an_import_against_the_direction_is_found(tmp_path: Path, upper: str, lower: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for layer in LAYERS:
        (tmp_path / layer).mkdir()
        (tmp_path / layer / "__init__.py").write_text("")
    (tmp_path / upper / "target.py").write_text("")
    (tmp_path / lower / "wrong.py").write_text(f"import {upper}.target\n")
    verdict = lint_imports(tmp_path)
    assert verdict.returncode == 1
    assert f"{lower} is not allowed to import {upper}" in verdict.stdout


def test_every_package_is_under_the_contract_and_in_the_wheel() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    wheel = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert packages == set(LAYERS) == set(wheel)


def test_a_package_init_holds_a_docstring_only() -> None:
    for package in LAYERS:
        for init in (ROOT / package).rglob("__init__.py"):
            text = init.read_text().strip()
            assert text.count("\n") < 5, init
            assert text.startswith('"""'), init
            assert text.endswith('"""'), init


def test_the_command_line_starts_without_what_only_work_needs() -> None:
    heavy = ["accelerate", "datasets", "duckdb", "flint", "math_verify", "pandas", "peft", "plotille", "pyarrow"]
    heavy += ["sympy", "torch", "transformers", "trl"]
    script = f"import sys, backmath.app; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"

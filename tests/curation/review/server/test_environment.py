"""The environment of Argilla's server: whole or not there, apart from ours, and found from an installed package."""

import importlib.util
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from curation.errors import ServerEnvironmentError
from curation.review.server import environment, process

ROOT = Path(__file__).parents[4]
PINS = [line for line in environment.CONSTRAINTS.read_text().splitlines() if not line.startswith("#")]


FEW = """
import sys
from pathlib import Path
from curation.review.server import environment

environment.CONSTRAINTS = Path(sys.argv[1])
print(environment.ensure_environment())
"""
"""Makes an environment of other pins."""


def make(cache: Path, pins: list[str], **more: str) -> "subprocess.Popen[str]":
    """Make the environment of some of the pins in a process of its own, with a cache of its own."""
    (cache / "pins.txt").write_text("\n".join(pins))
    return subprocess.Popen(
        [sys.executable, "-c", FEW, cache / "pins.txt"],
        cwd=ROOT,
        env=os.environ | {"XDG_CACHE_HOME": str(cache)} | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def environments(cache: Path) -> list[Path]:
    """Each folder that is one, or was to be."""
    return [path for path in cache.glob("backmath/argilla-*") if path.is_dir()]


def test_it_holds_what_is_pinned_and_nothing_else_and_that_fits_together() -> None:
    python = environment.ensure_environment()
    frozen = subprocess.run([python, "-I", "-m", "pip", "freeze"], capture_output=True, text=True, check=True).stdout
    assert sorted(frozen.splitlines(), key=str.lower) == sorted(PINS, key=str.lower)
    fits = subprocess.run([python, "-I", "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert fits.returncode == 0, fits.stdout


def test_of_two_at_once_after_a_kill_one_makes_it_and_both_have_it(tmp_path: Path) -> None:
    few = ("aiosqlite", "alembic", "Mako", "MarkupSafe", "SQLAlchemy", "typing_extensions")
    some = [pin for pin in PINS if pin.startswith(few)]
    killed = make(tmp_path, some)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("backmath/*.new/lib/*/site-packages/*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(killed.pid, 9)
    killed.communicate()
    assert [path.suffix for path in environments(tmp_path)] == [".new"]
    both = [make(tmp_path, some), make(tmp_path, some)]
    pythons = set()
    for each in both:
        output, errors = each.communicate(timeout=280)
        assert each.returncode == 0, errors
        pythons.add(output.strip())
    (python,) = pythons
    assert Path(python).is_relative_to(tmp_path)
    assert subprocess.run([python, "-I", "-c", "import alembic.command, aiosqlite"], check=False).returncode == 0
    assert environments(tmp_path) == [Path(python).parents[1]]


def test_without_an_index_it_is_one_line_and_nothing_is_left(tmp_path: Path) -> None:
    offline = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_FIND_LINKS": "",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_NO_CACHE_DIR": "1",
    }
    failed = make(tmp_path, PINS, **offline)
    _, errors = failed.communicate(timeout=120)
    last = errors.strip().splitlines()[-1]
    assert failed.returncode == 1
    assert "ServerEnvironmentError: the environment of Argilla's server could not be made: ERROR: " in last
    assert PINS[0].partition("==")[0] in last
    assert not environments(tmp_path)


def test_a_python_that_is_too_new_gives_way_to_one_in_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 14, 0, "final", 0))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerEnvironmentError, match=r"needs Python 3\.11 to 3\.13; this is 3\.14"):
        environment.ensure_environment()
    other = tmp_path / "python3.12"
    other.symlink_to(sys.executable)
    assert environment._interpreter() == ("3.12", other)


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ServerEnvironmentError, match="Not a directory"):
        environment.ensure_environment()


def test_our_process_cannot_import_what_runs_in_the_server() -> None:
    assert (process.SITE / "argilla_embedded" / "serve.py").exists()
    assert str(process.SITE) not in sys.path
    assert importlib.util.find_spec("argilla_embedded") is None
    assert importlib.util.find_spec("argilla_server") is None


def test_an_installed_package_brings_the_pins_and_the_servers_side(tmp_path: Path) -> None:
    wheel = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(wheel, check=True, capture_output=True)
    (built,) = tmp_path.glob("backmath-*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(built) as opened:
        opened.extractall(installed)
    program = (
        "from curation.review.server import environment, process;"
        "print(environment.CONSTRAINTS); print(process.SITE); print(environment.environment())"
    )
    ran = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env=os.environ | {"PYTHONPATH": str(installed)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    constraints, site, made = map(Path, ran.stdout.split())
    assert constraints.is_relative_to(installed)
    assert made == environment.environment()
    here = process.SITE
    assert {path.relative_to(here) for path in here.rglob("*.py")} == {
        path.relative_to(site) for path in site.rglob("*.py")
    }

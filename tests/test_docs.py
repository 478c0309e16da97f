"""README and docs are true: their blocks run, and what they name exists."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from backmath.app import app
from curation.store import Store

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
EVERY_PAGE = [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
NOT_RUN = "<!-- not run: "
"""Stands, with the reason, on the line before a block that a test cannot run, such as one that needs the network."""


def blocks(page: Path, wanted: str) -> Iterator[str]:
    """The text of each block of a language that is to be run, in order."""
    for before, language, text in re.findall(r"([^\n]*)\n```(\w+)\n(.*?)\n```", page.read_text(), re.DOTALL):
        if language == wanted and not before.startswith(NOT_RUN):
            yield text


def environment() -> dict[str, str]:
    """That of a user who has activated the environment and set nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BACKMATH_")}
    return kept | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"}


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr  # of a process that it started
    return done.stdout


@pytest.fixture(scope="module")
def quickstarted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `make quickstart` leaves it, with what it showed in `quickstart.txt`."""
    folder = tmp_path_factory.mktemp("quickstarted")
    (folder / "quickstart.txt").write_text(run(["backmath", "quickstart"], folder))
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_blocks_of_a_page_run(page: Path, quickstarted: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    shutil.copytree(quickstarted, folder)
    if shell := "\n".join(blocks(page, "bash")):
        run(["bash", "-euo", "pipefail", "-c", shell], folder)
    if python := "\n\n".join(blocks(page, "python")):
        (folder / "page.py").write_text(python)
        assert run([sys.executable, "page.py"], folder)
    assert shell or python


def commands() -> dict[str, set[str]]:
    """Every command that does something, with its options."""
    found = {}

    def walk(command: object, name: str) -> None:
        below = getattr(command, "commands", None)
        if below is None:
            found[name] = {"--help", *(option for parameter in command.params for option in parameter.opts)}  # type: ignore[attr-defined]
        else:
            for sub, value in below.items():
                walk(value, f"{name} {sub}".strip())

    walk(typer.main.get_command(app), "")
    return found


def mentions(text: str) -> Iterator[list[str]]:
    """The words behind each `backmath` in code: `candidates list --json`."""
    code = re.findall(r"^```bash\n(.*?)^```|(`[^`\n]+`)", text, re.DOTALL | re.MULTILINE)
    for part in (part for found in code for part in found if part):
        for line in re.findall(r"(?:^|`|/)backmath ([^`\n#>]+)", part, re.MULTILINE):
            yield line.split()


def test_mentions_are_found() -> None:
    found = list(mentions("`backmath status --json` and\n```bash\nbackmath triage --policy a.toml  # or\n```\n"))
    assert sorted(found) == [["status", "--json"], ["triage", "--policy", "a.toml"]]


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_every_command_and_option_that_a_page_names_exists(page: Path) -> None:
    known = commands()
    text = page.read_text()
    for words in mentions(text):
        name = next((name for name in (" ".join(words[:2]), words[0]) if name in known), None)
        assert name, words
        assert {word for word in words if word.startswith("--")} <= known[name], words
    assert set(re.findall(r"`(--[a-z-]+)[ `]", text)) <= set().union(*known.values())


def shape(line: str) -> str:
    """A line of output without what changes with every improvement: ids, numbers, bars, the space between columns."""
    return " ".join(re.sub(r"[0-9a-f]{8,}|\d[\d,]*|[█▒░]", " ", line).split())


def test_what_the_readme_shows_is_what_quickstart_shows(quickstarted: Path) -> None:
    (shown,) = blocks(ROOT / "README.md", "text")
    real = {shape(line) for line in (quickstarted / "quickstart.txt").read_text().splitlines()}
    assert [line for line in shown.splitlines() if shape(line) not in {*real, "..."}] == []


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    for name in commands():
        assert f"`backmath {name}" in text, name


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_every_target_file_and_link_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= set(targets[1].split())
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (page.parent / link).exists(), link
    assert set(re.findall(r"BACKMATH_[A-Z_]*[A-Z]", text)) <= variables() | {"BACKMATH_DATA"}


def variables() -> set[str]:
    """The environment variables that set options."""
    group = typer.main.get_command(app)
    options = (option for command in group.commands.values() for option in getattr(command, "params", ()))  # type: ignore[attr-defined]
    return {str(option.envvar) for option in options if option.envvar}


def test_the_page_about_the_store_names_every_column_of_every_table_and_view(quickstarted: Path) -> None:
    views, tables = (DOCS / "store.md").read_text().split("\n## Tables\n")
    with Store(quickstarted / "workspace").connect(read_only=True) as connection:
        columns = connection.execute("""
            SELECT table_name, list(column_name) FROM duckdb_columns()
            WHERE NOT internal AND table_name NOT IN ('latest_derivations', 'latest_decisions') GROUP BY table_name
        """).fetchall()
    assert len(columns) == 23
    for name, names in columns:
        described = re.search(rf"^\| `{name}` \|.*", tables, re.MULTILINE) or re.search(
            rf"^### `{name}`$.*?(?=^#|\Z)", views, re.MULTILINE | re.DOTALL
        )
        assert described, name
        assert set(names) <= set(re.findall(r"`(\w+)`", described[0])), name


def test_the_page_about_the_policy_names_every_check_with_its_rule() -> None:
    from curation.policy import load

    page = (DOCS / "policy.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for name, rule in load().checks.items():
        (row,) = [row for row in rows if f"`{name}`" in row]
        assert row.endswith(f"| {rule.fail} / {rule.undecided} |"), name

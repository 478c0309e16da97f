"""Releases as a user makes, loads, compares and publishes them."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from curation.releases.tables import SCHEMAS
from tests.backmath import cli

CONFIGS = tuple(SCHEMAS)


@pytest.fixture(scope="module")
def released(quickstarted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose workspace has the release of the sample that quickstart makes. Not to be changed."""
    folder = tmp_path_factory.mktemp("released") / "folder"
    return Path(shutil.copytree(quickstarted, folder))


@pytest.fixture
def folder(released: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(released, tmp_path / "copy"))


def manifest(folder: Path, version: str = "1.0.0") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "workspace" / "releases" / version / "manifest.json").read_text())
    return found


def load(python: Path, folder: Path, program: str) -> Any:
    """What a program prints as JSON in an environment that has `datasets`, beside a release and nothing of ours."""
    path = folder / "workspace" / "releases" / "1.0.0"
    environment = {**os.environ, "HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [python, "-I", "-c", f"import json, sys\nfrom datasets import load_dataset\n{program}", str(path)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_config_loads_with_datasets_alone_and_streams(released: Path, datasets_python: Path) -> None:
    counts = load(
        datasets_python,
        released,
        f"""
from importlib.util import find_spec
assert not [name for name in ("backmath", "curation", "generation", "schemas", "duckdb", "jinja2") if find_spec(name)]
found = {{}}
for config in {CONFIGS!r}:
    whole = load_dataset(sys.argv[1], config)
    streamed = load_dataset(sys.argv[1], config, streaming=True)
    for split, rows in whole.items():
        assert list(streamed[split]) == list(rows) == list(load_dataset(sys.argv[1], config, split=split))
    found[config] = {{split: len(rows) for split, rows in whole.items()}}
assert load_dataset(sys.argv[1])["train"].column_names == load_dataset(sys.argv[1], "backward")["train"].column_names
print(json.dumps(found))
""",
    )
    wanted: dict[str, dict[str, int]] = {}
    for count in manifest(released)["counts"]:
        wanted.setdefault(count["config"], {})[count["split"]] = count["rows"]
    assert counts == wanted
    assert counts.keys() == set(CONFIGS)
    assert set(counts["backward"]) == {"train", "validation", "test"}


def test_no_problem_is_on_two_sides_in_any_config(released: Path, datasets_python: Path) -> None:
    sides = load(
        datasets_python,
        released,
        f"""
found = {{}}
for config in {CONFIGS!r}:
    for split, rows in load_dataset(sys.argv[1], config).items():
        for problem_id in set(rows["problem_id"]):
            found.setdefault(problem_id, set()).add(split)
print(json.dumps([len(found), max(map(len, found.values()))]))
""",
    )
    assert sides[0] > 50
    assert sides[1] == 1


def test_a_second_release_says_what_changed_and_who_did_it(folder: Path) -> None:
    from curation import decisions
    from curation.store import Store
    from schemas.decision import Decision

    store = Store(folder / "workspace")
    query = "SELECT candidate_id FROM candidate_overview WHERE decision = '{}' AND equation IS NOT NULL LIMIT 1"
    ((out,),) = cli.query(store.folder, query.format("accept"))
    with store.connect() as connection:
        rejected = Decision(
            candidate_id=out, verdict="reject", reasons=("leak: ann",), policy="p", decided_by="reviewer"
        )
        decisions.append(connection, [rejected])
    output, _ = cli.run("release", "create", cwd=folder)
    assert "Release 2.0.0, after 1.0.0" in output
    found = json.loads(cli.run("release", "diff", "1.0.0", "2.0.0", "--json", cwd=folder)[0])
    (change,) = [each for each in found["changes"] if each["candidate_id"] == out]
    assert change["what"] == "removed"
    assert change["cause"].startswith("reviewer, ")
    assert change["cause"].endswith("leak: ann")
    shown, _ = cli.run("release", "diff", "1.0.0", "2.0.0", cwd=folder)
    assert "1 removed" in shown
    assert [row["version"] for row in json.loads(cli.run("release", "list", "--json", cwd=folder)[0])] == [
        "1.0.0",
        "2.0.0",
    ]
    log = (folder / "workspace" / "releases" / "2.0.0" / "CHANGELOG.md").read_text()
    assert "1 went out" in log
    assert "The first version" in log


def test_a_row_is_followed_back_to_its_source_line(folder: Path) -> None:
    ((key, problem_id),) = cli.query(
        folder / "workspace", "SELECT candidate_id, problem_id FROM release_items WHERE split = 'train' LIMIT 1"
    )
    shown, _ = cli.run("release", "show", "--row", key[:12], cwd=folder)
    assert "Release 1.0.0, in train" in shown
    assert "sample.jsonl:" in shown
    assert "formula_holds" in shown
    of_problem = json.loads(cli.run("release", "show", "--row", problem_id, "--json", cwd=folder)[0])
    assert key in {each["candidate_id"] for each in of_problem}
    _, errors = cli.run("release", "show", "--row", "zzzz", cwd=folder, code=1)
    assert "begins with 'zzzz'" in errors


def test_what_is_published_loads_like_what_was_made(folder: Path) -> None:
    output, _ = cli.run("release", "publish", "--to", "published", cwd=folder)
    assert "Release 1.0.0 is at published" in output
    made = folder / "workspace" / "releases" / "1.0.0"
    for path in made.rglob("*"):
        if path.is_file():
            assert (folder / "published" / path.relative_to(made)).read_bytes() == path.read_bytes()


def made(folder: Path) -> list[str]:
    """The versions that the store has."""
    return [version for (version,) in cli.query(folder / "workspace", "SELECT version FROM releases ORDER BY version")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "--version", "1.0.0"), "is there already"),
        (("create", "--version", "0.9.0"), "is not after 1.0.0"),
        (("create", "--version", "new"), "is no version"),
        (("create", "--against", "nosuch.jsonl"), "nosuch.jsonl"),
        (("create", "--leave-out", "sample"), "nothing is accepted"),
        (("show", "9.9.9"), "there is no release 9.9.9; there are 1.0.0"),
        (("diff", "1.0.0", "7.0.0"), "there is no release 7.0.0"),
        (("publish", "--to", "nosuch://place"), "nosuch://place"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: tuple[str, ...], said: str, released: Path) -> None:
    _, errors = cli.run("release", *arguments, cwd=released, code=1)
    assert said in errors
    assert errors.count("\n") == 1
    assert [path.name for path in (released / "workspace" / "releases").iterdir()] == ["1.0.0"]


def test_a_licence_that_forbids_it_is_named_with_the_way_out(workplace: Path) -> None:
    (workplace / "own.jsonl").write_text(
        '{"question": "Ann has 3 pens and buys 4. How many?", "solution": "3+4=<<3+4=7>>7", "answer": "7"}\n'
    )
    cli.run("ingest", "records", "--path", "own.jsonl", "--licence", "CC BY-NC 4.0", cwd=workplace)
    cli.run("generate", cwd=workplace)
    _, errors = cli.run("release", "create", cwd=workplace, code=1)
    assert "CC BY-NC 4.0 does not allow every use" in errors
    assert "--leave-out own" in errors
    output, _ = cli.run("release", "create", "--leave-out", "own", cwd=workplace)
    assert "source" in output
    assert [share["source"] for share in manifest(workplace, "1.0.1")["sources"]] == ["sample"]


def test_a_precision_that_audits_do_not_show_refuses_the_release(workplace: Path) -> None:
    (workplace / "strict.toml").write_text('version = "strict-1"\nprecision_at_least = 0.97\n')
    _, errors = cli.run("release", "create", "--policy", "strict.toml", cwd=workplace, code=1)
    assert "demands 97.0%" in errors
    assert made(workplace) == ["1.0.0"]


@pytest.mark.parametrize("command", ["show", "list"])
def test_without_a_release_the_next_command_is_named(command: str, tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_text(
        '{"question": "Ann has 3 pens and buys 4. How many?", "solution": "3+4=<<3+4=7>>7", "answer": "7"}\n'
    )
    cli.run("ingest", "records", "--path", "own.jsonl", cwd=tmp_path)
    output, errors = cli.run("release", command, cwd=tmp_path, code=1 if command == "show" else 0)
    assert "backmath release create" in output + errors

"""Releases when something goes wrong: a kill, a full disk, files that somebody changed. The versions before stay."""

import json
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backmath.app import main
from curation import policy
from curation.errors import ReleaseRefusedError, StoreFullError
from curation.releases import shelf
from curation.releases.build import build
from curation.store import Store
from tests.backmath import cli

KILLED = """
import os, shutil, signal, sys
from pathlib import Path
import curation.releases.build
from backmath.app import main

event, name = sys.argv[1:3]

def kill(*ignored):
    os.kill(os.getpid(), signal.SIGKILL)

def hear(heard, arguments):
    if heard == event and any(str(each).endswith(name) for each in arguments):
        kill()

if event == "renamed":
    rename = os.rename
    os.rename = lambda *paths: (rename(*paths), kill())
else:
    sys.addaudithook(hear)
main(["release", "create", "--version", "2.0.0"])
"""
"""The command, killed when Python tells of an event whose arguments end so, or once the folder is in its place."""


@pytest.fixture
def store(workplace: Path) -> Store:
    """The store of a copy of the quickstart's workspace, which has release 1.0.0."""
    return Store(workplace / "workspace")


def on_the_shelf(store: Store) -> list[str]:
    """What is in the folder of releases, hidden or not."""
    return sorted(path.name for path in (store.folder / "releases").iterdir())


def hold_to_manifests(store: Store) -> list[str]:
    """The versions, all of them as they were made."""
    with store.connect(read_only=True) as connection:
        known = shelf.manifests(connection)
    for each in known:
        shelf.verify(store, each)
    return [each.version for each in known]


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("open", "backward/train.parquet"),
        ("os.rename", "releases/2.0.0"),
        ("renamed", ""),
        ("shutil.rmtree", "releases/.part"),
    ],
)
def test_a_kill_at_any_point_leaves_a_whole_version_or_none(event: str, name: str, store: Store) -> None:
    killed = subprocess.run([*cli.python(KILLED), event, name], env=cli.environment(), check=False)
    assert killed.returncode == -signal.SIGKILL
    seen = [each for each in on_the_shelf(store) if not each.startswith(".")]
    known = hold_to_manifests(store)
    assert known in (["1.0.0"], ["1.0.0", "2.0.0"])
    assert set(seen) >= set(known)
    made = build(store, None, policy=policy.load())
    assert made is not None
    assert hold_to_manifests(store) == on_the_shelf(store) == [*known, made.version]


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_a_file_that_cannot_grow_is_one_line_and_leaves_the_versions_before(store: Store) -> None:
    with no_file_larger_than(20_000), pytest.raises(StoreFullError, match=r"\A[^\n{]*run the same command again\Z"):
        build(store, None, policy=policy.load())
    assert hold_to_manifests(store) == on_the_shelf(store) == ["1.0.0"]
    assert build(store, None, policy=policy.load()) is not None
    assert hold_to_manifests(store) == on_the_shelf(store) == ["1.0.0", "1.0.1"]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with 8 MB in all; skips where none may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(place)]
    if (
        os.geteuid()
        or not shutil.which("mount")
        or subprocess.run(command, capture_output=True, check=False).returncode
    ):
        pytest.skip("needs to mount a small disk, which only root may")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_disk_that_fills_up_at_any_point_is_one_line_and_leaves_the_versions_before(store: Store, disk: Path) -> None:
    moved = Store(disk / "workspace")
    shutil.copytree(store.folder, moved.folder)
    filler, lines = disk / "filler", []
    made = None
    for room in range(0, 2_000_000, 90_000):  # from the snapshot to the last file
        filler.write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - room))
        try:
            made = build(moved, None, policy=policy.load())
            break
        except StoreFullError as error:
            lines.append(str(error))
        filler.unlink()
        assert hold_to_manifests(moved) == on_the_shelf(moved) == ["1.0.0"]
    assert made is not None
    assert hold_to_manifests(moved) == on_the_shelf(moved) == ["1.0.0", made.version]
    assert len(lines) >= 3
    assert all("run the same command again" in line and "\n" not in line for line in lines)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    """What a command prints and what it says of errors, run in this process."""
    assert main(list(arguments)) == code
    found = capsys.readouterr()
    return found.out, found.err


@pytest.mark.parametrize("damage", ["manifest changed", "manifest cut short", "file missing", "all files missing"])
def test_every_command_says_in_one_line_what_is_wrong_with_the_files_or_does_without_them(
    damage: str, store: Store, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = shelf.folder(store, "1.0.0")
    listed = place / shelf.MANIFEST_NAME
    match damage:
        case "manifest changed":
            listed.write_text(listed.read_text().replace('"labelled_steps": ', '"labelled_steps": 9'))
        case "manifest cut short":
            listed.write_bytes(listed.read_bytes()[:1000] + b"\xff")
        case "file missing":
            (place / "rl" / "train.parquet").unlink()
        case "all files missing":
            shutil.rmtree(place)
    _, errors = said(capsys, "release", "publish", "--to", "published", code=1)
    assert errors.count("\n") == 1
    assert "release 1.0.0" in errors
    assert "backmath release create" in errors
    assert not (workplace / "published").exists()
    shown, errors = said(capsys, "release", "show")
    assert "labelled steps" in shown
    assert errors.count("\n") == 1
    assert "releases/1.0.0" in errors
    assert json.loads(said(capsys, "release", "list", "--json")[0])[0]["version"] == "1.0.0"
    assert "0 added" in said(capsys, "release", "diff", "1.0.0", "1.0.0")[0]
    if damage == "all files missing":  # the report reads none
        said(capsys, "report")
    made = build(store, None, policy=policy.load())
    assert made is not None
    shelf.verify(store, made)


def test_a_change_log_that_somebody_changed_is_not_carried_on(store: Store) -> None:
    (shelf.folder(store, "1.0.0") / "CHANGELOG.md").write_bytes(b"\xff # Changelog\n\n## 9.9.9\n\nnever\n")
    build(store, None, policy=policy.load())
    log = (shelf.folder(store, "1.0.1") / "CHANGELOG.md").read_text()
    assert [line for line in log.splitlines() if line.startswith("## ")] == ["## 1.0.1", "## 1.0.0"]


def test_a_folder_that_is_no_release_of_the_store_is_left_alone(store: Store) -> None:
    place = shelf.folder(store, "3.0.0")
    place.mkdir()
    (place / "mine.txt").write_text("kept")
    with pytest.raises(ReleaseRefusedError, match=r"3\.0\.0 is there, and is no release of this store"):
        build(store, shelf.Version(3, 0, 0), policy=policy.load())
    assert (place / "mine.txt").read_text() == "kept"
    assert on_the_shelf(store) == ["1.0.0", "3.0.0"]


def test_a_manifest_in_the_store_that_is_none_is_one_line_for_every_command(
    store: Store, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with store.connect() as connection:
        connection.execute("UPDATE releases SET manifest = '{\"version\": 7}'")
    for command in (["list"], ["show"], ["diff", "1.0.0", "1.0.0"], ["publish", "--to", "published"]):
        _, errors = said(capsys, "release", *command, code=1)
        assert errors.count("\n") == 1, errors
        assert "the manifest of release 1.0.0" in errors
    said(capsys, "report")
    assert "the manifest of release 1.0.0" in (workplace / "workspace" / "report.html").read_text()


def test_text_that_would_break_a_file_is_loaded_as_it_was_written(
    store: Store, workplace: Path, datasets_python: Path
) -> None:
    texts = [
        "<script>alert(1)</script></style>",
        "{{ 7*7 }}{% raw %}",
        "\n---\nlicense: evil\n...",
        "\U0001f9ee e\u0301",
    ]
    questions = [f"Ann has {31 + n} pens {text} and buys 4 more. How many has she?" for n, text in enumerate(texts)]
    file = workplace / "ann's: --- {{ 7*7 }} <script> # $x$ | `c`.jsonl"
    with file.open("w") as rows:
        for n, question in enumerate(questions):
            solution = f"She has {31 + n}+4 = <<{31 + n}+4={35 + n}>>{35 + n}."
            rows.write(json.dumps({"question": question, "solution": solution, "answer": str(35 + n)}) + "\n")
    cli.run("ingest", "records", "--path", file.name, "--licence", "MIT", cwd=workplace)
    cli.run("generate", cwd=workplace)
    made = build(store, None, policy=policy.load())
    assert made is not None
    program = """
import json, sys
from datasets import load_dataset
rows = [row for split in load_dataset(sys.argv[1], "forward").values() for row in split]
print(json.dumps([row["question"] for row in rows if row["source"] == sys.argv[2]]))
"""
    done = subprocess.run(
        [datasets_python, "-I", "-c", program, str(shelf.folder(store, made.version)), file.stem],
        env=os.environ | {"HF_HOME": str(workplace / "hf"), "HF_HUB_OFFLINE": "1"},
        cwd=workplace,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(json.loads(done.stdout.splitlines()[-1])) == sorted(questions)

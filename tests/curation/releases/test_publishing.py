"""Publishing: whole files or none, nothing copied twice, and a version over another one is that version."""

from pathlib import Path

import fsspec
import pytest

from curation.errors import PublishError, ReleaseDamagedError
from curation.releases import publishing, shelf
from curation.releases.tables import Tables, table
from curation.store import Store
from schemas.release import Manifest
from tests import hub_server
from tests.curation.releases.test_parts import forward, manifest


def released(folder: Path, version: str, count: int) -> tuple[Store, Manifest]:
    """A release of so many forward rows on the shelf of a workspace."""
    store = Store(folder)
    place = shelf.folder(store, version)
    with Tables(place) as tables:
        for split in ("train", "test"):
            tables.add("forward", split, table("forward", [forward(number) for number in range(count)]))
    made = manifest(version=version, files=tables.files())
    (place / "README.md").write_text(f"card of {version}")
    (place / "CHANGELOG.md").write_text("log")
    (place / shelf.MANIFEST_NAME).write_text(made.model_dump_json())
    return store, made


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_published_is_what_is_on_the_shelf(tmp_path: Path) -> None:
    store, made = released(tmp_path / "workspace", "1.0.0", 10)
    target = tmp_path / "published"
    assert publishing.publish(store, made, str(target)) == 5
    assert contents(target) == contents(shelf.folder(store, "1.0.0"))


def test_a_publishing_that_was_cut_short_goes_on(tmp_path: Path) -> None:
    store, made = released(tmp_path / "workspace", "1.0.0", 10)
    target = tmp_path / "published"
    calls = iter([False, True])
    assert publishing.publish(store, made, str(target), stopping=lambda: next(calls)) == 1
    assert not (target / shelf.MANIFEST_NAME).exists()
    first = next(path for path in target.rglob("*.parquet"))
    before = first.stat().st_mtime_ns
    assert publishing.publish(store, made, str(target)) == 4
    assert first.stat().st_mtime_ns == before
    assert contents(target) == contents(shelf.folder(store, "1.0.0"))


def test_a_version_over_another_replaces_what_differs(tmp_path: Path) -> None:
    old_store, old = released(tmp_path / "old", "1.0.0", 10)
    new_store, new = released(tmp_path / "new", "1.1.0", 11)
    target = tmp_path / "published"
    publishing.publish(old_store, old, str(target))
    publishing.publish(new_store, new, str(target))
    assert contents(target) == contents(shelf.folder(new_store, "1.1.0"))


def test_a_file_that_a_version_no_longer_has_goes_and_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, made = released(tmp_path / "workspace", "1.0.0", 10)
    kept = contents(shelf.folder(store, "1.0.0")) | {"notes.md": b"of the user"}
    (tmp_path / "published" / "rl").mkdir(parents=True)
    (tmp_path / "published" / "rl" / "test.parquet").write_bytes(b"old")
    (tmp_path / "published" / "notes.md").write_bytes(b"of the user")
    publishing.publish(store, made, str(tmp_path / "published"))
    assert contents(tmp_path / "published") == kept
    with hub_server.serving() as hub:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.address)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_TOKEN", hub_server.TOKEN)
        hub.datasets["me/backmath"] = hub_server.Dataset()
        hub.datasets["me/backmath"].files.update({"rl/test.parquet": b"old", "notes.md": b"of the user"})
        publishing.publish(store, made, "hf://datasets/me/backmath")
        assert hub.datasets["me/backmath"].files == kept


def test_any_place_that_fsspec_knows_will_do(tmp_path: Path) -> None:
    store, made = released(tmp_path / "workspace", "1.0.0", 10)
    publishing.publish(store, made, "memory://published/here")
    system = fsspec.filesystem("memory")
    found = {name.removeprefix("/published/here/"): system.cat_file(name) for name in system.find("/published/here")}
    assert found == contents(shelf.folder(store, "1.0.0"))


@pytest.mark.parametrize("target", ["nosuch://bucket/x", "/proc/published"])
def test_a_place_that_cannot_be_written_to_is_one_line(target: str, tmp_path: Path) -> None:
    store, made = released(tmp_path / "workspace", "1.0.0", 10)
    with pytest.raises(PublishError) as error:
        publishing.publish(store, made, target)
    assert "\n" not in str(error.value)
    assert target in str(error.value)


@pytest.mark.parametrize("damage", ["changed", "missing", "manifest", "no manifest", "nonsense"])
def test_a_release_that_is_not_as_it_was_made_is_not_published(damage: str, tmp_path: Path) -> None:
    store, made = released(tmp_path / "workspace", "1.0.0", 10)
    place = shelf.folder(store, "1.0.0")
    file, listed = place / "forward" / "train.parquet", place / shelf.MANIFEST_NAME
    match damage:
        case "changed":
            file.write_bytes(file.read_bytes()[:-1] + b"x")
        case "missing":
            file.unlink()
        case "manifest":
            listed.write_text(listed.read_text().replace('"labelled_steps":7', '"labelled_steps":8'))
        case "no manifest":
            listed.unlink()
        case "nonsense":
            listed.write_text("{")
    with pytest.raises(ReleaseDamagedError, match="backmath release create"):
        publishing.publish(store, made, str(tmp_path / "published"))
    assert not (tmp_path / "published").exists()

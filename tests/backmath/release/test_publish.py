"""Publishing with the clients that a user has, to a Hub and to S3 over HTTP that fail, refuse and are cut off."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import hub_server, s3_server
from tests.backmath import cli
from tests.hub_server import Hub
from tests.s3_server import Bucket

DATASET = "me/backmath"
TO_HUB = f"hf://datasets/{DATASET}"
TO_BUCKET = "s3://published/backmath"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with hub_server.serving() as started:
        yield started


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with s3_server.serving("published") as started:
        yield started


def to_hub(folder: Path, hub: Hub, *, code: int = 0, token: str = hub_server.TOKEN, to: str = TO_HUB) -> str:
    """Publish, by LFS, since the server does not speak Xet's protocol; what is printed."""
    output, errors = cli.run("release", "publish", "--to", to, cwd=folder, code=code, **at_hub(folder, hub, token))
    if code:
        assert errors.count("\n") == 1, errors
    return output + errors


def at_hub(folder: Path, hub: Hub, token: str = hub_server.TOKEN) -> dict[str, str]:
    return {"HF_ENDPOINT": hub.address, "HF_TOKEN": token, "HF_HOME": str(folder / "hf"), "HF_HUB_DISABLE_XET": "1"}


def to_bucket(folder: Path, bucket: Bucket, *, code: int = 0, to: str = TO_BUCKET, **more: str) -> str:
    output, errors = cli.run("release", "publish", "--to", to, cwd=folder, code=code, **bucket.environment | more)
    if code:
        assert errors.count("\n") == 1, errors
    return output + errors


def on_the_shelf(folder: Path, version: str = "1.0.0") -> dict[str, bytes]:
    place = folder / "workspace" / "releases" / version
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def large(files: dict[str, bytes]) -> int:
    return sum(path.endswith(".parquet") for path in files)


def test_the_hub_gets_all_files_in_one_commit_with_a_tag(quickstarted: Path, hub: Hub) -> None:
    assert f"Release 1.0.0 is at {TO_HUB}" in to_hub(quickstarted, hub)
    dataset = hub.datasets[DATASET]
    assert dataset.commits[1:] == [("Release 1.0.0", on_the_shelf(quickstarted))]
    assert dataset.tags == {"1.0.0": 1}
    assert hub.asked["upload"] == large(dataset.files)


def test_what_the_hub_has_is_not_sent_again(quickstarted: Path, hub: Hub) -> None:
    to_hub(quickstarted, hub)
    before = hub.asked["upload"]
    assert "0 files copied" in to_hub(quickstarted, hub)
    assert hub.asked["upload"] == before
    assert len(hub.datasets[DATASET].commits) == 2


def test_over_another_version_on_the_hub_what_differs_is_sent_and_what_is_not_ours_stays(
    workplace: Path, hub: Hub
) -> None:
    to_hub(workplace, hub)
    files = hub.datasets[DATASET].files
    files["rl/validation.parquet"] += b"of another version"
    files["README.md"] = b"edited by hand"
    files["notes.md"] = b"of the user"
    del files["sft/test.parquet"]
    before = hub.asked["upload"]
    assert "3 files copied" in to_hub(workplace, hub)
    assert hub.datasets[DATASET].files == on_the_shelf(workplace) | {"notes.md": b"of the user"}
    assert hub.asked["upload"] == before  # the Hub still has the blobs


@pytest.mark.parametrize("status", [503, 500, 0])
def test_a_hub_that_fails_part_of_the_time_gets_it_all(status: int, quickstarted: Path, hub: Hub) -> None:
    hub.faults = dict.fromkeys(("preupload", "batch", "upload"), (status, 1))
    to_hub(quickstarted, hub)
    assert hub.datasets[DATASET].files == on_the_shelf(quickstarted)
    assert hub.asked["upload"] == large(hub.datasets[DATASET].files) + 1


@pytest.mark.parametrize("kind", ["create", "commit", "tag"])
def test_what_the_client_does_not_try_again_is_one_line_and_goes_on(kind: str, quickstarted: Path, hub: Hub) -> None:
    hub.faults = {kind: (503, 1)}
    assert "Next: the same command goes on" in to_hub(quickstarted, hub, code=1)
    uploads = hub.asked["upload"]
    to_hub(quickstarted, hub)
    assert hub.datasets[DATASET].files == on_the_shelf(quickstarted)
    assert hub.datasets[DATASET].tags == {"1.0.0": 1}
    assert hub.asked["upload"] == (uploads or large(on_the_shelf(quickstarted)))


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGKILL])
def test_an_upload_to_the_hub_that_is_cut_off_goes_on(
    with_signal: signal.Signals, quickstarted: Path, hub: Hub
) -> None:
    running: list[subprocess.Popen[str]] = []
    hub.on_upload = lambda: running[0].send_signal(with_signal) if len(hub.blobs) == 3 else None
    running.append(cli.start("release", "publish", "--to", TO_HUB, cwd=quickstarted, **at_hub(quickstarted, hub)))
    output, errors = running[0].communicate(timeout=60)
    assert running[0].returncode != 0, output
    assert with_signal == signal.SIGKILL or "backmath release publish" in errors
    assert 3 <= len(hub.blobs) <= 4
    assert hub.datasets[DATASET].files == {}  # nobody loads half a version
    sent = len(hub.blobs)
    to_hub(quickstarted, hub)
    assert hub.datasets[DATASET].files == on_the_shelf(quickstarted)
    assert hub.asked["upload"] == large(hub.datasets[DATASET].files) >= sent


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("", "without a token; nothing was copied. Next: set HF_TOKEN"),
        ("hf_unknown", "give it keys that may write there"),
        (hub_server.READER, "You don't have the rights to do this"),
    ],
)
def test_a_token_that_will_not_do_is_one_line(token: str, said: str, quickstarted: Path, hub: Hub) -> None:
    assert said in to_hub(quickstarted, hub, token=token, code=1)
    assert hub.blobs == {}


@pytest.mark.parametrize("name", ["backmath", "me/backmath/data", "me/backmath@main", ""])
def test_what_names_no_dataset_of_the_hub_is_one_line(name: str, quickstarted: Path, hub: Hub) -> None:
    assert "is no dataset of the hub" in to_hub(quickstarted, hub, to=f"hf://datasets/{name}", code=1)
    assert not hub.asked


def test_a_hub_that_is_away_is_one_line(quickstarted: Path) -> None:
    with hub_server.serving() as away:
        pass
    assert f"{TO_HUB} could not be written to" in to_hub(quickstarted, away, code=1)


def test_a_bucket_gets_all_files_and_nothing_else(quickstarted: Path, bucket: Bucket) -> None:
    assert f"Release 1.0.0 is at {TO_BUCKET}" in to_bucket(quickstarted, bucket)
    assert bucket.files("backmath/") == on_the_shelf(quickstarted)


def test_what_a_bucket_has_is_not_sent_again(quickstarted: Path, bucket: Bucket) -> None:
    to_bucket(quickstarted, bucket)
    assert "3 files copied" in to_bucket(quickstarted, bucket)
    assert max(count for path, count in bucket.written.items() if path.endswith(".parquet")) == 1


def test_a_bucket_that_fails_part_of_the_time_gets_it_all(quickstarted: Path, bucket: Bucket) -> None:
    bucket.fail_every = 4
    to_bucket(quickstarted, bucket)
    assert bucket.files("backmath/") == on_the_shelf(quickstarted)
    assert bucket.failed > 3


def test_an_upload_to_a_bucket_that_is_killed_goes_on(quickstarted: Path, bucket: Bucket) -> None:
    running: list[subprocess.Popen[str]] = []
    bucket.on_write = lambda: running[0].kill() if len(bucket.written) == 4 else None
    running.append(cli.start("release", "publish", "--to", TO_BUCKET, cwd=quickstarted, **bucket.environment))
    running[0].communicate(timeout=60)
    there = bucket.files("backmath/")
    assert "manifest.json" not in there
    assert large(there) >= 3
    to_bucket(quickstarted, bucket)
    assert bucket.files("backmath/") == on_the_shelf(quickstarted)
    for path in there.keys() - {"unfinished.json"}:
        assert bucket.written[f"backmath/{path}"] == 1, path


def test_a_bucket_that_is_not_there_is_not_made(quickstarted: Path, bucket: Bucket) -> None:
    assert "bucket does not exist" in to_bucket(quickstarted, bucket, to="s3://publisched/backmath", code=1)
    assert bucket.names() == ["published"]


def test_a_bucket_that_refuses_or_knows_no_keys_is_one_line(quickstarted: Path, bucket: Bucket) -> None:
    bucket.refuses = True
    assert "give it keys that may write there" in to_bucket(quickstarted, bucket, code=1)
    none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}
    assert "give it keys that may write there" in to_bucket(quickstarted, bucket, code=1, **none)
    assert bucket.files("") == {}


def test_a_store_of_buckets_that_is_away_is_one_line(quickstarted: Path) -> None:
    with s3_server.serving("published") as away:
        pass
    assert f"{TO_BUCKET} could not be written to" in to_bucket(quickstarted, away, code=1)


def test_a_package_that_is_missing_is_named_with_the_line_that_installs_it(quickstarted: Path) -> None:
    _, errors = cli.run("release", "publish", "--to", "gs://bucket/backmath", cwd=quickstarted, code=1)
    assert "Next: pip install gcsfs fsspec==" in errors
    assert errors.count("\n") == 1

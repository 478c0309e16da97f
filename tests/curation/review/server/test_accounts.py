"""Who may log in, and the file that says how."""

import os
import stat
from pathlib import Path

import pytest

from curation.errors import CredentialsError
from curation.review.server import accounts, credentials, folder
from curation.review.server.credentials import Credentials

URL = "http://127.0.0.1:6900"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder.make(tmp_path / "workspace")
    return tmp_path / "workspace"


def names(settled: Credentials) -> list[str]:
    return [account.username for account in settled.accounts()]


def test_at_first_there_are_an_owner_two_annotators_and_an_adjudicator() -> None:
    assert names(accounts.settle(None, URL, (), ())) == ["owner", "annotator-1", "annotator-2", "adjudicator-1"]


def test_names_take_the_place_of_the_first_ones_and_are_added_later() -> None:
    first = accounts.settle(None, URL, ("ann",), ())
    assert names(first) == ["owner", "ann", "adjudicator-1"]
    later = accounts.settle(first, URL, ("bob", "ann", "bob"), ("judge",))
    assert names(later) == ["owner", "ann", "bob", "adjudicator-1", "judge"]
    assert later.owner == first.owner
    assert later.annotators[0] == first.annotators[0]
    assert accounts.settle(later, URL, (), ()) == later


def test_every_secret_is_another_one_and_long() -> None:
    settled = accounts.settle(None, URL, tuple(f"a{number}" for number in range(50)), ())
    secrets = [secret for account in settled.accounts() for secret in (account.password, account.api_key)]
    assert len(set(secrets)) == 2 * 52
    assert min(map(len, secrets)) >= 16


@pytest.mark.parametrize("name", ["", " ", "a b", "-x", "a/b", "é", "x" * 65, "a\n", "<b>"])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(CredentialsError, match="cannot be a user's name"):
        accounts.settle(None, URL, (name,), ())


@pytest.mark.parametrize(("annotators", "adjudicators"), [(("ann",), ("ann",)), (("owner",), ()), ((), ("owner",))])
def test_nobody_is_two_users(annotators: tuple[str, ...], adjudicators: tuple[str, ...]) -> None:
    with pytest.raises(CredentialsError, match="cannot be two users"):
        accounts.settle(None, URL, annotators, adjudicators)


def test_adjudicators_are_members_of_their_own_workspace_only() -> None:
    made = {each["username"]: each for each in accounts.in_argilla(accounts.settle(None, URL, (), ()))}
    assert made["owner"]["role"] == "owner"
    assert [made[name]["workspaces"] for name in ("annotator-1", "adjudicator-1")] == [
        ("backmath-review",),
        ("backmath-adjudication",),
    ]


def test_what_is_written_is_read_and_only_its_owner_can(workspace: Path) -> None:
    assert credentials.read(workspace) is None
    written = accounts.settle(None, URL, (), ())
    old = os.umask(0)
    try:
        credentials.write(workspace, written)
        key = folder.secret_key(workspace)
    finally:
        os.umask(old)
    assert credentials.read(workspace) == written
    for file in folder.folder(workspace).iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(folder.folder(workspace).stat().st_mode) == 0o700
    assert folder.secret_key(workspace) == key
    assert written.owner.password not in repr(written)
    assert written.owner.api_key not in str(written)


def test_a_secret_key_that_was_cut_short_is_replaced(workspace: Path) -> None:
    file = folder.folder(workspace) / folder.SECRET_NAME
    file.write_text("short")
    assert len(folder.secret_key(workspace)) > 64
    assert folder.secret_key(workspace) == file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_not_used(workspace: Path, mode: int) -> None:
    credentials.write(workspace, accounts.settle(None, URL, (), ()))
    credentials.path(workspace).chmod(mode)
    with pytest.raises(CredentialsError, match=r"others may read .* chmod 600"):
        credentials.read(workspace)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"url": 1}'])
def test_a_damaged_file_is_one_line(workspace: Path, content: bytes) -> None:
    credentials.write(workspace, accounts.settle(None, URL, (), ()))
    credentials.path(workspace).write_bytes(content)
    with pytest.raises(CredentialsError, match="is damaged") as raised:
        credentials.read(workspace)
    assert "\n" not in str(raised.value)

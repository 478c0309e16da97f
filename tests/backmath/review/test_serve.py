"""`backmath review serve`: Argilla on this machine, from one command to a log-in, until Ctrl-C."""

import os
import pty
import re
import shlex
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from backmath.app import main
from backmath.review.serve import EXAMPLE
from curation.review.server import credentials
from curation.review.server.credentials import Account, Credentials
from curation.review.server.environment import ensure_environment
from tests.backmath import cli


class Serving(NamedTuple):
    """The command, what it printed, and the accounts."""

    process: "subprocess.Popen[str]"
    shown: str
    credentials: Credentials


@contextmanager
def serving(folder: Path, *more: object) -> Iterator[Serving]:
    """The command once it answers; killed with the block where it has not ended."""
    ensure_environment()
    process = cli.start("review", "serve", "--port", 0, *more, cwd=folder)
    try:
        assert process.stdout
        lines: list[str] = []
        while not lines or not lines[-1].endswith(("backmath review push\n", "rows sent.\n")):
            lines.append(process.stdout.readline())
            assert lines[-1], process.communicate()
        known = credentials.read(folder / "workspace")
        assert known
        yield Serving(process, "".join(lines), known)
    finally:
        process.kill()
        process.communicate()


def log_in(url: str, account: Account) -> int:
    """The status of a log-in."""
    form = urllib.parse.urlencode({"username": account.username, "password": account.password}).encode()
    try:
        with urllib.request.urlopen(f"{url}/api/v1/token", form, timeout=30) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


def server_of(process: "subprocess.Popen[str]") -> int:
    """The process that is Argilla."""
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(child)


def gone(pid: int) -> bool:
    """Whether the process has ended, within some seconds."""
    for _ in range(300):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_it_says_where_and_as_whom_to_log_in_and_everyone_can(tmp_path: Path) -> None:
    with serving(tmp_path, *shlex.split(EXAMPLE)[3:]) as server:
        url = server.credentials.url
        assert f"Argilla answers at {url} until Ctrl-C" in server.shown
        rows = re.findall(r"^  (owner|annotator|adjudicator) +(\S+)\s*$", server.shown, re.MULTILINE)
        assert rows == [
            ("owner", "owner"),
            ("annotator", "ann"),
            ("annotator", "bob"),
            ("adjudicator", "adjudicator-1"),
        ]
        assert "workspace/argilla/credentials.json" in server.shown
        for account in server.credentials.accounts():
            assert account.password not in server.shown  # no terminal
            assert log_in(url, account) == 201
        assert log_in(url, Account(username="argilla", password="1234", api_key="")) == 401
        host, port = url.removeprefix("http://").split(":")
        others = {address[4][0] for address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {host}
        for other in others:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((str(other), int(port)), timeout=5)
        os.killpg(server.process.pid, signal.SIGINT)
        output, errors = server.process.communicate(timeout=30)
        assert (output, errors, server.process.returncode) == ("Stopped.\n", "", 0)


def test_it_starts_again_with_everything_and_new_names_and_without_its_file_with_new_passwords(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        first.process.send_signal(signal.SIGTERM)
        first.process.communicate(timeout=30)
        assert first.process.returncode == 0
    with serving(tmp_path, "--annotator", "carol") as second:
        assert [each.username for each in second.credentials.annotators] == ["annotator-1", "annotator-2", "carol"]
        assert second.credentials.owner == first.credentials.owner
        for account in (first.credentials.annotators[0], second.credentials.annotators[-1]):
            assert log_in(second.credentials.url, account) == 201
        pid = server_of(second.process)
        second.process.kill()
        assert gone(pid), "Argilla outlived the command"
    credentials.path(tmp_path / "workspace").unlink()
    with serving(tmp_path) as without_the_file:
        new = without_the_file.credentials
        assert log_in(new.url, first.credentials.owner) == 401
        assert log_in(new.url, new.owner) == 201


def test_it_can_put_the_first_rows_before_people_itself(workplace: Path) -> None:
    with serving(workplace, "--push", 5) as server:
        assert "5 rows sent." in server.shown
        request = urllib.request.Request(
            f"{server.credentials.url}/api/v1/me/datasets",
            headers={"X-Argilla-Api-Key": server.credentials.annotators[0].api_key},
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            assert b"backward-problems" in reply.read()
        os.killpg(server.process.pid, signal.SIGINT)
        output, errors = server.process.communicate(timeout=30)
        assert (output, errors, server.process.returncode) == ("Stopped.\n", "", 0)


def test_rows_for_people_need_candidates(tmp_path: Path) -> None:
    _, errors = cli.run("review", "serve", "--port", 0, "--push", 5, cwd=tmp_path, code=1)
    assert "backmath ingest" in errors


def test_a_second_one_in_the_same_workspace_says_who_has_it_and_where_argilla_is_killed_that_is_one_line(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as first:
        _, errors = cli.run("review", "serve", "--port", 0, cwd=tmp_path, code=1)
        assert f"`backmath review serve` is running in workspace already (PID {first.process.pid})" in errors
        assert log_in(first.credentials.url, first.credentials.owner) == 201
        os.kill(server_of(first.process), signal.SIGKILL)
        _, errors = first.process.communicate(timeout=30)
        assert first.process.returncode == 1
        assert errors.startswith("backmath: Argilla's server has ended by itself: ")
        assert "SIGKILL ended it" in errors
        assert "server.log" in errors
        assert errors.count("\n") == 1


def test_ctrl_c_while_it_installs_is_one_line_and_nothing_is_left(tmp_path: Path) -> None:
    process = cli.start("review", "serve", "--port", 0, cwd=tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("cache/backmath/*.new/lib/*/site-packages/*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output.startswith(f"Installing Argilla's server into {tmp_path / 'cache'}")
    assert errors == "backmath: stopped while installing; nothing is left of it. Next: the same command again\n"
    assert [path.suffix for path in tmp_path.glob("cache/backmath/*")] == [".lock"]


def test_kills_while_it_starts_leave_what_the_next_start_can_use(tmp_path: Path) -> None:
    ensure_environment()
    for wait_s in (0.5, 2.0, 4.0):
        process = cli.start("review", "serve", "--port", 0, cwd=tmp_path)
        time.sleep(wait_s)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.kill()
        process.communicate()
        assert all(gone(int(child)) for child in children)
    with serving(tmp_path) as server:
        assert log_in(server.credentials.url, server.credentials.annotators[0]) == 201


def test_a_database_that_is_none_is_one_line_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "workspace" / "argilla"
    folder.mkdir(parents=True)
    (folder / "argilla.db").write_bytes(b"not a database" * 1_000)
    _, errors = cli.run("review", "serve", "--port", 0, cwd=tmp_path, code=1)
    assert errors.startswith("backmath: Argilla's server cannot start: ")
    assert "file is not a database" in errors
    assert errors.count("\n") == 1


def test_a_port_that_is_taken_is_named_with_the_next_command(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        _, errors = cli.run("review", "serve", "--port", port, cwd=tmp_path, code=1)
    assert f"port {port} of 127.0.0.1 cannot be had" in errors
    assert f"backmath review serve --port {port + 1}" in errors
    assert not (tmp_path / "workspace" / "argilla").exists()


def test_what_the_users_shell_has_for_other_argillas_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "mischief").mkdir()
    (tmp_path / "mischief" / "argilla_server.py").write_text("raise SystemExit('taken')")
    foreign = {
        "ARGILLA_DATABASE_URL": "sqlite:////nowhere/argilla.db",
        "ARGILLA_ENABLE_SHARE_YOUR_PROGRESS": "1",
        "ARGILLA_BASE_URL": "/elsewhere",
        "PYTHONPATH": str(tmp_path / "mischief"),
    }
    process = cli.start("review", "serve", "--port", 0, cwd=tmp_path, **foreign)
    try:
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + "".join(process.communicate())
        with urllib.request.urlopen(f"{found[0]}/sign-in", timeout=30) as page:
            assert b"/elsewhere" not in page.read()
    finally:
        process.kill()
        process.communicate()


def test_on_a_terminal_the_first_start_shows_the_passwords_and_the_next_does_not(tmp_path: Path) -> None:
    first, second = on_a_terminal(tmp_path), on_a_terminal(tmp_path)
    known = credentials.read(tmp_path / "workspace")
    assert known
    for account in known.accounts():
        assert re.search(rf"{account.username}\s+{account.password}", first), first
        assert account.password not in second
        assert account.username in second
        assert account.api_key not in first


def on_a_terminal(folder: Path) -> str:
    """What the command shows on a terminal until it is told to stop."""
    ensure_environment()
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [cli.COMMAND, "review", "serve", "--port", "0"],
        cwd=folder,
        env=cli.environment(COLUMNS="100", NO_COLOR="1", TERM="dumb"),
        stdout=slave,
        stderr=slave,
        stdin=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown = b""
    try:
        while b"backmath review push" not in shown:
            shown += os.read(master, 4096)
        process.send_signal(signal.SIGINT)
        process.wait(30)
    finally:
        process.kill()
        os.close(master)
    return shown.decode()


@pytest.mark.parametrize("url", ["review.example.org", "ftp://x", "https://", "https://a/b", "https://a?x=1"])
def test_a_public_address_that_is_none_is_a_wrong_use(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["review", "serve", "--public-url", url]) == 2
    assert "is not like https://review.example.org" in capsys.readouterr().err

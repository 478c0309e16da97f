"""A real Argilla for tests, as `backmath review serve` runs it, with requests as its users make them."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from curation.review.server import accounts, credentials, folder
from curation.review.server.credentials import Account, Credentials
from curation.review.server.environment import ensure_environment
from curation.review.server.process import ArgillaServer, argilla_server, free_port

TIMEOUT_S = 60


class Reply(NamedTuple):
    """What came back: the status, the headers, and the body, read as JSON where it is."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class RunningArgilla:
    """A server, where its workspace is, and who may log in."""

    workspace: Path
    credentials: Credentials
    server: ArgillaServer

    @property
    def url(self) -> str:
        return self.credentials.url

    @property
    def owner(self) -> Account:
        return self.credentials.owner

    @property
    def annotators(self) -> tuple[Account, ...]:
        return self.credentials.annotators

    @property
    def adjudicators(self) -> tuple[Account, ...]:
        return self.credentials.adjudicators

    def request(
        self,
        method: str,
        path: str,
        *,
        by: Account | None = None,
        json_body: object = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request, with an account's key where there is one; a refusal is a reply like any other."""
        sent = dict(headers or {})
        data = None
        if by is not None:
            sent["X-Argilla-Api-Key"] = by.api_key
        if json_body is not None:
            data, sent["Content-Type"] = json.dumps(json_body).encode(), "application/json"
        if form is not None:
            data = urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(self.url + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
                return Reply(reply.status, dict(reply.headers), _read(reply.read()))
        except urllib.error.HTTPError as error:
            return Reply(error.code, dict(error.headers), _read(error.read()))

    def ask(self, method: str, path: str, *, by: Account, json_body: object = None) -> Any:
        """The body of a reply that has to be a success."""
        reply = self.request(method, path, by=by, json_body=json_body)
        assert reply.status < 300, f"{method} {path}: {reply.status} {reply.body}"
        return reply.body

    def log_in(self, username: str, password: str) -> Reply:
        """What the page sends to log in."""
        return self.request("POST", "/api/v1/token", form={"username": username, "password": password})


def _read(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")


@contextmanager
def running(
    workspace: Path, annotators: tuple[str, ...] = (), adjudicators: tuple[str, ...] = (), origin: str | None = None
) -> Iterator[RunningArgilla]:
    """Run the workspace's Argilla on a free port for the block, as the command does."""
    port = free_port(0)
    everyone = accounts.settle(credentials.read(workspace), f"http://127.0.0.1:{port}", annotators, adjudicators)
    python = ensure_environment()
    data = folder.make(workspace)
    credentials.write(workspace, everyone)
    with argilla_server(
        python,
        data,
        port,
        secret_key=folder.secret_key(workspace),
        accounts=accounts.in_argilla(everyone),
        origin=origin,
    ) as server:
        assert server.ready()
        yield RunningArgilla(workspace, everyone, server)


@pytest.fixture(scope="session")
def argilla(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningArgilla]:
    """One server for all tests of a process: two annotators, one adjudicator, and whatever tests left in it."""
    with running(tmp_path_factory.mktemp("argilla") / "workspace") as server:
        yield server


def run_by_one_process(items: list[pytest.Item]) -> None:
    """Group the tests that use the server, so that where tests run in several processes there is one."""
    for item in items:
        if "argilla" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("argilla"))

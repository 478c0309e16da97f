"""Argilla's server as tests and benchmarks of its search and jobs run it: alone, with its API and nothing of ours."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from curation.review.server.environment import ensure_environment
from curation.review.server.process import ArgillaServer, argilla_server, free_port

WORKSPACE = "review"
OWNER = "owner"
PEOPLE = tuple(f"person-{number}" for number in range(1, 9))


@dataclass(frozen=True)
class Argilla:
    """A server that answers."""

    server: ArgillaServer
    folder: Path

    def client(self, user: str = OWNER) -> httpx.Client:
        """The API as a user sees it; an answer that is no success raises HTTPStatusError."""
        return httpx.Client(
            base_url=f"{self.server.url}/api/v1/",
            headers={"X-Argilla-Api-Key": api_key(user)},
            event_hooks={"response": [_raise_with_reason]},
            timeout=120,
        )

    def kill(self) -> None:
        """End it as a crash does."""
        self.server.process.kill()
        self.server.process.wait()


@contextmanager
def argilla(folder: Path) -> Iterator[Argilla]:
    """Start a server with its data in the folder, with an owner and eight people who annotate."""
    folder.mkdir(exist_ok=True)
    accounts = [_account(OWNER, "owner"), *(_account(person, "annotator") for person in PEOPLE)]
    with argilla_server(
        python(), folder, free_port(0), secret_key="not a secret, only of tests", accounts=accounts, origin=None
    ) as server:
        assert server.ready()
        yield Argilla(server, folder)


@cache
def python() -> Path:
    """The Python of the server's environment."""
    given = os.environ.get("BACKMATH_ARGILLA_PYTHON")
    return Path(given) if given else ensure_environment()


def api_key(user: str) -> str:
    """The key of a user's account."""
    return f"key-of-{user}"


def create_dataset(client: httpx.Client, name: str, **parts: list[dict[str, Any]]) -> dict[str, Any]:
    """A published dataset with fields, questions, metadata-properties and vectors-settings; what Argilla says of it.

    The ids of its questions are in `questions`, by name.
    """
    workspaces = client.get("me/workspaces").json()["items"]
    workspace = next(each["id"] for each in workspaces if each["name"] == WORKSPACE)
    dataset: dict[str, Any] = client.post("datasets", json={"name": name, "workspace_id": workspace}).json()
    made: dict[str, dict[str, str]] = {}
    for kind, bodies in parts.items():
        path = f"datasets/{dataset['id']}/{kind.replace('_', '-')}"
        made[kind] = {body["name"]: client.post(path, json={"title": body["name"], **body}).json()["id"] for body in bodies}
    client.put(f"datasets/{dataset['id']}/publish")
    return dataset | made


def _account(user: str, role: str) -> dict[str, object]:
    return {
        "username": user,
        "password": f"password-of-{user}",
        "api_key": api_key(user),
        "role": role,
        "workspaces": [WORKSPACE],
    }


def _raise_with_reason(response: httpx.Response) -> None:
    if response.is_error:
        response.read()
        raise httpx.HTTPStatusError(f"{response.status_code}: {response.text}", request=response.request, response=response)

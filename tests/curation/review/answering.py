"""Answering in Argilla as people do, through the API that the page uses; and a proxy that fails every other request."""

import http.server
import itertools
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from curation.review.names import DATASETS
from curation.review.server.credentials import Account
from schemas.review import ReviewStage
from tests.curation.review.running import RunningArgilla


def dataset_id(argilla: RunningArgilla, stage: ReviewStage = "review") -> str:
    """The id of the stage's dataset."""
    found = argilla.ask("GET", "/api/v1/me/datasets", by=argilla.owner)["items"]
    return str(next(each["id"] for each in found if each["name"] == DATASETS[stage]))


def delete_datasets(argilla: RunningArgilla) -> None:
    """Leave the server without datasets."""
    for each in argilla.ask("GET", "/api/v1/me/datasets", by=argilla.owner)["items"]:
        argilla.ask("DELETE", f"/api/v1/datasets/{each['id']}", by=argilla.owner)


def records(argilla: RunningArgilla, stage: ReviewStage = "review") -> dict[str, dict[str, Any]]:
    """The dataset's records with suggestions and responses, by the candidate's id. Fails where one is there twice."""
    path = f"/api/v1/datasets/{dataset_id(argilla, stage)}/records?include=responses&include=suggestions&limit=1000"
    found = argilla.ask("GET", path, by=argilla.owner)["items"]
    by_candidate = {each["external_id"]: each for each in found}
    assert len(by_candidate) == len(found)
    return by_candidate


def answer(
    argilla: RunningArgilla, by: Account, record: dict[str, Any], status: str = "submitted", **values: Any
) -> dict[str, Any]:
    """Answer a record for the first time; the response as Argilla keeps it."""
    body = {"values": {name: {"value": value} for name, value in values.items()}, "status": status}
    made: dict[str, Any] = argilla.ask("POST", f"/api/v1/records/{record['id']}/responses", by=by, json_body=body)
    return made


def change(
    argilla: RunningArgilla, by: Account, response: dict[str, Any], status: str = "submitted", **values: Any
) -> None:
    """Change an answer."""
    body = {"values": {name: {"value": value} for name, value in values.items()}, "status": status}
    argilla.ask("PUT", f"/api/v1/responses/{response['id']}", by=by, json_body=body)


def take_back(argilla: RunningArgilla, by: Account, response: dict[str, Any]) -> None:
    """Delete an answer."""
    argilla.ask("DELETE", f"/api/v1/responses/{response['id']}", by=by)


@contextmanager
def failing_every_other_time(url: str) -> Iterator[str]:
    """The address of a proxy before `url`: of its requests every other one fails, before or after it is carried out."""
    turns = itertools.count()

    class Handler(http.server.BaseHTTPRequestHandler):
        def carry_out(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            turn = next(turns) % 6
            if turn == 1:
                self.send_error(503)
                return
            if turn == 3:
                self.close_connection = True
                return
            status, answer = self.passed_on(body)
            if turn == 5:  # carried out, and nobody hears of it
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def passed_on(self, body: bytes | None) -> tuple[int, bytes]:
            kept = {
                name: value for name, value in self.headers.items() if name in ("X-Argilla-Api-Key", "Content-Type")
            }
            request = urllib.request.Request(url + self.path, body, kept, method=self.command)
            try:
                with urllib.request.urlopen(request, timeout=60) as reply:
                    return reply.status, reply.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = carry_out

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing: the test's output is its own."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()

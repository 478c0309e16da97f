"""What a server does at its start about what the last one left undone, and jobs without Redis."""

import base64
import http.server
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.curation.review.running import RunningArgilla, running
from tests.curation.review.server.searched import Searched, create, record, terms

WAIT_S = 20


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it holds before long."""
    until = time.monotonic() + WAIT_S
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return holds()


def kill(argilla: RunningArgilla) -> None:
    argilla.server.stop()  # it is meant to end: the fixture is not to wonder
    argilla.server.process.kill()
    argilla.server.process.wait()


def database(argilla: RunningArgilla) -> Path:
    return argilla.workspace / "argilla" / "argilla.db"


def moved(dataset: Searched, argilla: RunningArgilla) -> Searched:
    """The same dataset, in the server that was started again."""
    return Searched(argilla, dataset.id, dataset.questions, dataset.metadata, dataset.records)


class Restarted(NamedTuple):
    """A server behind a crash, which left the index of two datasets wrong, and the statuses of the third."""

    argilla: RunningArgilla
    indexed: Searched
    other: Searched
    answered: Searched


@pytest.fixture(scope="module")
def restarted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restarted]:
    workspace = tmp_path_factory.mktemp("restarted")
    with running(workspace) as argilla:
        indexed = create(argilla)
        indexed.add(*({"external_id": str(place), "fields": {"text": f"word{place}"}} for place in range(4)))
        other = create(argilla)
        other.add({"external_id": "0", "fields": {"text": "other"}})
        answered = create(argilla)
        answered.add(*({"external_id": f"a{place}", "fields": {"text": "a"}} for place in range(3)))
        answered.answer("a0", argilla.annotators[0], verdict="accept")
        kill(argilla)
    with closing(sqlite3.connect(database(argilla))) as connection, connection:  # as a crash between two commits does
        changed = '{"text": "changed"}'
        connection.execute("UPDATE records SET fields = ? WHERE external_id = '1'", [changed])
        connection.execute("DELETE FROM records WHERE external_id = '2'")
        connection.execute(
            "DELETE FROM embedded_documents_1 WHERE record_id IN (SELECT id FROM records WHERE external_id = '3')"
        )
        connection.execute(f"DROP TABLE embedded_text_1_{other.id.replace('-', '')}")
        connection.execute("CREATE VIRTUAL TABLE embedded_text_0_abc USING fts5(a)")
        connection.execute("UPDATE records SET status = 'pending' WHERE external_id = 'a0'")
        connection.execute("UPDATE records SET status = 'completed' WHERE external_id = 'a1'")
        connection.execute("UPDATE datasets SET distribution = json_set(distribution, '$.min_submitted', 1)")
    with running(workspace) as argilla:
        yield Restarted(argilla, *(moved(each, argilla) for each in (indexed, other, answered)))


@pytest.mark.xdist_group("restarted")
def test_the_index_is_made_anew_where_it_is_missing_stale_or_left_over(restarted: Restarted) -> None:
    assert restarted.indexed.text("word*") == {"0", "3"}
    assert restarted.indexed.text("changed") == {"1"}
    assert restarted.indexed.text("-word*") == {"1"}
    assert restarted.other.text("other") == {"0"}
    with closing(sqlite3.connect(database(restarted.argilla))) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert "embedded_text_0_abc" not in tables


@pytest.mark.xdist_group("restarted")
def test_statuses_that_a_crash_left_wrong_are_set_at_the_next_start(restarted: Restarted) -> None:
    dataset, completed = restarted.answered, terms(record("status"), "completed")
    assert eventually(lambda: dataset.filtered(completed) == {"a0"}), dataset.filtered(completed)


def test_a_database_without_an_index_gets_one_and_one_with_is_not_written_again(tmp_path: Path) -> None:
    with running(tmp_path) as argilla:
        dataset = create(argilla)
        dataset.add({"external_id": "0", "fields": {"text": "before"}})
    with closing(sqlite3.connect(database(argilla))) as connection, connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE 'embedded%' AND sql LIKE '%fts5%'"
        ).fetchall():
            connection.execute(f"DROP TABLE {name}")
        connection.execute("DROP TABLE embedded_documents_1")
    with running(tmp_path) as argilla:
        assert moved(dataset, argilla).text("before") == {"0"}

    def rows() -> list[Any]:
        with closing(sqlite3.connect(database(argilla))) as connection:
            return connection.execute("SELECT docid, checksum FROM embedded_documents_1").fetchall()

    first = rows()
    with running(tmp_path):
        assert rows() == first


def test_changing_how_many_answers_a_record_needs_moves_records_both_ways(argilla: RunningArgilla) -> None:
    dataset = create(argilla)
    dataset.add(*({"external_id": str(place), "fields": {"text": "a"}} for place in range(3)))
    completed = terms(record("status"), "completed")

    def needs(answers: int) -> None:
        distribution = {"strategy": "overlap", "min_submitted": answers}
        argilla.ask("PATCH", dataset.path, by=argilla.owner, json_body={"distribution": distribution})

    needs(2)
    first, second = argilla.annotators
    dataset.answer("0", first, verdict="accept")
    dataset.answer("0", second, verdict="accept")
    assert dataset.filtered(completed) == {"0"}
    dataset.answer("1", first, verdict="accept")
    assert dataset.filtered(completed) == {"0"}
    with closing(sqlite3.connect(argilla.workspace / "argilla" / "argilla.db", timeout=30)) as connection, connection:
        path = "UPDATE datasets SET distribution = json_set(distribution, '$.min_submitted', ?) WHERE id = ?"
        connection.execute(path, [1, dataset.id.replace("-", "")])  # Argilla itself lets nobody change it any more
    argilla.ask("PATCH", dataset.path, by=argilla.owner, json_body={"guidelines": "look twice"})
    assert eventually(lambda: dataset.filtered(completed) == {"0", "1"})


class _Listener(http.server.BaseHTTPRequestHandler):
    """Takes webhooks, slowly; refuses the first ones."""

    heard: list[tuple[dict[str, str], bytes]]
    refusals: int
    seconds: float

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
        time.sleep(self.seconds)
        self.send_response(503 if len(self.heard) <= self.refusals else 200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def listening(refusals: int = 0, seconds: float = 1.0) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    handler = type("Listener", (_Listener,), {"heard": [], "refusals": refusals, "seconds": seconds})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler.heard
    finally:
        server.shutdown()
        server.server_close()


def test_webhooks_are_signed_and_a_slow_one_holds_nobody_up(argilla: RunningArgilla) -> None:
    from standardwebhooks.webhooks import Webhook

    dataset = create(argilla)
    dataset.add({"external_id": "0", "fields": {"text": "a"}})
    with listening(seconds=6.0) as (url, heard):
        body = {"url": url, "events": ["response.created"], "description": "test"}
        webhook = argilla.ask("POST", "/api/v1/webhooks", by=argilla.owner, json_body=body)
        try:
            started = time.monotonic()
            dataset.answer("0", argilla.annotators[0], verdict="accept")
            assert eventually(lambda: bool(heard))
            assert dataset.find().total == 1
            assert time.monotonic() - started < 6  # the listener has not answered yet
        finally:
            argilla.ask("DELETE", f"/api/v1/webhooks/{webhook['id']}", by=argilla.owner)
    headers, payload = heard[0]
    assert base64.b64decode(webhook["secret"])
    Webhook(webhook["secret"]).verify(payload.decode(), headers)
    assert json.loads(payload)["type"] == "response.created"


def test_a_webhook_that_is_refused_is_sent_again_and_others_do_not_wait_for_it(argilla: RunningArgilla) -> None:
    dataset = create(argilla)
    dataset.add(*({"external_id": str(place), "fields": {"text": "a"}} for place in range(2)))
    with listening(refusals=1) as (url, heard):
        body = {"url": url, "events": ["response.created"], "description": "test"}
        webhook = argilla.ask("POST", "/api/v1/webhooks", by=argilla.owner, json_body=body)
        try:
            for place in range(2):
                dataset.answer(str(place), argilla.annotators[0], verdict="accept")
            assert eventually(lambda: len(heard) == 3)  # the first again, 10 seconds later
        finally:
            argilla.ask("DELETE", f"/api/v1/webhooks/{webhook['id']}", by=argilla.owner)
    told = [json.loads(payload)["data"]["id"] for _, payload in heard]
    assert told[0] == told[2] != told[1]

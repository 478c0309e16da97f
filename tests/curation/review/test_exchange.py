"""Push and pull against a real Argilla: nothing lost, nothing twice, whatever is cut short or changed by hand."""

import asyncio
import shutil
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from curation.errors import (
    AlreadyRunningError,
    ArgillaDatasetError,
    ArgillaRefusedError,
    ArgillaUnreachableError,
    ArgillaVersionError,
    WebhookError,
)
from curation.policy import load
from curation.review import items
from curation.review.adjudication import queue_disagreements
from curation.review.argilla import Argilla, connect
from curation.review.pull import Pulled, pull
from curation.review.push import restore, send
from curation.review.queue import choose
from curation.review.webhook import listening
from curation.store import Store
from curation.triage import decide_again
from tests.curation import made
from tests.curation.review.answering import (
    answer,
    change,
    dataset_id,
    delete_datasets,
    failing_every_other_time,
    records,
    take_back,
)
from tests.curation.review.running import RunningArgilla, running

PROBLEMS = 12
DOUBTFUL = {"provenance": "undecided"}


@pytest.fixture(scope="module")
def reviewable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a doubtful and an accepted candidate of each problem. Not to be changed."""
    problems = [made.problem(number) for number in range(10, 10 + PROBLEMS)]
    store = made.ingested(tmp_path_factory.mktemp("reviewable"), *problems)
    question = (
        "Natalia sold x clips in April and half as many in May, to 3 friends. How many altogether? "
        "If we know the answer to the above question is {}, what is the value of x?"
    )
    made.derived(
        store, *(made.derivation(each, DOUBTFUL, {}, question=question.format(each.answer)) for each in problems)
    )
    return store.folder


@pytest.fixture
def store(reviewable: Path, tmp_path: Path) -> Store:
    return Store(Path(shutil.copytree(reviewable, tmp_path / "workspace")))


@pytest.fixture
def server(argilla: RunningArgilla) -> Argilla:
    """A connection to a server without datasets."""
    delete_datasets(argilla)
    return connect(argilla.url, argilla.owner.api_key)


def chosen(store: Store, budget: int = 100, audit: float = 0.0) -> int:
    with store.connect() as connection:
        found = choose(connection, budget, audit, {}).items
        items.add(connection, found)
    return len(found)


def pushed(store: Store, server: Argilla, reviews_needed: int = 1, audit: float = 0.0) -> None:
    chosen(store, audit=audit)
    send(store, server.make_dataset("review", reviews_needed), "review")


def decisions(store: Store) -> list[tuple[str, str, str]]:
    return sorted(
        made.query(store, "SELECT candidate_id, verdict, decided_by FROM decisions WHERE decided_by <> 'policy'")
    )


def decision(store: Store, candidate_id: str) -> tuple[str, str]:
    query = "SELECT verdict, decided_by FROM latest_decisions WHERE candidate_id = ?"
    return tuple(made.query(store, query, candidate_id)[0])


def test_what_is_pushed_is_in_argilla_once_and_pushing_again_sends_nothing(
    argilla: RunningArgilla, server: Argilla, store: Store
) -> None:
    count = chosen(store, audit=0.2)
    dataset = server.make_dataset("review", 1)
    assert send(store, dataset, "review") == count
    assert dict(made.query(store, "SELECT candidate_id, kind FROM review_items")).keys() == records(argilla).keys()
    assert send(store, dataset, "review") == 0
    assert chosen(store) == 0
    assert dataset.count() == count


def test_an_audit_looks_like_a_blind_doubtful_row(argilla: RunningArgilla, server: Argilla, store: Store) -> None:
    pushed(store, server, audit=0.05)
    kinds = dict(made.query(store, "SELECT candidate_id, kind FROM review_items WHERE blind"))
    assert sorted(kinds.values()) == ["audit"] * 5 + ["doubt"] * 5
    found = records(argilla)
    looks = {
        (tuple(sorted(found[key]["metadata"])), found[key]["fields"]["doubt"], len(found[key]["suggestions"]))
        for key in kinds
    }
    assert len(looks) == 1


def test_a_push_that_is_killed_goes_on_without_a_row_twice(
    argilla: RunningArgilla, server: Argilla, store: Store
) -> None:
    count = chosen(store)
    server.make_dataset("review", 1)
    killed = made.start(
        """
import os, signal, sys
from pathlib import Path
from curation.review import push
from curation.review.argilla import Dataset, connect
from curation.store import Store
class Dying(Dataset):
    def put(self, records):
        super().put(records)
        global left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
push.BATCH, left = 3, 2
dataset = connect(sys.argv[2], os.environ["KEY"]).dataset("review")
dataset.__class__ = Dying
push.send(Store(Path(sys.argv[1])), dataset, "review")
""",
        store.folder,
        argilla.url,
        KEY=argilla.owner.api_key,
    )
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert len(records(argilla)) == 6
    assert made.query(store, "SELECT count(pushed_at) FROM review_items") == [(3,)]
    assert send(store, server.make_dataset("review", 1), "review") == count - 3
    assert len(records(argilla)) == count


def test_a_server_that_fails_every_other_time_loses_nothing_and_doubles_nothing(
    argilla: RunningArgilla, server: Argilla, store: Store
) -> None:
    count = chosen(store)
    with failing_every_other_time(argilla.url) as url:
        flaky = connect(url, argilla.owner.api_key)
        assert send(store, flaky.make_dataset("review", 1), "review") == count
        found = records(argilla)
        assert len(found) == count
        for each in found.values():
            answer(argilla, argilla.annotators[0], each, verdict="accept")
        assert pull(store, flaky).events == {"submitted": count}
    assert [verdict for _, verdict, _ in decisions(store)] == ["accept"] * count


def test_pull_takes_in_exactly_what_was_answered_and_again_nothing(
    argilla: RunningArgilla, server: Argilla, store: Store
) -> None:
    pushed(store, server)
    key, record = next(iter(records(argilla).items()))
    text = record["fields"]["steps"]
    start = text.index("x + x/2")
    answer(
        argilla,
        argilla.annotators[0],
        record,
        verdict="reject",
        category="wrong_step",
        comment="half of <b>$5</b>",
        wrong_step=[{"start": start, "end": start + 3, "label": "wrong"}],
    )
    assert pull(store, server) == Pulled(events={"submitted": 1}, unusable=0, decided={"reject": 1}, strangers=0)
    columns = "candidate_id, reviewer, event, verdict, category, wrong_steps, comment, unusable, corrected_question"
    assert made.query(store, f"SELECT {columns} FROM reviews") == [
        (key, argilla.annotators[0].username, "submitted", "reject", "wrong_step", [1], "half of <b>$5</b>", "", None)
    ]
    assert decision(store, key) == ("reject", "reviewer")
    before = made.contents(store)
    assert pull(store, server) == Pulled(events={}, unusable=0, decided={}, strangers=0)
    assert made.contents(store) == before


def test_edits_and_withdrawals_are_events_of_their_own(argilla: RunningArgilla, server: Argilla, store: Store) -> None:
    pushed(store, server)
    by = argilla.annotators[0]
    (first, edited), (second, drafted), (third, deleted) = list(records(argilla).items())[:3]
    responses = [answer(argilla, by, each, verdict="accept") for each in (edited, drafted, deleted)]
    pull(store, server)
    assert [decision(store, key)[0] for key in (first, second, third)] == ["accept"] * 3
    change(argilla, by, responses[0], verdict="reject", category="leak")
    change(argilla, by, responses[1], status="draft", verdict="accept")
    take_back(argilla, by, responses[2])
    assert pull(store, server).events == {"edited": 1, "withdrawn": 2}
    assert decision(store, first) == ("reject", "reviewer")
    assert {decision(store, key) for key in (second, third)} == {("review", "reviewer")}
    assert pull(store, server).events == {}
    change(argilla, by, responses[1], verdict="accept")
    assert pull(store, server).events == {"submitted": 1}
    assert decision(store, second) == ("accept", "reviewer")
    history = "SELECT event FROM reviews WHERE candidate_id = ? ORDER BY rowid"
    assert made.query(store, history, second) == [("submitted",), ("withdrawn",), ("submitted",)]


def test_two_who_differ_go_to_an_adjudicator_whose_word_stands(
    argilla: RunningArgilla, server: Argilla, store: Store
) -> None:
    pushed(store, server, reviews_needed=2)
    ann, bob = argilla.annotators
    (agreed, one), (differing, other) = list(records(argilla).items())[:2]
    for by in (ann, bob):
        answer(argilla, by, one, verdict="accept")
    answer(argilla, ann, other, verdict="accept")
    assert pull(store, server).decided == {"accept": 1}
    answer(argilla, bob, other, verdict="reject", category="ambiguous", comment="<script>alert(1)</script>")
    assert pull(store, server).decided == {"disagreement": 1}
    assert decision(store, differing) == ("review", "reviewer")
    with store.connect() as connection:
        assert queue_disagreements(connection) == 1
        assert queue_disagreements(connection) == 0
    assert send(store, server.make_dataset("adjudication", 1), "adjudication") == 1
    record = records(argilla, "adjudication")[differing]
    said = record["fields"]["doubt"]
    assert "Another number fits" in said
    assert "\\<script\\>" in said
    assert ann.username not in said
    assert bob.username not in said
    answer(argilla, argilla.adjudicators[0], record, verdict="reject", category="ambiguous")
    assert pull(store, server).decided == {"reject": 1}
    assert decision(store, differing) == ("reject", "adjudicator")
    assert decision(store, agreed) == ("accept", "reviewer")
    assert decide_again(store, load()).of_people == 2


def test_a_correction_that_holds_is_a_new_candidate_and_one_that_does_not_goes_to_an_adjudicator(
    argilla: RunningArgilla, server: Argilla, store: Store
) -> None:
    pushed(store, server)
    (good, one), (bad, other) = list(records(argilla).items())[:2]
    texts = dict(made.query(store, "SELECT candidate_id, question FROM candidates"))
    better = texts[good].replace("How many altogether?", "How many did she sell altogether?")
    answer(argilla, argilla.annotators[0], one, verdict="correct", corrected_question=better)
    answer(
        argilla,
        argilla.annotators[0],
        other,
        verdict="correct",
        corrected_question=texts[bad].replace("3 friends", "4 friends"),
    )
    assert pull(store, server).decided == {"corrected": 1, "disagreement": 1}
    assert decision(store, good) == ("reject", "reviewer")
    assert decision(store, bad) == ("review", "reviewer")
    columns = "candidate_id, backward_question, decision, decided_by"
    new = f"SELECT {columns} FROM candidate_overview JOIN corrections USING (candidate_id) WHERE corrects = ?"
    ((made_id, question, verdict, by),) = made.query(store, new, good)
    assert (question, verdict, by) == (better, "accept", "reviewer")
    assert made_id != good
    reason = made.query(store, "SELECT reasons[1] FROM latest_decisions WHERE candidate_id = ?", bad)[0][0]
    assert "fails conditions_kept" in reason
    assert pull(store, server).decided == {}


def test_nonsense_is_kept_and_cannot_count(argilla: RunningArgilla, server: Argilla, store: Store) -> None:
    pushed(store, server)
    found = list(records(argilla).items())[:3]
    by = argilla.annotators[0]
    answer(argilla, by, found[0][1], verdict="correct", corrected_question="   ")
    answer(argilla, by, found[1][1], verdict="correct", corrected_answer="\\frac{1}{")
    answer(argilla, by, found[2][1], verdict="correct", corrected_question="<script>alert(1)</script> x?")
    assert pull(store, server).decided == {"disagreement": 3}
    assert {decision(store, key) for key, _ in found} == {("review", "reviewer")}
    stored = made.query(store, "SELECT corrected_question FROM reviews WHERE candidate_id = ?", found[2][0])
    assert stored == [("<script>alert(1)</script> x?",)]


def test_a_dataset_that_was_deleted_is_made_again_and_no_review_is_lost(
    argilla: RunningArgilla, server: Argilla, store: Store
) -> None:
    pushed(store, server)
    answered = next(iter(records(argilla)))
    answer(argilla, argilla.annotators[0], records(argilla)[answered], verdict="accept")
    pull(store, server)
    count = len(records(argilla))
    delete_datasets(argilla)
    assert pull(store, server) == Pulled(events={}, unusable=0, decided={}, strangers=0, missing=("review",))
    assert decision(store, answered) == ("accept", "reviewer")
    dataset = server.make_dataset("review", 1)
    assert restore(store, dataset, "review") == count - 1
    assert send(store, dataset, "review") == count - 1
    assert records(argilla).keys() == dict(made.query(store, "SELECT candidate_id, kind FROM review_items")).keys() - {
        answered
    }
    assert pull(store, server).events == {}
    assert decision(store, answered) == ("accept", "reviewer")


def test_a_record_that_was_deleted_by_hand_is_sent_again(
    argilla: RunningArgilla, server: Argilla, store: Store
) -> None:
    pushed(store, server)
    found = records(argilla)
    gone = next(iter(found.values()))
    argilla.ask("DELETE", f"/api/v1/records/{gone['id']}", by=argilla.owner)
    dataset = server.make_dataset("review", 1)
    assert restore(store, dataset, "review") == 1
    assert send(store, dataset, "review") == 1
    assert records(argilla).keys() == found.keys()


def test_records_of_others_are_left_alone(argilla: RunningArgilla, server: Argilla, store: Store) -> None:
    pushed(store, server)
    one = next(iter(records(argilla).values()))
    stranger = {"external_id": "somebody's", "fields": one["fields"]}
    path = f"/api/v1/datasets/{dataset_id(argilla)}/records/bulk"
    argilla.ask("POST", path, by=argilla.owner, json_body={"items": [stranger]})
    answer(argilla, argilla.annotators[0], records(argilla)["somebody's"], verdict="accept")
    assert pull(store, server) == Pulled(events={}, unusable=0, decided={}, strangers=1)


def test_a_dataset_whose_questions_were_changed_is_not_used(
    argilla: RunningArgilla, server: Argilla, store: Store
) -> None:
    pushed(store, server)
    questions = argilla.ask("GET", f"/api/v1/datasets/{dataset_id(argilla)}/questions", by=argilla.owner)["items"]
    optional = next(each["id"] for each in questions if each["name"] == "comment")
    reply = argilla.request("DELETE", f"/api/v1/questions/{optional}", by=argilla.owner)
    if reply.status < 300:  # Argilla itself allows it only before a dataset is published
        with pytest.raises(ArgillaDatasetError, match="no question 'comment'"):
            server.dataset("review")
    delete_datasets(argilla)
    workspaces = argilla.ask("GET", "/api/v1/me/workspaces", by=argilla.owner)["items"]
    workspace = next(each["id"] for each in workspaces if each["name"] == "backmath-review")
    other = {"name": "backward-problems", "workspace_id": workspace, "guidelines": "mine"}
    made_id = argilla.ask("POST", "/api/v1/datasets", by=argilla.owner, json_body=other)["id"]
    field = {"name": "text", "title": "text", "required": True, "settings": {"type": "text"}}
    question = {"name": "mine", "title": "mine", "required": True, "settings": {"type": "text"}}
    argilla.ask("POST", f"/api/v1/datasets/{made_id}/fields", by=argilla.owner, json_body=field)
    argilla.ask("POST", f"/api/v1/datasets/{made_id}/questions", by=argilla.owner, json_body=question)
    argilla.ask("PUT", f"/api/v1/datasets/{made_id}/publish", by=argilla.owner)
    with pytest.raises(ArgillaDatasetError, match="no question 'verdict'"):
        server.dataset("review")


def test_a_server_that_dies_leaves_what_was_done_and_the_rest_goes_on_later(store: Store, tmp_path: Path) -> None:
    workspace = tmp_path / "dying"
    count = chosen(store)
    with running(workspace) as argilla:
        server = connect(argilla.url, argilla.owner.api_key)
        dataset = server.make_dataset("review", 1)
        argilla.server.process.kill()
        argilla.server.process.wait()
        with pytest.raises(ArgillaUnreachableError, match="does not answer"):
            send(store, dataset, "review")
        with pytest.raises(ArgillaUnreachableError):
            pull(store, server)
        with pytest.raises(ArgillaUnreachableError, match="backmath review serve"):
            connect(argilla.url, argilla.owner.api_key)
    assert made.query(store, "SELECT count(pushed_at) FROM review_items") == [(0,)]
    with running(workspace) as argilla:
        server = connect(argilla.url, argilla.owner.api_key)
        assert send(store, server.make_dataset("review", 1), "review") == count
        assert len(records(argilla)) == count


@pytest.mark.parametrize("body", ['{"version": "1.29.1"}', '{"version": "3.0.0"}'])
def test_another_version_is_refused_by_its_name(body: str) -> None:
    with answering(body) as url, pytest.raises(ArgillaVersionError, match="is version"):
        connect(url, "key")


@pytest.mark.parametrize("body", ["<html>", "[]", '{"version": 7}', '{"version": "new"}', "null"])
def test_what_is_no_argilla_is_refused(body: str) -> None:
    with answering(body) as url, pytest.raises(ArgillaVersionError, match="no Argilla"):
        connect(url, "key")


@pytest.mark.parametrize(
    "url", ["nonsense", "http://", "ftp://127.0.0.1", "http://127.0.0.1:1", "http://[::1", "file:///etc"]
)
def test_an_address_that_leads_nowhere_is_one_line(url: str) -> None:
    with pytest.raises(ArgillaUnreachableError) as error:
        connect(url, "key")
    assert "\n" not in str(error.value)


def test_a_key_that_is_wrong_or_no_owners_is_refused(argilla: RunningArgilla, server: Argilla) -> None:
    with pytest.raises(ArgillaRefusedError, match="does not know the key"):
        connect(argilla.url, "argilla.apikey")
    with pytest.raises(ArgillaRefusedError, match="no owner"):
        connect(argilla.url, argilla.annotators[0].api_key)
    with pytest.raises(ArgillaRefusedError, match="no owner's"):
        Argilla(argilla.url, argilla.annotators[0].api_key).make_dataset("review", 1)


def test_of_two_pulls_at_once_one_says_that_the_other_is_at_work(store: Store) -> None:
    with (
        store.running("review pull"),
        pytest.raises(AlreadyRunningError, match="review pull"),
        store.running("review pull"),
    ):
        pass


def test_argilla_calls_the_webhook_and_others_are_refused(
    argilla: RunningArgilla, server: Argilla, store: Store
) -> None:
    pushed(store, server)
    record = next(iter(records(argilla).values()))

    async def heard_of_an_answer() -> None:
        heard = asyncio.Event()
        url = f"http://127.0.0.1:{free_port()}/answers"
        async with listening(server, url, heard.set):
            request = urllib.request.Request(url, b"{}", method="POST")
            with pytest.raises(urllib.error.HTTPError, match="401"):
                await asyncio.to_thread(urllib.request.urlopen, request)
            assert not heard.is_set()
            await asyncio.to_thread(answer, argilla, argilla.annotators[0], record, verdict="accept")
            await asyncio.wait_for(heard.wait(), 20)
            with pytest.raises(WebhookError, match="cannot be listened on"):
                async with listening(server, url, heard.set):
                    pass

    asyncio.run(heard_of_an_answer())
    assert argilla.ask("GET", "/api/v1/webhooks", by=argilla.owner)["items"] == []


def free_port() -> int:
    from curation.review.server.process import free_port as free

    return free(0)


@contextmanager
def answering(body: str) -> Iterator[str]:
    """The address of a server that says the same to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()

"""What Argilla's server refuses: each of these is a request that got, or would have got, something out of Argilla."""

import base64
import hashlib
import hmac
import json
import secrets
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from curation.review.server import folder
from curation.review.server.credentials import Account
from tests.curation.review.running import RunningArgilla, running
from tests.curation.review.server.answered import Answered

# Who are you


def token(claims: dict[str, Any], key: str, algorithm: str = "HS256") -> str:
    """A JSON Web Token as RFC 7519 has it, signed with HMAC-SHA256, or not at all."""

    def encoded(part: bytes) -> str:
        return base64.urlsafe_b64encode(part).rstrip(b"=").decode()

    header = encoded(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
    body = f"{header}.{encoded(json.dumps(claims).encode())}"
    signature = hmac.new(key.encode(), body.encode(), hashlib.sha256).digest() if algorithm == "HS256" else b""
    return f"{body}.{encoded(signature)}"


def test_a_token_that_is_signed_with_the_key_logs_in_and_others_do_not(argilla: RunningArgilla) -> None:
    key = folder.secret_key(argilla.workspace)
    owner = {"username": "owner", "role": "owner", "exp": time.time() + 600}
    tokens = {
        "good": token(owner, key),
        "expired": token(owner | {"exp": time.time() - 600}, key),
        "unsigned": token(owner, key, "none"),
        "unsigned, spelt otherwise": token(owner, key, "nOnE"),
        "other key": token(owner, secrets.token_urlsafe(64)),
        "empty key": token(owner, ""),
        "nobody": token(owner | {"username": "nobody"}, key),
        "no user": token({"exp": time.time() + 600}, key),
        "nonsense": "a.b.c",
        "empty": "",
    }
    statuses = {
        name: argilla.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {each}"}).status
        for name, each in tokens.items()
    }
    assert statuses.pop("good") == 200
    assert set(statuses.values()) == {401}, statuses


def test_a_role_in_a_token_counts_for_nothing(argilla: RunningArgilla) -> None:
    name = argilla.annotators[0].username
    claims = {"username": name, "role": "owner", "exp": time.time() + 600}
    header = {"Authorization": f"Bearer {token(claims, folder.secret_key(argilla.workspace))}"}
    assert argilla.request("GET", "/api/v1/me", headers=header).body["role"] == "annotator"
    assert argilla.request("GET", "/api/v1/users", headers=header).status == 403


@pytest.mark.parametrize("key", ["argilla.apikey", "owner.apikey", "admin.apikey", "", "' OR 1=1 --", "%", "null"])
def test_a_guessed_key_gets_nothing(argilla: RunningArgilla, key: str) -> None:
    assert argilla.request("GET", "/api/v1/me", headers={"X-Argilla-Api-Key": key}).status == 401


def test_a_key_is_compared_to_its_last_character(argilla: RunningArgilla) -> None:
    key = argilla.owner.api_key
    for other in (key[:-1], key + "a", key.swapcase(), key[:-1] + "*"):
        assert argilla.request("GET", "/api/v1/me", headers={"X-Argilla-Api-Key": other}).status == 401


def test_without_a_key_there_is_nothing_about_data_or_people(argilla: RunningArgilla, answered: Answered) -> None:
    for path in (
        "me",
        "users",
        "me/workspaces",
        "me/datasets",
        f"datasets/{answered.dataset}",
        f"records/{answered.record}",
    ):
        assert argilla.request("GET", f"/api/v1/{path}").status == 401


def test_right_passwords_log_in_and_wrong_ones_get_nothing_and_soon_no_answer(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running(tmp_path_factory.mktemp("guessing") / "workspace") as server:
        for account in server.credentials.accounts():
            assert server.log_in(account.username, account.password).status == 201
        tries = [("argilla", "1234"), ("argilla", "12345678"), ("owner", "1234"), ("owner", ""), ("owner", "argilla")]
        assert {server.log_in(*each).status for each in tries[:3]} == {401}
        assert server.log_in(*tries[3]).status in (401, 422)
        statuses = [server.log_in("owner", f"guess{number}").status for number in range(20)]
        assert statuses.count(401) <= 3
        assert statuses[-1] == 429
        blocked = server.log_in("owner", server.owner.password)
        assert blocked.status == 429
        time.sleep(float(blocked.headers["retry-after"]) + 0.1)
        assert server.log_in("owner", server.owner.password).status == 201


def test_the_database_has_no_user_but_ours_and_no_password_in_plain_text(argilla: RunningArgilla) -> None:
    file = folder.folder(argilla.workspace) / folder.DATABASE_NAME
    with closing(sqlite3.connect(file)) as connection:
        users = connection.execute("SELECT username, password_hash FROM users").fetchall()
    assert {name for name, _ in users} == {account.username for account in argilla.credentials.accounts()}
    assert all(hashed.startswith("$2b$") for _, hashed in users)


def test_secrets_are_in_files_for_their_owner_only_and_nowhere_else(argilla: RunningArgilla) -> None:
    process = Path(f"/proc/{argilla.server.process.pid}")
    log = (folder.folder(argilla.workspace) / folder.LOG_NAME).read_text()
    told = (process / "cmdline").read_text() + (process / "environ").read_text() + log
    assert "HF_HUB_DISABLE_TELEMETRY=1" in told
    for account in argilla.credentials.accounts():
        assert account.password not in told
        assert account.api_key not in told
    assert folder.secret_key(argilla.workspace) not in told
    files = list(folder.folder(argilla.workspace).iterdir())
    assert len(files) >= 4
    assert [file.name for file in files if file.stat().st_mode & 0o077] == []


# Which page asks


@pytest.mark.parametrize("path", ["/", "/api/v1/version", "/api/v1/token", "/sign-in"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:6900"},
        {"Host": "localhost.evil.example"},
        {"Host": "0.0.0.0"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    ],
    ids=str,
)
def test_requests_of_other_pages_and_by_other_names_get_nothing(
    argilla: RunningArgilla, path: str, headers: dict[str, str]
) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        reply = argilla.request(method, path, headers=headers, by=argilla.owner)
        assert reply.status == 403
        assert not [name for name in reply.headers if name.lower().startswith("access-control")]


def test_its_own_page_programs_and_links_are_let_in(argilla: RunningArgilla) -> None:
    port = argilla.url.rpartition(":")[2]
    for headers in (
        {},
        {"Origin": argilla.url, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"},
        {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"},
        {"Host": "localhost:7000", "Origin": "http://localhost:7000"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ):
        assert argilla.request("GET", "/api/v1/version", headers=headers).status == 200


def test_a_preflight_grants_nothing(argilla: RunningArgilla) -> None:
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    for origin in ("https://evil.example", "null"):
        reply = argilla.request("OPTIONS", "/api/v1/me", headers=ask | {"Origin": origin})
        assert reply.status == 403
        assert "access-control-allow-origin" not in {name.lower() for name in reply.headers}


def test_a_proxys_address_is_let_in_where_it_was_named_and_only_that(tmp_path_factory: pytest.TempPathFactory) -> None:
    workspace = tmp_path_factory.mktemp("proxied") / "workspace"
    with running(workspace, origin="https://review.example.org") as server:

        def status(**headers: str) -> int:
            return server.request("GET", "/api/v1/version", headers=headers).status

        assert status(Host="review.example.org", Origin="https://review.example.org") == 200
        assert status(Origin="https://review.example.org") == 200
        assert status() == 200
        assert status(Host="review.example.org", Origin="https://evil.example") == 403
        assert status(Host="example.org") == 403


def test_every_answer_tells_the_browser_what_not_to_do(argilla: RunningArgilla) -> None:
    for path in ("/", "/sign-in", "/api/v1/version", "/api/v1/me", "/nothing"):
        headers = {name.lower(): value for name, value in argilla.request("GET", path).headers.items()}
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
        assert policy["frame-ancestors"] == "'none'"
        assert policy["default-src"] == "'self'"
        assert "unsafe" not in policy["script-src"]
        assert "server" not in headers


# What an annotator may do


def test_an_annotator_sees_own_datasets_and_none_of_the_others(argilla: RunningArgilla, answered: Answered) -> None:
    annotator, adjudicator = argilla.annotators[0], argilla.adjudicators[0]
    seen = [each["id"] for each in argilla.ask("GET", "/api/v1/me/datasets", by=annotator)["items"]]
    assert answered.dataset in seen
    assert answered.dataset not in str(argilla.ask("GET", "/api/v1/me/datasets", by=adjudicator))
    for path in ("", "/fields", "/questions", "/progress", "/users/progress"):
        assert argilla.request("GET", f"/api/v1/datasets/{answered.dataset}{path}", by=adjudicator).status == 403
    answer = {"values": {"verdict": {"value": "no"}}, "status": "submitted"}
    path = f"/api/v1/records/{answered.record}/responses"
    assert argilla.request("POST", path, by=adjudicator, json_body=answer).status == 403


def search(argilla: RunningArgilla, answered: Answered, by: Account, query: dict[str, Any] | None = None) -> Any:
    path = f"/api/v1/me/datasets/{answered.dataset}/records/search?include=responses"
    return argilla.request("POST", path, by=by, json_body=query or {})


def test_an_annotator_sees_own_answers_only(argilla: RunningArgilla, answered: Answered) -> None:
    for annotator, own, other in zip(argilla.annotators, answered.responses, reversed(answered.responses), strict=True):
        found = json.dumps(search(argilla, answered, annotator).body)
        assert own in found
        assert other not in found
        for method, path, body in (
            ("GET", f"/api/v1/records/{answered.record}", None),
            ("GET", f"/api/v1/datasets/{answered.dataset}/records?include=responses", None),
            ("POST", f"/api/v1/datasets/{answered.dataset}/records/search?include=responses", {}),
            ("GET", f"/api/v1/datasets/{answered.dataset}/users/progress", None),
            ("DELETE", f"/api/v1/responses/{other}", None),
            ("PUT", f"/api/v1/responses/{other}", {"status": "discarded"}),
        ):
            assert argilla.request(method, path, by=annotator, json_body=body).status == 403, path
    assert (
        json.dumps(argilla.ask("GET", f"/api/v1/records/{answered.record}", by=argilla.owner)).count("submitted") == 2
    )


def test_an_annotator_neither_sees_hidden_metadata_nor_finds_it_by_asking(
    argilla: RunningArgilla, answered: Answered
) -> None:
    annotator = argilla.annotators[0]

    def by_metadata(name: str, value: str = "yes") -> dict[str, Any]:
        scope = {"entity": "metadata", "metadata_property": name}
        return {"filters": {"and": [{"type": "terms", "scope": scope, "values": [value]}]}}

    def sorted_by(name: str) -> dict[str, Any]:
        scope = {"entity": "metadata", "metadata_property": name}
        return {"sort": [{"scope": scope, "order": "asc"}]}

    records = search(argilla, answered, annotator).body["items"]
    assert [each["record"]["metadata"] for each in records] == [{"source": "gsm8k"}] * 2
    assert len(search(argilla, answered, annotator, by_metadata("source", "gsm8k")).body["items"]) == 2
    for query in (by_metadata("audit"), sorted_by("audit")):
        hidden = search(argilla, answered, annotator, query)
        absent = search(argilla, answered, annotator, json.loads(json.dumps(query).replace("audit", "absent")))
        assert hidden.status == absent.status == 422
        assert str(hidden.body).replace("audit", "absent") == str(absent.body)
        assert search(argilla, answered, argilla.owner, query).status == 200
    path = f"/api/v1/me/datasets/{answered.dataset}/metadata-properties"
    properties = argilla.ask("GET", path, by=annotator)["items"]
    assert [each["name"] for each in properties] == ["source"]
    every = argilla.ask("GET", path, by=argilla.owner)["items"]
    audit = next(each["id"] for each in every if each["name"] == "audit")
    for method, below in (("GET", "/metrics"), ("DELETE", "")):
        reply = argilla.request(method, f"/api/v1/metadata-properties/{audit}{below}", by=annotator)
        assert reply.status == 403


def test_an_annotator_changes_nothing_but_own_answers(argilla: RunningArgilla, answered: Answered) -> None:
    annotator = argilla.annotators[0]
    owner_id = argilla.ask("GET", "/api/v1/me", by=argilla.owner)["id"]
    own = argilla.ask("GET", "/api/v1/me", by=annotator)
    workspace = argilla.ask("GET", "/api/v1/me/workspaces", by=annotator)["items"][0]["id"]
    dataset, records = f"/api/v1/datasets/{answered.dataset}", {"items": [{"fields": {"text": "mine"}}]}
    user = {"first_name": "x", "username": "intruder", "password": "12345678", "role": "owner"}
    question = argilla.ask("GET", f"{dataset}/questions", by=argilla.owner)["items"][0]["id"]
    hook = {"url": "http://127.0.0.1:1/", "events": ["response.created"], "description": "x"}
    field = {"name": "more", "title": "more", "settings": {"type": "text"}}
    for method, path, body in (
        ("GET", "/api/v1/users", None),
        ("GET", f"/api/v1/users/{owner_id}", None),
        ("GET", f"/api/v1/users/{own['id']}", None),
        ("GET", f"/api/v1/users/{owner_id}/workspaces", None),
        ("POST", "/api/v1/users", user),
        ("PATCH", f"/api/v1/users/{own['id']}", {"role": "owner"}),
        ("PATCH", f"/api/v1/users/{owner_id}", {"password": "12345678"}),
        ("DELETE", f"/api/v1/users/{owner_id}", None),
        ("POST", "/api/v1/workspaces", {"name": "mine"}),
        ("DELETE", f"/api/v1/workspaces/{workspace}", None),
        ("GET", f"/api/v1/workspaces/{workspace}/users", None),
        ("POST", f"/api/v1/workspaces/{workspace}/users", {"user_id": own["id"]}),
        ("POST", "/api/v1/datasets", {"name": "mine", "workspace_id": workspace}),
        ("PATCH", dataset, {"guidelines": "accept all"}),
        ("DELETE", dataset, None),
        ("PUT", f"{dataset}/publish", None),
        ("POST", f"{dataset}/fields", field),
        ("PATCH", f"/api/v1/questions/{question}", {"title": "x"}),
        ("DELETE", f"/api/v1/questions/{question}", None),
        ("POST", f"{dataset}/records/bulk", records),
        ("PUT", f"{dataset}/records/bulk", records),
        ("PATCH", f"/api/v1/records/{answered.record}", {"metadata": {"audit": "no"}}),
        ("DELETE", f"/api/v1/records/{answered.record}", None),
        ("DELETE", f"{dataset}/records?ids={answered.record}", None),
        ("PUT", f"/api/v1/records/{answered.record}/suggestions", {"question_id": question, "value": "no"}),
        ("GET", "/api/v1/webhooks", None),
        ("POST", "/api/v1/webhooks", hook),
    ):
        reply = argilla.request(method, path, by=annotator, json_body=body)
        assert reply.status == 403, (method, path, reply)
    assert argilla.ask("GET", dataset, by=argilla.owner)["guidelines"] is None
    assert "intruder" not in str(argilla.ask("GET", "/api/v1/users", by=argilla.owner))


def test_the_settings_tell_nothing_of_the_machine(argilla: RunningArgilla) -> None:
    told = json.dumps([argilla.request("GET", f"/api/v1/{name}").body for name in ("settings", "version", "status")])
    assert str(argilla.workspace) not in told
    assert argilla.owner.api_key not in told
    assert folder.secret_key(argilla.workspace) not in told


@pytest.mark.parametrize(
    "path", ["/../argilla.db", "/..%2f..%2fargilla.db", "/%2e%2e/credentials.json", "/credentials.json", "/secret.key"]
)
def test_no_file_of_the_workspace_is_served(argilla: RunningArgilla, path: str) -> None:
    body = str(argilla.request("GET", path).body)
    assert "SQLite format" not in body
    assert argilla.owner.password not in body
    assert folder.secret_key(argilla.workspace) not in body

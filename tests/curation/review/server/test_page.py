"""Argilla's page in a browser: what its guard allows is enough for people to work, and no more is fetched or run."""

import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, expect

from curation.review.server.credentials import Account
from tests.curation.review.running import RunningArgilla
from tests.curation.review.server.answered import Answered

FONTS = "https://fonts.googleapis.com/"
"""The page asks Google for its fonts. It is not let, and falls back to the system's."""


def log_in(page: Page, argilla: RunningArgilla, account: Account) -> None:
    page.goto(argilla.url)
    page.get_by_label("Username").or_(page.locator("input[name=Username]")).fill(account.username)
    page.locator("input[type=password]").fill(account.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Your datasets")).to_be_visible()


def test_an_annotator_logs_in_and_answers_without_a_word_from_elsewhere(
    argilla: RunningArgilla, answered: Answered, page: Page
) -> None:
    errors: list[str] = []
    asked: set[str] = set()

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and FONTS not in message.text:
            errors.append(message.text)

    def ask(request: Request) -> None:
        if not request.url.startswith((argilla.url, "data:", "blob:")):
            asked.add(request.url)

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", ask)
    annotator = argilla.annotators[0]
    log_in(page, argilla, annotator)
    page.goto(f"{argilla.url}/dataset/{answered.dataset}/annotation-mode")
    expect(page.get_by_text("Record 1")).to_be_visible()  # the first one is answered
    page.get_by_text("No", exact=True).click()
    page.get_by_role("button", name="Submit").click()
    found = wait_for_answers(argilla, answered, annotator)
    assert [each["values"]["verdict"]["value"] for each in found] == ["no"]
    assert not errors
    assert all(url.startswith(FONTS) for url in asked), asked


def wait_for_answers(argilla: RunningArgilla, answered: Answered, by: Account) -> list[dict[str, Any]]:
    """What the annotator has answered about the second record."""
    path = f"/api/v1/me/datasets/{answered.dataset}/records/search?include=responses"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        items = argilla.ask("POST", path, by=by, json_body={})["items"]
        (record,) = [each["record"] for each in items if each["record"]["id"] != answered.record]
        if record["responses"]:
            return list(record["responses"])
        time.sleep(0.2)
    return []


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of another server on this machine, and the folder of its pages."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", tmp_path
        server.shutdown()


def test_another_page_can_neither_frame_it_nor_read_from_it(
    argilla: RunningArgilla, stranger: tuple[str, Path], page: Page
) -> None:
    address, folder = stranger
    (folder / "index.html").write_text(f"""
        <iframe src="{argilla.url}/sign-in"></iframe>
        <script>
            fetch("{argilla.url}/api/v1/version").then(() => document.title = "read", () => document.title = "refused")
        </script>
    """)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{address}/index.html")
    expect(page).to_have_title("refused")
    page.wait_for_timeout(500)
    assert any("frame-ancestors" in text for text in said), said
    frame = page.frames[1]
    assert not frame.locator("input").count()


def test_a_script_in_a_record_does_not_run(argilla: RunningArgilla, answered: Answered, page: Page) -> None:
    attack = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script> harmless words"
    argilla.ask(
        "POST",
        f"/api/v1/datasets/{answered.dataset}/records/bulk",
        by=argilla.owner,
        json_body={"items": [{"fields": {"text": attack}}]},
    )
    log_in(page, argilla, argilla.annotators[1])
    query = "?_page=1&_status=pending&_search=harmless"
    page.goto(f"{argilla.url}/dataset/{answered.dataset}/annotation-mode{query}")
    expect(page.get_by_text("harmless words")).to_be_visible()
    assert "taken" not in page.title()

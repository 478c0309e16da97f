"""A person's whole way: log in, look, filter, reject, correct, mark a step with the mouse; the store has exactly that.

BACKMATH_SCREENSHOTS names a folder to keep pictures of the page in.
"""

import json
import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Response, expect

from curation.review.server import credentials, folder
from tests.backmath import cli
from tests.curation.review.answering import delete_datasets, records
from tests.curation.review.running import RunningArgilla

PICTURES = os.environ.get("BACKMATH_SCREENSHOTS")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def log_in(page: Page, argilla: RunningArgilla) -> None:
    account = argilla.annotators[0]
    page.goto(argilla.url)
    page.get_by_label("Username").or_(page.locator("input[name=Username]")).fill(account.username)
    page.locator("input[type=password]").fill(account.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("backward-problems").click()
    expect(page.get_by_text("Original problem")).to_be_visible()


def submit(page: Page) -> dict[str, Any]:
    """Submit what was answered; the response as Argilla keeps it."""

    def is_answer(response: Response) -> bool:
        return response.request.method == "POST" and response.url.endswith("/responses")

    with page.expect_response(is_answer) as answered:
        page.get_by_role("button", name="Submit").click()
    found: dict[str, Any] = answered.value.json()
    return found


def drag_over(page: Page, text: str) -> None:
    """Drag the mouse over the words, in the field with the steps."""
    box = page.evaluate(
        """text => {
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            let found = null;
            while (walker.nextNode()) {
                const at = walker.currentNode.textContent.indexOf(text);
                if (at < 0 || !walker.currentNode.parentElement.closest('[class*=span]')) continue;
                found = document.createRange();
                found.setStart(walker.currentNode, at);
                found.setEnd(walker.currentNode, at + text.length);
                found.startContainer.parentElement.scrollIntoView({block: 'center'});
            }
            if (!found) return null;
            const box = found.getBoundingClientRect();
            return {left: box.left, right: box.right, middle: (box.top + box.bottom) / 2};
        }""",
        text,
    )
    assert box, f"{text!r} is not in the steps"
    page.mouse.move(box["left"] + 1, box["middle"])
    page.mouse.down()
    page.mouse.move((box["left"] + box["right"]) / 2, box["middle"], steps=5)
    page.mouse.move(box["right"] - 1, box["middle"], steps=5)
    page.mouse.up()


def test_what_a_person_does_in_the_page_is_in_the_store(argilla: RunningArgilla, workplace: Path, page: Page) -> None:
    delete_datasets(argilla)
    workspace = workplace / "workspace"
    folder.make(workspace)
    credentials.write(workspace, argilla.credentials)
    output, _ = cli.run("review", "push", "--budget", 60, "--audit", 0.1, cwd=workplace)
    assert "60 rows sent" in output
    by_record = {each["id"]: key for key, each in records(argilla).items()}

    log_in(page, argilla)
    picture(page, "first")
    uncertain = cli.query(
        workspace, "SELECT count(*) FROM review_items WHERE NOT blind AND 4 * probability * (1 - probability) >= 0.97"
    )[0][0]
    page.get_by_text("Filters").click()
    page.get_by_text("Metadata").click()
    page.get_by_text("Uncertainty").click()
    page.locator(".range__inputs input").first.fill("0.97")
    page.locator(".range__inputs input").first.press("Enter")
    expect(page.get_by_text(f"1 of {uncertain}", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_text("Original problem").click()
    picture(page, "filtered")
    expect(page.locator(".katex").first).to_be_visible()
    assert page.locator(".katex-error").count() == 0

    page.get_by_text("Wrong", exact=True).click()
    page.get_by_text("Another number fits as well").click()
    picture(page, "rejected")
    rejected = submit(page)
    expect(page.get_by_text(f"2 of {uncertain}", exact=True)).to_be_visible()

    texts = dict(cli.query(workspace, "SELECT candidate_id, question FROM candidates"))
    shown = page.get_by_text("If we know the answer").first
    expect(shown).to_be_visible()
    page.get_by_text("Right with my corrections").click()
    editor = page.locator("[contenteditable=true]").first
    editor.click()
    original = editor.inner_text()
    better = "Please read this. " + " ".join(original.split())
    editor.fill(better)
    picture(page, "corrected")
    corrected = submit(page)
    expect(page.get_by_text(f"3 of {uncertain}", exact=True)).to_be_visible()

    page.get_by_text("Wrong", exact=True).click()
    page.get_by_text("A step is wrong").click()
    page.get_by_text("wrong step", exact=True).first.click()
    drag_over(page, "be the unknown")
    picture(page, "marked")
    page.locator("[contenteditable=true]").last.fill("<b>This</b> & $x$ <script>alert(1)</script>")
    marked = submit(page)

    output, _ = cli.run("review", "pull", cwd=workplace)
    assert "3 new answers" in output
    columns = "candidate_id, verdict, category, corrected_question, wrong_steps, comment, reviewer, unusable"
    stored = {row[0]: row[1:] for row in cli.query(workspace, f"SELECT {columns} FROM reviews")}
    name = argilla.annotators[0].username
    ids = [by_record[each["record_id"]] for each in (rejected, corrected, marked)]
    assert " ".join(texts[ids[1]].split()) == " ".join(original.split())
    script = "<b>This</b> & $x$ <script>alert(1)</script>"
    assert stored == {
        ids[0]: ("reject", "ambiguous", None, [], None, name, ""),
        ids[1]: ("correct", None, better, [], None, name, ""),
        ids[2]: ("reject", "wrong_step", None, [0], script, name, ""),
    }
    decided = json.loads(cli.run("candidates", "list", "--json", "--limit", 999, cwd=workplace)[0])
    by_people = {row["candidate_id"]: row["decision"] for row in decided if row["decided_by"] == "reviewer"}
    assert by_people[ids[0]] == by_people[ids[2]] == "reject"

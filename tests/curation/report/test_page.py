"""The report's page: what it shows is what is in the store, and text from data does nothing in it."""

import hashlib
import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Page

from curation import calls, decisions
from curation.columns import well_formed
from curation.errors import ReportError, StoreMissingError
from curation.releases import shelf
from curation.report.canvas import canvas
from curation.report.page import render, write
from curation.store import Store
from schemas.decision import Decision
from schemas.release import AuditedPrecision, SourceShare
from tests.curation import made
from tests.curation.releases.test_parts import manifest
from tests.curation.review import reviewed

HOSTILE = (
    "<script>window.ran = 1; fetch('http://127.0.0.1:9/x')</script>",
    "</style></title></svg></desc></textarea><img src=http://127.0.0.1:9/y onerror='window.ran = 2'>",
    "{{ 7 * 7 }}{% for x in y %}{{ config }}",
    '" onload="window.ran=3" x=\'javascript:window.ran = 4\' <a href=javascript:window.ran=4>',
    r"$\text{<script>window.ran = 5</script>}$ $\href{javascript:window.ran=6}{x}$ $\style{background:url(//h/)}{x}$",
    "turned \u202eround\u2066 \x00\x1b[31m\x85 ]]> --> <!-- &lt;b&gt; \ud800 $x_1$ \\frac{ \U0001f9ee e\u0301 &#x202e;"
    "\n---\nlicense: evil\n<svg onload=alert(1)>",
    "<b>long</b> " * 10_000,
)
"""Texts that would run, fetch, break out or turn things round where they were not shown as text."""


def full(folder: Path, text: str = "") -> Store:
    """A store with something for each part of the page; `text` stands in all columns that are text."""
    rows = [
        of.model_copy(
            update={
                "question": f"{of.question} {text}",
                "source": f"{of.source}{text}",
                "origin": f"made{text}",
                "answer": of.answer if number else f"{of.answer}{text}",
                "notation": ("annotated", "latex")[number % 2],
            }
        )
        for number, of in enumerate(map(made.problem, range(10, 35)))
    ]
    store = made.ingested(folder, *rows)
    fates: list[made.Outcomes] = [{}, {"provenance": "undecided"}, {"depends_on_condition": "fail"}]
    derivations = [
        made.derivation(of, fates[number % 3], conditions=[0], question=f"What is x? {text}", note=text)
        for number, of in enumerate(rows)
    ]
    run = made.derived(store, *derivations)
    keys = [derivation.candidates[0].id for derivation in derivations]
    with store.connect() as connection:
        spent = [made.call(1), made.call(2).model_copy(update={"model": f"priceless{text}", "usd": None})]
        calls.add(connection, run.run_id, spent)
        decisions.append(
            connection,
            [
                Decision(
                    candidate_id=keys[1],
                    verdict="reject",
                    reasons=(f"judge: {text}",),
                    policy="p",
                    decided_by="reviewer",
                )
            ],
        )
        for number in range(2):
            release(connection, f"1.{number}.0", well_formed(text))
        connection.execute("UPDATE decisions SET decided_at = ?", [datetime(2026, 3, 2, 12)])
    asked = [reviewed.item(key, "doubt" if number % 3 else "audit") for number, key in enumerate(keys)]
    people = [f"ann{text}", "bob"]
    answers = [
        reviewed.answer(key, who, "accept" if number % 3 == 0 or who == "bob" else "reject", 30 * number)
        for number, key in enumerate(keys)
        for who in people
    ]
    reviewed.write(store, asked, answers)
    with store.connect() as connection:
        connection.execute("UPDATE review_items SET pushed_at = ?", [reviewed.NOON])
    for name in ("runs", "runs/first"):
        (folder / name).mkdir()
    return store


def release(connection: duckdb.DuckDBPyConnection, version: str, text: str) -> None:
    """Note a release whose manifest has `text` wherever there is text from data."""
    noted = manifest(
        version=version,
        previous=None if version == "1.0.0" else "1.0.0",
        sources=(SourceShare(source=f"gsm8k{text}", licence=f"MIT{text}", problems=2, candidates=3),),
        policies=(f"default-1{text}",),
        fingerprints=(f"f1{text}",),
        precision=(AuditedPrecision(source=f"gsm8k{text}", formula="trace", audited=9, right=9, low=0.7, high=1.0),),
        evaluation_sets=(f"gsm8k test{text}",),
    )
    shelf.note(connection, noted)
    connection.execute("UPDATE releases SET created_at = ?", [reviewed.NOON])
    for split, reason in (
        ("train", ""),
        ("test", ""),
        (None, "duplicate: asks the same as b"),
        (None, f"contaminated: its problem is row 4 of gsm8k test{text}, by 90% of its runs of 8 words"),
    ):
        connection.execute("INSERT INTO release_items VALUES (?, 'a', 'b', ?, ?, 'policy')", [version, split, reason])


pytestmark = pytest.mark.xdist_group("report page")  # one process makes the pages


@pytest.fixture(scope="module")
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a store with the parameter, if any, in all its text; made before a browser runs an event loop."""
    text, folder = getattr(request, "param", ""), tmp_path_factory.mktemp("page")
    written = folder / "report.html"
    write(full(folder, text), written, {"provenance": text})
    return written


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """One with something for each part of the page. Not to be changed."""
    return full(tmp_path_factory.mktemp("store"))


def short(text: str) -> str:
    return text[:200].replace("\ud800", "")


def programs(html: str) -> dict[str, tuple[str, str]]:
    """The language and the text of how each figure was computed."""
    found = re.findall(r'<code class="(sql|python)" data-figure="([^"]+)">(.*?)</code>', html, re.DOTALL)
    return {key: (language, unescape(code)) for language, key, code in found}


def table(html: str, key: str) -> list[list[str]]:
    """The rows of the table that stands before a figure's program, as text."""
    before = html[: html.index(f'data-figure="{key}"')]
    body = re.findall(r"<details class=\"how\">.*?(?=<details class=\"how\">|\Z)", before, re.DOTALL)[-1]
    rows = re.findall(r"<tr><td.*?</tr>", body)
    return [[unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in rows]


def as_shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def test_the_sql_of_every_figure_gives_the_numbers_that_are_shown(store: Store) -> None:
    html = render(store, {})
    shown = programs(html)
    assert len(shown) == 17 + 2 * 7
    with duckdb.connect(str(store.path), read_only=True) as connection:
        for key, (language, code) in shown.items():
            if language == "sql":
                rows = connection.execute(code).fetchall()
                assert rows, key
                assert table(html, key) == [[as_shown(value) for value in row] for row in rows], key


def test_the_python_of_every_other_figure_runs_and_gives_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    html = render(full(tmp_path / "workspace"), {})
    monkeypatch.chdir(tmp_path)
    ran = 0
    for key, (language, code) in programs(html).items():
        if language == "python":
            exec(compile(code, key, "exec"), {})  # what the page tells a reader to run, on a store that we made
            lines = capsys.readouterr().out.splitlines()
            rows = table(html, key)
            assert len(lines) == len(rows) > 0, key
            for line, row in zip(lines, rows, strict=True):
                assert all(re.search(rf"\b{cell}\b", line) for cell in row if cell.isdigit()), (line, row)
            ran += 1
    assert ran == 4 + 2


def test_every_drawing_and_every_table_has_the_program_of_its_numbers(store: Store) -> None:
    parts = re.split(r"<h[23]", render(store, {}))
    shown = [part for part in parts if '<svg class="plot"' in part or "<table" in part]
    assert len(shown) > 20
    assert [part[:60] for part in shown if "data-figure=" not in part] == []


def test_a_release_is_shown_with_what_its_manifest_says(file: Path, page: Page) -> None:
    page.goto(file.as_uri())
    newest, older = page.locator("details.release").all()
    assert newest.get_attribute("open") is not None
    assert older.get_attribute("open") is None
    words = newest.inner_text()
    for said in (
        "1.1.0, after 1.0.0",
        "3 by policy",
        "default-1",
        "gsm8k test",
        "backmath 0.1.0",
        "its problem is row 4 of gsm8k test, by 90% of its runs of 8 words",
        "MIT",
        "9 of 9",
        "duplicate",
        hashlib.sha256(shelf.text(manifest(version="1.1.0")).encode()).hexdigest(),
    ):
        assert said in words, said


def test_every_page_of_the_docs_that_it_names_exists(store: Store) -> None:
    named = set(re.findall(r"docs/[a-z-]+\.md", render(store, {})))
    assert len(named) >= 5
    assert all((Path(__file__).parents[3] / name).exists() for name in named)


def test_the_same_store_gives_the_same_bytes(store: Store, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        write(store, tmp_path / name, {"provenance": "not certain"})
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert "not certain" in (tmp_path / "a.html").read_text()
    assert datetime.now(UTC).strftime("%Y-%m-%d") not in (tmp_path / "a.html").read_text()


@pytest.mark.parametrize(
    ("text", "file"), [(text, text) for text in HOSTILE], indirect=["file"], ids=range(len(HOSTILE))
)
def test_text_from_data_is_shown_and_nothing_in_it_runs_or_asks_for_anything(text: str, file: Path, page: Page) -> None:
    assert file.stat().st_size < 2_000_000
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text))
    page.on("dialog", lambda dialog: (blocked.append(dialog.message), dialog.dismiss()))
    page.goto(file.as_uri())
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert asked == [file.as_uri()]
    assert blocked == []  # the policy had nothing to forbid
    assert page.evaluate("window.ran") is None
    assert page.evaluate("document.querySelectorAll('script, img, iframe, object, link, base').length") == 0
    assert (
        page.evaluate(
            "[...document.querySelectorAll('*')].flatMap(one => one.getAttributeNames())"
            ".filter(name => name.startsWith('on') || name === 'src' || name === 'srcset' || name === 'action').length"
        )
        == 0
    )
    assert page.evaluate(
        "[...document.querySelectorAll('[href]')].every(one => one.getAttribute('href').startsWith('#'))"
    )
    assert page.title() == "BackMATH: report"
    words = page.inner_text("#examples")
    if text.startswith(("<script>", "{{")):
        assert text in words
    shown = file.read_text()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert page.evaluate("document.querySelectorAll('section').length") == 8


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("file", ["", "w" * 300], indirect=True, ids=["plain", "long words"])
def test_nothing_is_wider_than_the_screen(width: int, file: Path, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(file.as_uri())
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    labels = "text => { const box = text.getBoundingClientRect(), svg = text.ownerSVGElement.getBoundingClientRect();"
    cut = page.evaluate(
        f"[...document.querySelectorAll('svg.plot text')].filter({labels}"
        "return box.width && (box.left < svg.left - 1 || box.right > svg.right + 1) }).map(text => text.textContent)"
    )
    assert cut == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_told_from_what_is_behind_it(scheme: Any, file: Path, page: Page) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(file.as_uri())

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def contrast(first: str, second: str) -> float:
        """That of WCAG 2.2."""
        one, other = (
            light(page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('--{name}').trim()"))
            for name in (first, second)
        )
        return (max(one, other) + 0.05) / (min(one, other) + 0.05)

    for behind in ("paper", "panel"):
        assert all(contrast(name, behind) >= 4.5 for name in ("ink", "muted", "accent"))
        assert all(contrast(name, behind) >= 3 for name in ("accept", "review", "reject"))
    assert contrast("ink", "mark") >= 4.5


def test_who_does_not_see_a_plot_is_told_what_it_shows(file: Path, page: Page) -> None:
    page.goto(file.as_uri())
    told = page.evaluate(
        "[...document.querySelectorAll('svg')].map(svg => svg.getAttribute('aria-labelledby').split(' ')"
        ".map(id => document.getElementById(id).textContent.trim()))"
    )
    assert len(told) == 14 + 2 * 3
    assert all(title and text for title, text in told)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))


def test_printed_it_is_light_and_has_no_buttons(file: Path, page: Page) -> None:
    page.goto(file.as_uri())
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("details.how").first.is_visible()
    assert not page.locator("nav").is_visible()


def test_a_store_with_nothing_in_it_gives_a_page_that_says_so(tmp_path: Path) -> None:
    html = render(made.ingested(tmp_path), {})
    for words in (
        "Nothing was derived",
        "No audit was answered",
        "No language model was asked",
        "Nothing was released",
    ):
        assert words in html
    assert "Nothing was trained yet." in html


def test_without_a_store_or_a_place_to_write_there_is_one_line_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError):
        write(Store(tmp_path / "none"), tmp_path / "a.html", {})
    store = made.ingested(tmp_path / "workspace")
    for place in (tmp_path / "absent" / "a.html", tmp_path / "workspace"):
        with pytest.raises(ReportError, match=r"\A[^\n]*could not be written \([^\n]*\); nothing was left of it\Z"):
            write(store, place, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["workspace"]


def test_text_in_a_drawing_is_no_markup_no_mathematics_and_no_colour() -> None:
    text = '</text><script> $x_1$ style="fill: #0a0b00" id="a" font-family: b;'
    with canvas("a", 100, 20, text, text) as drawn:
        drawn.axes.text(0, 10, text)
    assert drawn.svg.count('&lt;/text&gt;&lt;script&gt; $x_1$ style="fill: #0a0b00" id="a" font-family: b;') == 1
    assert "<script" not in drawn.svg

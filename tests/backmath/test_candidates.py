"""`backmath candidates`: lists, one candidate whole, files, and nothing from data that acts on the terminal."""

import io
import json
import re
import unicodedata
from pathlib import Path

import duckdb
import pyarrow.parquet
import pytest
from rich.console import Console

from backmath.app import main
from backmath.candidate_page import print_candidate
from curation import calls
from curation.listing import show
from curation.store import Store
from schemas.problem import Problem
from tests.backmath import cli
from tests.curation import made

HOSTILE = "\x1b[31mred\x1b[0m \x9b2J \u202egnp.exe [bold]b[/bold] [/] \r\x00 {0} %s"


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    assert main(["candidates", "list", "--json", *arguments]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_a_list_as_json_is_the_view(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(capsys, "--limit", "100000")
    columns = [name for name, *_ in cli.query(workplace / "workspace", "DESCRIBE candidate_overview")]
    assert list(rows[0]) == columns
    whole = cli.query(workplace / "workspace", "SELECT candidate_id FROM candidate_overview")
    assert sorted(row["candidate_id"] for row in rows) == sorted(key for (key,) in whole)


@pytest.mark.parametrize(
    ("arguments", "condition"),
    [
        (["--decision", "accept"], "decision = 'accept'"),
        (["--decision", "review"], "decision = 'review'"),
        (["--source", "sample"], "source = 'sample'"),
        (["--source", "o'brien"], "false"),
        (["--formula", "trace"], "formula = 'trace'"),
        (
            ["--failed-check", "depends_on_condition"],
            "candidate_id IN (SELECT candidate_id FROM check_overview "
            "WHERE check_name = 'depends_on_condition' AND outcome = 'fail')",
        ),
    ],
)
def test_a_filter_selects_what_its_query_does(
    arguments: list[str], condition: str, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {row["candidate_id"] for row in listed(capsys, "--limit", "100000", *arguments)}
    wanted = cli.query(workplace / "workspace", f"SELECT candidate_id FROM candidate_overview WHERE {condition}")
    assert found == {key for (key,) in wanted}
    assert found or condition == "false"


def test_a_list_tells_formulas_of_models_from_traces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = made.problem(48)
    store = made.ingested(tmp_path, problem)
    made.derived(store, made.derivation(problem))
    written = made.derivation(problem, conditions=[0], kind="formalize")
    made.derived(store, written, fingerprint="f2")
    rows = listed(capsys, "--formula", "formalize", "--workspace", str(tmp_path))
    assert [row["candidate_id"] for row in rows] == [written.candidates[0].id]


def test_a_list_stops_at_its_limit_and_says_so(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["candidates", "list", "--limit", "7"]) == 0
    shown = capsys.readouterr().out
    assert len(re.findall(r"^[0-9a-f]{8} ", shown, re.MULTILINE)) == 7
    assert "--limit" in shown


def test_a_candidate_is_shown_whole(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = listed(capsys, "--decision", "accept", "--limit", "1")
    found = show(Store(workplace / "workspace"), str(row["candidate_id"]))
    assert main(["candidates", "show", str(row["candidate_id"])[:8]]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"«{row['condition_text']}»" in shown
    for text in (
        row["candidate_id"],
        row["backward_question"],
        row["equation"],
        *(step.text for step in found.candidate.solution),
        *(f"{check.name} {check.reason}" for check in found.candidate.checks),
    ):
        assert " ".join(str(text).split()) in shown


def test_what_models_wrote_stands_below_the_solution_with_the_broken_step_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = made.problem(48)
    (candidate,) = made.derivation(problem, conditions=[0]).candidates
    samples = [
        made.sample(problem, "In May: 48/2 = 24.", "48 + 24 = 73", broken_step=1),
        made.sample(problem, "x = 48", candidate_id=candidate.id),
        made.sample(problem, "of another candidate", candidate_id="another"),
    ]
    store = made.ingested(tmp_path, problem)
    made.derived(store, made.derivation(problem, conditions=[0], samples=samples))
    show_it = ["candidates", "show", candidate.id, "--workspace", str(tmp_path)]
    assert main(show_it) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    start = lines.index("What models wrote")
    assert lines.index("Solution") < start < lines.index("Checks")
    assert lines[start + 1 : start + 6] == [
        "✗ formalize by made: step 2 does not hold",
        "· In May: 48/2 = 24.",
        "✗ 48 + 24 = 73",
        "✓ solve by made: every step holds",
        "· x = 48",
    ]
    assert "of another candidate" not in "".join(lines)
    assert main([*show_it, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["samples"] == [sample.model_dump(mode="json") for sample in samples[:2]]


def test_the_condition_is_highlighted_where_there_are_colours(workplace: Path) -> None:
    ((key, text),) = cli.query(
        workplace / "workspace", "SELECT candidate_id, condition_text FROM candidate_overview LIMIT 1"
    )
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system="standard", width=100, markup=False)
    print_candidate(console, show(Store(workplace / "workspace"), key))
    assert re.search(rf"\x1b\[[\d;]*43m{re.escape(text)}\x1b\[0m", out.getvalue())
    assert "«" not in out.getvalue()


def test_an_unknown_id_is_one_line(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["candidates", "show", "nonsense"]) == 1
    out, err = capsys.readouterr()
    assert not out
    assert "'nonsense'" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_an_export_holds_the_selected_rows_of_the_view(
    suffix: str, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = workplace / f"out.{suffix}"
    assert main(["candidates", "export", str(file), "--decision", "accept"]) == 0
    wanted = cli.query(
        workplace / "workspace",
        "SELECT candidate_id, equation, condition_start FROM candidate_overview WHERE decision = 'accept'",
    )
    rows = (
        [json.loads(line) for line in file.read_text().splitlines()]
        if suffix == "jsonl"
        else pyarrow.parquet.read_table(file).to_pylist()
    )
    assert sorted((row["candidate_id"], row["equation"], row["condition_start"]) for row in rows) == sorted(wanted)
    assert all(step["text"] for row in rows for step in row["steps"])
    assert f"{len(rows):,} candidates written" in capsys.readouterr().out


def test_an_export_replaces_no_file_unless_told_to(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (workplace / "mine.jsonl").write_text("precious")
    assert main(["candidates", "export", "mine.jsonl"]) == 1
    assert "mine.jsonl is there already" in capsys.readouterr().err
    assert (workplace / "mine.jsonl").read_text() == "precious"
    assert main(["candidates", "export", "mine.jsonl", "--overwrite", "--limit", "2"]) == 0
    assert len((workplace / "mine.jsonl").read_text().splitlines()) == 2


def test_nothing_in_the_data_acts_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem(
        question=f"Natalia sold 48 clips. {HOSTILE}",
        solution=HOSTILE,
        answer="144",
        notation="text",
        source=HOSTILE,
        split=HOSTILE,
        licence=HOSTILE,
        origin=HOSTILE,
    )
    store = made.ingested(tmp_path, problem)
    written = made.sample(problem, HOSTILE, HOSTILE, broken_step=1)
    derivation = made.derivation(
        problem,
        {"provenance": "undecided"},
        conditions=(0,),
        question=HOSTILE,
        note=HOSTILE,
        samples=[written.model_copy(update={"model": HOSTILE, "reason": HOSTILE})],
    )
    made.derived(store, derivation)
    made.derived(store, made.failure(problem, HOSTILE, kind="formalize"), fingerprint="f2")
    with store.connect() as connection:
        calls.add(connection, "r", [made.call(1, text=HOSTILE).model_copy(update={"model": HOSTILE, "usd": None})])
        calls.add(connection, "r", [made.call(2).model_copy(update={"model": HOSTILE})])
    workspace = ["--workspace", str(tmp_path)]
    for command in (
        ["candidates", "list"],
        ["candidates", "show", derivation.candidates[0].id],
        ["status"],
        ["triage"],
        ["candidates", "list", "--json"],
        ["status", "--json"],
    ):
        assert main([*command, *workspace]) == 0
        out, err = capsys.readouterr()
        active = {f"U+{ord(c):04X}" for c in out + err if unicodedata.category(c) in {"Cc", "Cf"} and c != "\n"}
        assert not active, command
    assert main(["candidates", "show", derivation.candidates[0].id, *workspace]) == 0
    shown = capsys.readouterr().out
    assert r"\x1b[31mred\x1b[0m" in shown
    assert "[bold]b[/bold] [/]" in shown


def test_a_store_that_is_read_elsewhere_can_still_be_listed(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with duckdb.connect(workplace / "workspace" / "backmath.duckdb", read_only=True):
        assert listed(capsys, "--limit", "1")

"""Training in the report: what the runs' files say is what is shown, and broken or hostile files break nothing."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from curation.report import runs as reading
from curation.report.page import render, write
from curation.report.runs import read_runs
from schemas.evaluation import (
    Calibration,
    CalibrationBin,
    Comparison,
    Estimate,
    Evaluation,
    FirstErrors,
    Selected,
    SetResult,
)
from schemas.failures import Effect, ErrorShare, FailureAnalysis, Reply, SideBySide, Slice
from schemas.training import SkippedRows, Stage, TrainingRun
from tests.curation import made
from tests.curation.report.test_page import HOSTILE, as_shown, programs, table

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STAGES: tuple[Stage, ...] = ("sft", "prm", "ppo", "grpo", "evaluate")


def share(value: float) -> Estimate:
    return Estimate(value=value, low=value - 0.1, high=value + 0.1, n=250)


def workspace(folder: Path, text: str = "") -> Path:
    """A workspace with a run of each stage; `text` stands wherever there is text from data or people."""
    made.ingested(folder)
    for number, stage in enumerate(STAGES):
        record(folder, f"{stage}-1", stage, number, text)
    for stage in STAGES[:-1]:
        lines = [{"step": step, "seconds": 1.0 * step, **metrics(stage, step)} for step in range(0, 50, 5)]
        (folder / "runs" / f"{stage}-1" / "metrics.jsonl").write_text(
            "".join(f"{json.dumps(line)}\n" for line in lines)
        )
    place = folder / "runs" / "evaluate-1"
    (place / "evaluation.json").write_text(evaluation(text).model_dump_json())
    (place / "failures.json").write_text(failures(text).model_dump_json())
    return folder


def record(folder: Path, name: str, stage: Stage, number: int, text: str = "", within: str | None = None) -> None:
    (folder / "runs" / name).mkdir(parents=True)
    run = TrainingRun(
        name=name,
        stage=stage,
        state="done" if number else "failed",
        base=f"base{text}",
        recipe=None,
        release="1.0.0",
        manifest_sha256=None,
        code_version="1",
        packages={},
        device=f"CPU{text}",
        processes=1,
        started_at=NOON + timedelta(minutes=number),
        seconds=90.0,
        used={f"train{text}": 1234},
        skipped=(SkippedRows(split="train", reason=f"too long{text}", rows=7),),
        failure=None if number else f"ValueError: {text}",
        within=within,
    )
    (folder / "runs" / name / "run.json").write_text(run.model_dump_json())


def metrics(stage: Stage, step: int) -> dict[str, float]:
    if stage in ("ppo", "grpo"):
        return {"reward": step / 50, "right": step / 100, "kl": 0.1 * step, "length": 40.0, "loss": 1 - step / 50}
    return {"loss": 2.0 - step / 50, "eval_loss": 2.5 - step / 50}


def evaluation(text: str) -> Evaluation:
    result = {
        "set": f"gsm8k{text}",
        "questions": 250,
        "problems": 250,
        "samples": 4,
        "accuracy": share(0.6),
        "undecided": share(0.2),
        "no_answer": share(0.15),
        "cut_off": share(0.1),
        "mean_tokens": 40.0,
        "mean_of_samples": share(0.55),
        "selected": (Selected(by="majority", accuracy=share(0.7)), Selected(by="min", model="p", accuracy=share(0.72))),
        "calibration": Calibration(
            by="agreement",
            error=share(0.12),
            bins=(
                CalibrationBin(low=0.0, high=0.5, n=90, confidence=0.3, accuracy=0.2),
                CalibrationBin(low=0.5, high=1.0, n=160, confidence=0.8, accuracy=0.7),
            ),
        ),
    }
    return Evaluation(
        run="another name",
        model=f"model{text}",
        sets=(),
        results=(
            SetResult(kind="forward", **result),  # type: ignore[arg-type]
            SetResult(kind="backward", both=share(0.4), leaked=share(0.3), **result),  # type: ignore[arg-type]
        ),
        first_errors=(
            FirstErrors(
                set="processbench", model="p", threshold=0.5, erroneous=share(0.3), correct=share(0.8), f1=share(0.44)
            ),
        ),
        comparisons=(
            Comparison(
                set=f"gsm8k{text}",
                kind="forward",
                measure="accuracy",
                other=f"old{text}",
                this_value=0.6,
                other_value=0.5,
                difference=Estimate(value=0.1, low=0.02, high=0.18, n=250),
                only_this=40,
                only_other=15,
                test="mcnemar",
                p_value=0.001,
                adjusted_p_value=0.004,
            ),
        ),
        settings={},
        seed=0,
    )


def failures(text: str) -> FailureAnalysis:
    of = {"set": f"gsm8k{text}", "kind": "backward", "axis": "topic", "problems": 31}
    effect = {
        "other": f"old{text}",
        "this_value": 0.6,
        "other_value": 0.5,
        "beyond": None,
        "only_this": 9,
        "only_other": 1,
        "test": "mcnemar",
        "p_value": 0.001,
    }
    reply = Reply(
        run=f"new{text}",
        completion=f"1 + 1 = 3 {text}",
        answer=f"3{text}",
        outcome="unequal",
        error="arithmetic",
        why=f"1 + 1 = 3{text}",
    )
    return FailureAnalysis(
        run="another name",
        others=(f"old{text}",),
        least_problems=20,
        small_slices=3,
        slices=tuple(Slice(name=f"{name}{text}", accuracy=share(0.5), **of) for name in "ab"),  # type: ignore[arg-type]
        effects=tuple(
            Effect(
                name=f"{verdict}{text}",
                difference=Estimate(value=value, low=value - 0.1, high=value + 0.1, n=31),
                adjusted_p_value=p,
                verdict=verdict,  # type: ignore[arg-type]
                **of,  # type: ignore[arg-type]
                **effect,  # type: ignore[arg-type]
            )
            for verdict, value, p in (("not_told", 0.01, 1.0), ("hurts", -0.3, 0.01), ("helps", 0.3, 0.01))
        ),
        errors=(
            ErrorShare(
                run=f"new{text}", set=f"gsm8k{text}", kind="backward", error="arithmetic", answers=50, share=share(0.2)
            ),
        ),
        examples=(
            SideBySide(
                chosen=f"only old{text} is right",
                set=f"gsm8k{text}",
                row_id=f"row{text}",
                kind="backward",
                question=f"What is x? {text}",
                gold=f"2{text}",
                replies=(reply, reply.model_copy(update={"error": None, "outcome": "equal"})),
            ),
        ),
        seed=0,
    )


def test_the_program_of_every_figure_gives_the_numbers_that_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from curation.store import Store

    html = render(Store(workspace(tmp_path / "workspace")), {})
    monkeypatch.chdir(tmp_path)
    shown = {key: code for key, (_, code) in programs(html).items() if "read_runs" in code}
    for part in ("runs", "curve-policy-reward", "accuracy-0", "best-1", "across-0", "calibration-1", "comparison-0"):
        assert part in shown
    assert {"effects-evaluate-1", "errors-evaluate-1", "slices-evaluate-1-topic"} <= set(shown)
    for key, code in shown.items():
        exec(compile(code, key, "exec"), {})  # what the page tells a reader to run, on runs that we made
        lines = capsys.readouterr().out.splitlines()
        rows = table(html, key)
        assert len(lines) == len(rows) > 0, key
        for line, row in zip(lines, rows, strict=True):
            values = dict(re.findall(r"(\w+)=(-?[0-9.]+(?:e-?[0-9]+)?)(?= |\Z)", line))
            cells = [as_shown(float(each) if "." in each or "e" in each else int(each)) for each in values.values()]
            assert [cell for cell in cells if cell not in row] == [], (key, line, row)


def test_ppo_and_grpo_share_their_axes_and_each_figure_says_what_it_shows(tmp_path: Path, page: Page) -> None:
    from curation.store import Store

    write(Store(workspace(tmp_path)), tmp_path / "report.html", {})
    page.goto((tmp_path / "report.html").as_uri())
    told = page.locator("#curve-policy-reward-text").text_content() or ""
    assert re.fullmatch(r"ppo-1: from 0 at 0 to 0.9 at 45; grpo-1: from 0 at 0 to 0.9 at 45", told)
    words = page.locator("#training").inner_text()
    for said in (
        "Learning curves",
        "Right: gsm8k, forward",
        "Right: gsm8k, backward",
        "Right backward, and its forward question too",
        "Answered a backward question with the original answer",
        "First wrong step found: F1 on ProcessBench",
        "evaluate-1 against old",
        "Failures of evaluate-1, against old",
        "Where it helps, and where it hurts",
        "Slices of fewer than 20 problems are left out: 3 of them.",
        "only old is right",
        "1 + 1 = 3",
        "7 of train: too long",
    ):
        assert said in words, said
    effects = page.locator("#effects-evaluate-1-text").text_content() or ""
    assert [each.split(": ")[2] for each in effects.split("; ")] == ["+30.0, helps", "-30.0, hurts", "+1.0"]
    assert "Left out" not in words


def test_the_parts_of_a_comparison_are_shown_with_it_alone(tmp_path: Path) -> None:
    from curation.store import Store

    folder = workspace(tmp_path)
    record(folder, "compare-1", "compare", 9)
    for number, stage in enumerate(("ppo", "grpo", "evaluate"), 10):
        record(folder, f"compare-1-{stage}-both-seed0", stage, number, within="compare-1")
    for stage in ("ppo", "grpo"):
        lines = [json.dumps({"step": step, "seconds": 1.0, **metrics(stage, step)}) for step in range(0, 50, 5)]
        (folder / "runs" / f"compare-1-{stage}-both-seed0" / "metrics.jsonl").write_text("\n".join(lines))
    place = folder / "runs" / "compare-1-evaluate-both-seed0" / "evaluation.json"
    place.write_text(evaluation("").model_dump_json())
    html = render(Store(folder), {})
    assert [row[0] for row in table(html, "runs")] == ["compare-1", *(f"{stage}-1" for stage in reversed(STAGES))]
    assert {row[0] for row in table(html, "curve-0-policy-reward")} == {"ppo-both-seed0", "grpo-both-seed0"}
    assert {row[0] for row in table(html, "curve-policy-reward")} == {"ppo-1", "grpo-1"}
    assert {row[0] for row in table(html, "accuracy-0")} == {"evaluate-1"}


def test_in_a_workspace_without_runs_nothing_of_it_is_shown(tmp_path: Path) -> None:
    html = render(made.ingested(tmp_path), {})
    assert "Nothing was trained yet." in html
    assert "Learning curves" not in html


BROKEN: dict[str, tuple[str, bytes]] = {
    "half a line": ("sft-1/metrics.jsonl", b'{"step": 1, "loss": 2.0}\n{"step": 2, "lo'),
    "no numbers": (
        "sft-1/metrics.jsonl",
        b'{"step": NaN, "loss": Infinity}\n{"step": 3, "loss": NaN}\n[]\n{"step": "<b>"}\n',
    ),
    "huge numbers": ("sft-1/metrics.jsonl", b'{"step": 1, "loss": 1e999}\n{"step": ' + b"9" * 5000 + b', "loss": 1}\n'),
    "deep": ("evaluate-1/evaluation.json", b"[" * 200_000),
    "no estimate": ("evaluate-1/evaluation.json", evaluation("").model_dump_json().replace("0.6", "NaN").encode()),
    "no text": ("evaluate-1/failures.json", bytes(range(256)) * 9),
    "empty": ("ppo-1/run.json", b""),
    "another shape": ("ppo-1/run.json", b'{"name": "../../etc/passwd"}'),
    "many digits": ("ppo-1/run.json", b'{"seconds": ' + b"9" * 6000 + b"}"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_left_out_with_a_line_that_names_it(name: str, tmp_path: Path) -> None:
    from curation.store import Store

    file, data = BROKEN[name]
    (workspace(tmp_path) / "runs" / file).write_bytes(data)
    html = render(Store(tmp_path), {})
    section = html[html.index('id="training"') :]
    assert "Left out, since it cannot be read" in section
    assert f"<li>{file}: " in section
    assert "grpo-1" in section
    assert not re.search(r"\bnan\b|\binf\b", section, re.I)


def test_what_is_too_large_is_not_read_and_old_runs_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_RUNS", 3)
    with (workspace(tmp_path) / "runs" / "evaluate-1" / "failures.json").open("r+b") as file:
        file.truncate(1 << 30)  # sparse
    found = read_runs(tmp_path)
    assert [each.record.name for each in found.found] == ["ppo-1", "grpo-1", "evaluate-1"]
    assert found.left_out == ("2 older runs", "evaluate-1/failures.json: larger than 32 MiB")


@pytest.fixture
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The page of runs with the parameter in all their text; made before a browser runs an event loop."""
    from curation.columns import well_formed
    from curation.store import Store

    written = tmp_path / "report.html"
    write(Store(workspace(tmp_path, well_formed(request.param))), written, {})
    return written


@pytest.mark.parametrize("file", [HOSTILE[place] for place in (0, 1, 5, 6)], indirect=True, ids=range(4))
def test_text_from_runs_is_shown_and_nothing_in_it_runs_or_asks_for_anything(file: Path, page: Page) -> None:
    assert file.stat().st_size < 2_000_000
    asked: list[str] = []
    blocked: list[Any] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: blocked.append(message.text))
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(file.as_uri())
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert asked == [file.as_uri()]
    assert blocked == []
    assert page.evaluate("window.ran") is None
    assert page.evaluate("document.querySelectorAll('script, img, iframe, object, link, base').length") == 0
    assert page.evaluate("document.querySelectorAll('section').length") == 8
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", file.read_text())
    cut = page.evaluate(
        "[...document.querySelectorAll('svg.plot text')].filter(text => { const box = text.getBoundingClientRect(), "
        "svg = text.ownerSVGElement.getBoundingClientRect();"
        "return box.width && (box.left < svg.left - 1 || box.right > svg.right + 1) }).map(text => text.textContent)"
    )
    assert cut == []

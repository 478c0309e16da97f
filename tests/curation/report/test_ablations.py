"""Comparisons of trainings in the report: what compare.json holds is what is shown, and what programs print."""

from pathlib import Path

import pytest

from curation.report import runs as reading
from curation.report.ablations import accuracy_rows, trainings
from curation.report.page import render
from curation.report.runs import read_runs
from curation.store import Store
from schemas.ablation import Ablation, Arm, ArmResult, Trained
from tests.curation.report import test_training
from tests.curation.report.test_page import HOSTILE, as_shown, programs, table
from tests.curation.report.test_training import share


def compared(folder: Path, text: str = "") -> Path:
    """A workspace with a comparison, older than all its other runs."""
    test_training.workspace(folder)
    test_training.record(folder, "compare-1", "compare", -1, text)
    (folder / "runs" / "compare-1" / "compare.json").write_text(ablation(text).model_dump_json())
    return folder


def ablation(text: str) -> Ablation:
    base = ArmResult(set=f"gsm8k{text}", kind="forward", accuracy=share(0.3), of_seeds=(0.3,))
    sft = ArmResult(
        set=f"gsm8k{text}",
        kind="forward",
        accuracy=share(0.45),
        of_seeds=(0.4, 0.5),
        above="base",
        difference=share(0.15),
        p_value=0.01,
        adjusted_p_value=0.02,
    )
    took = Trained(
        seed=1,
        run=f"r{text}",
        evaluation="e",
        steps=40,
        solutions=320,
        tokens=12345,
        seconds_a_step=0.25,
        peak_memory=3 * 2**20,
        reward=(-0.5, 0.75),
    )
    return Ablation(
        run="another name",
        model=f"model{text}",
        recipe=None,
        release="1.0.0",
        seeds=(0, 1),
        solutions=320,
        arms=(
            Arm(name="base", trained=(Trained(seed=0, run=None, evaluation="e"),), results=(base,)),
            Arm(name="sft-both", trained=(took,), results=(sft,)),
        ),
    )


def test_what_arms_took_and_are_worth_is_shown_as_its_programs_print_it(tmp_path: Path) -> None:
    html = render(Store(compared(tmp_path)), {})
    shown = programs(html)
    runs = read_runs(tmp_path)
    took = trainings(runs)
    assert took
    assert [(row.run, row.arm, row.steps, row.peak_memory_mib, row.last_reward) for row in took.rows] == [
        ("compare-1", "sft-both", 40, 3.0, 0.75)
    ]
    assert [(row.arm, row.right, row.difference, row.seeds) for row in accuracy_rows(runs, 0)] == [
        ("base", 0.3, None, "30.0%"),
        ("sft-both", 0.45, 0.15, "40.0% 50.0%"),
    ]
    for key, rows in (("arms", took.rows), ("arms-0", accuracy_rows(runs, 0))):
        assert shown[key][0] == "python"
        assert table(html, key) == [[as_shown(value) for value in row.model_dump().values()] for row in rows]
    assert "45.0%, +15.0, p 0.02" in html


def test_a_comparison_stays_where_its_own_runs_are_too_many_and_hostile_text_is_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared(tmp_path, HOSTILE)
    monkeypatch.setattr(reading, "MOST_RUNS", 2)
    found = read_runs(tmp_path)
    html = render(Store(tmp_path), {})
    assert [each.record.name for each in found.found] == ["compare-1", "grpo-1", "evaluate-1"]
    assert found.left_out == ("3 older runs",)
    assert "<script>" not in html[html.index('id="training"') :]


def test_without_a_comparison_nothing_is_said_of_one(tmp_path: Path) -> None:
    assert "What each part of the training brings" not in render(Store(test_training.workspace(tmp_path)), {})

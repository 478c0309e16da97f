"""Which reward models a stage takes, and what a resumed run may not be told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.training import Stage, TrainingRun
from training import stages
from training.errors import RunError
from training.watch import Unwatched


def done(workspace: Path, stage: Stage, recipe: str) -> str:
    """The model of a run that was done."""
    folder = workspace / "runs" / f"{stage}-{recipe}"
    folder.mkdir(parents=True)
    record = TrainingRun(
        name=folder.name,
        stage=stage,
        state="done",
        base="tiny",
        recipe=recipe,
        release="1.0.0",
        manifest_sha256=None,
        code_version="1",
        packages={},
        device="CPU",
        processes=1,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    (folder / "run.json").write_text(record.model_dump_json())
    return str(folder / "model")


def test_a_reward_model_that_is_not_named_is_the_newest_of_the_recipe(tmp_path: Path) -> None:
    prm, backprm = done(tmp_path, "prm", "tiny"), done(tmp_path, "backprm", "tiny")
    done(tmp_path, "prm", "7b")
    assert stages.reward_models(tmp_path, "tiny", {}) == {"prm": prm, "backprm": backprm}
    assert stages.reward_models(tmp_path, "tiny", {"prm": "mine"}) == {"prm": "mine", "backprm": backprm}
    assert stages.reward_models(tmp_path, "tiny", {"prm": "none"}) == {"backprm": backprm}


def test_the_outcome_alone_has_to_be_asked_for(tmp_path: Path) -> None:
    assert stages.reward_models(tmp_path, "tiny", {"prm": "none"}) == {}
    with pytest.raises(RunError, match="there is no PRM to reward steps with"):
        stages.reward_models(tmp_path, "tiny", {})


def test_a_resumed_run_is_not_told_of_other_reward_models(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="leave out --prm or --backprm; nothing was done"):
        stages.train(tmp_path, "ppo", watch=Unwatched(), resume="ppo-1", rewards={"prm": "mine"})

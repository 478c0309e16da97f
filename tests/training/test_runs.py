"""Runs: their names, their records, and that one goes on only as it was begun."""

import json
from pathlib import Path

import pytest

from training import runs
from training.configurations.configuration import Configuration
from training.configurations.reading import base_model, read
from training.configurations.sft import SftConfiguration
from training.errors import RunError, StoppedError
from training.runs import Run, running


def one(workspace: Path, name: str | None = None, *, resume: bool = False, seed: int = 0, stage: str = "sft") -> Run:
    """A run that does nothing."""
    with running(workspace, stage, SftConfiguration(seed=seed), base="a/model", name=name, resume=resume) as run:  # type: ignore[arg-type]
        run.note(used={"train": 2})
    return run


def interrupted(workspace: Path, name: str) -> None:
    with pytest.raises(StoppedError), running(workspace, "sft", SftConfiguration(), base="a/model", name=name):
        raise StoppedError("stopped")


def test_a_run_gets_the_next_free_name_of_its_stage_or_its_own(tmp_path: Path) -> None:
    assert [one(tmp_path).record.name, one(tmp_path).record.name, one(tmp_path, "mine").record.name] == [
        "sft-1",
        "sft-2",
        "mine",
    ]
    with pytest.raises(RunError, match=r"there is a run mine already; nothing was done. Next: --resume mine"):
        one(tmp_path, "mine")
    for name in ("", "../mine", ".mine"):
        with pytest.raises(RunError, match="cannot be the name of a run"):
            one(tmp_path, name)


def test_a_record_says_how_a_run_ended(tmp_path: Path) -> None:
    one(tmp_path, "done")
    interrupted(tmp_path, "stopped")
    with pytest.raises(ZeroDivisionError), running(tmp_path, "sft", SftConfiguration(), base="b", name="failed") as run:
        run.note(parameters=1 // 0)
    states = {record.name: (record.state, record.failure) for record in runs.records(tmp_path)}
    assert states == {
        "done": ("done", None),
        "stopped": ("interrupted", None),
        "failed": ("failed", "ZeroDivisionError: integer division or modulo by zero"),
    }


def test_a_run_goes_on_only_with_its_own_configuration_and_stage_and_only_when_it_is_not_done(tmp_path: Path) -> None:
    interrupted(tmp_path, "mine")
    with pytest.raises(RunError, match=r"was begun with seed = 0, not 1; nothing was done, and its checkpoints are"):
        one(tmp_path, "mine", resume=True, seed=1)
    with pytest.raises(RunError, match="run mine is one of sft, not of ppo; nothing was done"):
        one(tmp_path, "mine", resume=True, stage="ppo")
    assert one(tmp_path, "mine", resume=True).record.state == "done"
    with pytest.raises(RunError, match=r"run mine is done; nothing was done. Its model is .*mine.model"):
        one(tmp_path, "mine", resume=True)
    with pytest.raises(RunError, match="there is no run other; there are: mine"):
        one(tmp_path, "other", resume=True)


def test_a_run_is_of_one_process_at_a_time(tmp_path: Path) -> None:
    with running(tmp_path, "sft", SftConfiguration(), base="b", name="mine") as run:
        with pytest.raises(RunError, match="run mine goes on in another process; nothing was done here"):
            one(tmp_path, "mine", resume=True)
        assert run.record.state == "running"


@pytest.mark.parametrize("base", ["a/model", 'quoted "\\" 模型 😀'])
def test_its_configuration_can_be_read_as_a_users_file(tmp_path: Path, base: str) -> None:
    told = SftConfiguration(learning_rate=1e-5, packing=True, trackers=("tensorboard",))
    with running(tmp_path, "sft", told, base=base) as run:
        file = run.folder / runs.CONFIGURATION_NAME
    assert read(SftConfiguration, "sft", None, file, {}) == told
    assert base_model(None, file) == base


def test_metrics_behind_a_checkpoint_and_lines_cut_short_are_forgotten(tmp_path: Path) -> None:
    with running(tmp_path, "sft", Configuration(), base="b") as run:
        for step in range(1, 6):
            run.log(step, {"loss": 1 / step})
        with (run.folder / runs.METRICS_NAME).open("a") as file:
            file.write('{"step": 6, "lo')
        assert [line["step"] for line in run.metrics()] == [1, 2, 3, 4, 5]
        run.forget_metrics_after(3)
        lines = (run.folder / runs.METRICS_NAME).read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2, 3]


def test_a_checkpoint_that_was_cut_short_is_none_and_old_ones_go_when_a_new_one_is_whole(tmp_path: Path) -> None:
    with running(tmp_path, "sft", Configuration(), base="b") as run:
        assert run.last_checkpoint() is None
        for step in (9, 10, 100):
            (run.checkpoints / f"checkpoint-{step}").mkdir(parents=True)
            if step < 100:
                run.completed(step, keep=1)
        assert run.last_checkpoint() == run.checkpoints / "checkpoint-10"
        assert not (run.checkpoints / "checkpoint-9").exists()


def test_a_record_that_cannot_be_read_is_left_out_of_the_list_and_named_when_asked_for(tmp_path: Path) -> None:
    one(tmp_path, "good")
    one(tmp_path, "bad")
    (tmp_path / "runs" / "bad" / "run.json").write_text("{")
    assert [record.name for record in runs.records(tmp_path)] == ["good"]
    with pytest.raises(RunError, match=r"bad/run.json cannot be read \(ValidationError\); nothing was done"):
        runs.record(tmp_path, "bad")


def test_the_newest_model_is_of_a_run_that_was_done_by_the_same_recipe(tmp_path: Path) -> None:
    one(tmp_path, "first")
    one(tmp_path, "second")
    interrupted(tmp_path, "third")
    assert runs.newest_model(tmp_path, "sft", None) == tmp_path / "runs" / "second" / "model"
    assert runs.newest_model(tmp_path, "sft", "tiny") is None
    assert runs.newest_model(tmp_path, "prm", None) is None

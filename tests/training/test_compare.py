"""Comparing trainings: the same budget for each arm, nothing done twice, and a table whose figures hold by hand."""

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from schemas.ablation import Ablation, ArmName, Trained
from schemas.evaluation import Answered, GradedOutcome
from schemas.failures import FailureAnalysis
from schemas.training import TrainingRun
from tests.training.evaluation.made import answered
from training import ablation, runs
from training.compare import COMPARISON_NAME, budget, compare
from training.configurations.evaluation import EvaluationConfiguration
from training.errors import ConfigurationError, RunError, StoppedError
from training.evaluation import evaluation
from training.release import Release
from training.runs import Run, running
from training.watch import Unwatched

ARMS: tuple[ArmName, ...] = ("base", "sft-forward", "sft-both", "ppo-both", "grpo-both")
STAGES = """
[sft]
packing = true
max_steps = 4
batch_size = 4
max_length = 400
eval_rows = 0
[prm]
max_steps = 1
batch_size = 2
max_length = 400
eval_rows = 0
[backprm]
max_steps = 1
batch_size = 2
max_length = 400
eval_rows = 0
[ppo]
max_steps = 4
batch_size = 4
max_new_tokens = 8
eval_rows = 0
log_every = 1
[grpo]
max_steps = 9
batch_size = 4
group = 4
max_new_tokens = 8
eval_rows = 0
log_every = 1
"""


class StopsInPpo(Unwatched):
    """Wants to stop at the first step of PPO."""

    stage = ""

    def stopping(self) -> bool:
        return self.stage == "ppo"


class Comparison:
    """One that was stopped in PPO, and was gone on with."""

    def __init__(self, workspace: Path, base: str) -> None:
        self.workspace = workspace
        file = workspace.parent / "stages.toml"
        file.write_text(STAGES)
        flags = {"arms": ARMS, "seeds": 1, "limit": 2, "max_tokens": 8}
        watch = StopsInPpo()

        def began(run: Run) -> None:
            watch.stage = run.record.stage

        with pytest.raises(StoppedError):
            compare(workspace, watch=watch, base=base, file=file, flags=flags, began=began)
        file.unlink()  # the run has its own copy
        self.before = {run.name: run for run in runs.records(workspace)}
        begun: list[str] = []
        self.found = compare(
            workspace, watch=Unwatched(), resume="compare-1", began=lambda run: begun.append(run.record.name)
        )
        self.begun = begun
        self.after = {run.name: run for run in runs.records(workspace)}


@pytest.fixture(scope="module")
def done(workspace: Path, base: str) -> Comparison:
    return Comparison(workspace, base)


def run_of(done: Comparison, arm: ArmName) -> TrainingRun:
    name = {each.name: each for each in done.found.arms}[arm].trained[0].run
    assert name
    return done.after[name]


def test_what_was_done_when_it_was_stopped_is_not_done_again(done: Comparison) -> None:
    assert done.before["compare-1"].state == "interrupted"
    finished = {name: run for name, run in done.before.items() if run.state == "done"}
    assert len(finished) == 8  # two arms and the start, PRM and BackPRM, and three evaluations
    assert {name: done.after[name] for name in finished} == finished
    assert not finished.keys() & set(done.begun)
    assert {run.state for run in done.after.values()} == {"done"}


def test_every_arm_learns_from_as_many_solutions(done: Comparison) -> None:
    taken = {arm.name: (arm.trained[0].steps, arm.trained[0].solutions) for arm in done.found.arms}
    assert taken == {  # PPO's 4 steps of 2 solutions behind SFT's 4 steps of 4
        "base": (0, 0),
        "sft-forward": (6, 24),
        "sft-both": (6, 24),
        "ppo-both": (8, 24),
        "grpo-both": (6, 24),
    }
    assert done.found.solutions == 24
    for arm in done.found.arms[1:]:
        trained = arm.trained[0]
        steps = runs.read_metrics(done.workspace / "runs" / str(trained.run))[-1]["step"]
        assert steps == {"ppo-both": 4, "grpo-both": 2}.get(arm.name, 6)
        assert trained.tokens > 24
        assert trained.seconds_a_step
        assert trained.peak_memory
        assert trained.peak_memory > 2**27
        assert (trained.reward is not None) == (arm.name in ("ppo-both", "grpo-both"))


def test_arms_differ_in_what_they_learn_from_alone(done: Comparison) -> None:
    assert run_of(done, "sft-forward").used["train"] < run_of(done, "sft-both").used["train"]
    ppo, grpo = run_of(done, "ppo-both"), run_of(done, "grpo-both")
    assert ppo.rewards == grpo.rewards
    assert set(ppo.rewards) == {"prm", "backprm"}
    assert ppo.base == grpo.base
    assert ppo.base.endswith("compare-1-start-seed0/model")
    evaluations = [run for run in done.after.values() if run.stage == "evaluate"]
    asked = {
        frozenset(json.loads(line)["row_id"] for line in file.read_text().splitlines())
        for run in evaluations
        for file in [done.workspace / "runs" / run.name / "answers.jsonl"]
    }
    assert len(evaluations) == len(ARMS)
    assert len(asked) == 1


def test_each_arm_is_held_against_the_one_above_with_the_same_seed(done: Comparison) -> None:
    for above, arm in pairwise(done.found.arms):
        (trained,), (before,) = arm.trained, above.trained
        found = evaluation.read(done.workspace, trained.evaluation)
        assert {each.other for each in found.comparisons} == {before.evaluation}
        told = (done.workspace / "runs" / trained.evaluation / "failures.json").read_bytes()
        assert FailureAnalysis.model_validate_json(told).others == (before.evaluation,)


def test_its_runs_say_that_they_are_part_of_it_and_are_no_models_to_begin_with(done: Comparison) -> None:
    assert {run.within for name, run in done.after.items() if name != "compare-1"} == {"compare-1"}
    assert runs.newest_model(done.workspace, "sft", None) is None
    file = done.workspace / "runs" / "compare-1" / COMPARISON_NAME
    assert Ablation.model_validate_json(file.read_bytes()) == done.found


def test_one_that_is_done_is_left_alone(done: Comparison) -> None:
    with pytest.raises(RunError, match="run compare-1 is done; nothing was done"):
        compare(done.workspace, watch=Unwatched(), resume="compare-1")


@pytest.mark.parametrize(
    ("flags", "said"),
    [({"arms": ("base", "base")}, "base is named twice"), ({"arms": ("dpo",)}, "'dpo'"), ({"seeds": 0}, "seeds = 0")],
)
def test_what_cannot_be_compared_is_said_before_there_is_a_run(
    flags: Mapping[str, object], said: str, released: Path, base: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        compare(released, watch=Unwatched(), base=base, flags=flags)
    assert not (released / "runs").exists()


def test_without_reinforcement_the_budget_is_that_of_fine_tuning_where_rows_are_never_packed(
    released: Path, tmp_path: Path
) -> None:
    file = tmp_path / "stages.toml"
    file.write_text(STAGES)
    release = Release(released)
    assert budget(("sft-both",), None, file, release).solutions == 16
    file.write_text("[sft]\nbatch_size = 8\nepochs = 2\n[ppo]\nbatch_size = 8\n")
    rows = {(count.config, count.split): count.rows for count in release.manifest.counts}
    found = budget(ARMS, None, file, release)
    assert found.start == -(-2 * rows["sft", "train"] // 8)
    assert found.ppo == -(-rows["rl", "train"] // 8) * 4  # two mini-batches, twice
    assert found.grpo == found.ppo // 2
    file.write_text("[sft]\npacking = true\nbatch_size = 8\nepochs = 2\n[ppo]\nbatch_size = 8\n")
    assert budget(ARMS, None, file, release) == found


def test_the_table_is_the_mean_over_seeds_and_paired_with_the_row_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "base", "1000")
    written(tmp_path, "one", "1100")
    written(tmp_path, "two", "1111")
    trained: dict[ArmName, tuple[Trained, ...]] = {
        "base": (Trained(seed=0, run=None, evaluation="base"),),
        "sft-both": tuple(Trained(seed=seed, run=name, evaluation=name) for seed, name in enumerate(("one", "two"))),
    }
    base, both = ablation.arms(tmp_path, trained)
    assert (base.results[0].accuracy.value, base.results[0].above) == (0.25, None)
    result = both.results[0]
    assert result.accuracy.value == 0.75
    assert result.of_seeds == (0.5, 1.0)
    assert result.above == "base"
    assert result.difference
    assert result.difference.value == 0.5  # 0, 1, 1/2 and 1/2
    assert 0 <= result.difference.low < 0.5 < result.difference.high <= 1
    assert result.p_value == pytest.approx(0.25, abs=0.02)  # 2 of the 8 ways to sign three differences
    assert result.adjusted_p_value == result.p_value


def written(workspace: Path, name: str, right: str) -> None:
    """An evaluation with an answer to each of some questions, 1 for right."""
    outcomes: list[GradedOutcome] = ["equal" if each == "1" else "unequal" for each in right]
    rows: list[Answered] = [answered(str(place), outcome) for place, outcome in enumerate(outcomes)]
    with running(
        workspace, "evaluate", EvaluationConfiguration.model_validate({"on": ("made",)}), base="a/model", name=name
    ) as run:
        (run.folder / "answers.jsonl").write_text("".join(f"{row.model_dump_json()}\n" for row in rows))

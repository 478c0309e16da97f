"""Fine-tuning: what is learned from, what is left out, what is left behind, and that it goes on where it stopped."""

import json
import resource
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM, AutoTokenizer

from schemas.training import TrainingRun
from training import runs, stages
from training.errors import ConfigMissingError, ModelError, NotFiniteError, OutOfMemoryError, RowsError, StoppedError
from training.release import Release
from training.runs import Run
from training.watch import Unwatched

STEPS = 8
FLAGS = {
    "max_length": 512,
    "max_steps": STEPS,
    "batch_size": 4,
    "learning_rate": 3e-3,
    "log_every": 1,
    "save_every": 3,
    "eval_rows": 4,
}


class StopAt(Unwatched):
    """Asks to stop behind a step."""

    def __init__(self, step: int) -> None:
        self.last = step
        self.done = 0

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        self.done = done

    def stopping(self) -> bool:
        return self.done >= self.last


def train(workspace: Path, base: str, name: str | None = None, **flags: Any) -> Run:
    return stages.train(workspace, "sft", watch=Unwatched(), base=base, name=name, flags={**FLAGS, **flags})


def losses(workspace: Path, name: str) -> dict[int, float]:
    lines = (workspace / "runs" / name / "metrics.jsonl").read_text().splitlines()
    return {line["step"]: line["loss"] for line in map(json.loads, lines) if "loss" in line}


def looks(run: Run) -> dict[float, float]:
    """The losses on the validation split."""
    return {line["step"]: line["eval_loss"] for line in run.metrics() if "eval_loss" in line}


def newest(workspace: Path) -> TrainingRun:
    return runs.records(workspace)[-1]


@pytest.fixture(scope="module")
def whole(workspace: Path, base: str) -> Run:
    """A run from its begin to its end."""
    return train(workspace, base)


def test_a_run_leaves_a_model_that_anyone_can_load_and_that_fits_better(whole: Run, base: str) -> None:
    looked = looks(whole)
    assert list(looked) == [0, STEPS]
    assert looked[STEPS] < looked[0] - 0.5
    model = AutoModelForCausalLM.from_pretrained(whole.model_folder)
    tokenizer = AutoTokenizer.from_pretrained(whole.model_folder)
    assert tokenizer.chat_template
    assert model.generation_config.eos_token_id in (tokenizer.eos_token_id, [tokenizer.eos_token_id])
    assert whole.record.state == "done"
    assert whole.record.parameters == whole.record.trained_parameters == model.num_parameters()
    release = Release(whole.folder.parents[1])
    assert whole.record.used == {"train": len(release.rows("sft", "train")), "validation": 4}
    assert not whole.record.skipped


def test_the_card_names_the_data_and_the_plots_are_drawn(whole: Run) -> None:
    _, head, text = (whole.model_folder / "README.md").read_text().split("---\n", 2)
    facts = yaml.safe_load(head)
    assert facts["license"] == "apache-2.0"
    assert facts["backmath_manifest_sha256"] == whole.record.manifest_sha256
    assert facts["backmath_manifest_sha256"] in text
    assert "base_model" not in facts
    assert {"loss.svg", "mean_token_accuracy.svg"} <= {file.name for file in (whole.folder / "plots").iterdir()}
    assert "validation" in (whole.folder / "plots" / "loss.svg").read_text()


def test_only_the_newest_checkpoints_are_kept(whole: Run) -> None:
    assert {path.name for path in whole.checkpoints.glob("checkpoint-*")} == {"checkpoint-6", f"checkpoint-{STEPS}"}


def test_a_stopped_run_goes_on_with_the_losses_of_one_that_was_not(whole: Run, workspace: Path, base: str) -> None:
    with pytest.raises(StoppedError, match=r"stopped at step 4; the last checkpoint is .*checkpoint-4"):
        stages.train(workspace, "sft", watch=StopAt(4), base=base, flags=FLAGS, name="stopped")
    assert runs.record(workspace, "stopped").state == "interrupted"
    run = stages.train(workspace, "sft", watch=Unwatched(), resume="stopped")
    assert run.record.state == "done"
    assert losses(workspace, "stopped") == losses(workspace, whole.record.name)
    assert looks(run) == looks(whole)


def test_rows_that_are_too_long_are_left_out_and_counted(workspace: Path, base: str) -> None:
    rows = len(Release(workspace).rows("sft", "train"))
    run = train(workspace, base, max_length=150, max_steps=1)
    left = {each.split: each for each in run.record.skipped}
    assert left["train"].reason == "longer than 150 tokens"
    assert 0 < run.record.used["train"] == rows - left["train"].rows < rows
    with pytest.raises(RowsError, match=f"of {rows} rows of sft in train none is left .* {rows} longer than 8 tokens"):
        train(workspace, base, max_length=8)
    assert newest(workspace).state == "failed"


def test_the_mix_takes_the_same_problems_of_each_kind_and_fewer_where_less_is_asked_for(
    workspace: Path, base: str
) -> None:
    kinds = Release(workspace).rows("sft", "train")["kind"][:]
    run = train(workspace, base, forward=0.5, backward=0.25, pose=0.0, max_steps=1)
    assert run.record.used["train"] == round(kinds.count("forward") / 2) + round(kinds.count("backward") / 4)


def test_packed_rows_do_not_see_each_other(workspace: Path, base: str) -> None:
    few = {"max_rows": 6, "batch_size": 6, "max_steps": 1, "max_length": 1024}
    apart = train(workspace, base, **few)
    packed = train(workspace, base, **few, packing=True)
    first = losses(workspace, packed.record.name)[1]
    assert first == pytest.approx(losses(workspace, apart.record.name)[1], abs=2e-5)


def test_lora_trains_adapters_alone_and_leaves_a_plain_model(workspace: Path, base: str) -> None:
    run = train(workspace, base, lora_rank=4, learning_rate=1e-2)
    assert run.record.trained_parameters < run.record.parameters / 5
    before, after = (AutoModelForCausalLM.from_pretrained(path).state_dict() for path in (base, run.model_folder))
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all("proj" in name for name in changed)


def test_a_loss_that_is_no_number_ends_the_run_and_the_last_checkpoint_is_from_before_it(
    workspace: Path, base: str
) -> None:
    with pytest.raises(NotFiniteError, match=r"at step \d+; the last checkpoint is from before it"):
        train(workspace, base, learning_rate=1e30, save_every=1, warmup=0.5, max_steps=20)
    record = newest(workspace)
    assert record.state == "failed"
    assert record.failure
    checkpoints = workspace / "runs" / record.name / "checkpoints"
    for checkpoint in checkpoints.glob("checkpoint-*"):
        model = AutoModelForCausalLM.from_pretrained(checkpoint)
        assert all(weights.isfinite().all() for weights in model.parameters())


@pytest.fixture
def little_memory() -> Iterator[None]:
    """A process that gets 400 MB more than it has."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + 400_000_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.usefixtures("little_memory")
def test_a_batch_that_does_not_fit_into_memory_is_one_line(workspace: Path, base: str) -> None:
    with pytest.raises(OutOfMemoryError, match="a batch of 2000 did not fit into memory at step 1; there is no check"):
        train(workspace, base, batch_size=2000, eval_rows=1)


def test_a_model_without_a_chat_template_is_refused_and_one_without_a_pad_token_is_not(
    workspace: Path, base: str, tmp_path: Path
) -> None:
    bare = Path(shutil.copytree(base, tmp_path / "bare"))
    told = json.loads((bare / "tokenizer_config.json").read_text())
    told.pop("pad_token")
    (bare / "tokenizer_config.json").write_text(json.dumps(told))
    run = train(workspace, str(bare), max_steps=2)
    assert run.record.state == "done"
    (bare / "chat_template.jinja").unlink()
    with pytest.raises(ModelError, match=r"its tokenizer has no chat template, .* Next: take the instruct model"):
        train(workspace, str(bare))
    with pytest.raises(ModelError, match="is no model that can be loaded"):
        train(workspace, str(tmp_path))


def test_a_split_that_a_release_does_not_have_is_one_line(workspace: Path) -> None:
    release = Release(workspace)
    release.manifest = release.manifest.model_copy(
        update={"counts": tuple(each for each in release.manifest.counts if each.config != "sft")}
    )
    with pytest.raises(ConfigMissingError, match=r"has no rows of sft in train, only of .*forward.* Next: "):
        release.rows("sft", "train")

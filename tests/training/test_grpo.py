"""GRPO: its advantages by hand, the hook that TRL gives them, behaviour on the toy, and what a run leaves."""

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.training import toys
from training import stages
from training.configurations.grpo import GrpoConfiguration
from training.errors import ConfigurationError, ModelError, NotFiniteError, RowsError, StoppedError
from training.fitting import fit
from training.grpo import GrpoTrainer, step_advantages
from training.models import load_classifier, load_policy, load_tokenizer
from training.process_reward.scoring import ScorerConfig
from training.release import Release
from training.rewards import Rewards
from training.runs import Run, running
from training.tokens import prompt_ids
from training.watch import Unwatched

HOOK = "TRL no longer takes (completions, tokens) advantages as training/grpo.py gives them: see its _compute_loss"
SMALL: dict[str, Any] = {"max_new_tokens": 20, "batch_size": 8, "max_steps": 2, "log_every": 1}
TOY: dict[str, Any] = {"max_new_tokens": 40, "log_every": 1, "save_every": 100}


class StopsAt(Unwatched):
    """Asks to stop behind a step."""

    def __init__(self, step: int) -> None:
        self.wanted = step
        self.done = 0

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        self.done = done

    def stopping(self) -> bool:
        return self.done == self.wanted


def trainer_of(run: Run, start: str) -> GrpoTrainer:
    """A trainer of the toy, validated on its own tasks."""
    told = run.configuration
    assert isinstance(told, GrpoConfiguration)
    tasks, rewards = toys.all_tasks(), Rewards(told, {"prm": toys.Arithmetic()})
    return GrpoTrainer(load_policy(start), rewards, load_tokenizer(start), tasks, tasks, run)


def trained(folder: Path, start: str, watch: Unwatched | None = None, resume: bool = False, **options: Any) -> Run:
    """A run on the toy, to its end."""
    configuration = GrpoConfiguration(**{**TOY, **options})
    with running(folder, "grpo", configuration, base=start, name="toy", resume=resume) as run:
        trainer = trainer_of(run, start)
        fit(trainer, run, watch or Unwatched(), evaluate=True)
        trainer.save_model(str(run.model_folder))
        digest = sum(weights.double().abs().sum().item() for weights in trainer.model.parameters())
        (folder / f"weights-{trainer.args.process_index}").write_text(repr(digest))
    return run


def lines(run: Run, name: str = "metrics.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run.folder / name).read_text().splitlines()]


# Advantages.


def test_the_advantage_of_a_step_is_what_is_ahead_less_what_the_group_gets() -> None:
    found = step_advantages([[0.5, -0.5], [0.5, 0.5]])
    ahead = [0 - 0.5, -0.5 - 0.25, 1 - 0.5, 0.5 - 0.25]
    assert [each for steps in found for each in steps] == pytest.approx([each / (0.515388 + 0.1) for each in ahead])


def test_of_completions_with_as_many_steps_the_advantage_is_deepseekmaths_up_to_scale() -> None:
    rewards = [[0.3, -0.2, 0.1], [0.0, 0.4, 0.2], [-0.3, 0.1, 0.25]]
    flat = [each for steps in rewards for each in steps]
    theirs = [
        [sum(each - fmean(flat) for each in steps[step:]) / pstdev(flat) for step in range(3)] for steps in rewards
    ]
    ratios = [
        mine / other
        for steps, others in zip(step_advantages(rewards), theirs, strict=True)
        for mine, other in zip(steps, others, strict=True)
    ]
    assert ratios == pytest.approx([ratios[0]] * 9)
    assert ratios[0] > 0


def test_more_right_steps_are_no_advantage_where_rewards_are_divided_by_their_number() -> None:
    two, ten = step_advantages([[0.45] * 2, [0.09] * 10])
    assert [*two, *ten] == pytest.approx([0.0] * 12)


def test_small_differences_of_scores_stay_small_and_no_steps_have_no_advantage() -> None:
    found = step_advantages([[0.475, 0.475], [0.47, 0.47]])
    assert max(abs(each) for steps in found for each in steps) < 0.1
    assert step_advantages([[], []]) == [[], []]


# What is relied on of TRL.


@pytest.fixture(scope="module")
def trainer(taught: str, tmp_path_factory: pytest.TempPathFactory) -> GrpoTrainer:
    """One that has not trained, without a KL, so that the policy's loss is all there is."""
    configuration = GrpoConfiguration(**TOY, batch_size=8, group=4, kl_weight=0.0)
    with running(tmp_path_factory.mktemp("untrained"), "grpo", configuration, base=taught) as run:
        made = trainer_of(run, taught)
    made.model.train()
    made.current_gradient_accumulation_steps = 1
    return made


@pytest.fixture(scope="module")
def scored(trainer: GrpoTrainer) -> dict[str, Any]:
    """What the hook gives for a rollout of two questions."""
    rows = [dict(trainer.train_dataset[place]) for place in (5, 10) for _ in range(4)]
    return trainer._generate_and_score_completions(rows)


def test_prompts_are_the_tokens_of_the_chat_template(trainer: GrpoTrainer, scored: dict[str, Any]) -> None:
    wanted = prompt_ids(trainer.processing_class, trainer.asked[5].messages)
    assert scored["prompt_ids"][0][scored["prompt_mask"][0].bool()].tolist() == wanted


def test_each_token_has_the_advantage_of_its_step_and_the_answer_that_of_the_whole(
    trainer: GrpoTrainer, scored: dict[str, Any]
) -> None:
    totals = torch.tensor([each.total for each in trainer.rewarded]).view(2, 4)
    whole = ((totals - totals.mean(1, keepdim=True)) / (totals.std(1, keepdim=True) + 0.1)).flatten()
    for row, reward in enumerate(trainer.rewarded):
        group = [each.steps for each in trainer.rewarded[row // 4 * 4 : row // 4 * 4 + 4]]
        steps = step_advantages(group)[row % 4]
        ids = scored["completion_ids"][row][scored["completion_mask"][row].bool()].tolist()
        length = 0
        for place, token in enumerate(ids):
            step = sum(end <= length for end in reward.ends)
            length += len(trainer.processing_class.decode([token], skip_special_tokens=True))
            wanted = whole[row] + (0.5 * steps[step] if step < len(steps) else 0.0)
            assert scored["advantages"][row, place].item() == pytest.approx(wanted.item(), abs=1e-4), HOOK


def test_the_gradient_of_trls_loss_is_that_of_each_tokens_own_advantage(
    trainer: GrpoTrainer, scored: dict[str, Any], taught: str
) -> None:
    mask = scored["completion_mask"]
    advantages = torch.randn(mask.shape, generator=torch.Generator().manual_seed(0))
    trainer.model.zero_grad()
    loss = trainer._compute_loss(trainer.model, {**scored, "advantages": advantages})
    loss.backward()
    assert loss.item() == pytest.approx((-(advantages * mask).sum() / mask.sum()).item(), abs=1e-5), HOOK

    plain = AutoModelForCausalLM.from_pretrained(taught)
    for prompt, prompted, said, spoken, each in zip(
        scored["prompt_ids"], scored["prompt_mask"], scored["completion_ids"], mask, advantages, strict=True
    ):
        before, after = prompt[prompted.bool()], said[spoken.bool()]
        logits = plain(input_ids=torch.cat([before, after]).unsqueeze(0)).logits[0, len(before) - 1 : -1]
        chosen = logits.log_softmax(-1).gather(-1, after.unsqueeze(-1)).squeeze(-1)
        (-(each[: len(after)] * chosen).sum() / mask.sum()).backward()
    wanted = dict(plain.named_parameters())
    for name, weights in trainer.model.named_parameters():
        assert torch.allclose(weights.grad, wanted[name].grad, atol=1e-4), f"{name}: {HOOK}"


def test_nothing_is_told_to_the_network(taught: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TRL tells of each training by `send_telemetry`, unless that is turned off."""
    called: list[object] = []
    monkeypatch.setattr("trl.trainer.base_trainer.send_telemetry", lambda **told: called.append(told))
    monkeypatch.delenv("CI", raising=False)
    with running(tmp_path, "grpo", GrpoConfiguration(**TOY, kl_weight=0.0), base=taught) as run:
        trainer = trainer_of(run, taught)
        assert not called
        super(GrpoTrainer, trainer)._send_telemetry()
    assert called, "TRL tells of trainings by another way: turn it off in training/grpo.py"


# Behaviour.


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_policy_learns_to_answer_right_without_empty_steps_or_more_of_them(
    taught: str, tmp_path: Path, seed: int
) -> None:
    run = trained(tmp_path, taught, batch_size=64, group=4, max_steps=20, learning_rate=1e-3, seed=seed)
    told = [line for line in lines(run) if "right" in line]
    first, last = told[:3], told[-4:]

    def mean(part: list[dict[str, Any]], name: str) -> float:
        return fmean(line[name] for line in part)

    assert mean(last, "right") > mean(first, "right") + 0.1
    assert mean(last, "reward_steps") > mean(first, "reward_steps") + 0.1
    assert mean(last, "bad_steps") < 0.03
    assert mean(last, "finished") > 0.97
    assert 1.9 < mean(last, "steps") < 2.3
    assert 20 < mean(last, "length") < 26
    evaluated = [line for line in lines(run) if "eval_right" in line]
    assert evaluated[-1]["eval_right"] >= evaluated[0]["eval_right"] - 0.1
    assert evaluated[-1]["eval_bad_steps"] == 0


# A run.


def test_what_is_measured_of_solutions_is_the_same_in_batches_of_other_sizes(taught: str, tmp_path: Path) -> None:
    told: dict[str, Any] = {"group": 4, "max_steps": 3, "log_every": 3, "eval_every": 2, "learning_rate": 1e-12}
    whole, parted = (
        [line for line in lines(trained(tmp_path / str(size), taught, batch_size=size, **told)) if "eval_right" in line]
        for size in (16, 12)
    )
    assert [line["step"] for line in parted] == [0, 2, 3]  # at 2 there are measures of training that wait to be logged
    for one, other in zip(whole, parted, strict=True):
        for name in ("reward", "right", "finished", "bad_steps", "steps", "length", "reward_steps"):
            assert other[f"eval_{name}"] == pytest.approx(one[f"eval_{name}"], abs=1e-6), (name, one["step"])
        assert other["eval_entropy"] == pytest.approx(one["eval_entropy"], abs=0.02)


def test_a_run_that_is_resumed_in_a_later_epoch_ends_as_if_it_had_not_stopped(taught: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"batch_size": 16, "accumulate": 2, "group": 4, "max_steps": 4, "learning_rate": 1e-3}
    whole = trained(tmp_path / "whole", taught, **options)
    with pytest.raises(StoppedError, match="stopped at step 3"):
        trained(tmp_path / "cut", taught, StopsAt(3), **options)
    resumed = trained(tmp_path / "cut", taught, resume=True, **options)
    timed = ("seconds", "step_time", "per_second", "runtime", "per_token")
    for one, other in zip(lines(whole)[-3:], lines(resumed)[-3:], strict=True):
        assert {name: value for name, value in one.items() if not name.endswith(timed) and name != "train_loss"} == {
            name: value for name, value in other.items() if not name.endswith(timed) and name != "train_loss"
        }
    one, other = (load_policy(str(run.model_folder)).state_dict() for run in (whole, resumed))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_weights_that_are_no_longer_finite_end_the_run_before_a_checkpoint_has_them(
    taught: str, tmp_path: Path
) -> None:
    with pytest.raises(NotFiniteError, match="a lower learning rate"):
        trained(tmp_path, taught, batch_size=8, max_steps=5, learning_rate=1e38, save_every=1)
    assert not list(tmp_path.glob("runs/toy/checkpoints/*/complete.json"))


def guessing(taught: str, folder: Path) -> str:
    """The folder of a process reward model that guesses: its last layer is random."""
    torch.manual_seed(0)
    load_classifier(taught, 2).save_pretrained(folder)
    load_tokenizer(taught).save_pretrained(folder)
    ScorerConfig(kind="prm", max_length=512).write(folder)
    return str(folder)


def test_lora_is_trained_with_checkpointed_activations_and_merged(workspace: Path, taught: str, tmp_path: Path) -> None:
    rewards = {name: guessing(taught, tmp_path) for name in ("prm", "backprm")}
    flags = {**SMALL, "lora_rank": 4, "gradient_checkpointing": True, "learning_rate": 1e-2, "max_length": 300}
    run = stages.train(workspace, "grpo", watch=Unwatched(), base=taught, rewards=rewards, name="lora", flags=flags)
    record = run.record
    assert 0 < record.trained_parameters < record.parameters
    left_out = {each.split: each.rows for each in record.skipped}
    assert left_out["train"] > 0
    assert record.used["train"] + left_out["train"] == len(Release(workspace).rows("rl", "train"))
    before, after = (AutoModelForCausalLM.from_pretrained(path).state_dict() for path in (taught, run.model_folder))
    assert before.keys() == after.keys()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert AutoTokenizer.from_pretrained(run.model_folder).chat_template
    samples = lines(run, "samples.jsonl")
    assert len(samples) == 2 * 2
    assert {"step", "kind", "question", "answer", "completion", "steps", "outcome", "right", "finished"} == set(
        samples[0]
    )


def test_a_tokenizer_that_pads_with_its_end_of_text_token_still_learns_to_end(taught: str, tmp_path: Path) -> None:
    start = str(tmp_path / "start")
    load_policy(taught).save_pretrained(start)
    tokenizer = load_tokenizer(taught)
    tokenizer.pad_token = tokenizer.eos_token
    tokenizer.save_pretrained(start)
    configuration = GrpoConfiguration(**TOY, batch_size=8, group=4)
    with running(tmp_path, "grpo", configuration, base=start) as run:
        trainer = trainer_of(run, start)
        trainer.model.train()
        found = trainer._generate_and_score_completions([dict(trainer.train_dataset[3])] * 8)
    ended = [
        row[mask.bool()][-1] == tokenizer.eos_token_id
        for row, mask in zip(found["completion_ids"], found["completion_mask"], strict=True)
    ]
    assert [bool(each) for each in ended] == [each.finished for each in trainer.rewarded]
    assert any(ended)


def test_what_cannot_be_trained_is_said_in_a_line(workspace: Path, taught: str, tmp_path: Path) -> None:
    def said(error: type[Exception], base: str = taught, **flags: Any) -> str:
        with pytest.raises(error) as caught:
            stages.train(workspace, "grpo", watch=Unwatched(), base=base, rewards={}, flags={**SMALL, **flags})
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "--batch-size 16" in said(ConfigurationError, batch_size=12)
    rows = len(Release(workspace).rows("rl", "train"))
    assert f"none of {rows} questions leaves room for 20 tokens in 30" in said(RowsError, max_length=30)
    assert "there are 2 questions to learn from, and a step asks 4" in said(RowsError, max_rows=2, batch_size=32)
    endless = tmp_path / "endless"
    tokenizer = load_tokenizer(taught)
    tokenizer.eos_token = None
    tokenizer.save_pretrained(endless)
    assert "no end-of-text token" in said(ModelError, base=str(endless))

"""PPO: its terms against cases worked by hand, its trainer against plain forward passes, and what a policy learns."""

import copy
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Gemma2Config,
    Gemma2ForCausalLM,
    GraniteConfig,
    GraniteForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
)

from tests.training import toys
from training import ppo, stages
from training.errors import ConfigurationError, ModelError, RowsError, RunError, StoppedError
from training.fitting import fit
from training.guards import bad_steps
from training.rewards import Reward
from training.runs import Run, running
from training.solution import read
from training.tokens import decoded
from training.watch import Unwatched

FULL = torch.ones(1, 3, dtype=torch.bool)
SIZES: dict[str, Any] = {
    "hidden_size": 8,
    "intermediate_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 1,
}


# The terms.


def test_advantages_of_a_case_worked_by_hand() -> None:
    rewards, values = torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([[0.5, 0.4, 0.5]])
    advantages, returns = ppo.gae(rewards, values, FULL, gamma=1.0, lam=0.5)
    # d = -0.1, 0.1, 0.5; A3 = 0.5, A2 = 0.1 + 0.5 * 0.5, A1 = -0.1 + 0.5 * 0.35
    assert advantages.tolist()[0] == pytest.approx([0.075, 0.35, 0.5])
    assert returns.tolist()[0] == pytest.approx([0.575, 0.75, 1.0])


def test_with_lambda_1_returns_are_the_discounted_rewards_ahead_whatever_the_values() -> None:
    rewards = torch.tensor([[1.0, 0.0, 2.0]])
    for values in (torch.zeros(1, 3), torch.tensor([[0.3, -4.0, 9.0]])):
        assert ppo.gae(rewards, values, FULL, 0.5, 1.0)[1].tolist()[0] == pytest.approx([1.5, 1.0, 2.0])


def test_with_lambda_0_advantages_look_one_token_ahead() -> None:
    advantages, _ = ppo.gae(torch.tensor([[1.0, 0.0, 2.0]]), torch.tensor([[1.0, 2.0, 3.0]]), FULL, 0.9, 0.0)
    assert advantages.tolist()[0] == pytest.approx([1 + 0.9 * 2 - 1, 0.9 * 3 - 2, 2 - 3])


def test_what_stands_behind_the_end_changes_nothing() -> None:
    mask = torch.tensor([[True, True, False]])
    rewards, values = torch.tensor([[0.0, 1.0, 0.0]]), torch.tensor([[0.5, 0.5, 0.0]])
    clean = ppo.gae(rewards, values, mask, 1.0, 0.9)
    rewards[0, 2], values[0, 2] = 7.0, -3.0
    assert all(torch.equal(*pair) for pair in zip(clean, ppo.gae(rewards, values, mask, 1.0, 0.9), strict=True))


def test_whitening_of_a_case_worked_by_hand_and_in_two_halves() -> None:
    values = torch.tensor([[1.0, 3.0, 99.0], [5.0, 7.0, 99.0]])
    mask = torch.tensor([[True, True, False], [True, True, False]])
    root = math.sqrt(5)  # mean 4, variance (9 + 1 + 1 + 9) / 4
    whole = ppo.whiten(values, mask, ppo.moments(values, mask))
    assert whole.flatten().tolist() == pytest.approx([-3 / root, -1 / root, 0, 1 / root, 3 / root, 0])
    totals = ppo.moments(values[:1], mask[:1]) + ppo.moments(values[1:], mask[1:])
    assert torch.allclose(ppo.whiten(values[:1], mask[:1], totals), whole[:1])


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "clipped"),
    [(2.0, 1.0, -1.2, True), (0.5, 1.0, -0.5, False), (0.5, -1.0, 0.8, True), (2.0, -1.0, 2.0, False)],
)
def test_the_policy_loss_is_clipped_where_the_ratio_has_gone_the_way_of_the_advantage(
    ratio: float, advantage: float, loss: float, clipped: bool
) -> None:
    logprobs = torch.tensor([math.log(ratio)], requires_grad=True)
    found, is_clipped = ppo.policy_loss(logprobs, torch.zeros(1), torch.tensor([advantage]), clip=0.2)
    assert (found.item(), is_clipped.item()) == (pytest.approx(loss), clipped)
    found.sum().backward()
    assert (logprobs.grad.item() == 0) == clipped


def test_the_value_loss_takes_the_worse_of_free_and_clipped() -> None:
    values, old, returns = torch.tensor([1.0, 0.1, 1.0]), torch.zeros(3), torch.tensor([1.0, 1.0, -1.0])
    found = ppo.value_loss(values, old, returns, clip=0.2)
    assert found.tolist() == pytest.approx([0.5 * 0.64, 0.5 * 0.81, 0.5 * 4.0])


def test_the_kl_of_samples_has_the_divergence_as_its_mean() -> None:
    p, q = torch.tensor([0.5, 0.5]), torch.tensor([0.25, 0.75])
    mean = (p * ppo.token_kl(p.log(), q.log())).sum()
    assert mean.item() == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(2 / 3))


def test_explained_variance_of_cases_worked_by_hand() -> None:
    mask, returns = torch.ones(1, 4, dtype=torch.bool), torch.tensor([[1.0, 2.0, 3.0, 4.0]])
    for values, expected in ((returns, 1.0), (torch.full((1, 4), 2.5), 0.0), (returns / 2, 0.75)):
        found = ppo.explained_variance(ppo.moments(returns - values, mask), ppo.moments(returns, mask))
        assert found.item() == pytest.approx(expected)


def test_logprobs_a_few_at_a_time_are_those_of_all_logits_and_so_are_their_gradients() -> None:
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(vocab_size=50, **SIZES))
    head, hidden, tokens = model.lm_head, torch.randn(23, 8), torch.randint(50, (23,))
    nn.init.normal_(head.weight)
    scaled = head(hidden) / 0.7
    expected = scaled.log_softmax(-1).gather(-1, tokens[:, None]).squeeze(-1)
    entropies = torch.distributions.Categorical(logits=scaled).entropy()
    (expected.sum() + entropies.square().sum()).backward()
    gradient = head.weight.grad.clone()
    head.zero_grad()
    found, entropy = ppo.token_logprobs(model, hidden, tokens, 0.7, with_entropy=True, most_logits=200)
    assert torch.allclose(found, expected, atol=1e-6)
    assert torch.allclose(entropy, entropies, atol=1e-6)
    (found.sum() + entropy.square().sum()).backward()
    assert torch.allclose(head.weight.grad, gradient, atol=1e-5)


def test_dropout_is_off_in_layers_and_in_attention() -> None:
    model = LlamaForCausalLM(LlamaConfig(vocab_size=20, **SIZES))
    model.model.layers[0].self_attn.attention_dropout = 0.5
    model.model.layers[0].mlp.act_fn = nn.Sequential(model.model.layers[0].mlp.act_fn, nn.Dropout(0.5))
    ids = torch.arange(12)[None]
    model.train()
    assert not torch.equal(model(ids).logits, model(ids).logits)
    ppo.without_dropout(model)
    assert torch.equal(model(ids).logits, model(ids).logits)


def test_logits_are_capped_where_the_model_caps_them() -> None:
    torch.manual_seed(0)
    config = Gemma2Config(vocab_size=20, num_key_value_heads=2, head_dim=4, final_logit_softcapping=0.5, **SIZES)
    model = Gemma2ForCausalLM(config).eval()
    nn.init.normal_(model.lm_head.weight)
    ids = torch.arange(12)[None]
    found = ppo.logits(model, ppo.states(model, ids, torch.ones_like(ids), 11))
    assert 0.4 < found.abs().max() <= 0.5
    assert torch.allclose(found, model(ids).logits[:, :-1], atol=1e-5)
    ppo.check_logits(model, "gemma")


def test_a_model_that_scales_its_logits_is_refused() -> None:
    torch.manual_seed(0)
    model = GraniteForCausalLM(GraniteConfig(vocab_size=20, logits_scaling=8.0, **SIZES))
    nn.init.normal_(model.lm_head.weight)
    with pytest.raises(ModelError, match="its logits are not those of its last layer"):
        ppo.check_logits(model, "granite")


# The trainer, on the toy.


class Stopping(Unwatched):
    """Wants to stop behind a step."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.done = 0

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        self.done = done

    def stopping(self) -> bool:
        return self.done == self.at


SMALL = {"batch_size": 8, "max_new_tokens": 32, "learning_rate": 1e-3, "log_every": 1, "max_steps": 4}


def trained(
    taught: str, workspace: Path, name: str, watch: Any = None, *, resume: bool = False, **told: Any
) -> tuple[ppo.PpoTrainer, Run]:
    with running(
        workspace, "ppo", toys.configuration(**{**SMALL, **told}), base=taught, name=name, resume=resume
    ) as run:
        trainer = toys.trainer(taught, run)
        fit(trainer, run, watch or Unwatched())
    return trainer, run


def losses(run: Run) -> dict[int, float]:
    lines = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    return {line["step"]: line["loss"] for line in lines if "loss" in line}


@pytest.fixture(scope="module")
def trainer(taught: str, tmp_path_factory: pytest.TempPathFactory) -> ppo.PpoTrainer:
    """One that has made no step."""
    with running(
        tmp_path_factory.mktemp("ws"), "ppo", toys.configuration(**SMALL, temperature=0.7), base=taught
    ) as run:
        return toys.trainer(taught, run)


def test_a_rollout_holds_the_logprobs_at_the_temperature_of_sampling_as_without_padding(
    trainer: ppo.PpoTrainer, taught: str
) -> None:
    rollout, model = trainer.roll_out(0), AutoModelForCausalLM.from_pretrained(taught)
    tokens = rollout.mask.size(1)
    assert rollout.attention[:, 0].min() == 0, "no prompt is padded, so that nothing is tested"
    for ids, attention, mask, logprobs in zip(
        rollout.ids, rollout.attention, rollout.mask, rollout.logprobs, strict=True
    ):
        alone = ids[attention.bool()]
        length = int(mask.sum())
        expected = (model(alone[None]).logits[0, :-1] / 0.7).log_softmax(-1).gather(-1, alone[1:, None])[-length:, 0]
        assert torch.allclose(logprobs[:length], expected, atol=1e-4)
        assert not logprobs[length:].any()
        assert not mask[length:].any()
        assert tokens >= length


def test_the_same_number_gives_the_same_rollout_and_another_number_another(trainer: ppo.PpoTrainer) -> None:
    torch.manual_seed(5)
    first = trainer.roll_out(3)
    torch.manual_seed(6)
    assert all(torch.equal(vars(first)[name], each) for name, each in vars(trainer.roll_out(3)).items())
    assert trainer.roll_out(4).ids.shape != first.ids.shape or not torch.equal(trainer.roll_out(4).ids, first.ids)


def test_each_epoch_asks_every_question_once(trainer: ppo.PpoTrainer) -> None:
    asked = [task.problem_id for number in range(trainer.rollouts) for task in trainer.asked(number)]
    assert sorted(asked) == sorted(task.problem_id for task in toys.all_tasks())
    assert asked != [task.problem_id for number in range(2, 4) for task in trainer.asked(number)]


def test_rewards_lie_on_the_last_token_of_each_step_and_the_outcome_on_the_last_of_all(
    trainer: ppo.PpoTrainer,
) -> None:
    rollout = trainer.roll_out(0)
    texts, rewards = trainer.score(trainer.asked(0), rollout.ids, rollout.mask, [True] * 8)
    on_tokens = trainer.on_tokens(rewards, rollout.ids, rollout.mask)
    for row, (text, reward) in enumerate(zip(texts, rewards, strict=True)):
        said = rollout.ids[row, -rollout.mask.size(1) :][rollout.mask[row]].tolist()
        places = on_tokens[row].nonzero().flatten().tolist()
        ends = [len(decoded(trainer.processing_class, said[: place + 1])) for place in places]
        assert ends[: len(reward.ends)] == list(reward.ends)
        assert on_tokens[row].sum().item() == pytest.approx(reward.total, abs=1e-5)
        if reward.outcome:
            assert places[-1] == len(said) - 1
        assert text == decoded(trainer.processing_class, said)


def test_two_steps_that_end_in_one_token_both_count(trainer: ppo.PpoTrainer) -> None:
    ids = torch.tensor([trainer.processing_class("1 + 1 = 2\n", add_special_tokens=False)["input_ids"]])
    reward = Reward(
        steps=(0.25, 0.5), ends=(10, 10), outcome=1.0, right=True, step_mean=0.0, bad_steps=0, finished=True
    )
    assert trainer.on_tokens([reward], ids, torch.ones_like(ids, dtype=torch.bool))[0, -1] == 1.75


def test_where_padding_is_the_end_token_a_solution_goes_up_to_the_first_and_only_then_is_finished(
    taught: str, tmp_path: Path
) -> None:
    with running(tmp_path, "ppo", toys.configuration(**{**SMALL, "max_new_tokens": 24}), base=taught) as run:
        trainer = toys.trainer(taught, run)
    tokenizer = trainer.processing_class
    tokenizer.pad_token = tokenizer.eos_token
    with torch.random.fork_rng():
        torch.manual_seed(0)
        ids, attention, mask, finished = trainer.generate(toys.all_tasks() * 2, greedy=False)
    assert 0 < sum(finished) < len(finished), "all end, or none, so that nothing is tested"
    for row, length, ended in zip(ids[:, -mask.size(1) :].tolist(), mask.sum(1).tolist(), finished, strict=True):
        assert (tokenizer.eos_token_id in row) == ended
        assert length == (row.index(tokenizer.eos_token_id) + 1 if ended else mask.size(1))
    assert torch.equal(attention[:, -mask.size(1) :].bool(), mask)


def test_sampling_settings_that_a_model_brings_do_not_count(trainer: ppo.PpoTrainer) -> None:
    policy = trainer.model.policy
    before = copy.deepcopy(policy.generation_config)
    plain = trainer.roll_out(1)
    policy.generation_config.update(do_sample=True, top_k=1, top_p=0.1, repetition_penalty=5.0, min_new_tokens=30)
    changed = trainer.roll_out(1)
    assert policy.generation_config.repetition_penalty == 5.0
    policy.generation_config = before
    assert torch.equal(plain.ids, changed.ids)


def test_at_the_first_step_nothing_is_clipped_and_the_model_is_its_reference(taught: str, tmp_path: Path) -> None:
    _, run = trained(taught, tmp_path, "a", max_steps=1, mini_batches=1)
    first = json.loads((run.folder / "metrics.jsonl").read_text().splitlines()[0])
    assert (first["clip_fraction"], first["kl"]) == (0.0, 0.0)
    assert first["policy_loss"] == pytest.approx(0.0, abs=1e-5)  # whitened advantages, and ratios of 1


def test_pieces_of_a_mini_batch_and_recomputed_activations_give_the_same_losses(taught: str, tmp_path: Path) -> None:
    plain = losses(trained(taught, tmp_path, "plain")[1])
    pieces = losses(trained(taught, tmp_path, "pieces", accumulate=2)[1])
    again = losses(trained(taught, tmp_path, "again", gradient_checkpointing=True)[1])
    assert len(plain) == 4
    assert list(pieces.values()) == pytest.approx(list(plain.values()), abs=2e-5)
    assert list(again.values()) == pytest.approx(list(plain.values()), abs=2e-5)


@pytest.mark.parametrize("told", [{}, {"lora_rank": 4}, {"critic": "shared"}], ids=["full", "lora", "shared"])
def test_stopped_at_any_step_and_resumed_the_losses_are_those_of_an_uninterrupted_run(
    taught: str, tmp_path: Path, told: dict[str, Any]
) -> None:
    _, uninterrupted = trained(taught, tmp_path, "whole", max_steps=6, **told)
    whole, samples = losses(uninterrupted), (uninterrupted.folder / "samples.jsonl").read_text()
    for at in (1, 3, 4) if not told else (2, 5):
        with pytest.raises(StoppedError):
            trained(taught, tmp_path, f"at-{at}", Stopping(at), max_steps=6, **told)
        torch.manual_seed(at)
        _, run = trained(taught, tmp_path, f"at-{at}", resume=True, max_steps=6, **told)
        assert losses(run) == whole
        assert (run.folder / "samples.jsonl").read_text() == samples


def test_a_checkpoint_of_another_number_of_processes_is_refused(taught: str, tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        trained(taught, tmp_path, "one", Stopping(1))
    file = tmp_path / "runs" / "one" / "checkpoints" / "checkpoint-1" / "rollout-0.pt"
    torch.save({**torch.load(file, weights_only=True), "processes": 2}, file)
    with pytest.raises(RunError, match="written by 2 processes, not by 1"):
        trained(taught, tmp_path, "one", resume=True)


def test_lora_trains_adapters_alone_and_the_policy_without_them_is_the_reference(taught: str, tmp_path: Path) -> None:
    trainer, _ = trained(taught, tmp_path, "lora", lora_rank=4, learning_rate=0.01)
    rollout = trainer.roll_out(1)
    part = rollout.ids, rollout.attention, rollout.mask
    base = AutoModelForCausalLM.from_pretrained(taught)
    hidden = ppo.states(base, rollout.ids, rollout.attention, rollout.mask.size(1))[rollout.mask]
    chosen = rollout.ids[:, -rollout.mask.size(1) :][rollout.mask]
    expected, _ = ppo.token_logprobs(base, hidden, chosen, 1.0, with_entropy=False)
    with torch.no_grad():
        assert torch.allclose(trainer.reference_logprobs(*part), expected, atol=1e-5)
        assert not torch.allclose(trainer.model(*part, with_entropy=False)[0], expected, atol=1e-3)


def test_checkpoints_hold_a_policy_and_a_critic_that_plain_transformers_loads(taught: str, tmp_path: Path) -> None:
    trainer, run = trained(taught, tmp_path, "a", save_every=4)
    place = run.checkpoints / "checkpoint-4"
    policy = AutoModelForCausalLM.from_pretrained(place / "model")
    assert torch.equal(policy.lm_head.weight, trainer.model.policy.lm_head.weight)
    assert AutoTokenizer.from_pretrained(place / "model").chat_template
    critic = type(trainer.model.critic).from_pretrained(place / "critic")
    assert critic.num_labels == 1
    assert torch.equal(critic.score.weight, trainer.model.critic.score.weight)


def test_a_critic_can_begin_with_the_process_reward_model(taught: str, tmp_path: Path) -> None:
    policy = AutoModelForCausalLM.from_pretrained(taught)
    prm = toys.process_reward_model(taught, tmp_path / "prm")
    configuration = toys.configuration(critic="prm")
    critic = ppo.load_critic(taught, policy, configuration, {"prm": str(tmp_path / "prm")})
    assert torch.equal(critic.model.layers[0].mlp.up_proj.weight, prm.model.layers[0].mlp.up_proj.weight)
    assert not critic.score.weight.any()
    with pytest.raises(ModelError, match="there is none"):
        ppo.load_critic(taught, policy, configuration, {})


def test_a_batch_too_small_for_its_mini_batches_is_refused(taught: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="batch_size = 2 cannot be cut into 2 mini-batches of 2 pieces"):
        trained(taught, tmp_path, "a", batch_size=2, mini_batches=2, accumulate=2)


# The stage, on a release.


def test_the_stage_trains_on_all_kinds_and_leaves_a_model_samples_and_what_it_measured(
    workspace: Path, base: str, tmp_path: Path
) -> None:
    toys.process_reward_model(base, tmp_path / "prm")
    flags = {"batch_size": 6, "max_new_tokens": 16, "max_steps": 4, "lora_rank": 2, "eval_rows": 4, "log_every": 1}
    run = stages.train(
        workspace,
        "ppo",
        watch=Unwatched(),
        base=base,
        flags={**flags, "kinds": ["forward", "backward", "pose"], "max_length": 130, "critic": "prm"},
        rewards={"prm": str(tmp_path / "prm"), "backprm": str(tmp_path / "prm")},
        name="all-kinds",
    )
    assert run.record.used["train"] > 20
    assert run.record.skipped, "no question is too long, so that nothing is tested"
    assert 0 < run.record.trained_parameters < run.record.parameters
    lines = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    assert sum("loss" in line for line in lines) == 4
    assert [line["step"] for line in lines if "eval_reward" in line] == [0, 4]
    assert {"reward", "right", "kl", "length", "steps", "bad_steps", "finished", "entropy", "clip_fraction"} < {
        name for line in lines for name in line
    }
    samples = [json.loads(line) for line in (run.folder / "samples.jsonl").read_text().splitlines()]
    assert len(samples) == 2
    model, before = (AutoModelForCausalLM.from_pretrained(path) for path in (run.model_folder, base))
    assert not torch.equal(model.model.layers[0].mlp.up_proj.weight, before.model.layers[0].mlp.up_proj.weight)


def test_where_no_question_leaves_room_for_a_solution_that_is_said(workspace: Path, base: str) -> None:
    with pytest.raises(RowsError, match="leaves room for 16 tokens in 20"):
        stages.train(
            workspace,
            "ppo",
            watch=Unwatched(),
            base=base,
            flags={"max_length": 20, "max_new_tokens": 16},
            rewards={},
            name="no-room",
        )


# What is learned, judged by what is said.


def behaviour(trainer: ppo.PpoTrainer) -> dict[str, float]:
    """Of 256 sampled solutions: how many are right and end, how long they are, and how many steps are none."""
    tasks = toys.all_tasks() * 16
    with torch.random.fork_rng():
        torch.manual_seed(1)
        ids, _, mask, finished = trainer.generate(tasks, greedy=False)
    texts = [
        decoded(trainer.processing_class, row[kept]) for row, kept in zip(ids[:, -mask.size(1) :], mask, strict=True)
    ]
    solutions = [read(text) for text in texts]
    bad = [bad_steps([task.question], each.steps, 24) for task, each in zip(tasks, solutions, strict=True)]
    pairs = list(zip(tasks, solutions, strict=True))
    return {
        "right": sum(each.answer == task.answer for task, each in pairs) / len(tasks),
        "reasoned": sum(list(each.steps) == toys.right_steps(task.question) for task, each in pairs) / len(tasks),
        "finished": sum(finished) / len(tasks),
        "steps": sum(len(each.steps) for each in solutions) / len(tasks),
        "bad": sum(map(sum, bad)) / max(1, sum(map(len, bad))),
    }


@pytest.fixture(scope="module")
def before(taught: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """What the policy does before it learns."""
    with running(tmp_path_factory.mktemp("before"), "ppo", toys.configuration(**SMALL), base=taught) as run:
        return behaviour(toys.trainer(taught, run))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_policy_learns_right_steps_and_answers_and_neither_empty_nor_endless_ones(
    before: dict[str, float], taught: str, tmp_path: Path, seed: int
) -> None:
    assert before["right"] < 0.55, "it is right before it learns, so that nothing is tested"
    trainer, _ = trained(taught, tmp_path, "a", **toys.LEARNING, seed=seed)
    found = behaviour(trainer)
    assert found["right"] > 0.75, found
    assert found["reasoned"] > 0.75, found
    assert found["finished"] > 0.97, found
    assert found["bad"] < 0.02, found
    assert found["steps"] < 2.2, found


def test_without_the_guards_the_same_reward_is_hacked_by_steps_that_say_nothing_new(
    taught: str, tmp_path: Path
) -> None:
    unguarded = {"bad_step": 0.0, "divide_by_steps": False, "unfinished": 0.0, "outcome_weight": 0.0}
    trainer, _ = trained(taught, tmp_path, "a", **{**toys.LEARNING, **unguarded, "max_steps": 60})
    found = behaviour(trainer)
    assert found["bad"] > 0.3, found
    assert found["steps"] > 3, found

"""PPO with step rewards, from top to bottom: the algorithm, its terms one by one, and the trainer.

A rollout: sample a solution for each of `batch_size` questions in each process, and score it once. Then
`rollout_epochs` times over its `mini_batches`: one step of the optimizer each, on the clipped losses.

    r_t   reward of the token t: that of a step on the step's last token, that of the outcome on the last token of all,
          and -kl_weight (log p_t - log ref_t) on each
    A_t   sum over l of (gamma lambda)^l d_(t+l), with d_t = r_t + gamma V_(t+1) - V_t; whitened
    R_t   A_t + V_t, before whitening
    loss  mean over tokens of max(-A rho, -A clip(rho, 1-c, 1+c)), with rho = p / p of the rollout
          + value_weight 1/2 max((V - R)^2, (V_rollout + clip(V - V_rollout, -c, c) - R)^2) - entropy_weight H

Where each term comes from:
- the clipped policy loss and the entropy bonus: Schulman et al. 2017, Proximal Policy Optimization (arXiv 1707.06347);
- generalized advantage estimation: Schulman et al. 2015 (arXiv 1506.02438);
- the clipped value loss, and advantages whitened over the batch: OpenAI's baselines, as Engstrom et al. 2020
  (arXiv 2005.12729) write down;
- the reward of each step on its last token: Uesato et al. 2022 (arXiv 2211.14275) and Math-Shepherd (Wang et al. 2023,
  arXiv 2312.08935); process labels: Let's Verify Step by Step (Lightman et al. 2023, arXiv 2305.20050);
- the KL to the model one began with, per token and inside the reward: Ziegler et al. 2019 (arXiv 1909.08593) and
  InstructGPT (Ouyang et al. 2022, arXiv 2203.02155);
- dropout off, so that the ratio is 1 where no weight has changed; probabilities at the temperature of sampling, for
  those are the probabilities of what was sampled; a critic whose last layer begins at 0: Huang et al. 2024
  (arXiv 2403.17031), but for the 0, which is ours.

What counts as a token of the solution: all up to the first end-of-turn token, that one too. A solution cut off at
`max_new_tokens` ends there as well, with the reward `unfinished`, and no value of what might have followed. Padding is
known by the mask alone, since many tokenizers pad with their end-of-text token.

What the BackMATH paper leaves open: its prompts, learning rates, and how the scores of PRM and BackPRM become a reward.
Ours are our choice: the reward is in `training/rewards.py`, the rates are in `training/recipes`.

Memory: logits are made for the solution's tokens only, a few at a time, and made again in the backward pass, so that no
tensor of (solutions, tokens, vocabulary) is ever there. With LoRA the reference is the policy without its adapters.
"""

import copy
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_model
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from transformers import (
    AutoModel,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Trainer,
    TrainerControl,
    set_seed,
)
from transformers import TrainingArguments as Arguments

from training.configurations.ppo import PpoConfiguration
from training.errors import ConfigurationError, ModelError, RunError
from training.fitting import FiniteLoss, arguments, fit
from training.models import load_classifier, load_policy, load_tokenizer, require_chat_template, save, weigh, with_lora
from training.process_reward.scoring import Scorer
from training.release import Release
from training.rewards import Reward, Rewards, Task
from training.rollouts import SAMPLES_NAME, fitting, show
from training.runs import Run
from training.tokens import decoded, prompt_ids, token_ends
from training.watch import Watch

_LOGITS = 2**26
"""Most logits that are there at a time: 256 MB in float32."""


# The terms. Tensors are (solutions, tokens) or flat over tokens; a mask is True on the tokens of a solution, from its
# first to its last.


def token_kl(logprobs: Tensor, reference: Tensor) -> Tensor:
    """log p - log ref of each token sampled from p: one may be negative, their mean is the KL divergence."""
    return logprobs - reference


def gae(rewards: Tensor, values: Tensor, mask: Tensor, gamma: float, lam: float) -> tuple[Tensor, Tensor]:
    """Advantages and returns of each token, 0 behind a solution's end, where the value is 0 as well."""
    rewards, values = rewards * mask, values * mask
    advantages = torch.zeros_like(rewards)
    following = advantage = torch.zeros_like(rewards[:, 0])
    for token in reversed(range(rewards.size(1))):
        surprise = rewards[:, token] + gamma * following - values[:, token]
        advantage = surprise + gamma * lam * advantage
        advantages[:, token] = advantage
        following = values[:, token]
    return advantages * mask, (advantages + values) * mask


def moments(values: Tensor, mask: Tensor) -> Tensor:
    """Count, sum and sum of squares of the values under the mask: what can be added up over processes. (3,)"""
    chosen = values[mask].double()
    return torch.stack([mask.sum().double(), chosen.sum(), chosen.square().sum()])


def whiten(values: Tensor, mask: Tensor, totals: Tensor) -> Tensor:
    """The values with mean 0 and variance 1 over all that `totals`, their `moments`, counts; 0 outside the mask."""
    mean = totals[1] / totals[0]
    variance = (totals[2] / totals[0] - mean.square()).clamp(min=0)
    return ((values - mean) / (variance + 1e-8).sqrt()).to(values.dtype) * mask


def policy_loss(logprobs: Tensor, old: Tensor, advantages: Tensor, clip: float) -> tuple[Tensor, Tensor]:
    """The clipped loss of each token, and whether clipping is what counts there."""
    ratio = (logprobs - old).exp()
    free, clipped = -advantages * ratio, -advantages * ratio.clamp(1 - clip, 1 + clip)
    return torch.maximum(free, clipped), clipped > free


def value_loss(values: Tensor, old: Tensor, returns: Tensor, clip: float) -> Tensor:
    """The clipped loss of each token's value."""
    near = old + (values - old).clamp(-clip, clip)
    return 0.5 * torch.maximum((values - returns).square(), (near - returns).square())


def explained_variance(values: Tensor, returns: Tensor) -> Tensor:
    """1 where the critic knew what would come, 0 where it is no better than a constant; both from `moments`."""

    def variance(total: Tensor) -> Tensor:
        return total[2] / total[0] - (total[1] / total[0]).square()

    return 1 - variance(values) / variance(returns).clamp(min=1e-8)


# The models.


def states(policy: Any, ids: Tensor, attention: Tensor, tokens: int) -> Tensor:
    """The policy's last hidden states before each of the last `tokens` tokens. (solutions, tokens, width)"""
    positions = (attention.cumsum(-1) - 1).clamp(min=0)
    body = _causal(policy).base_model(
        input_ids=ids[:, :-1], attention_mask=attention[:, :-1], position_ids=positions[:, :-1], use_cache=False
    )
    return body.last_hidden_state[:, -tokens:]


def logits(policy: Any, hidden: Tensor) -> Tensor:
    """Logits behind hidden states: those of the policy's last layer, capped where its family caps them (Gemma 2)."""
    found: Tensor = policy.get_output_embeddings()(hidden).float()
    cap = getattr(policy.config.get_text_config(), "final_logit_softcapping", None)
    return found if cap is None else cap * torch.tanh(found / cap)


def token_logprobs(
    policy: Any, hidden: Tensor, tokens: Tensor, temperature: float, with_entropy: bool, most_logits: int = _LOGITS
) -> tuple[Tensor, Tensor]:
    """Log-probability of each token (n,) behind a hidden state (n, width), and the entropy; 0 if that is not wanted."""

    def some(hidden: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        scaled = logits(policy, hidden) / temperature
        normalizer = scaled.logsumexp(-1)
        chosen = scaled.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
        if not with_entropy:
            return chosen - normalizer, torch.zeros_like(normalizer)
        return chosen - normalizer, normalizer - (scaled.softmax(-1) * scaled).sum(-1)

    size = max(1, most_logits // policy.get_output_embeddings().weight.size(0))
    parts = list(zip(hidden.split(size), tokens.split(size), strict=True))
    if len(parts) == 1:
        return some(hidden, tokens)
    again = torch.is_grad_enabled()
    found = [checkpoint(some, *part, use_reentrant=False) if again else some(*part) for part in parts]
    return torch.cat([logprobs for logprobs, _ in found]), torch.cat([entropy for _, entropy in found])


class PolicyAndCritic(nn.Module):
    """Both in one module, so that one optimizer and one wrapper of several processes hold them.

    The critic is a token classifier with one label, or a linear layer on the policy's hidden states. It tells the value
    before each token: what the state is worth that the token is chosen in.
    """

    def __init__(self, policy: Any, critic: Any, temperature: float) -> None:
        super().__init__()
        self.policy = policy
        self.critic = critic
        self.temperature = temperature

    def forward(self, ids: Tensor, attention: Tensor, mask: Tensor, with_entropy: bool) -> tuple[Tensor, ...]:
        """Log-probabilities, values and entropies of the tokens under the mask, flat.

        `ids` and `attention` are (solutions, prompt and solution), prompts padded on the left and solutions on the
        right; `mask` is (solutions, tokens).
        """
        tokens = mask.size(1)
        hidden = states(self.policy, ids, attention, tokens)[mask]
        chosen = ids[:, -tokens:][mask]
        logprobs, entropy = token_logprobs(self.policy, hidden, chosen, self.temperature, with_entropy)
        if isinstance(self.critic, nn.Linear):
            values = self.critic(hidden.float()).squeeze(-1)
        else:
            positions = (attention.cumsum(-1) - 1).clamp(min=0)[:, :-1]
            told = self.critic(input_ids=ids[:, :-1], attention_mask=attention[:, :-1], position_ids=positions)
            values = told.logits[:, -tokens:, 0][mask]
        return logprobs, values.float(), entropy

    def activation_checkpointing_enable(self, **options: Any) -> None:
        """What the Trainer asks for where `gradient_checkpointing` is set."""
        for part in (self.policy, self.critic):
            if not isinstance(part, nn.Linear):
                part.activation_checkpointing_enable(**options)


def without_dropout(model: nn.Module) -> nn.Module:
    """The model with every rate of dropout at 0, those that attention layers keep as numbers too."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        for name, value in vars(module).items():
            if "drop" in name and isinstance(value, float):
                setattr(module, name, 0.0)
    return model


def load_critic(
    start: str, policy: PreTrainedModel, configuration: PpoConfiguration, rewards: Mapping[str, str]
) -> Any:
    """The critic that the configuration asks for, its last layer at 0. Raises ModelError where the PRM does not fit."""
    if configuration.critic == "shared":
        head = nn.Linear(policy.get_output_embeddings().weight.size(1), 1)
    else:
        critic = load_classifier(start, 1, configuration.precision)
        if configuration.critic == "prm":
            _begin_with(critic, rewards)
        head = next(module for module in reversed(list(critic.modules())) if isinstance(module, nn.Linear))
    nn.init.zeros_(head.weight)
    if head.bias is not None:
        nn.init.zeros_(head.bias)
    return head if configuration.critic == "shared" else with_lora(critic, configuration, "TOKEN_CLS")


def _begin_with(critic: PreTrainedModel, rewards: Mapping[str, str]) -> None:
    """Give the critic the body of the PRM."""
    path = rewards.get("prm") or rewards.get("backprm")
    if path is None:
        raise ModelError("the critic is to begin with a PRM, and there is none; nothing was trained. Next: --prm MODEL")
    try:
        critic.base_model.load_state_dict(AutoModel.from_pretrained(path).state_dict())
    except RuntimeError as error:
        raise ModelError(
            f"{path} is not of the policy's size and vocabulary, so that the critic cannot begin with it; nothing was "
            "trained. Next: --critic policy"
        ) from error


def check_logits(policy: Any, path: str) -> None:
    """Raise ModelError where a family does more to its logits than `logits` knows, such as scale them."""
    with torch.no_grad():
        ids = torch.arange(4, device=policy.device).unsqueeze(0)
        ours = logits(policy, states(policy, ids, torch.ones_like(ids), 3))
        whole = policy(input_ids=ids).logits[:, :-1]
    if not torch.allclose(ours, whole.float(), rtol=0.02, atol=0.02):
        raise ModelError(
            f"{path}: its logits are not those of its last layer, which PPO needs; nothing was trained. Next: backmath "
            "train grpo"
        )


# The trainer.


@dataclass
class Rollout:
    """What was sampled, and all that its losses need. Tensors are (solutions, tokens) where nothing else is said."""

    ids: Tensor
    """(solutions, prompt and solution), as is `attention`."""
    attention: Tensor
    mask: Tensor
    logprobs: Tensor
    values: Tensor
    advantages: Tensor
    returns: Tensor
    order: Tensor
    """(epochs, solutions): the solutions as each epoch takes them."""
    tokens: Tensor
    """(epochs, mini-batches): tokens of each mini-batch in all processes."""

    def chosen(self, rows: Tensor) -> "Rollout":
        """Some of the solutions, without the columns that are padding in all of them."""
        part = {name: getattr(self, name)[rows] for name in _OF_SOLUTIONS}
        length = int(part["mask"].sum(1).max())
        begin = int(part["attention"].argmax(1).min())
        end = part["ids"].size(1) - part["mask"].size(1) + length
        for name, tensor in part.items():
            part[name] = tensor[:, begin:end] if name in ("ids", "attention") else tensor[:, :length]
        return Rollout(**part, order=self.order, tokens=self.tokens)


_OF_SOLUTIONS = ("ids", "attention", "mask", "logprobs", "values", "advantages", "returns")


class PpoTrainer(FiniteLoss, Trainer):
    """The Trainer counts steps, schedules, saves and logs; here a step is one mini-batch of a rollout.

    Which questions a rollout asks, and all that is drawn in it, follow from the seed and the number of steps done, so
    that the Trainer's data loader only counts. A checkpoint holds the rollout that is being learned from.
    """

    control: TrainerControl
    loss_is_scaled_for_ga = True  # losses are sums over the tokens of the whole mini-batch, divided by their number

    def __init__(
        self,
        model: PolicyAndCritic,
        reference: Any,
        rewards: Rewards,
        tokenizer: PreTrainedTokenizerBase,
        train_tasks: Sequence[Task],
        eval_tasks: Sequence[Task],
        run: Run,
    ) -> None:
        """`reference` is a policy that stays as it is; None where it is the policy without adapters, or not needed."""
        told = run.configuration
        assert isinstance(told, PpoConfiguration)
        if told.batch_size < told.mini_batches * told.accumulate:
            raise ConfigurationError(
                f"batch_size = {told.batch_size} cannot be cut into {told.mini_batches} mini-batches of "
                f"{told.accumulate} pieces; nothing was trained"
            )
        args = Arguments(**arguments(told, run), ddp_find_unused_parameters=False)
        self.told = told
        self.run = run
        self.rewards = rewards
        self.tasks = train_tasks
        self.pieces = told.mini_batches * told.rollout_epochs * told.accumulate
        self.rollouts = -(-len(train_tasks) // (told.batch_size * args.world_size))
        super().__init__(
            model=without_dropout(model),
            args=args,
            train_dataset=range(self.rollouts * self.pieces * told.batch_size * args.world_size),
            eval_dataset=eval_tasks,
            data_collator=list,
            processing_class=tokenizer,
        )
        self.reference = None if reference is None else without_dropout(reference).to(args.device).eval()
        self.stops = _stops(model.policy, tokenizer)
        self.rollout: Rollout | None = None
        self.turn = 0
        self.sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    # A rollout: sample, score, and find the advantages.

    def training_step(self, model: nn.Module, inputs: object, num_items_in_batch: object = None) -> Tensor:
        """One piece of a mini-batch; a rollout before the first."""
        if self.turn == 0:
            self.rollout = self.roll_out(self.state.global_step * self.told.accumulate // self.pieces)
        loss: Tensor = super().training_step(model, {"turn": self.turn}, num_items_in_batch)
        self.turn = (self.turn + 1) % self.pieces
        return loss

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def roll_out(self, number: int) -> Rollout:
        """Sample solutions for the questions of a rollout, and score them; `number` counts the rollouts of the run."""
        told, began = self.told, time.perf_counter()
        asked = self.asked(number)
        seed = told.seed + 7919 * (number * self.args.world_size + self.args.process_index)
        with _seeded(seed, self.args.device):
            ids, attention, mask, finished = self.generate(asked, greedy=False)
            order = torch.stack([torch.randperm(len(asked)) for _ in range(told.rollout_epochs)])
        logprobs, values, kl, entropy = self.look(ids, attention, mask)
        texts, rewards = self.score(asked, ids, mask, finished)
        on_tokens = self.on_tokens(rewards, ids, mask) - told.kl_weight * kl
        advantages, returns = gae(on_tokens, values, mask, told.gamma, told.gae_lambda)
        totals = self.summed(torch.stack([moments(each, mask) for each in (advantages, returns - values, returns)]))
        batches = torch.stack(
            [
                torch.stack([mask[rows].sum() for rows in epoch.tensor_split(told.mini_batches)])
                for epoch in order.to(mask.device)
            ]
        )
        rollout = Rollout(
            ids=ids,
            attention=attention,
            mask=mask,
            logprobs=logprobs,
            values=values,
            advantages=whiten(advantages, mask, totals[0]) if told.whiten else advantages,
            returns=returns,
            order=order.to(mask.device),
            tokens=self.summed(batches),
        )
        tokens = float(mask.sum())
        self.count(rewards, asked, tokens)
        self.add("kl", float(kl.sum()), len(asked))
        self.add("entropy", float(entropy.sum()), tokens)
        self.add("explained_variance", float(explained_variance(totals[1], totals[2])), 1)
        self.add("rollout_seconds_per_token", time.perf_counter() - began, tokens)
        show(self.run, self.state.global_step, asked, texts, rewards)
        return rollout

    def asked(self, number: int) -> list[Task]:
        """The tasks of a rollout in this process: each epoch takes all of them in an order of its own."""
        epoch, place = divmod(number, self.rollouts)
        order = torch.randperm(
            len(self.tasks), generator=torch.Generator().manual_seed(self.told.seed + epoch)
        ).tolist()
        begin = (place * self.args.world_size + self.args.process_index) * self.told.batch_size
        return [self.tasks[order[(begin + each) % len(order)]] for each in range(self.told.batch_size)]

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def generate(self, asked: Sequence[Task], greedy: bool) -> tuple[Tensor, Tensor, Tensor, list[bool]]:
        """Solutions as `ids` and `attention` with their prompts, `mask`, and whether each ended by itself."""
        self.model.eval()
        prompts = [prompt_ids(self.processing_class, task.messages) for task in asked]
        width = max(map(len, prompts))
        pad = self.processing_class.pad_token_id
        ids = torch.tensor([[pad] * (width - len(prompt)) + prompt for prompt in prompts], device=self.args.device)
        attention = torch.tensor(
            [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=self.args.device
        )
        causal = _causal(self.model.policy)
        own, causal.generation_config = causal.generation_config, GenerationConfig()  # else its top_p and more count
        try:
            with self.accelerator.autocast():
                ids = causal.generate(input_ids=ids, attention_mask=attention, generation_config=self.sampling(greedy))
        finally:
            causal.generation_config = own
        ends = torch.isin(ids[:, width:], torch.tensor(self.stops, device=ids.device))
        mask = ends.cumsum(1) - ends.long() == 0
        return ids, torch.cat([attention, mask.long()], 1), mask, ends.any(1).tolist()

    def sampling(self, greedy: bool) -> GenerationConfig:
        """How solutions are drawn: from all tokens, as the losses take it."""
        drawn = {} if greedy else {"temperature": self.told.temperature, "top_k": 0, "top_p": 1.0}
        return GenerationConfig(
            do_sample=not greedy,
            max_new_tokens=self.told.max_new_tokens,
            eos_token_id=self.stops,
            pad_token_id=self.processing_class.pad_token_id,
            **drawn,
        )

    def look(self, ids: Tensor, attention: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Log-probabilities, values, KL and entropies of the tokens, as many solutions at a time as a step takes."""
        found = torch.zeros(4, *mask.shape, device=mask.device)
        for rows in torch.arange(len(ids), device=ids.device).tensor_split(
            self.told.mini_batches * self.told.accumulate
        ):
            length = int(mask[rows].sum(1).max())
            end = ids.size(1) - mask.size(1) + length
            part = ids[rows, :end], attention[rows, :end], mask[rows, :length]
            with self.accelerator.autocast():
                logprobs, values, entropy = self.model(*part, with_entropy=True)
                kl = token_kl(logprobs, self.reference_logprobs(*part)) if self.told.kl_weight else entropy * 0
            for place, each in enumerate((logprobs, values, kl, entropy)):
                found[place, rows, :length] = found[place, rows, :length].masked_scatter(part[2], each)
        return found[0], found[1], found[2], found[3]

    def reference_logprobs(self, ids: Tensor, attention: Tensor, mask: Tensor) -> Tensor:
        """Log-probabilities of the tokens under the mask by the model that the policy began with, flat."""
        apart: AbstractContextManager[None] = nullcontext()
        reference = self.reference
        if reference is None:
            reference, apart = self.model.policy, self.model.policy.disable_adapter()
        with apart:
            hidden = states(reference, ids, attention, mask.size(1))[mask]
            chosen = ids[:, -mask.size(1) :][mask]
            return token_logprobs(reference, hidden, chosen, self.told.temperature, with_entropy=False)[0]

    def score(
        self, asked: Sequence[Task], ids: Tensor, mask: Tensor, finished: Sequence[bool]
    ) -> tuple[list[str], list[Reward]]:
        """The texts of the solutions, and their rewards."""
        texts = [decoded(self.processing_class, said) for said in _said(ids, mask)]
        return texts, self.rewards(asked, texts, finished)

    def on_tokens(self, rewards: Sequence[Reward], ids: Tensor, mask: Tensor) -> Tensor:
        """Rewards where they belong: each step's on its last token, the outcome's on the last of all."""
        found = torch.zeros(mask.shape)
        for row, (said, reward) in enumerate(zip(_said(ids, mask), rewards, strict=True)):
            for place, value in zip(token_ends(self.processing_class, said, reward.ends), reward.steps, strict=True):
                found[row, place] += value
            found[row, len(said) - 1] += reward.outcome
        return found.to(mask.device)

    # The losses.

    def compute_loss(
        self,
        model: nn.Module,
        inputs: Mapping[str, int],
        return_outputs: bool = False,
        num_items_in_batch: object = None,
    ) -> Tensor:
        """The loss of a piece of a mini-batch: its share of the mean over the mini-batch's tokens in all processes."""
        told, rollout = self.told, self.rollout
        assert rollout is not None
        step, piece = divmod(inputs["turn"], told.accumulate)
        epoch, batch = divmod(step, told.mini_batches)
        rows = rollout.order[epoch].tensor_split(told.mini_batches)[batch].tensor_split(told.accumulate)[piece]
        part = rollout.chosen(rows)
        mask = part.mask
        logprobs, values, entropy = model(part.ids, part.attention, mask, with_entropy=told.entropy_weight > 0)
        of_policy, clipped = policy_loss(logprobs, part.logprobs[mask], part.advantages[mask], told.clip)
        of_values = value_loss(values, part.values[mask], part.returns[mask], told.clip_value)
        tokens = float(mask.sum())
        self.add("policy_loss", of_policy.sum().item(), tokens)
        self.add("value_loss", of_values.sum().item(), tokens)
        self.add("clip_fraction", clipped.sum().item(), tokens)
        loss = of_policy + told.value_weight * of_values - told.entropy_weight * entropy
        mean: Tensor = loss.sum() * self.args.world_size / rollout.tokens[epoch, batch]  # processes are averaged
        return mean

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """The Trainer's, with a rate of its own for the critic."""
        optimizer: torch.optim.Optimizer = super().create_optimizer(model)
        critic = {id(weights) for weights in self.model.critic.parameters()}
        groups = []
        for group in optimizer.param_groups:
            for is_critic, rate in ((False, 1.0), (True, self.told.critic_rate)):
                chosen = [weights for weights in group["params"] if (id(weights) in critic) == is_critic]
                if chosen:
                    groups.append({**group, "params": chosen, "lr": group["lr"] * rate})
        optimizer.param_groups[:] = groups
        return optimizer

    # What is measured.

    def evaluate(self, *_: object, **__: object) -> dict[str, float]:
        """Solve the validation tasks greedily, and log what the solutions are worth."""
        self.count([], [], 0.0, "eval_")  # a process without a task of its own adds 0 to what the others measured
        mine = list(self.eval_dataset)[self.args.process_index :: self.args.world_size]
        for begin in range(0, len(mine), self.told.batch_size):
            asked = mine[begin : begin + self.told.batch_size]
            ids, _, mask, finished = self.generate(asked, greedy=True)
            self.count(self.score(asked, ids, mask, finished)[1], asked, float(mask.sum()), "eval_")
        metrics = self.taken("eval_")
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def count(self, rewards: Sequence[Reward], asked: Sequence[Task], tokens: float, prefix: str = "") -> None:
        """Add completions to the metrics; a comparison that is undecided counts as not right."""
        many = len(rewards)
        steps = sum(len(each.steps) for each in rewards)
        self.add(f"{prefix}reward", sum(each.total for each in rewards), many)
        self.add(f"{prefix}reward_steps", sum(each.step_mean for each in rewards), many)
        self.add(f"{prefix}reward_outcome", sum(each.outcome for each in rewards), many)
        self.add(
            f"{prefix}right", sum(each.right is True for each in rewards), sum(bool(each.answer) for each in asked)
        )
        self.add(f"{prefix}finished", sum(each.finished for each in rewards), many)
        self.add(f"{prefix}steps", steps, many)
        self.add(f"{prefix}bad_steps", sum(each.bad_steps for each in rewards), steps)
        self.add(f"{prefix}length", tokens, many)

    def add(self, name: str, value: float, count: float) -> None:
        """Add to a metric, which is the sum of values over the sum of counts."""
        self.sums[name][0] += value
        self.sums[name][1] += count

    def taken(self, prefix: str) -> dict[str, float]:
        """The metrics so far whose names begin so, of all processes, which begin anew."""
        names = sorted(name for name in self.sums if name.startswith(prefix))
        if not names:
            return {}
        totals = self.summed(torch.tensor([self.sums.pop(name) for name in names], device=self.args.device))
        return {name: value / count for name, (value, count) in zip(names, totals.tolist(), strict=True) if count}

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Metrics with what was measured since the last time."""
        super().log({**logs, **({} if "train_runtime" in logs else self.taken(""))}, start_time)

    def summed(self, tensor: Tensor) -> Tensor:
        """The sum over all processes."""
        total: Tensor = self.accelerator.reduce(tensor, "sum")
        return total

    def forget_samples_from(self, step: int) -> None:
        """Take samples of rollouts that are made again out of samples.jsonl, and a line that a kill cut short."""
        file = self.run.folder / SAMPLES_NAME
        if self.run.is_main and file.exists():
            whole = [line for line in file.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
            kept = [line for line in whole if json.loads(line)["step"] < step]
            file.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")

    # Checkpoints.

    def _save(self, output_dir: str | None = None, state_dict: object = None) -> None:
        """`model/` and `critic/`, each as its library writes it."""
        folder = Path(output_dir or self.args.output_dir)
        self.model.policy.save_pretrained(folder / "model")
        self.processing_class.save_pretrained(folder / "model")
        if isinstance(self.model.critic, nn.Linear):
            (folder / "critic").mkdir(exist_ok=True)
            save_model(self.model.critic, str(folder / "critic" / "model.safetensors"))
        else:
            self.model.critic.save_pretrained(folder / "critic")
            self.processing_class.save_pretrained(folder / "critic")

    def _save_rng_state(self, output_dir: str) -> None:
        """What each process has of its own: the rollout too."""
        super()._save_rng_state(output_dir)
        rollout = vars(self.rollout) if self.rollout is not None and self.turn else None
        held = {"turn": self.turn, "processes": self.args.world_size, "rollout": rollout}
        torch.save(held, Path(output_dir) / f"rollout-{self.args.process_index}.pt")

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        """The weights, and the rollout that was being learned from. Raises RunError where processes are not as many."""
        folder = Path(resume_from_checkpoint)
        _restore(self.model.policy, folder / "model")
        _restore(self.model.critic, folder / "critic")
        first = torch.load(folder / "rollout-0.pt", map_location="cpu", weights_only=True)
        if first["processes"] != self.args.world_size:
            raise RunError(
                f"{folder} was written by {first['processes']} processes, not by {self.args.world_size}; nothing was "
                "done. Next: resume with as many"
            )
        own = folder / f"rollout-{self.args.process_index}.pt"
        held = torch.load(own, map_location="cpu", weights_only=True)
        self.forget_samples_from(int(folder.name.rpartition("-")[2]))
        self.turn = held["turn"]
        kept = held["rollout"]
        self.rollout = Rollout(**{name: each.to(self.args.device) for name, each in kept.items()}) if kept else None


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """A block in which all that is drawn follows from the seed, and which changes nothing that is drawn outside."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _causal(policy: Any) -> Any:
    """The policy as transformers knows it; LoRA's layers are in it."""
    return policy.get_base_model() if hasattr(policy, "get_base_model") else policy


def _said(ids: Tensor, mask: Tensor) -> list[list[int]]:
    """The tokens of each solution."""
    return [row[chosen].tolist() for row, chosen in zip(ids[:, -mask.size(1) :], mask, strict=True)]


def _stops(policy: Any, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The tokens that end a turn."""
    told = policy.generation_config.eos_token_id
    return sorted({tokenizer.eos_token_id, *([told] if isinstance(told, int) else told or ())})


def _restore(part: Any, folder: Path) -> None:
    """Give a model the weights that were written by `_save`."""
    if isinstance(part, nn.Linear):
        load_model(part, str(folder / "model.safetensors"))
    elif hasattr(part, "get_base_model"):
        from peft import load_peft_weights, set_peft_model_state_dict

        set_peft_model_state_dict(part, load_peft_weights(str(folder)))
    else:
        part.load_state_dict(type(part).from_pretrained(folder, dtype=torch.float32).state_dict())


# The stage.


def train(start: str, release: Release, run: Run, watch: Watch) -> None:
    """Train the model at `start` on the release's tasks, and write it into the run's folder.

    Raises RowsError where no task is left to learn from, ModelError where the model or a PRM cannot be used.
    """
    told = run.configuration
    assert isinstance(told, PpoConfiguration)
    tokenizer = load_tokenizer(start)
    require_chat_template(tokenizer, start)
    base = load_policy(start, told.precision)
    check_logits(base, start)
    scorers = {name: Scorer.load(path, told.precision) for name, path in run.record.rewards.items()}
    longest = min(told.max_length, getattr(base.config, "max_position_embeddings", told.max_length))
    train_tasks = fitting(release, "train", tokenizer, run, longest, told.max_rows)
    eval_tasks = fitting(release, "validation", tokenizer, run, longest, told.eval_rows)
    set_seed(told.seed)
    policy = with_lora(base, told, "CAUSAL_LM")
    reference = copy.deepcopy(policy).requires_grad_(False) if told.kl_weight and not told.lora_rank else None
    model = PolicyAndCritic(policy, load_critic(start, base, told, run.record.rewards), told.temperature)
    weigh(model, run)
    trainer = PpoTrainer(model, reference, Rewards(told, scorers), tokenizer, train_tasks, eval_tasks, run)
    fit(trainer, run, watch, evaluate=bool(eval_tasks))
    if run.is_main:
        save(model.policy, tokenizer, run.model_folder, told.precision)

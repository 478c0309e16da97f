"""GRPO with the rewards of PPO, on TRL's trainer: no critic; completions of one question are compared with each other.

A step: sample `group` completions of each question, reward each once, and take one step of the optimizer on

    loss  mean over tokens of -A_t p / p_rollout + kl_weight KL(p, ref)

GRPO is from DeepSeekMath (Shao et al. 2024, arXiv 2402.03300); a rollout is learned from once, as there, so the ratio
is 1 and nothing is clipped. The mean over all tokens of a step is from DAPO (Yu et al. 2025, arXiv 2503.14476), and
TRL's own. In a group, S_i is the sum of the step rewards r_ij of the completion i, n_i their number, and R_i the
completion's whole reward: S_i and that of the outcome.

    sequence  A_t = (R_i - mean R) / (std R + 0.1)                          DeepSeekMath's outcome supervision
    step      A_t = that + 0.5 G_ij / (std G + 0.1), j being the step that the token t is in; G is 0 behind the last
              G_ij = sum over k >= j of (r_ik - mean S / n_i)               what is ahead, less what the group gets

That a token's advantage is the sum of the rewards ahead of it, compared within the group, is DeepSeekMath's process
supervision, for rewards of steps as Math-Shepherd (Wang et al. 2023, arXiv 2312.08935) gives them. Our choice are

- the mean: there it is one over all steps of the group, which makes more of them an advantage or a disadvantage as
  such where rewards are divided by the number of steps. Here each completion has the same say, spread over its steps.
  Where all have as many steps, the two are the same;
- std taken of the sums, not of the rewards before they are summed, so that advantages do not grow with the steps;
- 0.1 added to each std, so that small differences of a PRM's scores among good solutions stay small: without it they
  count as much as those between right and wrong (TRL adds 0.0001, which is for rewards of 0 and 1);
- half of it added to the advantage of the whole: by itself it has no outcome in it, and it was seen to collapse.

The reward itself is in `training/rewards.py`, as for PPO.
"""

import copy
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from statistics import fmean, pstdev
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor
from torch.utils.data import Sampler
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase
from trl import GRPOConfig, GRPOTrainer
from trl.trainer.utils import RepeatSampler

from training.configurations.grpo import GrpoConfiguration
from training.errors import ConfigurationError, RowsError
from training.fitting import FiniteLoss, arguments, fit
from training.models import load_policy, load_tokenizer, lora, require_chat_template, save, weigh
from training.process_reward.scoring import Scorer
from training.processes import processes
from training.release import Release
from training.rewards import Reward, Rewards, Task
from training.rollouts import fitting, show
from training.runs import Run
from training.tokens import decoded, token_ends
from training.watch import Watch

_SHARE = 0.5
"""Weight of the steps' advantage beside that of the whole."""
_FLOOR = 0.1
"""What is added to standard deviations."""
_TWICE_TOLD = ("completions/", "clip_ratio/", "rewards/")
"""Metrics of TRL that are told by another name already, or always 0 here."""

Log = Callable[[str, float], None]


def step_advantages(rewards: Sequence[Sequence[float]]) -> list[list[float]]:
    """The advantage of each step, G / (std G + 0.1), in a group of completions whose steps have these rewards."""
    mean = fmean(map(sum, rewards))
    ahead = [[sum(steps[step:]) - mean * (1 - step / len(steps)) for step in range(len(steps))] for steps in rewards]
    scale = pstdev([each for steps in ahead for each in steps] or [0.0]) + _FLOOR
    return [[each / scale for each in steps] for steps in ahead]


class GrpoTrainer(FiniteLoss, GRPOTrainer):
    """TRL's trainer, with one reward of ours for each completion, and the advantages of steps where they are wanted.

    What TRL 1.16 is relied on for, and tests hold: `_generate_and_score_completions` gives `advantages`, (completions,)
    of this process; in place of them `_compute_loss` takes (completions, tokens).
    """

    generation_config: GenerationConfig

    def __init__(
        self,
        policy: PreTrainedModel,
        rewards: Rewards,
        tokenizer: PreTrainedTokenizerBase,
        train_tasks: Sequence[Task],
        eval_tasks: Sequence[Task],
        run: Run,
    ) -> None:
        told = run.configuration
        assert isinstance(told, GrpoConfiguration)
        self.told = told
        self.run = run
        self.rewards = rewards
        self.asked = [*train_tasks, *eval_tasks]
        self.rewarded: list[Reward] = []
        self.counts: dict[str, dict[str, list[int]]] = {"train": defaultdict(list), "eval": defaultdict(list)}
        self.began = 0.0
        rows = [{"prompt": list(map(dict, task.messages)), "task": place} for place, task in enumerate(self.asked)]
        adapters = lora(told, "CAUSAL_LM")
        super().__init__(
            model=policy if adapters else policy.float(),
            reward_funcs=self.reward,
            args=_arguments(told, run),
            train_dataset=Dataset.from_list(rows[: len(train_tasks)]),
            eval_dataset=Dataset.from_list(rows[len(train_tasks) :]) if eval_tasks else None,
            processing_class=tokenizer,
            peft_config=adapters,
        )

    def reward(
        self,
        prompts: Sequence[object],
        completions: Sequence[object],
        completion_ids: Sequence[list[int]],
        task: Sequence[int],
        log_metric: Log,
        **_: object,
    ) -> list[float]:
        """The reward function that TRL calls once for a rollout; `task` holds places in `asked`."""
        asked = [self.asked[place] for place in task]
        texts = [decoded(self.processing_class, ids) for ids in completion_ids]
        finished = [ids[-1] in self.eos_token_ids for ids in completion_ids]
        self.rewarded = self.rewards(asked, texts, finished)
        self.measure(asked, log_metric)
        if self.model.training:
            seconds = time.perf_counter() - self.began
            log_metric("rollout_seconds_per_token", seconds / sum(map(len, completion_ids)))
            show(self.run, self.state.global_step, asked, texts, self.rewarded)
        return [each.total for each in self.rewarded]

    @property
    def mode(self) -> str:
        """TRL's name of what is measured: solutions to learn from, or those of the validation split."""
        return "train" if self.model.training else "eval"

    def measure(self, asked: Sequence[Task], log: Log) -> None:
        """Log what is averaged over completions, or over steps; a comparison that is undecided counts as not right."""
        for task, reward in zip(asked, self.rewarded, strict=True):
            log("reward_steps", reward.step_mean)
            log("reward_outcome", reward.outcome)
            log("finished", float(reward.finished))
            log("steps", len(reward.steps))
            if task.answer:
                log("right", float(reward.right is True))
            for step in range(len(reward.steps)):
                log("bad_steps", float(step < reward.bad_steps))
        answers, steps = sum(bool(task.answer) for task in asked), sum(len(each.steps) for each in self.rewarded)
        for name, count in (("completions", len(asked)), ("right", answers), ("bad_steps", steps)):
            if count:
                self.counts[self.mode][name].append(count)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self.require_finite_weights()  # sampling from NaN fails with no word of it
        self.began = time.perf_counter()
        scored: dict[str, Any] = super()._generate_and_score_completions(inputs)
        if self.model.training:
            totals = torch.tensor([each.total for each in self.rewarded], device=scored["advantages"].device)
            scale = totals.view(-1, self.told.group).std(1).repeat_interleave(self.told.group) + _FLOOR
            scored["advantages"] = scored["advantages"] / scale  # TRL's are the totals less the group's mean
            if self.told.advantages == "step":
                steps = self.on_tokens(scored["completion_ids"], scored["completion_mask"])
                scored["advantages"] = scored["advantages"].unsqueeze(1) + _SHARE * steps
        return scored

    def on_tokens(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The advantage of the step that each token is in, 0 behind the last. (completions, tokens)

        The completions of a group follow each other, all of them in this process.
        """
        found = torch.zeros(ids.shape)
        for begin in range(0, len(ids), self.told.group):
            group = self.rewarded[begin : begin + self.told.group]
            for row, values in enumerate(step_advantages([each.steps for each in group]), begin):
                place = 0
                ends = token_ends(self.processing_class, ids[row][mask[row].bool()].tolist(), self.rewarded[row].ends)
                for end, value in zip(ends, values, strict=True):
                    found[row, place : end + 1] = value
                    place = max(place, end + 1)
        return found.to(ids.device)

    def evaluate(self, *args: Any, **options: Any) -> dict[str, float]:
        """Solve the validation tasks greedily, and log what the solutions are worth."""
        sampling = self.generation_config
        self.generation_config = copy.deepcopy(sampling)
        self.generation_config.update(do_sample=False, temperature=None, top_p=None, top_k=None)
        try:
            metrics: dict[str, float] = super().evaluate(*args, **options)
        finally:
            self.generation_config = sampling
        return metrics

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Metrics by the names that PPO has for them; KL is that of a completion, as there, not that of a token.

        TRL takes the mean of each batch, and of these the mean, whatever is in a batch; here one counts by what is.
        """
        measured, counted = self._metrics[self.mode], self.counts[self.mode]
        if "completions/mean_length" in measured:
            measured["length"] = measured["completions/mean_length"]
        if "kl" in measured:
            measured["kl"] = [each * fmean(measured["length"]) for each in measured["kl"]]
        for name, values in measured.items():
            counts = counted.get(name, counted["completions"])
            if len(values) == len(counts):
                measured[name] = [fmean(values, counts)]
        counted.clear()
        for name in [name for name in measured if name.startswith(_TWICE_TOLD)]:
            del measured[name]
        super().log(logs, start_time)

    def _get_train_sampler(self, dataset: Dataset | None = None) -> Sampler[int]:
        return _Questions(super()._get_train_sampler(dataset), self)

    def _send_telemetry(self) -> None:
        """What is trained here is told to nobody."""


class _Questions(Sampler[int]):
    """TRL's order of questions, that of each epoch following from the seed and its number alone.

    TRL's own is drawn from the first epoch on, so that a run resumed in a later one asks other questions.
    """

    def __init__(self, order: RepeatSampler, trainer: GrpoTrainer) -> None:
        self._order = order
        self._trainer = trainer

    def __iter__(self) -> Any:
        self._order.generator.manual_seed(self._order.seed + int(self._trainer.state.epoch or 0))
        return iter(self._order)

    def __len__(self) -> int:
        return len(self._order)


def _arguments(told: GrpoConfiguration, run: Run) -> GRPOConfig:
    return GRPOConfig(
        **arguments(told, run),
        num_generations=told.group,
        num_generations_eval=1,
        max_completion_length=told.max_new_tokens,
        temperature=told.temperature,
        beta=told.kl_weight,
        scale_rewards="none",
        disable_dropout=True,
        ddp_find_unused_parameters=False,
    )


def train(start: str, release: Release, run: Run, watch: Watch) -> None:
    """Train the model at `start` on the release's tasks, and write it into the run's folder.

    Raises ConfigurationError where a batch does not hold whole groups, RowsError where there are too few tasks to learn
    from, ModelError where the model or a PRM cannot be used.
    """
    told = run.configuration
    assert isinstance(told, GrpoConfiguration)
    if told.batch_size % told.group:
        raise ConfigurationError(
            f"batch_size = {told.batch_size} does not hold whole groups of {told.group}; nothing was trained. Next: "
            f"--batch-size {-(-told.batch_size // told.group) * told.group}, or another --group"
        )
    tokenizer = load_tokenizer(start)
    require_chat_template(tokenizer, start)
    policy = load_policy(_as_folder(start, run), told.precision)
    longest = min(told.max_length, getattr(policy.config, "max_position_embeddings", told.max_length))
    train_tasks = fitting(release, "train", tokenizer, run, longest, told.max_rows)
    eval_tasks = fitting(release, "validation", tokenizer, run, longest, told.eval_rows)
    _require_a_step(len(train_tasks), told)
    scorers = {name: Scorer.load(path, told.precision) for name, path in run.record.rewards.items()}
    trainer = GrpoTrainer(policy, Rewards(told, scorers), tokenizer, train_tasks, eval_tasks, run)
    weigh(trainer.model, run)
    fit(trainer, run, watch, evaluate=bool(eval_tasks))
    if run.is_main:
        save(trainer.accelerator.unwrap_model(trainer.model), tokenizer, run.model_folder, told.precision)


def _as_folder(start: str, run: Run) -> str:
    """The place that a policy is read from: of a GGUF file a copy, for TRL reads the reference from there once more."""
    if not start.endswith(".gguf"):
        return start
    folder = run.folder / "base"
    with processes().main_process_first():
        if not (folder / "config.json").exists():
            load_policy(start, "float32").save_pretrained(folder)
    return str(folder)


def _require_a_step(found: int, told: GrpoConfiguration) -> None:
    """Raise RowsError where there are not the questions of one step: TRL would train for none."""
    wanted = told.batch_size * told.accumulate * processes().num_processes // told.group
    if found < wanted:
        raise RowsError(
            f"there are {found} questions to learn from, and a step asks {wanted}; nothing was trained. Next: a "
            "smaller --batch-size, or a larger --group"
        )

"""A toy whose right behaviour is known: adding in two steps, by a model that was taught with errors."""

import copy
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedModel,
    set_seed,
)

from training import ppo, tiny
from training.configurations.ppo import PpoConfiguration
from training.models import load_policy, load_tokenizer, with_lora
from training.process_reward.scoring import ScorerConfig
from training.rewards import Rewards, Task
from training.runs import Run

SYSTEM = "Add."


class Arithmetic:
    """A process reward model that is exact, but takes a right step for right again, and silence for right too."""

    def score(self, prompts: Sequence[str], solutions: Sequence[Sequence[str]]) -> list[list[float]]:
        return [
            [0.95 if step in ("", *right_steps(prompt)) else 0.05 for step in steps]
            for prompt, steps in zip(prompts, solutions, strict=True)
        ]


def right_steps(question: str) -> list[str]:
    a, b = map(int, question.rstrip("?").split(", ")[-2:])
    return [f"{a} + {b} = {a + b}", f"{a + b} + 1 = {a + b + 1}"]


def all_tasks() -> list[Task]:
    """Every sum of two digits from 1 to 4."""
    return [task(a, b) for a in range(1, 5) for b in range(1, 5)]


def task(a: int, b: int) -> Task:
    question = f"{a}, {b}?" if a % 2 else f"Now, {a}, {b}?"  # prompts of two lengths
    messages = ({"role": "system", "content": SYSTEM}, {"role": "user", "content": question})
    return Task("forward", question, question, str(a + b + 1), f"{a}{b}", messages)


def solution(task: Task, draw: random.Random) -> str:
    """What the model is taught: one sum in three is wrong, and one time in four it says a step again, or nothing."""
    a, b = map(int, task.problem_id)
    first = a + b + _error(draw)
    second = first + 1 + _error(draw)
    steps = [f"{a} + {b} = {first}", f"{first} + 1 = {second}"]
    if draw.random() < 0.25:
        steps[1:1] = draw.choice(([steps[0]], [steps[0], steps[0]], ["", ""]))
    return "\n".join((*steps, f"The answer is {second}."))


def _error(draw: random.Random) -> int:
    return draw.choice((0, 0, 0, 0, 1, -1))


def taught(folder: Path, steps: int = 250) -> str:
    """The folder of a tiny model, of 80,000 weights, that was taught the solutions."""
    draw = random.Random(0)
    tasks = all_tasks()
    tiny.make(folder, (text for task in tasks for text in (SYSTEM, task.question, solution(task, draw))), seed=0)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    configuration = AutoConfig.from_pretrained(
        folder, hidden_size=48, intermediate_size=128, num_hidden_layers=2, head_dim=12
    )
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(configuration)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(steps):
        chosen = draw.choices(tasks, k=32)
        rows = [(*task.messages, {"role": "assistant", "content": solution(task, draw)}) for task in chosen]
        batch = tokenizer(
            [tokenizer.apply_chat_template(list(row), tokenize=False) for row in rows],
            return_tensors="pt",
            padding=True,
            add_special_tokens=False,
        )
        labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
        model(**batch, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    return str(folder)


LEARNING = {
    "batch_size": 64,
    "max_new_tokens": 40,
    "learning_rate": 1.5e-3,
    "schedule": "linear",
    "rollout_epochs": 3,
    "log_every": 10,
    "max_steps": 120,
}
"""With which the policy learns in 20 rollouts."""


def configuration(**told: Any) -> PpoConfiguration:
    """That of the toy, changed as told."""
    return PpoConfiguration(**{"kl_weight": 0.02, "critic_rate": 2.0, **told})


def trainer(path: str, run: Run) -> ppo.PpoTrainer:
    """A trainer of the model at `path`, as `ppo.train` makes it, with the arithmetic as process reward model."""
    told = run.configuration
    assert isinstance(told, PpoConfiguration)
    base = load_policy(path)
    set_seed(told.seed)
    policy = with_lora(base, told, "CAUSAL_LM")
    reference = None if told.lora_rank else copy.deepcopy(policy).requires_grad_(False)
    model = ppo.PolicyAndCritic(policy, ppo.load_critic(path, base, told, {}), told.temperature)
    rewards = Rewards(told, {"prm": Arithmetic()})
    return ppo.PpoTrainer(model, reference, rewards, load_tokenizer(path), all_tasks(), all_tasks(), run)


def process_reward_model(path: str, folder: Path) -> PreTrainedModel:
    """A process reward model of a policy's size, at random, in a folder as `Scorer` loads it."""
    configuration = AutoConfig.from_pretrained(path, num_labels=2)
    torch.manual_seed(3)
    model = AutoModelForTokenClassification.from_config(configuration)
    model.save_pretrained(folder)
    load_tokenizer(path).save_pretrained(folder)
    ScorerConfig(kind="prm", max_length=512).write(folder)
    return model

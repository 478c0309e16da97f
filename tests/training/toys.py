"""A toy whose right behaviour is known: adding in two steps, by a model that was taught with errors."""

import random
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from training import tiny
from training.rewards import Task

SYSTEM = "Add."


class Arithmetic:
    """A process reward model that is exact, but takes a right step for right again, and finds nothing wrong in silence."""

    def score(self, prompts: Sequence[str], solutions: Sequence[Sequence[str]]) -> list[list[float]]:
        return [
            [0.95 if step in ("", *right_steps(prompt)) else 0.05 for step in steps]
            for prompt, steps in zip(prompts, solutions, strict=True)
        ]


def right_steps(question: str) -> list[str]:
    a, b = map(int, question.rstrip("?").split(", "))
    return [f"{a} + {b} = {a + b}", f"{a + b} + 1 = {a + b + 1}"]


def all_tasks() -> list[Task]:
    """Every sum of two digits from 1 to 4."""
    return [task(a, b) for a in range(1, 5) for b in range(1, 5)]


def task(a: int, b: int) -> Task:
    question = f"{a}, {b}?"
    messages = ({"role": "system", "content": SYSTEM}, {"role": "user", "content": question})
    return Task("forward", question, question, str(a + b + 1), f"{a}{b}", messages)


def solution(task: Task, draw: random.Random) -> str:
    """What the model is taught: one in three of its sums is wrong, and one time in four it says a step again, or nothing."""
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

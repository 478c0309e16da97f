"""Our PPO against that of TRL 1.12, the last release that has one: what is learned, how fast, in how much memory.

    python -m benchmarks.ppo_vs_trl

Both teach the same tiny model the toy of `tests/training/toys.py` with the same terminal reward, the same settings and
one thread; a step reward is what TRL has no place for. Each learner is a process of its own, and they take turns. TRL's
runs in an environment with the versions that `constraints.txt` pins, but for TRL itself; it is made once, in the user's
cache. Where the two differ although told the same: TRL's critic has a linear layer that begins at random, which is set
to 0 here as ours is, and TRL counts the token behind the last one to the critic's loss.

Time and memory are those of training alone: seconds from the first rollout to the last step of the optimizer, over the
tokens sampled in them, and the most memory the process held, without what it held when all was imported.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from transformers import TrainerCallback, set_seed

from tests.training import toys
from training.models import load_policy, load_tokenizer
from training.rewards import Rewards
from training.tokens import decoded, prompt_ids

TRL = "trl==1.12.0"
SEEDS = (0, 1, 2)
ROLLOUTS, SOLUTIONS, TOKENS = 40, 48, 40
EPOCHS, MINI_BATCHES, RATE = 2, 2, 1e-3
TOLERANCE = 0.1
"""Most that the mean rewards of the last quarter may be apart; rewards are between -1 and 1."""
TOLD = toys.configuration(
    batch_size=SOLUTIONS,
    max_new_tokens=TOKENS,
    rollout_epochs=EPOCHS,
    mini_batches=MINI_BATCHES,
    max_steps=ROLLOUTS * EPOCHS * MINI_BATCHES,
    log_every=EPOCHS * MINI_BATCHES,
    save_every=10**6,
    learning_rate=RATE,
    critic_rate=1.0,
    warmup=0.0,
    max_grad_norm=1e9,  # TRL's PPO clips no gradients
    step_weight=0.0,
    bad_step=0.0,
)
_ROOT = Path(__file__).parents[1]
_CONSTRAINTS = _ROOT / "constraints.txt"


def main() -> None:
    """Print one line; or be one of the two learners, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learner", choices=("ours", "trl"), help="what the benchmark runs itself")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", help="the model that a learner begins with")
    told = parser.parse_args()
    if told.learner:
        print(json.dumps((_ours if told.learner == "ours" else _trls)(told.model, told.seed)))
        return
    try:
        pythons = {"ours": sys.executable, "trl": str(_environment())}
    except subprocess.CalledProcessError as error:
        print(f"ppo_vs_trl: skipped, the environment with {TRL} cannot be made: {_reason(error.stderr)}")
        return
    with tempfile.TemporaryDirectory() as folder:
        model = toys.taught(Path(folder))
        turns = [(seed, name) for seed in SEEDS for name in pythons]
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in pythons}
        for seed, name in turns:
            found[name].append(_learned(pythons[name], name, model, seed))
    _report(found["ours"], found["trl"])


def _report(ours: Sequence[dict[str, Any]], trls: Sequence[dict[str, Any]]) -> None:
    ends = [[mean(each["rewards"][-ROLLOUTS // 4 :]) for each in side] for side in (ours, trls)]
    begins = [mean(mean(each["rewards"][: ROLLOUTS // 4]) for each in side) for side in (ours, trls)]
    wall, cpu = ([min(each[name] / each["tokens"] for each in side) * 1e6 for side in (ours, trls)] for name in _CLOCKS)
    memory = [mean(each["memory"] for each in side) / 2**20 for side in (ours, trls)]
    agree = abs(mean(ends[0]) - mean(ends[1])) <= TOLERANCE
    met = agree and wall[0] <= wall[1] and memory[0] <= memory[1]
    print(
        f"ppo_vs_trl: {ROLLOUTS} rollouts of {SOLUTIONS}, seeds {', '.join(map(str, SEEDS))}, one thread; ours and "
        f"TRL 1.12: reward of the first quarter {begins[0]:.2f} and {begins[1]:.2f}, of the last "
        f"{mean(ends[0]):.2f} ({_each(ends[0])}) and {mean(ends[1]):.2f} ({_each(ends[1])}), "
        f"{'' if agree else 'not '}within {TOLERANCE:g}; a token, least of the seeds, {wall[0]:.0f} and {wall[1]:.0f} "
        f"us ({cpu[0]:.0f} and {cpu[1]:.0f} us of CPU); memory {memory[0]:.0f} and {memory[1]:.0f} MiB; "
        f"load {os.getloadavg()[0]:.1f}; target {'met' if met else 'MISSED'}"
    )


_CLOCKS = ("seconds", "cpu_seconds")


def _each(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def _learned(python: str, name: str, model: str, seed: int) -> dict[str, Any]:
    """What a learner's process prints last."""
    command = [python, "-m", "benchmarks.ppo_vs_trl", "--learner", name, "--seed", str(seed), "--model", model]
    quiet = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(command, cwd=_ROOT, env={**os.environ, **quiet}, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"ppo_vs_trl: the process of {name} failed: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


# The learners.


class _Clock(TrainerCallback):  # type: ignore[misc]
    """Seconds of training, up to the last step of the optimizer: what is written behind it does not count."""

    def on_train_begin(self, *_: object, **__: object) -> None:
        self.began = self.ended = (time.perf_counter(), time.process_time())

    def on_step_end(self, *_: object, **__: object) -> None:
        self.ended = (time.perf_counter(), time.process_time())

    def taken(self) -> dict[str, float]:
        return {name: end - begin for name, begin, end in zip(_CLOCKS, self.began, self.ended, strict=True)}


def _memory(peak: bool) -> int:
    """What this process holds, or the most that it held, in bytes. Linux's ru_maxrss is the parent's at first."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM" if peak else "VmRSS"))) * 1024


def _ours(model: str, seed: int) -> dict[str, Any]:
    from training.fitting import fit
    from training.runs import running
    from training.watch import Unwatched

    told = TOLD.model_copy(update={"seed": seed})
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), "ppo", told, base=model) as run:
        import training.ppo  # noqa: F401  it is what training imports

        before, clock = _memory(peak=False), _Clock()
        trainer = toys.trainer(model, run)
        trainer.rewards = Rewards(told, {})
        trainer.add_callback(clock)
        fit(trainer, run, Unwatched())
        lines = [line for line in run.metrics() if "reward" in line]
    return {
        "rewards": [line["reward"] for line in lines],
        "tokens": sum(line["length"] * SOLUTIONS for line in lines),
        "memory": _memory(peak=True) - before,
        **clock.taken(),
    }


def _trls(model: str, seed: int) -> dict[str, Any]:
    """TRL's loop, as its documentation begins it. Its gradient checkpointing, which costs time, is off as ours is."""
    from datasets import Dataset
    from transformers import AutoModelForSequenceClassification
    from trl.experimental.ppo import PPOConfig, PPOTrainer

    before, clock = _memory(peak=False), _Clock()
    tokenizer = load_tokenizer(model)
    tokenizer.padding_side = "left"
    asked = toys.all_tasks()
    rows = [{"input_ids": prompt_ids(tokenizer, task.messages)} for task in asked] * (SOLUTIONS // len(asked))
    set_seed(seed)
    policy, reference = load_policy(model), load_policy(model)
    critic = AutoModelForSequenceClassification.from_pretrained(model, num_labels=1)
    torch.nn.init.zeros_(critic.score.weight)
    worth = _Worth(tokenizer)
    with tempfile.TemporaryDirectory() as folder:
        args = PPOConfig(
            output_dir=folder,
            per_device_train_batch_size=SOLUTIONS,
            num_mini_batches=MINI_BATCHES,
            num_ppo_epochs=EPOCHS,
            total_episodes=ROLLOUTS * SOLUTIONS,
            response_length=TOKENS,
            stop_token="eos",
            temperature=TOLD.temperature,
            learning_rate=RATE,
            lr_scheduler_type="constant",
            kl_coef=TOLD.kl_weight,
            cliprange=TOLD.clip,
            cliprange_value=TOLD.clip_value,
            vf_coef=TOLD.value_weight,
            gamma=TOLD.gamma,
            lam=TOLD.gae_lambda,
            num_sample_generations=0,
            gradient_checkpointing=False,
            bf16=False,
            use_cpu=True,
            seed=seed,
            save_strategy="no",
            report_to="none",
            logging_steps=1,
        )
        trainer = PPOTrainer(
            args=args,
            processing_class=tokenizer,
            model=policy,
            ref_model=reference,
            reward_model=worth,
            value_model=critic,
            train_dataset=Dataset.from_list(rows),
            eval_dataset=Dataset.from_list(rows[:1]),
            callbacks=[clock],
        )
        trainer.train()
    return {
        "rewards": worth.means,
        "tokens": worth.tokens,
        "memory": _memory(peak=True) - before,
        **clock.taken(),
    }


class _Worth(torch.nn.Module):
    """Our reward as TRL wants it: a model whose `score` has the reward at a solution's last token, here at all."""

    base_model_prefix = "body"

    def __init__(self, tokenizer: Any) -> None:
        super().__init__()
        self._tokenizer = tokenizer
        self._rewards = Rewards(TOLD, {})
        self._tasks = {decoded(tokenizer, prompt_ids(tokenizer, task.messages)): task for task in toys.all_tasks()}
        self._end = tokenizer.convert_tokens_to_ids("<|assistant|>")
        self.means: list[float] = []
        self.tokens = 0

    def body(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **_: object) -> Any:
        """The ids in the place of hidden states, -1 where there is padding."""
        self.hidden_states = (input_ids.masked_fill(~attention_mask, -1),)
        return self

    def score(self, ids: torch.Tensor) -> torch.Tensor:
        """(solutions, tokens, 1)"""
        asked, texts, finished = [], [], []
        for row in ids.tolist():
            begin = row.index(self._end) + 1
            said = [token for token in row[begin:] if token >= 0]
            self.tokens += len(said)
            asked.append(self._tasks[decoded(self._tokenizer, [token for token in row[:begin] if token >= 0])])
            texts.append(decoded(self._tokenizer, said))
            finished.append(self._tokenizer.eos_token_id in said)
        worth = torch.tensor([each.total for each in self._rewards(asked, texts, finished)])
        self.means.append(float(worth.mean()))
        return worth[:, None, None].expand(*ids.shape, 1)


# TRL's environment.


def _environment() -> Path:
    """The Python of the environment that has TRL's PPO, made where it is missing, whole or not at all."""
    pins = "".join(line for line in _CONSTRAINTS.read_text().splitlines(keepends=True) if not line.startswith("trl=="))
    key = hashlib.sha256(f"{sys.version_info[:2]}\n{TRL}\n{pins}".encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "backmath"
    folder, new = cache / f"trl-{key}", cache / f"trl-{key}.{os.getpid()}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        try:
            _run(sys.executable, "-m", "venv", "--without-pip", str(new))
            (new / "pins.txt").write_text(pins)
            pip = (sys.executable, "-m", "pip", "--python", str(new / "bin" / "python"), "install", "--no-compile")
            _run(*pip, "--retries", "2", "--constraint", str(new / "pins.txt"), TRL, "--editable", str(_ROOT))
            new.rename(folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return folder / "bin" / "python"


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)


def _reason(said: str) -> str:
    return next((line for line in said.splitlines() if line.startswith("ERROR:")), said[-300:])


if __name__ == "__main__":
    main()

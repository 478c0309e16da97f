"""A real model through every stage, on a release made of GSM8K: what is learned, how fast, in how much memory.

    python -m benchmarks.real_training [--rows 96] [--steps 24] [--questions 10]
    python -m benchmarks.real_training --model FOLDER --peak-tflops 989

SmolLM2-135M-Instruct from its GGUF file, or `--model`. Fine-tuning on forward solutions alone and on as many rows of
which half are backward ones, PRM, BackPRM, PPO with both from the second, each by `training.stages.train`; then the
answers of the two and of PPO's policy to held-out questions. Where there is a GPU, sizes are those of a GPU.

Tokens a second are those learned from, padding not counted, over the seconds of the optimizer's steps; for PPO those
sampled, over sampling, scoring and learning. The share of peak is 6 N T / P: 6 floating point operations a weight and
token, two in the forward pass and four in the backward pass (Kaplan et al. 2020, arXiv 2001.08361), N weights, T tokens
a second, and P the card's dense bfloat16 peak; attention is not counted, and PPO, which does more than that, has none.
Memory is the most that the process held, on a GPU the most that was allocated there.
"""

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from backmath.quiet import quiet
from benchmarks.measure import BACKMATH
from benchmarks.measure import run as command
from schemas.training import Stage
from tests.data import DATA
from tests.weights import UnreachableError, smollm2
from training import stages
from training.configurations.evaluation import EvaluationConfiguration
from training.evaluation.evaluation import evaluate
from training.models import load_tokenizer
from training.process_reward.encoding import Encoder
from training.release import Release
from training.runs import Run
from training.watch import Unwatched

PEAKS = {"H200": 989, "H100": 989, "A100": 312, "L40S": 362, "L4": 121, "A10": 125}
"""Dense bfloat16 TFLOP/s by NVIDIA's data sheets, for cards whose names hold these."""
HALF_BACKWARD = 0.35
"""Share of the backward rows that are as many as the forward ones."""


@dataclass(frozen=True)
class Sizes:
    """How much is done; the fields that a flag has not changed are for a machine with or without a GPU."""

    rows: int
    steps: int
    questions: int
    held_out: int
    length: int
    batch: int
    rollout: int
    new_tokens: int
    answer_tokens: int


ON_CPU = Sizes(96, 24, 10, 24, 320, 4, 8, 96, 192)
ON_GPU = Sizes(8_192, 200, 500, 500, 768, 32, 128, 256, 384)


def main() -> None:
    """Print a line a stage, and one for each of the policies' answers."""
    known = ON_GPU if torch.cuda.is_available() else ON_CPU
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a folder or GGUF file in place of SmolLM2's")
    parser.add_argument("--rows", type=int, default=known.rows, help="rows that each stage learns from")
    parser.add_argument("--steps", type=int, default=known.steps, help="optimizer's steps of PPO")
    parser.add_argument("--questions", type=int, default=known.questions, help="held-out problems to answer")
    parser.add_argument("--peak-tflops", type=float, help="the card's, where it is not in the table")
    told = parser.parse_args()
    sizes = Sizes(**{**vars(known), "rows": told.rows, "steps": told.steps, "questions": told.questions})
    try:
        base = told.model or str(smollm2())
    except UnreachableError as reason:
        print(f"real_training: skipped, no model: {reason}")
        return
    if not (DATA / "gsm8k" / "train.jsonl").exists():
        print("real_training: skipped, BACKMATH_DATA has no gsm8k/train.jsonl")
        return
    quiet()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        command(BACKMATH, "ingest", "gsm8k", "--path", str(DATA / "gsm8k" / "train.jsonl"), "--workspace", folder)
        command(BACKMATH, "generate", "--workspace", folder)
        command(BACKMATH, "release", "create", "--workspace", folder)
        _train_all(workspace, base, sizes, told.peak_tflops or _peak())


def _train_all(workspace: Path, base: str, sizes: Sizes, peak: float | None) -> None:
    shared = {
        "max_length": sizes.length,
        "batch_size": sizes.batch,
        "eval_rows": sizes.held_out,
        "save_every": 10**6,
        "log_every": 1,
    }
    rows = {**shared, "max_rows": sizes.rows}
    only = {**rows, "learning_rate": 1e-4, "backward": 0.0, "pose": 0.0}
    both = {**rows, "learning_rate": 1e-4, "backward": HALF_BACKWARD, "pose": 0.0}
    learner = _Learner(workspace, peak)
    learner.learn("sft", "forward", base, only)
    tuned = learner.learn("sft", "both", base, both)
    prm, backprm = (learner.learn(stage, stage, base, {**rows, "learning_rate": 5e-5}) for stage in _SCORERS)
    policy = learner.learn(
        "ppo",
        "ppo",
        str(tuned.model_folder),
        {
            **shared,
            "batch_size": sizes.rollout,
            "max_new_tokens": sizes.new_tokens,
            "max_steps": sizes.steps,
            "learning_rate": 2e-6,
        },
        {"prm": str(prm.model_folder), "backprm": str(backprm.model_folder)},
    )
    _answer(workspace, ("forward", "both", policy.record.name), sizes)


_SCORERS: tuple[Stage, ...] = ("prm", "backprm")


class _Learner:
    def __init__(self, workspace: Path, peak: float | None) -> None:
        self._workspace = workspace
        self._peak = peak

    def learn(
        self, stage: Stage, name: str, base: str, flags: Mapping[str, Any], rewards: Mapping[str, str] | None = None
    ) -> Run:
        """Train a stage, and print what it took and what it did to the held-out rows."""
        gc.collect()
        _forget_peak()
        run = stages.train(
            self._workspace, stage, watch=Unwatched(), base=base, flags=flags, rewards=rewards or {}, name=name
        )
        memory = _peak_memory()
        lines = run.metrics()
        seconds = _seconds(lines)
        rate = _tokens(run, self._workspace) / seconds
        weights = run.record.parameters or 0
        print(
            f"real_training {name}: {weights / 1e6:.0f}M weights, {run.record.used}; {_learned(stage, lines)}; "
            f"{rate:,.0f} tokens/s{'' if stage == 'ppo' else self._speed(6 * weights * rate / 1e12)}, "
            f"{memory / 1e9:.1f} GB, {seconds:.0f} s; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        return run

    def _speed(self, tflops: float) -> str:
        return f", {tflops:.2f} TFLOP/s" + (f", {tflops / self._peak:.0%} of peak" if self._peak else "")


def _learned(stage: Stage, lines: list[dict[str, float]]) -> str:
    """The held-out measures before the first step and behind the last; of PPO what was sampled first and last, too."""
    told = [
        f"held-out {name} {values[0]:.3f} to {values[-1]:.3f}"
        for name in _TOLD[stage]
        if (values := _of(lines, f"eval_{name}"))
    ]
    if stage == "ppo":
        sampled = _of(lines, "reward")
        quarter = max(1, len(sampled) // 4)
        told.append(f"reward of samples {mean(sampled[:quarter]):.3f} to {mean(sampled[-quarter:]):.3f}")
    return ", ".join(told)


_TOLD: dict[Stage, tuple[str, ...]] = {
    "sft": ("loss",),
    "prm": ("loss", "step_accuracy", "auc", "first_error_f1"),
    "backprm": ("loss", "step_accuracy", "auc", "question_auc"),
    "ppo": ("reward", "right", "finished", "bad_steps"),
}


def _seconds(lines: list[dict[str, float]]) -> float:
    """Of training: from the look at the held-out rows before the first step to the last step."""
    return max(line["seconds"] for line in lines if "loss" in line) - lines[0]["seconds"]


def _of(lines: list[dict[str, float]], name: str) -> list[float]:
    return [line[name] for line in lines if name in line]


def _tokens(run: Run, workspace: Path) -> float:
    """How many tokens a run has learned from, or sampled: those of its rows, each seen once."""
    lines, stage = run.metrics(), run.record.stage
    if stage == "sft":
        return max(_of(lines, "num_tokens"))
    if stage == "ppo":
        told = run.configuration
        return mean(_of(lines, "length")) * told.batch_size * told.max_steps / (told.mini_batches * told.rollout_epochs)
    rows = Release(workspace).rows(stage, "train", run.configuration.max_rows)
    encoded = Encoder(load_tokenizer(str(run.model_folder))).encode(rows["prompt"][:], rows["completions"][:])
    return sum(len(row.ids) for row in encoded if len(row.ids) <= run.configuration.max_length)


def _answer(workspace: Path, names: tuple[str, ...], sizes: Sizes) -> None:
    """Held-out questions, answered by each policy: the later ones are compared with those before."""
    done: list[str] = []
    for name in names:
        asked = EvaluationConfiguration(
            on=("release:test",), limit=sizes.questions, max_tokens=sizes.answer_tokens, batch_size=sizes.batch * 4
        )
        begun = time.monotonic()
        found = evaluate(
            workspace,
            asked,
            model=str(workspace / "runs" / name / "model"),
            watch=Unwatched(),
            against=done,
            name=f"answers-{name}",
        )
        told = [
            f"{each.kind} right {each.accuracy.value:.3f} [{each.accuracy.low:.3f}, {each.accuracy.high:.3f}] of "
            f"{each.questions}, cut off {each.cut_off.value:.2f}"
            for each in found.results
        ]
        told += [
            f"{each.kind} against {each.other.removeprefix('answers-')} {each.difference.value:+.3f} "
            f"[{each.difference.low:+.3f}, {each.difference.high:+.3f}]"
            for each in found.comparisons
            if each.measure == "accuracy"
        ]
        print(f"real_training answers of {name}: {'; '.join(told)}; {time.monotonic() - begun:.0f} s", flush=True)
        done.append(f"answers-{name}")


def _peak() -> float | None:
    """The card's, in TFLOP/s; None where there is no card, or an unknown one."""
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    return next((float(peak) for card, peak in PEAKS.items() if card in name), None)


def _forget_peak() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    Path("/proc/self/clear_refs").write_text("5")


def _peak_memory() -> int:
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) * 1024


if __name__ == "__main__":
    main()

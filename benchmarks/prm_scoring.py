"""Scoring steps with a process reward model: many solutions at once, against one by one, with the same numbers.

    python -m benchmarks.prm_scoring

SmolLM2-135M-Instruct from its GGUF file with a new head, where the package registry gives it, else the tiny model: what
the head has learned changes no time. The rows are the first of a release made of GSM8K, or of the bundled sample where
that is absent. One by one is done in the two ways that are in use: a step at a time, with all before it, as a search
over steps asks; and a solution at a time. Both by plain transformers, in the same run.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from benchmarks.measure import BACKMATH, run
from tests.data import DATA
from tests.weights import UnreachableError, smollm2
from training import tiny
from training.models import load_classifier, load_tokenizer
from training.process_reward.encoding import Encoded, Encoder
from training.process_reward.scoring import RIGHT, score_steps
from training.release import Release

ROWS = 12
TIMES_FASTER = 3.0
TOLERANCE = 1e-5
PROBLEMS = 40

Scores = list[list[float]]


def main() -> None:
    """Print one line: for PRM and BackPRM rows the steps a second, and how many times that of one by one."""
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        release = _release(Path(folder))
        name, model, tokenizer = _model(Path(folder) / "tiny", release)
        told, met = [], True
        for kind in ("prm", "backprm"):
            rows = release.rows(kind, "train", ROWS)
            prompts, solutions = rows["prompt"][:], rows["completions"][:]
            rate, by_step, by_solution, apart = _compared(model, tokenizer, prompts, solutions)
            met = met and rate / by_step >= TIMES_FASTER and apart <= TOLERANCE
            told.append(
                f"{kind} {rate:,.1f} steps/s, a step at a time {by_step:,.1f}: {rate / by_step:.1f} times faster, a "
                f"solution at a time {by_solution:,.1f}: {rate / by_solution:.1f} times; {apart:.0e} apart"
            )
    print(
        f"prm_scoring: {ROWS} solutions each by {name} on {model.device.type}, {torch.get_num_threads()} threads: "
        f"{'; '.join(told)} (target {TIMES_FASTER:g} times a step at a time, {TOLERANCE:g} apart); "
        f"target {'met' if met else 'missed'}"
    )


def _release(folder: Path) -> Release:
    path = DATA / "gsm8k" / "train.jsonl"
    if path.exists():
        steps = [
            ("ingest", "gsm8k", "--path", str(path), "--limit", str(PROBLEMS)),
            ("generate",),
            ("release", "create"),
        ]
    else:
        steps = [("quickstart",)]
    for step in steps:
        run(BACKMATH, *step, "--workspace", str(folder))
    return Release(folder)


def _model(folder: Path, release: Release) -> tuple[str, PreTrainedModel, PreTrainedTokenizerBase]:
    try:
        name, path = "SmolLM2-135M", str(smollm2())
    except UnreachableError:
        name, path = "the tiny model", tiny.made_once(folder, release, 0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return name, load_classifier(path, 2, "float32").eval().to(device), load_tokenizer(path)


def _compared(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[str], solutions: Sequence[list[str]]
) -> tuple[float, float, float, float]:
    """Steps a second at once, a step and a solution at a time, and the largest difference between two scores."""
    steps = sum(map(len, solutions))
    encoder = Encoder(tokenizer)

    def by_step() -> Scores:
        return [
            [_last(model, *encoder.encode([prompt], [solution[: count + 1]])) for count in range(len(solution))]
            for prompt, solution in zip(prompts, solutions, strict=True)
        ]

    def by_solution() -> Scores:
        pairs = zip(prompts, solutions, strict=True)
        return [_all(model, *encoder.encode([prompt], [solution])) for prompt, solution in pairs]

    at_once, seconds = _timed(lambda: score_steps(model, tokenizer, prompts, solutions))
    others, rates = [], []
    for way in (by_step, by_solution):
        scores, took = _timed(way)
        others.append(scores)
        rates.append(steps / took)
    flat = [torch.tensor([score for each in scores for score in each]) for scores in (at_once, *others)]
    apart = max(float((flat[0] - other).abs().max()) for other in flat[1:])
    return steps / seconds, rates[0], rates[1], apart


def _timed(work: Callable[[], Scores]) -> tuple[Scores, float]:
    start = time.perf_counter()
    scores = work()
    return scores, time.perf_counter() - start


@torch.inference_mode()
def _all(model: PreTrainedModel, row: Encoded) -> list[float]:
    logits = model(input_ids=torch.tensor([row.ids], device=model.device)).logits[0, row.ends]
    return [float(each) for each in logits.float().softmax(-1)[:, RIGHT]]


def _last(model: PreTrainedModel, row: Encoded) -> float:
    return _all(model, row)[-1]


if __name__ == "__main__":
    main()

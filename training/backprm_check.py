"""The check `backprm`: what a BackPRM says of a candidate's question and steps, as an outcome with its reason.

A model's word is no proof. What it leads to is the policy's to say, and its scores order the review queue.
"""

import math
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from curation import backprm
from curation.backprm import Scored
from curation.releases.tables import sha256
from curation.store import Store
from schemas.check import Check, Outcome
from schemas.decision import Verdict
from schemas.identity import content_id
from training.errors import ModelError
from training.process_reward.scoring import Scorer
from training.watch import Watch

PASSES_FROM = 0.5
FAILS_BELOW = 0.2
"""Of the lowest score: where right is likelier than wrong, and where it is at most a quarter as likely."""

_PAGE = 128
"""Candidates that are scored, and written, at a time."""


def fingerprint(path: str) -> str:
    """A hash of the files that make a model what it is, whatever its folder is called."""
    files = sorted(file for file in Path(path).iterdir() if file.suffix in (".safetensors", ".json"))
    return content_id("model", *(part for file in files for part in (file.name, sha256(file))))


def load(path: str) -> Scorer:
    """The BackPRM of a folder. Raises ModelError where there is none, or a PRM."""
    scorer = Scorer.load(path)
    if scorer.config.kind != "backprm":
        raise ModelError(f"{path} scores forward steps, and is no BackPRM; nothing was scored. Next: train backprm")
    return scorer


def score(
    store: Store, run_id: str, scorer: Scorer, model: str, decision: Verdict | None, watch: Watch
) -> Counter[Outcome]:
    """Score the candidates that wait for it, page by page, and add the outcomes, of which it returns the counts.

    `model` is the scorer's fingerprint. The store is free while a page is scored. Where the watch wants to stop, what
    was scored is kept, and the same call goes on from there.
    """
    with store.connect() as connection:
        left = backprm.waiting(connection, model, decision)
    found = Counter[Outcome]()
    for start in range(0, len(left), _PAGE):
        if watch.stopping():
            break
        page = left[start : start + _PAGE]
        with store.connect() as connection:
            read = backprm.read(connection, page)
        began = time.perf_counter()
        scores = scorer.score([prompt for prompt, _ in read.values()], [steps for _, steps in read.values()])
        elapsed_ms = round((time.perf_counter() - began) * 1000 / max(len(read), 1), 4)
        scored = [Scored(key, each, check(each, model, elapsed_ms)) for key, each in zip(read, scores, strict=True)]
        with store.connect() as connection:
            backprm.add(connection, run_id, model, scored)
        found.update(each.check.outcome for each in scored)
        watch.step(start + len(page), len(left), {})
    return found


def check(scores: Sequence[float], model: str, elapsed_ms: float) -> Check:
    """The outcome by the lowest score; of one with a step that was not scored, NaN, nothing is said but a fail."""
    told = [score for score in scores if not math.isnan(score)]
    outcome: Outcome = "undecided"
    if told and min(told) < FAILS_BELOW:
        outcome = "fail"
    elif len(told) == len(scores) and min(told) >= PASSES_FROM:
        outcome = "pass"
    return Check(name="backprm", outcome=outcome, reason=f"{_said(scores)}; BackPRM {model}", elapsed_ms=elapsed_ms)


def _said(scores: Sequence[float]) -> str:
    question, *steps = scores
    if math.isnan(question):
        return "too long for the model to read"
    told = [step for step in steps if not math.isnan(step)]
    said = f"question {question:.2f}"
    if told:
        said += f", lowest step {min(told):.2f} (step {steps.index(min(told)) + 1} of {len(steps)})"
    return said if len(told) == len(steps) else f"{said}, {len(steps) - len(told)} steps too far behind to be read"

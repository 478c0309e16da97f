"""How much better a BackPRM's scores order what people review than the checks alone: AUC on held-out verdicts.

    python -m benchmarks.backprm_order [--steps 300]
    python -m benchmarks.backprm_order --model smollm2 --steps 40

MAWPS's numbered templates, filled again with small numbers, many of them equal, so that for every candidate it is known
whether its equation is right. A BackPRM, tiny or of SmolLM2-135M-Instruct, is trained on a release of half of the
templates; the candidates in review of the others, which it has not seen, are the verdicts. AUC: how often a right
candidate is held for likelier than a wrong one. It is taken of the learned P(correct), which is told the verdicts of
half of the templates and asked about the other half, and the other way round, with and without the scores; and of the
guess that comes without labels beside the lowest score alone. Intervals and the difference, paired, are by bootstrap
over templates.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from backmath.generate import derive_all
from backmath.ingest import Origin, add
from backmath.quiet import quiet
from benchmarks.truth import holds, mawps
from curation import candidates
from curation.policy import load
from curation.releases.build import build
from curation.review.features import features
from curation.review.probability import estimate
from curation.store import Store
from generation.strategy import Strategy
from schemas.identity import content_id
from tests.curation.review import reviewed
from tests.data import DATA
from tests.weights import UnreachableError, smollm2
from training import backprm_check, stages
from training.watch import Unwatched

SEED = 20250101
REFILLS = 2
RESAMPLES = 1_000

Verdicts = dict[str, bool]
Templates = dict[str, int]


def main() -> None:
    """Train, score, compare, and print one line."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--steps", type=int, default=300, help="steps that the BackPRM is trained for")
    arguments.add_argument("--model", choices=("tiny", "smollm2"), default="tiny", help="what the BackPRM begins with")
    told = arguments.parse_args()
    try:
        base = stages.TINY if told.model == "tiny" else str(smollm2())
    except UnreachableError as reason:
        print(f"backprm_order: skipped, no model: {reason}")
        return
    quiet()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows = [json.loads(line) for line in (DATA / "equations" / "mawps_svamp_repo.jsonl").read_text().splitlines()]
        unseen = [row for row in rows if _of(row["Question"], 2) == 0]
        seen = [row for row in rows if _of(row["Question"], 2) != 0]
        learned, _, _ = made(folder / "seen", seen, 1)
        store, right, templates = made(folder / "unseen", unseen, REFILLS)
        model = trained(learned, base, told.steps)
        scored = copied(store, folder / "scored")
        scorer, name = backprm_check.load(str(model)), backprm_check.fingerprint(str(model))
        backprm_check.score(scored, "benchmark", scorer, name, "review", Unwatched())
        keys = [key for key, decision in decisions(store).items() if decision == "review" and key in right]
        verdicts = {key: right[key] for key in keys}
        said = [
            f"{way} {compared(right, templates, keys, without, with_scores)}"
            for way, without, with_scores in (
                ("learned", learnt(store, verdicts, templates), learnt(scored, verdicts, templates)),
                ("guess against lowest score", guesses(store, keys), lowest(scored, keys)),
            )
        ]
    wrong = sum(not each for each in verdicts.values())
    print(
        f"backprm_order: {told.model}, {told.steps} steps; {len(keys):,} candidates in review, {wrong:,} wrong: "
        f"{'; '.join(said)}"
    )


def made(
    folder: Path, rows: Sequence[Mapping[str, str]], refills: int
) -> tuple[Store, dict[str, bool], dict[str, int]]:
    """A store of templates and their refills, whether each candidate of it is right, and the template of each."""
    folder.mkdir()
    templates = folder / "templates.jsonl"
    templates.write_text("".join(json.dumps(row) + "\n" for row in rows))
    truths = {truth.problem.id: truth for truth in mawps(templates, folder, refills, SEED)}
    store = Store(folder / "workspace")
    add(store, Origin("mawps", path=folder / "mawps.jsonl"), "ingest")
    derive_all(store, Strategy(), "generate", load(), concurrency=1)
    with store.connect(read_only=True) as connection:
        wanted = connection.execute("SELECT candidate_id FROM candidates WHERE relation IS NOT NULL").fetchall()
        found = candidates.read(connection, [key for (key,) in wanted])
    right: Verdicts = {}
    of: Templates = {}
    for key, (problem, candidate) in found.items():
        verdict = holds(truths[problem.id], candidate) if problem.id in truths else None
        if verdict is not None:
            right[key] = verdict
            of[key] = _of("".join(letter for letter in problem.question if not letter.isdigit()), 1 << 60)
    return store, right, of


def trained(store: Store, base: str, steps: int) -> Path:
    """The model of a BackPRM, trained on a release of the store."""
    with store.running("release create"):
        build(store, None, policy=load())
    rate, rows = (2e-3, 16) if base == stages.TINY else (5e-5, 8)
    flags = {"learning_rate": rate, "batch_size": rows, "max_steps": steps, "max_length": 400, "eval_rows": 0}
    return stages.train(store.folder, "backprm", watch=Unwatched(), base=base, flags=flags).model_folder


def decisions(store: Store) -> dict[str, str]:
    """What was decided of each candidate."""
    with store.connect(read_only=True) as connection:
        return dict(connection.execute("SELECT candidate_id, decision FROM candidate_overview").fetchall())


def copied(store: Store, folder: Path) -> Store:
    """A store with the same rows."""
    folder.mkdir()
    shutil.copyfile(store.path, folder / store.path.name)
    return Store(folder)


def guesses(store: Store, keys: Sequence[str]) -> list[float]:
    """P(correct) without labels."""
    with store.connect(read_only=True) as connection:
        priors = features(connection, keys).priors
    return [priors[key] for key in keys]


def lowest(store: Store, keys: Sequence[str]) -> list[float]:
    """The lowest score, and nothing of the checks."""
    with store.connect(read_only=True) as connection:
        found = dict(connection.execute("SELECT candidate_id, list_min(scores) FROM backprm_scores").fetchall())
    return [found[key] for key in keys]


def learnt(store: Store, verdicts: Mapping[str, bool], templates: Mapping[str, int]) -> list[float]:
    """P(correct) of those with a verdict, in order, learned from the verdicts of the other half of the templates."""
    found: dict[str, float] = {}
    for half in (0, 1):
        told = [key for key in sorted(verdicts) if templates[key] % 2 == half]
        with tempfile.TemporaryDirectory() as folder:
            other = copied(store, Path(folder) / "half")
            reviewed.write(other, answers=reviewed.verdicts_of(verdicts, told))
            with other.connect(read_only=True) as connection:
                estimates = estimate(connection, [key for key in verdicts if templates[key] % 2 != half])
        assert estimates.calibrated, estimates.note
        found |= estimates.probability
    return [found[key] for key in verdicts]


def compared(
    right: Mapping[str, bool],
    templates: Mapping[str, int],
    keys: Sequence[str],
    without: Sequence[float],
    with_scores: Sequence[float],
) -> str:
    """Both AUCs, and their difference with its interval."""
    truth = np.array([right[key] for key in keys])
    names, group = np.unique([templates[key] for key in keys], return_inverse=True)
    dice = np.random.default_rng(SEED)
    pairs = []
    for _ in range(RESAMPLES):
        weight = dice.multinomial(len(names), np.full(len(names), 1 / len(names)))[group]
        if 0 < (weight * truth).sum() < weight.sum():
            pairs.append([roc_auc_score(truth, each, sample_weight=weight) for each in (without, with_scores)])
    first, second = (roc_auc_score(truth, each) for each in (without, with_scores))
    drawn = np.array(pairs)
    bounds = np.percentile(drawn, (2.5, 97.5), axis=0)
    low, high = np.percentile(drawn[:, 1] - drawn[:, 0], (2.5, 97.5))
    return (
        f"AUC {first:.3f} ({bounds[0, 0]:.3f}-{bounds[1, 0]:.3f}) and {second:.3f} "
        f"({bounds[0, 1]:.3f}-{bounds[1, 1]:.3f}), difference {second - first:+.3f} "
        f"({low:+.3f} to {high:+.3f})"
    )


def _of(text: str, parts: int) -> int:
    """Which of so many parts a text belongs to."""
    return int(content_id("part", text), 16) % parts


if __name__ == "__main__":
    main()

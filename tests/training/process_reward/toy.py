"""A toy whose right answer is known: a step is wrong where it says so. A real release, and runs of the real trainer."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from curation.releases import shelf
from curation.releases.tables import Tables, table
from curation.store import Store
from schemas.published import Config, Split
from schemas.release import Manifest, RowCount
from schemas.training import Stage
from training import tiny
from training.configurations.process_reward import ProcessRewardConfiguration
from training.process_reward.training import train
from training.release import Release
from training.runs import Run, running
from training.watch import Unwatched, Watch

WORDS = ["red", "green", "blue", "apple", "pear", "plum", "one", "two", "three", "four", "bus", "car"]

Row = dict[str, Any]


def row(steps: Sequence[str], labels: Sequence[int | None], **changes: Any) -> Row:
    """A row of `prm`, of the first problem if no other is named."""
    given = {"prompt": "How many?", "completions": list(steps), "labels": list(labels), "label_source": "sympy"}
    return {**given, "problem_id": "p1", "scores": [], **changes}


def marked(count: int, seed: int) -> list[Row]:
    """Rows of one to four steps of random words, of which a third have an `odd` among them and are wrong."""
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        labels = [int(draw.random() > 1 / 3) for _ in range(draw.randint(1, 4))]
        steps = []
        for label in labels:
            words = draw.choices(WORDS, k=draw.randint(2, 5))
            steps.append(" ".join(words if label else [*words, "odd", *draw.choices(WORDS, k=2)]))
        rows.append(row(steps, labels, problem_id=f"p{number}"))
    return rows


def base(folder: Path) -> str:
    """A model of 80,000 weights, not trained, whose tokenizer knows the words."""
    tiny.make(folder, [" ".join(each["completions"]) for each in marked(200, 0)], seed=0)
    smaller = {"hidden_size": 48, "intermediate_size": 128, "num_hidden_layers": 2, "head_dim": 12}
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder, **smaller)).save_pretrained(folder)
    return str(folder)


def released(workspace: Path, rows: Mapping[tuple[Config, Split], Sequence[Row]]) -> Release:
    """A release of just these rows, in a workspace of its own."""
    store = Store(workspace)
    folder = shelf.folder(store, "1.0.0")
    folder.mkdir(parents=True)
    with Tables(folder) as tables:
        for (config, split), each in rows.items():
            tables.add(config, split, table(config, each))
    counts = tuple(RowCount(config=config, split=split, rows=len(each)) for (config, split), each in rows.items())
    manifest = Manifest.model_validate({**_NOTHING, "files": tables.files(), "counts": counts})
    for name in shelf.BESIDE:
        (folder / name).write_text(shelf.text(manifest) if name == shelf.MANIFEST_NAME else "A toy.", encoding="utf-8")
    with store.connect() as connection:
        shelf.note(connection, manifest)
    return Release(workspace)


_NOTHING: dict[str, Any] = dict.fromkeys(
    ("sources", "policies", "fingerprints", "precision", "left_out", "evaluation_sets"), ()
) | {"version": "1.0.0", "previous": None, "code_version": "test", "labelled_steps": 0, "decided_by": {}}


def trained(
    workspace: Path,
    start: str,
    rows: Mapping[tuple[Config, Split], Sequence[Row]],
    *,
    stage: Stage = "prm",
    watch: Watch | None = None,
    resume: str | None = None,
    **fields: Any,
) -> Run:
    """The run that trained on the rows; the fields are those of the configuration."""
    there = (workspace / "backmath.duckdb").exists()
    release = Release(workspace) if there else released(workspace, rows)
    told = {"max_length": 128, "batch_size": 16, "learning_rate": 3e-3, "max_steps": 60, "log_every": 1, **fields}
    configuration = ProcessRewardConfiguration.model_validate(told)
    torch.manual_seed(99)  # what is drawn comes from the configuration's seed, and from nothing before it
    with running(workspace, stage, configuration, base=start, name=resume, resume=resume is not None) as run:
        train(start, release, run, watch or Unwatched())
    return run

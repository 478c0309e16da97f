"""The model card: README.md beside a model, with the hub's YAML, that names the data it learned from."""

import re
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCardData
from jinja2 import Environment, StrictUndefined

from curation.releases.card import cell, licences
from schemas.training import Stage, TrainingRun
from training.measures import measures
from training.release import Release
from training.runs import Run

CARD_NAME = "README.md"
TEMPLATE = Path(__file__).with_name("card.md.jinja")

_WHAT: dict[Stage, str] = {
    "sft": "A language model that solves math problems forward and backward, and poses backward problems.",
    "prm": "A process reward model: P(correct) of each step of a forward solution.",
    "backprm": "A backward process reward model: P(correct) of a backward question (step 0) and of each of its steps.",
    "ppo": "A language model trained with PPO, rewarded for each step and for an answer that is proved equal.",
    "grpo": "A language model trained with GRPO, rewarded for each step and for an answer that is proved equal.",
}
_LIMITS: dict[Stage, str] = {
    "sft": "Nothing keeps it from wrong steps.",
    "prm": "A score is a guess of a model, and no proof.",
    "backprm": "A score is a guess of a model, and no proof.",
    "ppo": "Steps are rewarded by what a model thinks of them, which can be wrong, and can be played.",
    "grpo": "Steps are rewarded by what a model thinks of them, which can be wrong, and can be played.",
}
_GENERATES = """\
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained("PATH_OR_NAME")
tokenizer = AutoTokenizer.from_pretrained("PATH_OR_NAME")"""
_SCORES = """\
from training.process_reward.scoring import Scorer

scorer = Scorer.load("PATH_OR_NAME")
scorer.score(["a question"], [["its first step", "its second step"]])"""
_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


def write(run: Run, release: Release) -> None:
    """Write the card of a run into the folder of its model."""
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    environment.filters |= {"cell": cell, "number": "{:,}".format, "number0": "{:,.0f}".format}
    record = run.record
    scores = record.stage in ("prm", "backprm")
    text = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        head=_head(record, release).to_yaml(),
        title=cell(f"BackMATH {record.stage}: {record.name}"),
        what=_WHAT[record.stage],
        limits=_LIMITS[record.stage],
        use=_SCORES if scores else _GENERATES,
        record=record,
        sources=release.manifest.sources,
        configuration=run.configuration.model_dump(mode="json"),
        measured=_measured(run),
    )
    (run.model_folder / CARD_NAME).write_text(text.rstrip("\n") + "\n", encoding="utf-8")


def _head(record: TrainingRun, release: Release) -> ModelCardData:
    """The hub's fields; a base from a folder has no page there that one could link to."""
    known: Any = licences(share.licence for share in release.manifest.sources)
    on_the_hub = _HUB_NAME.fullmatch(record.base) and not Path(record.base).exists()
    return ModelCardData(
        language="en",
        license=known[0] if len(known) == 1 else known,
        library_name="transformers",
        pipeline_tag="token-classification" if record.stage in ("prm", "backprm") else "text-generation",
        base_model=record.base if on_the_hub else None,
        tags=["math", "reasoning", "backward-reasoning", "backmath", record.stage],
        backmath_release=record.release,
        backmath_manifest_sha256=record.manifest_sha256,
    )


def _measured(run: Run) -> list[tuple[str, str, float, float]]:
    """The first and last value of each measure, on the validation split where it was looked at twice."""
    return [
        (each.name, "validation" if each.told is each.validation else "train", each.told[0][1], each.told[-1][1])
        for each in measures(run.metrics())
        if len(each.told) > 1
    ]

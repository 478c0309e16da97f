"""The dataset card: README.md with the hub's YAML, so that `load_dataset(path, config)` works by itself."""

import json
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from schemas.published import Config
from schemas.release import Manifest

TEMPLATE = Path(__file__).with_name("card.md.jinja")

MEANING: dict[Config, str] = {
    "forward": "problems of which a backward problem is here",
    "backward": "backward problems, each with its equation and proved steps",
    "sft": "conversations: solving forward, solving backward, posing the backward question",
    "prm": "solutions of forward problems with a label for each step",
    "backprm": "backward questions and their solutions with a label for each step, the question first",
    "rl": "questions with the answer that a check compares with",
}

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGER = "1M<n<10M"


def card(manifest: Manifest, changes: str) -> str:
    """The text of the card; `changes` is what is new in this version, as Markdown.

    What comes from data (names of sources and licences) stands in it as quoted text.
    """
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    environment.filters |= {"quoted": json.dumps, "cell": cell, "number": "{:,}".format, "percent": "{:.1%}".format}
    rows = sum(count.rows for count in manifest.counts)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        manifest=manifest,
        changes=changes,
        meaning=MEANING,
        files=_files(manifest),
        size=next((name for most, name in _SIZES if rows < most), _LARGER),
        licences=licences(share.licence for share in manifest.sources),
        splits=("train", "validation", "test"),
    )


def cell(text: str) -> str:
    """Text as a cell of a Markdown table, shown as it stands."""
    flat = " ".join(text.split())
    return "".join(f"\\{character}" if character in "\\`*_[]<>|#~&$" else character for character in flat)


def _files(manifest: Manifest) -> dict[str, list[tuple[str, str]]]:
    """The files of each config, as split and path, train first."""
    found: dict[str, list[tuple[str, str]]] = {config: [] for config in MEANING}
    for split in ("train", "validation", "test"):
        for file in manifest.files:
            config, _, name = file.path.partition("/")
            if name == f"{split}.parquet":
                found[config].append((split, file.path))
    return {config: files for config, files in found.items() if files}


def licences(names: Iterable[str]) -> list[str]:
    """The hub's names of the licences: lower case, `other` for what it has no name for."""
    known = {"mit", "apache-2.0", "cc-by-4.0", "cc-by-sa-4.0", "cc0-1.0", "bsd-3-clause", "bsd-2-clause", "unlicense"}
    return sorted({name.lower() if name.lower() in known else "other" for name in names})

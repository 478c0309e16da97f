"""Evaluation sets: where each is found, and its rows as questions.

A set is named alone (`gsm8k`), and is then read from the folder `BACKMATH_DATA`, or from the hub where that has no
such file; or with its file (`gsm8k=FILE`, where a name that is not known makes the file one of records); or as the
split of a release (`release:test`).
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from curation.releases.tables import sha256
from generation.sources.errors import RowError, SourceError
from generation.sources.fields import Fields
from generation.sources.hub import hub_rows
from generation.sources.row import Row
from generation.sources.rows import rows
from schemas.evaluation import EvaluatedSet, Question
from schemas.ingest_error import IngestError
from training.errors import EvaluationError
from training.evaluation import rows as readers
from training.evaluation.held_out import held_out
from training.evaluation.process_bench import Marked, read_marked
from training.evaluation.question_set import QuestionSet
from training.evaluation.rows import Reader, question

if TYPE_CHECKING:
    from training.release import Release

DATA_VARIABLE = "BACKMATH_DATA"
RELEASE = "release:"


class Place(NamedTuple):
    """Where a set is: its file in the data folder, and its name, config and split on the hub where it is there."""

    file: str
    hub: tuple[str, str] | None
    reader: Reader


KNOWN: dict[str, Place] = {
    "gsm8k": Place("gsm8k/test.jsonl", ("openai/gsm8k:main", "test"), readers.read_gsm8k),
    "math": Place("math/test.jsonl.gz", ("DigitalLearningGmbH/MATH-lighteval:default", "test"), readers.read_math),
    "math500": Place("math/math500.jsonl", ("HuggingFaceH4/MATH-500:default", "test"), readers.read_math),
    "svamp": Place("eval/svamp.jsonl", ("ChilleD/SVAMP:default", "test"), readers.read_svamp),
    "asdiv": Place("eval/asdiv.jsonl", ("EleutherAI/asdiv:asdiv", "validation"), readers.read_asdiv),
    "gsm_hard": Place("eval/gsm_hard.jsonl", ("reasoning-machines/gsm-hard:default", "train"), readers.read_gsm_hard),
    "aqua": Place("eval/aqua.jsonl", ("deepmind/aqua_rat:raw", "test"), readers.read_aqua),
    "gsm8k_backward": Place("backward/metamath_gsm8k_backward.jsonl", None, readers.read_backward),
}
MARKED: dict[str, tuple[str, tuple[str, str]]] = {
    "processbench_gsm8k": ("process/processbench_gsm8k.jsonl", ("Qwen/ProcessBench:default", "gsm8k")),
    "processbench_math": ("process/processbench_math.jsonl", ("Qwen/ProcessBench:default", "math")),
}
"""ProcessBench's sets: solutions whose first wrong step people marked."""


def load(name: str, release: "Release | None" = None) -> QuestionSet:
    """The set of that name; `release` is what `release:SPLIT` is taken from.

    Rows that cannot be read are left out and counted by reason, and so are those that ask what an earlier one does.
    Raises EvaluationError where there is no such set, it cannot be read on, or no row of it is left.
    """
    if name.startswith(RELEASE):
        assert release is not None
        return held_out(name, name.removeprefix(RELEASE), release)
    label, _, given = name.partition("=")
    file = Path(given) if given else _file(label)
    try:
        return _read(label, file)
    except SourceError as error:
        raise EvaluationError(f"set {label}: {error}; nothing was asked") from error


def _file(label: str) -> Path | None:
    """The file of a known set, None where it has to come from the hub."""
    if label not in KNOWN and label not in MARKED:
        known = ", ".join((*KNOWN, *MARKED, "release:test"))
        raise EvaluationError(
            f"{label!r} is no known evaluation set; nothing was asked. There are {known}. Next: --on {label}=FILE"
        )
    folder = os.environ.get(DATA_VARIABLE)
    file = Path(folder) / _place(label)[0] if folder else None
    if file and file.exists():
        return file
    if _place(label)[1] is None:
        raise EvaluationError(
            f"set {label} is not in {DATA_VARIABLE} ({file or 'which is not set'}), and is on no hub; nothing was "
            f"asked. Next: --on {label}=FILE"
        )
    return None


def _place(label: str) -> tuple[str, tuple[str, str] | None]:
    return MARKED[label] if label in MARKED else (KNOWN[label].file, KNOWN[label].hub)


def _read(label: str, file: Path | None) -> QuestionSet:
    hub = None if file else _place(label)[1]
    found = rows(file) if file else hub_rows(*hub, streaming=False) if hub else iter(())
    questions: dict[str, Question] = {}
    marked: dict[str, Marked] = {}
    refused: Counter[str] = Counter()
    reader = KNOWN[label].reader if label in KNOWN else readers.read_records
    for fields in _fields(found, refused):
        try:
            if label in MARKED:
                solution = read_marked(fields)
                marked.setdefault(solution.row_id, solution)
            else:
                asked = question(label, reader(fields))
                if questions.setdefault(asked.row_id, asked) is not asked:
                    refused["asked before"] += 1
        except RowError as error:
            refused[str(error)] += 1
    left = len(questions) + len(marked)
    source = str(file) if file else ", split ".join(hub or ())
    if not left:
        first = f": {next(iter(refused))}" if refused else ""
        raise EvaluationError(f"set {label}: {source} has no row that can be asked{first}; nothing was asked")
    about = EvaluatedSet(
        name=label,
        source=source,
        sha256=sha256(file) if file else None,
        rows=left + refused.total(),
        asked=left,
        refused=dict(refused),
    )
    return QuestionSet(about, tuple(questions.values()), tuple(marked.values()), file)


def _fields(found: Iterator[Row | IngestError], refused: Counter[str]) -> Iterator[Fields]:
    for row in found:
        if isinstance(row, IngestError):
            refused[row.reason] += 1
        else:
            yield row.fields

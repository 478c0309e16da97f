"""Contamination: what overlaps with evaluation sets, which a model that was trained on it would only remember.

Two tests, on forward questions and on backward ones alike. A question overlaps where at least half of its runs of eight
words are in one question of a set: 13 words, as for web pages (Brown et al. 2020, appendix C), are more than many word
problems have between two of their numbers. And it does where it is the same but for names and numbers, were every run
of words broken by one.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curation.errors import EvaluationSetError
from curation.releases.duplicates import MIN_SKELETON
from curation.releases.grams import Hashes, grams, hashed, words
from curation.releases.skeleton import skeleton
from generation.sources.errors import SourceError
from generation.sources.rows import rows
from schemas.ingest_error import IngestError

RUN = 8
"""Words of a run."""
SHARE = 0.5
"""The share of a question's runs that are in one question of a set, from which on it overlaps."""

_COLUMNS = (("Body", "Question"), ("question",), ("problem",), ("Question",), ("Problem",), ("sQuestion",), ("input",))
_REQUEST = "If we know the answer to the above question is"
_BATCH = 2_000


class Match(NamedTuple):
    """Which row of which set a question overlaps with, and how."""

    name: str
    row: int
    how: str

    def __str__(self) -> str:
        return f"row {self.row} of {self.name}, by {self.how}"


class Contamination:
    """Evaluation sets, to hold questions against. Make one with `load`.

    It holds about 16 bytes for each word of the sets; a question costs its own length, whatever the sets hold.
    """

    def __init__(self, sets: Sequence[tuple[str, Sequence[str]]]) -> None:
        self.names = tuple(name for name, _ in sets)
        self._rows = [(name, number) for name, texts in sets for number in range(1, len(texts) + 1)]
        every = [text for _, texts in sets for text in texts]
        found = grams([words(text) for text in every], RUN)
        owners = np.repeat(np.arange(len(every)), np.diff(found.starts))
        order = np.argsort(found.values, kind="stable")
        self._grams: Hashes = found.values[order]
        self._owners: NDArray[np.int64] = owners[order]
        self._skeletons: dict[int, int] = {}
        for number, text in enumerate(every):
            shape = skeleton(text)
            if len(shape.split()) >= MIN_SKELETON:
                self._skeletons.setdefault(hashed(shape), number)

    @classmethod
    def load(cls, paths: Sequence[Path]) -> "Contamination":
        """The sets in these files: JSON lines, a JSON list, CSV or Parquet, also packed by gzip.

        Raises EvaluationSetError where one cannot be read, or has no column of questions.
        """
        return cls([(set_name(path), list(_questions(path))) for path in paths])

    def matches(self, texts: Sequence[str]) -> Iterator[Match | None]:
        """What each text overlaps with most, None where it does not."""
        texts = [text.rpartition(_REQUEST)[0] or text for text in texts]
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            found = grams([words(text) for text in batch], RUN)
            yield from map(self._match, batch, found.each())

    def _match(self, text: str, runs: Hashes) -> Match | None:
        first = np.searchsorted(self._grams, runs, "left")
        behind = np.searchsorted(self._grams, runs, "right")
        if np.count_nonzero(behind > first) >= SHARE * len(runs):
            owners = [np.unique(self._owners[low:high]) for low, high in zip(first, behind, strict=True) if high > low]
            counted = np.bincount(np.concatenate(owners)) if owners else np.zeros(1, np.int64)
            best = int(counted.argmax())
            if counted[best] >= SHARE * len(runs):
                return Match(*self._rows[best], f"{counted[best] / len(runs):.0%} of its runs of {RUN} words")
        number = self._skeletons.get(hashed(skeleton(text)))
        if number is None:
            return None
        return Match(*self._rows[number], "all but names and numbers")


def set_name(path: Path) -> str:
    """The last folder and the file, without endings: `gsm8k/test`."""
    return f"{path.parent.name}/{path.name.partition('.')[0]}".lstrip("/")


def _questions(path: Path) -> Iterator[str]:
    columns: tuple[str, ...] | None = None
    try:
        for row in rows(path):
            if isinstance(row, IngestError):
                raise EvaluationSetError(f"{path}, line {row.line}: {row.reason}; nothing was made")
            fields = row.fields
            columns = columns or next((each for each in _COLUMNS if all(name in fields for name in each)), None)
            if columns is None:
                known = ", ".join(" and ".join(each) for each in _COLUMNS)
                raise EvaluationSetError(f"{path} has no column of questions, which are {known}; nothing was made")
            yield " ".join(str(fields.get(name) or "") for name in columns)
    except SourceError as error:
        raise EvaluationSetError(f"{path}: {error}; nothing was made") from error
    if columns is None:
        raise EvaluationSetError(f"{path} has no rows; nothing was made")

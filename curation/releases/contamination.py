"""Contamination: what overlaps with evaluation sets, which a model that was trained on it would only remember.

Two tests, on forward questions and on backward ones alike, of ours and of the sets. A question overlaps where at least
half of its runs of eight words are in one question of a set: 13 words, as for web pages (Brown et al. 2020, appendix
C), are more than many word problems have between two of their numbers. And it does where it is the same but for names
and numbers, were every run of words broken by one. A backward question that is a forward one with a letter in it is
compared without its last request, and with a number for the letter.
"""

import re
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
_REQUEST = re.compile(
    r"""
    \s*\b(?: if\ (?:we|you)\ know\ (?:that\ )?the\ answer\ (?:to|of)\ the\ above\ question\ is\b .{0,300}?
              what\ is\ the\ value\ of\ (?:the\ )?(?:unknown\ )?(?:variable\ )?
          |   what\ is\ the\ value\ of\ (?:the\ )?unknown\ variable\ )
    \$?([a-z]\d*)\$?\s*\?\s*\Z
    """,
    re.I | re.S | re.X,
)
"""How FOBAR (Jiang et al. 2023), MetaMath (Yu et al. 2023) and the wordings here ask for the letter."""
_BATCH = 2_000


class Match(NamedTuple):
    """The question of a set that a question overlaps with, its row, and the share of runs of words that both have."""

    name: str
    row: int
    text: str
    share: float | None
    """None where they are the same but for names and numbers."""

    @property
    def where(self) -> str:
        """`row 12 of gsm8k/test`."""
        return f"row {self.row} of {self.name}"

    def __str__(self) -> str:
        how = "all but names and numbers" if self.share is None else f"{self.share:.0%} of its runs of {RUN} words"
        return f"{self.where}, by {how}"


class Contamination:
    """Evaluation sets, to hold questions against. Make one with `load`.

    It holds their questions, and about 16 bytes for each word of them; a question that is held against them costs its
    own length, whatever they hold.
    """

    def __init__(self, sets: Sequence[tuple[str, Sequence[str]]]) -> None:
        self.names = tuple(name for name, _ in sets)
        self._rows = [(name, number, text) for name, texts in sets for number, text in enumerate(texts, start=1)]
        every = [_filled(text) for _, texts in sets for text in texts]
        found = grams([words(text) for text in every], RUN)
        owners = np.repeat(np.arange(len(every)), np.diff(found.starts))
        order = np.lexsort((owners, found.values))
        values, owners = found.values[order], owners[order]
        once = np.append(True, (values[1:] != values[:-1]) | (owners[1:] != owners[:-1]))[: len(values)]
        self._grams: Hashes = values[once]
        self._owners: NDArray[np.int64] = owners[once]
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
        texts = list(map(_filled, texts))
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            found = grams([words(text) for text in batch], RUN)
            yield from map(self._match, batch, found.each())

    def _match(self, text: str, runs: Hashes) -> Match | None:
        first = np.searchsorted(self._grams, runs, "left")
        behind = np.searchsorted(self._grams, runs, "right")
        if np.count_nonzero(behind > first) >= SHARE * len(runs):
            owners = [self._owners[low:high] for low, high in zip(first, behind, strict=True) if high > low]
            counted = np.bincount(np.concatenate(owners)) if owners else np.zeros(1, np.int64)
            best = int(counted.argmax())
            if counted[best] >= SHARE * len(runs):
                return Match(*self._rows[best], float(counted[best] / len(runs)))
        number = self._skeletons.get(hashed(skeleton(text)))
        if number is None:
            return None
        return Match(*self._rows[number], None)


def _filled(text: str) -> str:
    """A backward question as the forward one that it was, were it but for a number; any other text as it is."""
    request = _REQUEST.search(text)
    if request is None:
        return text
    letter = re.compile(rf"(?:\bfraction )?(?<![A-Za-z0-9\\]){re.escape(request[1])}(?![A-Za-z0-9])")
    return letter.sub("0", text[: request.start()])


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

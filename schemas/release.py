"""Release: an immutable, versioned dataset, and the manifest that says what is in it and why."""

import re
from functools import total_ordering
from typing import NamedTuple

from schemas.model import Model
from schemas.published import Config, Split

_SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


@total_ordering
class Version(NamedTuple):
    """A semantic version without pre-release parts: `1.4.0`."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @classmethod
    def read(cls, text: str) -> "Version":
        """The version that a text names. Raises ValueError where it is none."""
        found = _SEMANTIC.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no version like 1.4.0")
        return cls(*map(int, found.groups()))


class ReleaseFile(Model):
    """One file of a release: where, its SHA-256 in hexadecimal, its size in bytes, and how many rows it has."""

    path: str
    sha256: str
    size: int
    rows: int


class RowCount(Model):
    """How many rows a config has in a split."""

    config: Config
    split: Split
    rows: int


class SourceShare(Model):
    """What a source gave: its licence, and how many problems and backward problems of it are in the release."""

    source: str
    licence: str
    problems: int
    candidates: int


class AuditedPrecision(Model):
    """What blind audits show of a source and kind of formula: so many right of so many, with a 95% interval."""

    source: str
    formula: str
    audited: int
    right: int
    low: float
    high: float


class LeftOut(Model):
    """How many accepted candidates are not in the release for one reason."""

    reason: str
    candidates: int


class Manifest(Model):
    """All that is known of a release, with nothing that differs between two builds of it.

    `policies` are the versions of the policies that decided its candidates, and `decided_by` how many of them were
    decided by whom; `fingerprints` are those of the runs that derived them; `evaluation_sets` what it was held against.
    """

    version: str
    previous: str | None
    code_version: str
    files: tuple[ReleaseFile, ...]
    counts: tuple[RowCount, ...]
    labelled_steps: int
    sources: tuple[SourceShare, ...]
    policies: tuple[str, ...]
    decided_by: dict[str, int]
    fingerprints: tuple[str, ...]
    precision: tuple[AuditedPrecision, ...]
    left_out: tuple[LeftOut, ...]
    evaluation_sets: tuple[str, ...]

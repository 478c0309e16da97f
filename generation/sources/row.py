"""Row: one record of a source and where it stands, or the IngestError of one that is refused."""

import gzip
import io
import json
import re
from typing import NamedTuple

from generation.sources.fields import Fields
from schemas.ingest_error import IngestError

Stream = io.BufferedReader | gzip.GzipFile
"""An open file, packed or not."""

MAX_ROW = 4 << 20
"""Bytes of one row of text; the longest problem allowed, every character escaped, takes a quarter of it."""
MAX_RAW = 2_000
"""Characters kept of a row that is refused."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Row(NamedTuple):
    """A record: the line it starts in, or its number, from 1; its fields; its text, where the format has one."""

    line: int
    fields: Fields
    raw: str | None = None


def refused(file: str, row: Row, reason: str) -> IngestError:
    """The IngestError of a row whose fields were read and do not make a problem."""
    raw = row.raw if row.raw is not None else json.dumps(row.fields, ensure_ascii=False, default=str)
    return unreadable(file, row.line, reason, raw)


def unreadable(file: str, line: int, reason: str, raw: str) -> IngestError:
    """The IngestError of a row whose fields could not be read; characters that do harm in a terminal are escaped."""
    shown = printable(raw[:MAX_RAW])[:MAX_RAW]
    return IngestError(file=printable(file), line=line, reason=printable(reason), raw=shown)


def printable(text: str) -> str:
    """The text with control characters, text-direction marks and lone surrogates as escapes."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)

"""IngestError: a row of a source that could not become a problem."""

from schemas.model import Model


class IngestError(Model):
    """Where a malformed row stands (`file`, `line` from 1), why it was refused, and the row as it was read."""

    file: str
    line: int
    reason: str
    raw: str

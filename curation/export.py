"""Export: the selected candidates as a JSONL or Parquet file, streamed out of DuckDB."""

import os
from pathlib import Path

import duckdb

from curation.errors import ExportError
from curation.listing import SELECTED, CandidateRow, Selection
from curation.store import Store

_FORMATS = {".jsonl": "JSON", ".parquet": "PARQUET"}


def export(store: Store, selection: Selection, path: Path, *, overwrite: bool = False) -> int:
    """Write the selected candidates to `path`, in the format that its suffix names, and return how many they are.

    A row is one of the view `candidate_overview`, and `steps`: the backward solution as a list of text and equation.
    The file appears whole or not at all. Raises ExportError where it is there already, unless `overwrite`, or cannot be
    written.
    """
    if path.suffix not in _FORMATS:
        raise ExportError(f"{path}: the name must end in {' or '.join(_FORMATS)}; nothing was written")
    if path.exists() and not overwrite:
        raise ExportError(f"{path} is there already; nothing was written: give another name, or --overwrite")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    query = (
        f"COPY (SELECT {', '.join(CandidateRow.model_fields)}, solution AS steps {SELECTED}) "
        f"TO $file (FORMAT {_FORMATS[path.suffix]})"
    )
    try:
        with store.connect(read_only=True) as connection:
            try:
                rows = connection.execute(query, {**selection.model_dump(), "file": str(part)}).fetchall()
            except duckdb.IOException as error:
                line = " ".join(str(error).split())
                raise ExportError(f"{path} could not be written ({line}); nothing was left of it") from error
        os.replace(part, path)
    except OSError as error:
        raise ExportError(f"{path} could not be written ({error.strerror}); nothing was left of it") from error
    finally:
        part.unlink(missing_ok=True)
    return int(rows[0][0])

"""The files of a release: Parquet, written a batch at a time, the same bytes for the same rows."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation.columns import well_formed
from schemas.published import Config, Split
from schemas.release import ReleaseFile

ROWS_A_GROUP = 8_192
"""Rows of a group: so many are held before they are written, and by a reader that streams."""

_TEXT = pa.string()
_STEPS = pa.list_(pa.struct([("text", _TEXT), ("equation", _TEXT)]))
_MESSAGES = pa.list_(pa.struct([("role", _TEXT), ("content", _TEXT)]))

SCHEMAS: Mapping[Config, pa.Schema] = {
    "forward": pa.schema(
        [(name, _TEXT) for name in ("problem_id", "question", "solution", "answer", "source", "licence")]
    ),
    "backward": pa.schema(
        [
            *((name, _TEXT) for name in ("candidate_id", "problem_id", "source", "split")),
            *((name, _TEXT) for name in ("original_question", "original_answer")),
            *((name, pa.int64()) for name in ("condition_start", "condition_end")),
            *((name, _TEXT) for name in ("condition_text", "condition_value", "formula", "equation", "wording")),
            *((name, _TEXT) for name in ("backward_question", "backward_answer", "backward_solution", "decision")),
            ("reasons", pa.list_(_TEXT)),
            ("decided_by", _TEXT),
            ("steps", _STEPS),
        ]
    ),
    "sft": pa.schema([("messages", _MESSAGES), ("kind", _TEXT), ("problem_id", _TEXT)]),
    "rl": pa.schema([("prompt", _MESSAGES), ("kind", _TEXT), ("answer", _TEXT), ("problem_id", _TEXT)]),
}
_PROCESS = pa.schema(
    [
        ("prompt", _TEXT),
        ("completions", pa.list_(_TEXT)),
        ("labels", pa.list_(pa.int8())),
        ("label_source", _TEXT),
        ("problem_id", _TEXT),
        ("scores", pa.list_(pa.float32())),
    ]
)
SCHEMAS = {**SCHEMAS, "prm": _PROCESS, "backprm": _PROCESS}


class Tables:
    """The files of a release below `folder`, to be used as a context manager; a file is made with its first row."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[tuple[Config, Split], pq.ParquetWriter] = {}
        self._waiting: dict[tuple[Config, Split], list[pa.Table]] = {}
        self.rows: dict[tuple[Config, Split], int] = {}

    def __enter__(self) -> "Tables":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                for place in sorted(self._waiting):
                    self._write(place, whole=False)
        finally:
            for writer in self._writers.values():
                writer.close()

    def add(self, config: Config, split: Split, rows: pa.Table) -> None:
        """Add rows, made by `table`."""
        waiting = self._waiting.setdefault((config, split), [])
        waiting.append(rows)
        if sum(each.num_rows for each in waiting) >= ROWS_A_GROUP:
            self._write((config, split), whole=True)

    def files(self) -> tuple[ReleaseFile, ...]:
        """The files that were written, in order; call it once they are closed."""
        return tuple(
            ReleaseFile(
                path=_path(config, split),
                sha256=sha256(self._folder / _path(config, split)),
                size=(self._folder / _path(config, split)).stat().st_size,
                rows=self.rows[config, split],
            )
            for config, split in sorted(self.rows)
        )

    def _write(self, place: tuple[Config, Split], *, whole: bool) -> None:
        """Write the waiting rows in groups, always of the same size; a last one that is not `whole` only at the end."""
        waiting = pa.concat_tables(self._waiting[place]).combine_chunks()
        ready = waiting.num_rows // ROWS_A_GROUP * ROWS_A_GROUP if whole else waiting.num_rows
        if ready and place not in self._writers:
            path = self._folder / _path(*place)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writers[place] = pq.ParquetWriter(path, waiting.schema, compression="zstd", store_schema=False)
            self.rows[place] = 0
        for start in range(0, ready, ROWS_A_GROUP):
            group = waiting.slice(start, min(ROWS_A_GROUP, ready - start))
            self._writers[place].write_table(group, row_group_size=ROWS_A_GROUP)
            self.rows[place] += group.num_rows
        self._waiting[place] = [waiting.slice(ready)]


def table(config: Config, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows, each a mapping by column, as a table of the config; lone surrogates become U+FFFD."""
    try:
        return pa.Table.from_pylist(rows, SCHEMAS[config])
    except UnicodeEncodeError:  # rare, and found only so
        return pa.Table.from_pylist([_well_formed(row) for row in rows], SCHEMAS[config])


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _path(config: Config, split: Split) -> str:
    return f"{config}/{split}.parquet"


def _well_formed(value: Any) -> Any:
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, Mapping):
        return {name: _well_formed(each) for name, each in value.items()}
    return [_well_formed(each) for each in value] if isinstance(value, list | tuple) else value

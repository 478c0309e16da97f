"""Files of lines that grow while a run goes on: what is in them is kept, whenever the run is killed."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from schemas.model import Model
from training.errors import EvaluationError

M = TypeVar("M", bound=Model)


def read(file: Path, kind: type[M]) -> list[M]:
    """The lines of a file, none where it is not there. Raises EvaluationError where one cannot be read."""
    if not file.exists():
        return []
    found = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            found.append(kind.model_validate_json(line))
        except ValidationError as error:
            raise EvaluationError(
                f"{file}, line {number} cannot be read ({error.error_count()} errors in it); nothing was done"
            ) from error
    return found


def mend(file: Path) -> None:
    """Take a last line that a kill cut short out of a file."""
    if file.exists() and not (data := file.read_bytes()).endswith(b"\n"):
        with file.open("r+b") as opened:
            opened.truncate(data.rfind(b"\n") + 1)


def append(file: Path, rows: Iterable[Model]) -> None:
    """Add lines; they are in the file when this returns."""
    with file.open("a", encoding="utf-8") as opened:
        opened.write("".join(f"{row.model_dump_json()}\n" for row in rows))

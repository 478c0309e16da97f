"""Gold questions: candidates whose right answer is known, from a file of JSON lines.

{"candidate": "3f2a9c01", "verdict": "reject", "category": "leak"}
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from duckdb import DuckDBPyConnection
from pydantic import Field, ValidationError

from curation.errors import GoldFileError
from schemas.model import Model
from schemas.review import ErrorCategory


class GoldAnswer(Model):
    """The known answer of one candidate, named by the start of its id."""

    candidate: str = Field(min_length=4)
    verdict: Literal["accept", "reject"]
    category: ErrorCategory | None = None


def read(connection: DuckDBPyConnection, file: Path) -> Mapping[str, GoldAnswer]:
    """The answers of the file, by the whole id of the candidate.

    Raises GoldFileError, naming the line, where it is malformed, names no candidate of the store, or several, or one
    that a line above names.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GoldFileError(f"{file}: cannot be read ({error}); nothing was sent") from error
    answers: dict[str, GoldAnswer] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            answer = GoldAnswer.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            wrong = f"{where + ': ' if where else ''}{first['msg'].lower()}"
            raise GoldFileError(f"{file}, line {number}: {wrong}; nothing was sent") from error
        query = "SELECT candidate_id FROM candidates WHERE starts_with(candidate_id, ?)"
        found = connection.execute(query, [answer.candidate]).fetchall()
        if len(found) != 1:
            many = "several candidates' ids begin" if found else "no candidate's id begins"
            raise GoldFileError(f"{file}, line {number}: {many} with {answer.candidate!r}; nothing was sent")
        if found[0][0] in answers:
            raise GoldFileError(f"{file}, line {number}: {answer.candidate!r} is answered above; nothing was sent")
        answers[found[0][0]] = answer
    return answers

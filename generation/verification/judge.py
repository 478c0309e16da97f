"""The judge: what a model finds wrong with a backward question, by a rubric of named categories.

It never stands against exact arithmetic: at most its word sends a candidate to people.
"""

from typing import Annotated

from pydantic import StringConstraints, ValidationError

from generation.llm.errors import InvalidReplyError
from generation.llm.json_text import find_object
from generation.llm.request import Request
from schemas.candidate import BackwardProblem
from schemas.check import Check
from schemas.model import Model

MAX_WHY = 1_000
"""Characters of a reason."""


class Judgement(Model):
    """What a model finds wrong with a backward question, and why; nothing is wrong where no category is set."""

    why: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_WHY)]
    ill_posed: bool
    leaks: bool
    unnatural: bool
    wrong_unit: bool
    trivial: bool
    ambiguous: bool

    @property
    def faults(self) -> list[str]:
        """The categories that are set, as people read them: "ill-posed", "wrong unit"."""
        return [name for field, name in _CATEGORIES.items() if getattr(self, field)]


_CATEGORIES = {
    "ill_posed": "ill-posed",
    "leaks": "leaks",
    "unnatural": "unnatural",
    "wrong_unit": "wrong unit",
    "trivial": "trivial",
    "ambiguous": "ambiguous",
}

ANSWER_SCHEMA = {
    "type": "object",
    "properties": {"why": {"type": "string"}, **{field: {"type": "boolean"} for field in _CATEGORIES}},
    "required": ["why", *_CATEGORIES],
    "additionalProperties": False,
}
"""What the answer is bound to; small models judge better once they have said why."""


def request(candidate: BackwardProblem) -> Request:
    """Ask for a judgement of a backward question; the judge sees the answer that is expected."""
    question = f"Problem: {candidate.question}\nExpected answer: {candidate.answer}"
    return Request(purpose="judge", question=question, answer_schema=ANSWER_SCHEMA, max_tokens=300)


def read(text: str) -> Judgement:
    """What a reply says. Raises InvalidReplyError, with the reason, where it is not in the form that was asked for."""
    try:
        return Judgement.model_validate_json(find_object(text), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the reply"
        raise InvalidReplyError(f"{place}: {first['msg']}") from error


def check(judgement: Judgement) -> Check:
    """The check `judge`: it fails where a category is set."""
    if judgement.faults:
        return Check(
            name="judge", outcome="fail", reason=f"{', '.join(judgement.faults)}: {judgement.why}", elapsed_ms=0
        )
    return Check(name="judge", outcome="pass", reason=judgement.why or "nothing is found wrong", elapsed_ms=0)

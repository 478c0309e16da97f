"""Fields: what one row holds, read with a bound on every text, and the parts of a problem that come from it."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from generation.sources.errors import RowError
from schemas.problem import Notation

Fields = Mapping[str, object]
"""A row by column name, its values as the format gives them."""

MAX_QUESTION = 20_000
"""Characters of a question."""
MAX_SOLUTION = 50_000
"""Characters of a solution."""
MAX_ANSWER = 500
"""Characters of an answer, an equation or a label."""

# Control characters, and marks that make a text read otherwise than it is stored, have no place in a problem.
_REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAK = re.compile(r"\r\n?|[\u2028\u2029]")
_KINDS = {
    bool: "a true or false value",
    int: "a number",
    float: "a number",
    Decimal: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}


class Parts(NamedTuple):
    """What a row says of a problem; `source`, `split` and `licence` only where the row has its own."""

    question: str
    solution: str
    answer: str
    notation: Notation
    source: str | None = None
    split: str | None = None
    licence: str | None = None


def text(fields: Fields, name: str, limit: int) -> str:
    """The text of a field, trimmed, with every kind of line break as one newline.

    Raises RowError where it is missing, empty, no text, over `limit` characters, or holds a refused character.
    """
    found = optional_text(fields, name, limit)
    if found is None:
        raise RowError(f"{name} is empty" if name in fields else f"there is no {name}")
    return found


def optional_text(fields: Fields, name: str, limit: int) -> str | None:
    """As `text`, but None where the field is missing or empty."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise RowError(f"{name} is {kind(value)}, not text")
    if len(value) > limit:
        raise RowError(f"{name} has {len(value):,} characters, more than {limit:,}")
    refused = _REFUSED.search(value)
    if refused:
        raise RowError(f"{name} holds {_name(refused[0])} at {refused.start()}")
    return _BREAK.sub("\n", value).strip() or None


def kind(value: object) -> str:
    """What a value is, for a reason that a person reads."""
    return "empty" if value is None else _KINDS.get(type(value), f"of type {type(value).__name__}")


def _name(character: str) -> str:
    code = ord(character)
    if character == "\0":
        return "a null byte"
    if 0xD800 <= code <= 0xDFFF:
        return f"a lone surrogate or invalid UTF-8 (U+{code:04X})"
    if code < 0xA0:
        return f"a control character (U+{code:04X})"
    return f"a text-direction mark (U+{code:04X})"

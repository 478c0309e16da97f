"""A model's reply that is one line of plain text in a JSON object: hostile input, held to its form."""

import json
import re
import unicodedata
from typing import Any

from generation.llm.errors import InvalidReplyError
from generation.llm.json_text import find_object

_REFUSED = {
    "Cc": "a control character",
    "Cf": "an invisible character",
    "Cs": "a lone surrogate",
    "Co": "a private character",
    "Cn": "an unassigned character",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
    "Mn": "a combining mark",
    "Me": "a combining mark",
}
"""Categories of characters that no line of plain English has."""
_MARKUP = re.compile(r"</?[A-Za-z!][^<>]*>|&#?[A-Za-z0-9]+;|`|\*\*|__|\]\(|\A\s*(?:#+|[*>-])\s|://|\{\s*[\"']")
"""HTML, markdown, JSON, addresses."""


def answer_schema(key: str) -> dict[str, Any]:
    """The JSON schema of a flat object with one text."""
    return {
        "type": "object",
        "properties": {key: {"type": "string"}},
        "required": [key],
        "additionalProperties": False,
    }


def read_line(text: str, key: str, most: int) -> str:
    """The one text of a reply, a single line of at most `most` characters.

    Raises InvalidReplyError, with the reason, where the reply is anything else than an object with this key, or the
    text has line breaks, characters that cannot be seen, or markup.
    """
    try:
        pairs = json.loads(find_object(text), object_pairs_hook=tuple)
    except InvalidReplyError:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidReplyError(f"no JSON: {error}") from error
    line = dict(pairs).get(key)
    if len(pairs) != 1 or not isinstance(line, str):
        raise InvalidReplyError(f'no object with one text, "{key}"')
    line = line.strip()
    if not line:
        raise InvalidReplyError(f'"{key}" is empty')
    if len(line) > most:
        raise InvalidReplyError(f'"{key}" has {len(line):,} characters, more than {most:,}')
    for character in line:
        if refused := _REFUSED.get(unicodedata.category(character)):
            raise InvalidReplyError(f'"{key}" holds {refused}, U+{ord(character):04X}')
    if markup := _MARKUP.search(line):
        raise InvalidReplyError(f'"{key}" holds markup, {markup[0][:20]!r}')
    return line

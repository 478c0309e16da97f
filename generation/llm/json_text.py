"""The one JSON object in a model's text, where there may be prose or a fence around it."""

import json
import re

from generation.llm.errors import InvalidReplyError

MAX_LENGTH = 200_000
"""Characters; longer texts are no answers."""
MAX_TRIES = 200
"""Braces at which an object is looked for."""

_FENCED = re.compile(r"```[a-zA-Z]*\s*\n(.*?)```", re.DOTALL)


def find_object(text: str) -> str:
    """The JSON object in a text, as it is written there.

    What comes before the end of a model's thinking is left out, and where there are fences, all outside of them.
    Raises InvalidReplyError where there is no object, or more than one and they differ.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidReplyError(f"the answer has more than {MAX_LENGTH} characters")
    text = text.rpartition("</think>")[2].strip()
    found = _objects(text)
    if found != [text] and "```" in text:  # an object that is all of the text may have a fence in a string of its own
        found = [each for block in _FENCED.findall(text) for each in _objects(block)] or found
    if not found:
        raise InvalidReplyError("the answer has no JSON object in it")
    if any(other != found[0] for other in found):
        raise InvalidReplyError("the answer has more than one JSON object in it")
    return found[0]


def _objects(text: str) -> list[str]:
    """Every JSON object in a text that is not within another one."""
    found = []
    start = text.find("{")
    for _ in range(MAX_TRIES):
        if start < 0:
            break
        try:
            _, end = _DECODER.raw_decode(text, start)
        except RecursionError:
            raise InvalidReplyError("the answer is nested too deeply") from None
        except ValueError:  # no JSON, or numbers that Python refuses to read
            end = start + 1
        else:
            found.append(text[start:end])
        start = text.find("{", end)
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_number)

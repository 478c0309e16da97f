"""The one JSON object in a model's text, where there may be prose or a fence around it."""

import json
import re

from generation.llm.errors import InvalidReplyError

MAX_LENGTH = 200_000
"""Characters; longer texts are no answers."""
MAX_TRIES = 200
"""Braces at which an object is looked for."""

_FENCE = re.compile(r"```[a-zA-Z]{0,20}\s{0,20}\Z")
_THOUGHT = "</think>"


def find_object(text: str) -> str:
    """The JSON object in a text, as it is written there.

    What a model thought before its answer is left out; an object that begins a fence goes before those in prose.
    Raises InvalidReplyError where there is no object, or more than one and they differ.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidReplyError(f"the answer has more than {MAX_LENGTH} characters")
    found = _objects(text)
    thought = [end for end in _ends(_THOUGHT, text) if not any(start < end < stop for start, stop in found)]
    if thought:
        found = [(start, stop) for start, stop in found if start >= thought[-1]]
    fenced = [(start, stop) for start, stop in found if _FENCE.search(text[max(0, start - 50) : start])]
    objects = {text[start:stop] for start, stop in fenced or found}
    if not objects:
        raise InvalidReplyError("the answer has no JSON object in it")
    if len(objects) > 1:
        raise InvalidReplyError("the answer has more than one JSON object in it")
    return objects.pop()


def _objects(text: str) -> list[tuple[int, int]]:
    """Where every JSON object in a text begins and ends that is not within another one."""
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
            found.append((start, end))
        start = text.find("{", end)
    return found


def _ends(words: str, text: str) -> list[int]:
    return [match.end() for match in re.finditer(words, text)]


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_number)

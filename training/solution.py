"""Solution: a model's completion read as steps, one a line, and the answer that it ends with."""

import re
from dataclasses import dataclass

_ANSWER = re.compile(r"\s*(?:the\s+(?:final\s+)?answer\s+is|####)\s*:?\s*(?P<answer>.*?)\s*\.?\s*", re.I | re.S)
_LINE = re.compile(r"[^\n]*\n?")


@dataclass(frozen=True, slots=True)
class Solution:
    """The steps of a completion; `ends` are the character offsets behind each, its newline included.

    `answer` is the text of the line that states the answer, which is no step; None where there is none. Blank lines are
    layout, not steps, where they stand alone between two lines; a second one in a row is an empty step.
    """

    steps: tuple[str, ...]
    ends: tuple[int, ...]
    answer: str | None


def read(text: str) -> Solution:
    """The solution that a completion is."""
    steps: list[str] = []
    ends: list[int] = []
    answer: str | None = None
    blanks = 0
    for found in _LINE.finditer(text):
        line, end = found[0].strip(), found.end()
        if not found[0]:
            break
        stated = _ANSWER.fullmatch(line)
        if stated and stated["answer"]:
            answer = stated["answer"]
            break
        blanks = 0 if line else blanks + 1
        if line or blanks > 1:
            steps.append(line)
            ends.append(end)
    return Solution(tuple(steps), tuple(ends), answer)

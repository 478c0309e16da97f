"""Guards: which steps of a solution are none, whatever a process reward model says of them.

A sum of step rewards is hacked by lines that say nothing and by lines that say the same again: each is scored as right.
"""

import re
from collections.abc import Sequence

_NUMBERED = re.compile(r"\s*(?:step\s*)?\d+\s*[.):]\s+", re.I)
_WORD = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*|[^\w\s.,;:!?\"'`()\[\]{}$#~|\\-]|-(?=\s*[\w(])")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def bad_steps(asked: Sequence[str], steps: Sequence[str], most: int) -> list[bool]:
    """For each step, whether it is empty, says what an earlier step or a sentence of what was asked says, or is one of
    those behind the first `most`.

    Two texts say the same where they differ in case, spaces, punctuation and the step's number alone. Of the 26,720
    lines of GSM8K's own training solutions none is empty or repeated, and 5 are a sentence of the question.
    """
    seen = {_said(each) for text in asked for each in (text, *_SENTENCE.split(text))} | {()}
    found = []
    for number, step in enumerate(steps):
        said = _said(step)
        found.append(said in seen or number >= most)
        seen.add(said)
    return found


def _said(text: str) -> tuple[str, ...]:
    """The words, numbers and operators of a text."""
    return tuple(_WORD.findall(_NUMBERED.sub("", text, count=1).casefold()))

"""MATH: competition problems in LaTeX whose solutions box their answer."""

import re

from generation.sources.errors import RowError
from generation.sources.fields import MAX_ANSWER, MAX_QUESTION, MAX_SOLUTION, Fields, Parts, optional_text, text

_BOX = re.compile(r"\\f?box(?:ed)?(?![A-Za-z])\s*")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BARE = re.compile(r"[^\s$\\{}]+|\\[A-Za-z]+")


def parts(fields: Fields) -> Parts:
    """{"problem", "solution"}, and "answer" where the row has one, which is taken before the box. Raises RowError."""
    solution = text(fields, "solution", MAX_SOLUTION)
    answer = optional_text(fields, "answer", MAX_ANSWER) or boxed(solution)
    if answer is None:
        raise RowError("solution has no \\boxed answer")
    return Parts(text(fields, "problem", MAX_QUESTION), solution, answer, "latex")


def boxed(solution: str) -> str | None:
    r"""What the last `\boxed{...}` or `\fbox{...}` holds, or `5` of `\boxed 5`; None where there is no box.

    Raises RowError where the box is empty, not closed, or holds more than MAX_ANSWER characters.
    """
    boxes = list(_BOX.finditer(solution))
    if not boxes:
        return None
    last = boxes[-1]
    if not solution.startswith("{", last.end()):
        bare = _BARE.match(solution, last.end())
        inside = bare[0].rstrip(".,;") if bare else ""
    else:
        inside = _braced(solution, last.end())
    inside = inside.strip()
    if not inside:
        raise RowError("the last box of solution is empty")
    if len(inside) > MAX_ANSWER:
        raise RowError(f"the last box of solution has {len(inside):,} characters, more than {MAX_ANSWER:,}")
    return inside


def _braced(solution: str, start: int) -> str:
    r"""The text inside the braces that open at `start`; `\{` and `\}` do not count."""
    depth = 0
    for brace in _BRACE.finditer(solution, start):
        depth += (brace[0] == "{") - (brace[0] == "}")
        if not depth:
            return solution[start + 1 : brace.start()]
    raise RowError("the last box of solution is not closed")

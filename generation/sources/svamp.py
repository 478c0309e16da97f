"""SVAMP: word problems varied from others by hand, each with an equation such as `( 290.0 / 2.0 )`."""

from generation.sources.equation import solved
from generation.sources.fields import MAX_ANSWER, MAX_QUESTION, Fields, Parts, text
from generation.sources.number import number_text
from generation.sources.prose import joined, tidied


def parts(fields: Fields) -> Parts:
    """{"Body", "Question", "Equation", "Answer"}. Raises RowError."""
    body, question = (text(fields, name, MAX_QUESTION) for name in ("Body", "Question"))
    given = number_text(fields.get("Answer"), "Answer")
    solution, answer = solved(text(fields, "Equation", MAX_ANSWER), given)
    return Parts(tidied(joined(body, question)), solution, answer, "equation")

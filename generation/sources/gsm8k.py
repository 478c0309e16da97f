"""GSM8K: grade-school word problems whose solutions hold calculations such as `<<48/2=24>>`, then `#### 72`."""

from generation.sources.errors import RowError
from generation.sources.fields import MAX_QUESTION, MAX_SOLUTION, Fields, Parts, text
from generation.sources.number import number_text


def parts(fields: Fields) -> Parts:
    """{"question", "answer"}, the answer being the solution, `####` and the number. Raises RowError."""
    solution, mark, answer = text(fields, "answer", MAX_SOLUTION).partition("####")
    if not mark:
        raise RowError("answer has no ####")
    if "####" in answer:
        raise RowError("answer has more than one ####")
    solution = solution.strip()
    if not solution:
        raise RowError("answer has no solution before ####")
    return Parts(
        question=text(fields, "question", MAX_QUESTION),
        solution=solution,
        answer=number_text(answer, "what follows ####"),
        notation="annotated",
    )

"""Step: one line of a solution."""

from schemas.model import Model


class Step(Model):
    """One line of a solution: its text, and where it calculates, the equation in plain infix (`48 + 24 = 72`)."""

    text: str
    equation: str | None = None

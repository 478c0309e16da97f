"""Relation: a formula with every condition but one filled in."""

from schemas.model import Model


class Relation(Model):
    """f(x) = A: `expression` is f in plain infix over `unknown`, never rearranged; `answer` is the original answer."""

    unknown: str
    expression: str
    answer: str

    @property
    def equation(self) -> str:
        """The relation as one line, `x + x/2 = 72`."""
        return f"{self.expression} = {self.answer}"

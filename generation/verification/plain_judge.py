"""Values compared by plain rational arithmetic: exact, in microseconds, and open about all else."""

from fractions import Fraction
from functools import lru_cache

from generation.verification.answer_form import Form, Numeral, Ratio, Relation, Scalar, is_name
from generation.verification.expression import ExpressionError, evaluate, parse
from generation.verification.infix import infix
from generation.verification.notation import AmbiguousError
from generation.verification.verdict import Verdict


class PlainJudge:
    """Decides what plain rational arithmetic decides, and leaves all else open."""

    def values(self, gold: str, answer: str) -> Verdict:
        left, right = rational(gold), rational(answer)
        if left is None or right is None:
            return Verdict("undecided", "not both are plain numbers", open=True)
        if left == right:
            return Verdict("equal", f"both are {left}" if gold != answer else "the same text")
        return Verdict("unequal", f"{_short(left)} is not {_short(right)}")

    def relations(self, gold: Relation, answer: Relation) -> Verdict:
        return Verdict("undecided", "two relations that are written differently", open=True)

    def sets(self, gold: Form, answer: Form) -> Verdict:
        return Verdict("undecided", "two sets that are written differently", open=True)


@lru_cache(maxsize=4096)
def rational(text: str) -> Fraction | None:
    """The exact value of a plain number or plain arithmetic, None for everything else."""
    try:
        plain = infix(text)
        return None if plain.names else evaluate(parse(plain.text))
    except ExpressionError:
        return None


def is_readable(value: Scalar) -> bool:
    """Whether the text is sound notation, so that the same text is the same answer, even where it has two readings."""
    try:
        return bool(infix(value.text).names) or rational(value.text) is not None
    except AmbiguousError:
        return True
    except ExpressionError:
        return is_name(value)


def ratios(gold: Ratio, answer: Ratio) -> Verdict:
    if gold == answer and all(is_readable(Scalar(part)) for part in gold.parts):
        return Verdict("equal", "the same ratio")
    left, right = ([rational(part) for part in side.parts] for side in (gold, answer))
    if None in left or None in right or len(left) != len(right):
        return Verdict("undecided", "ratios that are not all plain numbers")
    if left == right:
        return Verdict("equal", "the same ratio")
    pairs = [(one or Fraction(), other or Fraction()) for one, other in zip(left, right, strict=True)]
    if all(a * d == b * c for a, b in pairs for c, d in pairs):
        return Verdict("undecided", "proportional, if they are ratios and no times of day")
    return Verdict("unequal", "different ratios")


def numerals(gold: Form, answer: Form) -> Verdict:
    """Numbers in a base by their value; the same digits where one side leaves the base out stay open."""
    left, right = (_numeral(side) for side in (gold, answer))
    if left is None or right is None:
        return Verdict("undecided", "digits that do not fit their base")
    if left == right:
        return Verdict("equal", f"both are {_short(left)}")
    plain = {side.text for side in (gold, answer) if isinstance(side, Scalar)}
    if plain & {side.digits for side in (gold, answer) if isinstance(side, Numeral)}:
        return Verdict("undecided", "the same digits, once without their base")
    return Verdict("unequal", f"{_short(left)} is not {_short(right)}")


def _numeral(form: Form) -> Fraction | None:
    if isinstance(form, Scalar):
        return rational(form.text)
    if not isinstance(form, Numeral) or not 2 <= form.base <= 16:
        return None
    whole, _, part = form.digits.partition(".")
    try:
        return Fraction(int(whole + part, form.base), form.base ** len(part))
    except ValueError:
        return None


def _short(value: Fraction) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:40]}..."

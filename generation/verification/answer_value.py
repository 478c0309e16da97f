r"""The exact value of an answer, as expressions of our own: `72`, `\frac{3}{4}`, `2\sqrt{3}`, `(1, 2)`, `[0, 5)`."""

from dataclasses import dataclass

from generation.verification.answer_form import Bracket, Form, Listing, Quantity, Scalar, read_form
from generation.verification.expression import Expression, ExpressionError, Percent, parse
from generation.verification.infix import infix
from generation.verification.notation import UnreadableError


@dataclass(frozen=True, slots=True)
class AnswerValue:
    """The parts of an answer, one for a plain value, with the brackets around them where there are any.

    `percent` is true where a value is written with a percent sign: 20% is 20 here.
    """

    parts: tuple[Expression, ...]
    opening: str = ""
    closing: str = ""
    percent: bool = False


def answer_value(answer: str) -> AnswerValue:
    """The value of an answer, plain or in LaTeX. Raises ExpressionError where it is no number and no tuple of them."""
    try:
        plain = parse(answer)
    except ExpressionError:
        form = read_form(answer)
    else:
        return AnswerValue((plain.operand,), percent=True) if isinstance(plain, Percent) else AnswerValue((plain,))
    match form:
        case Bracket(opening, items, closing):
            return AnswerValue(tuple(map(_part, items)), opening, closing)
        case Listing("bare", items):
            return AnswerValue(tuple(map(_part, items)))
    return AnswerValue((_part(form),), percent=isinstance(form, Quantity) and form.unit == "%")


def _part(form: Form) -> Expression:
    if isinstance(form, Quantity):
        form = form.value
    if not isinstance(form, Scalar):
        raise UnreadableError("the answer is no number, nor a tuple of numbers")
    plain = infix(form.text)
    if plain.names:
        raise UnreadableError(f"the answer is no number: it has {', '.join(sorted(plain.names))} in it")
    return parse(plain.text)

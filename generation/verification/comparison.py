"""Two answers compared by their forms, with three outcomes; how two values compare is the caller's to say.

The same rules run twice: here with exact arithmetic on plain numbers alone, and where that leaves something open, in
the worker with algebra. What is decided with less stays decided with more.
"""

import re
from collections.abc import Iterable

from generation.verification.answer_form import (
    Bracket,
    Form,
    Listing,
    Matrix,
    Numeral,
    Quantity,
    Ratio,
    Relation,
    Scalar,
    Union,
    Words,
    is_name,
)
from generation.verification.plain_judge import is_readable, numerals, rational, ratios
from generation.verification.verdict import Judge, Verdict, all_of, any_of

_GROUPED = re.compile(r"[0-9],[0-9]{3}(?![0-9])")


def compare(gold: Form, answer: Form, judge: Judge) -> Verdict:
    """Compare two forms. Equality is claimed only where each part is proved equal, or is readable and written alike."""
    match gold, answer:
        case Relation(), Relation():
            return _relations(gold, answer, judge)
        case (Relation(), _) | (_, Relation()):
            return _relation_and_value(gold, answer, judge)
        case Scalar(), Scalar():
            return _scalars(gold, answer, judge)
        case (Quantity(), _) | (_, Quantity()) if not isinstance(gold, Listing) and not isinstance(answer, Listing):
            return _quantities(gold, answer, judge)
        case Words(left), Words(right):
            return Verdict("equal", "the same words") if left == right else Verdict("undecided", "different words")
        case (Words(word), Scalar(text)) | (Scalar(text), Words(word)):
            same = word == text.casefold()
            return Verdict("equal", "the same word") if same else Verdict("undecided", f"{word!r} and a value")
        case Matrix(rows), Matrix(others):
            if len(rows) != len(others) or len(rows[0]) != len(others[0]):
                return Verdict("unequal", "matrices of different shapes")
            return _in_order(sum(rows, ()), sum(others, ()), judge)
        case Bracket(), Bracket():
            return _brackets(gold, answer, judge)
        case (Union(), Union() | Bracket() | Listing()) | (Bracket() | Listing(), Union()):
            return _unions(gold, answer, judge)
        case (Listing(), Bracket()) | (Bracket(), Listing()):
            return _list_and_bracket(gold, answer, judge)
        case (Listing(), _) | (_, Listing()):
            return _listings(gold, answer, judge)
        case Ratio(), Ratio():
            return ratios(gold, answer)
        case (Numeral(), Numeral() | Scalar()) | (Scalar(), Numeral()):
            return numerals(gold, answer)
    return Verdict("undecided", f"a {_kind(gold)} and a {_kind(answer)}")


def _scalars(gold: Scalar, answer: Scalar, judge: Judge) -> Verdict:
    if gold == answer:
        return Verdict("equal", "the same text") if is_readable(gold) else judge.values(gold.text, answer.text)
    letters = [len(text) == 1 and text.isalpha() for text in (gold.text, answer.text)]
    if all(letters):
        same = gold.text.casefold() == answer.text.casefold()
        return Verdict("undecided", "the same letter in two cases") if same else Verdict("unequal", "different letters")
    if any(letters) and (rational(gold.text) is not None or rational(answer.text) is not None):
        return Verdict("undecided", "a letter and a number")
    return judge.values(gold.text, answer.text)


def _quantities(gold: Form, answer: Form, judge: Judge) -> Verdict:
    """A unit that only one side states is taken for granted; different units leave it open. 20% is 20, and is 1/5."""
    left = gold if isinstance(gold, Quantity) else Quantity(gold, "") if isinstance(gold, Scalar) else None
    right = answer if isinstance(answer, Quantity) else Quantity(answer, "") if isinstance(answer, Scalar) else None
    if left is None or right is None:
        return Verdict("undecided", f"a {_kind(gold)} and a {_kind(answer)}")
    units = {_unit(left.unit), _unit(right.unit)}
    if len(units) == 2 and "" not in units:
        return Verdict("undecided", f"the units {left.unit!r} and {right.unit!r}")
    bare = (right if left.unit else left).value.text
    if "degree" in units and "" in units and r"\pi" in bare:
        radians = [rf"\frac{{{side.value.text}}}{{180}}\pi" if side.unit else side.value.text for side in (left, right)]
        return judge.values(*radians)
    if "" in units and re.search(r"(?<![\\A-Za-z])[A-Za-z]", bare):
        return Verdict("undecided", "a quantity with a unit and an expression with letters")
    verdict = judge.values(left.value.text, right.value.text)
    if units == {"%", ""} and verdict.outcome != "equal":
        parts = [rf"\frac{{{side.value.text}}}{{100}}" if side.unit else side.value.text for side in (left, right)]
        share = judge.values(*parts)
        return share if share.outcome != "unequal" or verdict.outcome == "unequal" else verdict
    return verdict


def _unit(unit: str) -> str:
    """One spelling of a unit: no case, no plural, no dots; money has none, as its sign is dropped too."""
    unit = unit.casefold().replace(".", "").strip()
    unit = unit if len(unit) < 4 else unit.removesuffix("s")
    return "" if unit in ("unit", "dollar") else unit


def _relations(gold: Relation, answer: Relation, judge: Judge) -> Verdict:
    """Definitions of the same name by what they define, inequalities as intervals, all else by algebra."""
    if _defines(gold) and _defines(answer) and gold.operators == answer.operators and _same_name(gold, answer):
        return compare(gold.members[1], answer.members[1], judge)
    left, right = range_of(gold), range_of(answer)
    if left and right and left[0] == right[0]:
        return compare(left[1], right[1], judge)
    if gold.operators == answer.operators:
        verdict = _in_order(gold.members, answer.members, judge)
        if verdict.outcome == "equal":
            return verdict
    return judge.relations(gold, answer)


def _defines(relation: Relation) -> bool:
    return relation.operators in (("=",), ("in",)) and is_name(relation.members[0])


def _same_name(gold: Relation, answer: Relation) -> bool:
    """The same name; of functions with a constant value the argument's name does not matter: W(n) = 1, W(x) = 1."""
    left, right = gold.members[0], answer.members[0]
    if left == right:
        return True
    values = (gold.members[1], answer.members[1])
    if not all(isinstance(value, Scalar) and rational(value.text) is not None for value in values):
        return False
    heads = [re.fullmatch(r"([A-Za-z])\([a-z]\)", side.text) for side in (left, right) if isinstance(side, Scalar)]
    return len(heads) == 2 and heads[0] is not None and heads[1] is not None and heads[0][1] == heads[1][1]


def _relation_and_value(gold: Form, answer: Form, judge: Judge) -> Verdict:
    """`x = 5` and `5`; `x > 2` and an interval. An equation that defines nothing is no value."""
    relation, value = (gold, answer) if isinstance(gold, Relation) else (answer, gold)
    assert isinstance(relation, Relation)
    meant = relation.members[1] if _defines(relation) else None
    if meant is None and isinstance(value, Bracket | Union | Listing):
        _, meant = range_of(relation) or ("", None)
    if meant is None:
        return Verdict("undecided", "a relation and a value")
    return compare(meant, answer, judge) if relation is gold else compare(gold, meant, judge)


_BELOW = {"<": ")", "<=": "]"}
_ABOVE = {"<": "(", "<=": "["}
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def range_of(relation: Relation) -> tuple[str, Form] | None:
    """The name and its range, of `x < 3`, `3 >= x`, `-2 <= x < 7` or `x in (1, 2)`; None for all other relations."""
    members, operators = relation.members, relation.operators
    if operators == ("in",) and isinstance(members[0], Scalar):
        return members[0].text, members[1]
    if operators[0] in (">", ">="):
        members, operators = members[::-1], tuple(_FLIPPED.get(operator, operator) for operator in operators[::-1])
    if any(operator not in _BELOW for operator in operators):
        return None
    match members:
        case (Scalar(name) as left, Scalar() as right) if is_name(left) and not is_name(right):
            return name, Bracket("(", (Scalar(r"-\infty"), right), _BELOW[operators[0]])
        case (Scalar() as left, Scalar(name) as right) if is_name(right) and not is_name(left):
            return name, Bracket(_ABOVE[operators[0]], (left, Scalar(r"\infty")), ")")
        case (Scalar() as left, Scalar(name) as middle, Scalar() as right) if is_name(middle):
            return name, Bracket(_ABOVE[operators[0]], (left, right), _BELOW[operators[1]])
    return None


def _brackets(gold: Bracket, answer: Bracket, judge: Judge) -> Verdict:
    if len(gold.items) != len(answer.items):
        return Verdict("unequal", f"{len(gold.items)} and {len(answer.items)} coordinates")
    verdict = _in_order(gold.items, answer.items, judge)
    ends = {(side.opening, side.closing) for side in (gold, answer)}
    if verdict.outcome != "equal" or len(ends) == 1:
        return verdict
    if len(gold.items) == 2 and ends <= {("(", ")"), ("[", "]"), ("[", ")"), ("(", "]")}:
        return Verdict("unequal", "intervals with different ends")
    return verdict


def _unions(gold: Form, answer: Form, judge: Judge) -> Verdict:
    left = gold.items if isinstance(gold, Union) else (gold,)
    right = answer.items if isinstance(answer, Union) else (answer,)
    verdict = _as_sets(left, right, judge)
    return verdict if verdict.outcome == "equal" else judge.sets(gold, answer)


def _list_and_bracket(gold: Form, answer: Form, judge: Judge) -> Verdict:
    """A bare list may be meant as a point, in its order; a set is none."""
    listing, bracket = (gold, answer) if isinstance(gold, Listing) else (answer, gold)
    assert isinstance(listing, Listing)
    assert isinstance(bracket, Bracket)
    if len(listing.items) == len(bracket.items):
        verdict = _in_order(listing.items, bracket.items, judge)
        point = listing.kind == "bare" and (bracket.opening, bracket.closing) in (("(", ")"), (r"\langle", r"\rangle"))
        if point or verdict.outcome == "unequal":
            return verdict
    return Verdict("undecided", "a list and a point or interval")


def _listings(gold: Form, answer: Form, judge: Judge) -> Verdict:
    """Lists without regard to order, but two bare lists of values must agree in their order, or it stays open."""
    decimal = _decimal_comma(gold, answer, judge)
    if decimal:
        return decimal
    left, right = (side.items if isinstance(side, Listing) else (side,) for side in (gold, answer))
    kinds = {side.kind for side in (gold, answer) if isinstance(side, Listing)}
    ordered = kinds == {"bare"} and all(isinstance(item, Scalar | Quantity) for item in left + right)
    if ordered and len(left) == len(right):
        verdict = _in_order(left, right, judge)
        if verdict.outcome == "equal":
            return verdict
    if len(_connectives(gold) | _connectives(answer)) > 1:
        return Verdict("undecided", "conditions joined by 'and', and by 'or'")
    verdict = _as_sets(left, right, judge)
    if ordered and len(left) == len(right) > 1 and verdict.outcome == "equal":
        return Verdict("undecided", "the same values in another order, where order may matter")
    texts = [side.text for side in (gold, answer) if isinstance(side, Listing)]
    if verdict.outcome == "unequal" and any(map(_GROUPED.search, texts)):
        return Verdict("undecided", "a comma that may group digits")
    return verdict


def _connectives(form: Form) -> set[str]:
    """How a list of inequalities is joined: with "and" they hold together, with "or" one of them does."""
    items = form.items if isinstance(form, Listing) else ()
    if not isinstance(form, Listing) or not any(
        isinstance(item, Relation) and item.operators != ("=",) for item in items
    ):
        return set()
    return set(re.findall(r"(?<![a-z])(?:and|or)(?![a-z])", form.text)) or {"and"}


def _decimal_comma(gold: Form, answer: Form, judge: Judge) -> Verdict | None:
    """`2,74` beside one number is a decimal comma; `0,4` may be that or two answers."""
    for listing, value in ((gold, answer), (answer, gold)):
        if not isinstance(listing, Listing) or not isinstance(value, Scalar):
            continue
        number = re.fullmatch("(-?[0-9]+),([0-9]+)", listing.text)
        if number and judge.values(f"{number[1]}.{number[2]}", value.text).outcome == "equal":
            if len(number[2]) == 1:
                return Verdict("undecided", "a decimal comma, or two answers")
            return Verdict("equal", "the same number, with a decimal comma")
    return None


def _in_order(left: Iterable[Form], right: Iterable[Form], judge: Judge) -> Verdict:
    return all_of([compare(one, other, judge) for one, other in zip(left, right, strict=True)])


def _as_sets(left: tuple[Form, ...], right: tuple[Form, ...], judge: Judge) -> Verdict:
    """Equal if each item of one side equals an item of the other; unequal if one item differs from all."""
    if not left and not right:
        return Verdict("equal", "both are empty")
    table = [[compare(one, other, judge) for other in right] for one in left]
    lines = table + [list(column) for column in zip(*table, strict=True)]
    return all_of([any_of(line) for line in lines]) if lines else Verdict("unequal", "an empty set")


def _kind(form: Form) -> str:
    return type(form).__name__.lower()

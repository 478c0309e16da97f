"""The form of an answer, read from its canonical text: a value, words, a list, an interval, a matrix, an equation."""

import re
from dataclasses import dataclass
from typing import Literal

from generation.verification.bounds import check_bounds
from generation.verification.infix import GREEK
from generation.verification.notation import CHANGES_NUMBER, AmbiguousError, UnreadableError, canonical

MAX_NESTING = 20
"""Brackets inside one another."""
MAX_ITEMS = 50
"""Items of one list, set or matrix."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value or an expression, as canonical text; within its bounds, but not yet read any further."""

    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """Plain words."""

    text: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with its unit: `%`, `degree`, or the words behind the number, `cm` or `square units`."""

    value: Scalar
    unit: str


@dataclass(frozen=True, slots=True)
class Listing:
    r"""Several answers. A `set` (braces, "and", "or", `\pm`) has no order; a `bare` list (commas) may have one."""

    kind: Literal["set", "bare"]
    items: tuple["Form", ...]
    text: str


@dataclass(frozen=True, slots=True)
class Bracket:
    """A point, a vector or an interval: which it is, the text alone does not always say."""

    opening: str
    items: tuple["Form", ...]
    closing: str


@dataclass(frozen=True, slots=True)
class Union:
    r"""Sets or intervals joined by `\cup`."""

    items: tuple["Form", ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of equal length."""

    rows: tuple[tuple["Form", ...], ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """Members and the operators between them, one of `= != < > <= >= ~= in`."""

    members: tuple["Form", ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    """`7:32`, `2:3:5`, or a time of day."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Numeral:
    """Digits in a base: `1112_3`."""

    digits: str
    base: int


Form = Scalar | Words | Quantity | Listing | Bracket | Union | Matrix | Relation | Ratio | Numeral

_OPENING = r"\\\{|[({\[]|\\langle(?![A-Za-z])|\\l(?:floor|ceil)(?![A-Za-z])|\\begin\{[a-zA-Z]*\}"
_CLOSING = r"\\\}|[)}\]]|\\rangle(?![A-Za-z])|\\r(?:floor|ceil)(?![A-Za-z])|\\end\{[a-zA-Z]*\}"
_AND_OR = r"(?:,\s*)?(?:\\text\{\s*,?\s*(?:and|or)\s*\}|(?<![A-Za-z\\])(?:and|or)(?![a-z]))"
_PIECES = re.compile(
    rf"(?P<opening>{_OPENING})|(?P<closing>{_CLOSING})|(?P<and_or>{_AND_OR})|(?P<comma>[,;])"
    r"|(?P<relation><=|>=|!=|~=|[=<>]|\\in(?![A-Za-z]))|(?P<cup>\\cup(?![A-Za-z]))|(?P<colon>:)|(?P<pm>\\pm(?![A-Za-z]))"
)
_NUMBER = r"-?\s*(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_VALUE_WITH_UNIT = re.compile(
    r"(?P<value>.+?)\s*(?:(?P<percent>%)|(?P<degree>\^\{\\circ\}(?:\s*C|\s*F)?)"
    r"|\\text\{(?P<text>[A-Za-z ./^0-9²³-]*)\}(?:\^\{?[0-9]\}?)?)"
)
_NUMBER_WITH_WORDS = re.compile(
    rf"(?P<value>{_NUMBER}(?:/[0-9]+)?)(?P<gap>\s*)(?P<words>[A-Za-z]+(?: [A-Za-z]+)?)(?:\^?[23²³])?"
)
_UNIT_WORD = re.compile(r"[a-z]{3,}|[cmk]?m|k?g|mg|ml|ft|in|yd|mi|lb|oz|hr|sq|s|h")
_FUNCTION = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc|log|ln)(?![A-Za-z])")
_LETTER = re.compile(r"(?<!\\)(?<![A-Za-z])[A-Za-z]")
_WORDS = re.compile(r"[A-Za-z][A-Za-z'-]*(?: [A-Za-z][A-Za-z'-]*)*")
_SENTENCE = re.compile(r"(?<!\\)\b[A-Za-z]{2,} [A-Za-z]")
_TEXT = re.compile(r"\\text\{([^{}]*)\}")
_NAME_PARTS = re.compile(
    r"_\{[A-Za-z0-9, ]*\}|_[A-Za-z0-9]"
    rf"|\\(?:frac|angle|triangle|overline|circ|text|{'|'.join(sorted(GREEK - {'pi'}))})(?![A-Za-z])"
)
_NAME = re.compile(r"[A-Za-z(){}|:/,' ]*[A-Za-z][A-Za-z(){}|:/,' ]*")
_CONDITION_SET = re.compile(r"\s*[A-Za-z]\s*(?:\\mid(?![A-Za-z])|\||:)\s*(.+)")
_NUMERAL = re.compile(r"(-?[0-9A-F]+(?:\.[0-9A-F]+)?)\s*_\s*\{?\s*([0-9]{1,2})\s*\}?")


def read_form(text: str) -> Form:
    """The form of an answer written plain or in LaTeX. Raises UnreadableError, or TooLargeError over a bound."""
    return _form(canonical(text), 0)


def is_name(form: Form) -> bool:
    r"""Whether the form only names something: `x`, `f(x)`, `a_3`, `|AB|`, `S_{ABC}:S`, `\frac{NO}{BO}`, `(x, y)`."""
    match form:
        case Scalar(text):
            return bool(_NAME.fullmatch(_NAME_PARTS.sub("", text)))
        case Bracket(items=items):
            return all(map(is_name, items))
        case Ratio(parts):
            return all(is_name(Scalar(part)) for part in parts)
        case Words():
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: str
    text: str
    start: int
    end: int


def _top_level(text: str) -> list[_Piece]:
    """The separators that stand in no bracket. Raises UnreadableError for brackets that do not pair up."""
    depth, found = 0, []
    for match in _PIECES.finditer(text):
        kind = match.lastgroup or ""
        if kind == "opening":
            depth += 1
        elif kind == "closing":
            depth -= 1
        elif depth == 0:
            found.append(_Piece(kind, match[0].strip(), *match.span()))
        if not 0 <= depth <= MAX_NESTING:
            raise UnreadableError("brackets that do not pair up, or too many")
    if depth:
        raise UnreadableError("brackets that do not pair up")
    return found


def _split(text: str, pieces: list[_Piece]) -> list[str]:
    edges = [0, *(edge for piece in pieces for edge in (piece.start, piece.end)), len(text)]
    return [text[start:end].strip() for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _form(text: str, depth: int) -> Form:
    text = text.strip()
    if not text or depth > MAX_NESTING:
        raise UnreadableError("nothing to read" if not text else "too many brackets")
    pieces = _top_level(text)
    by_kind: dict[str, list[_Piece]] = {}
    for piece in pieces:
        by_kind.setdefault(piece.kind, []).append(piece)
    if "and_or" in by_kind:
        return _listing("set", text, by_kind["and_or"] + by_kind.get("comma", []), depth)
    if "comma" in by_kind:
        return _listing("bare", text, by_kind["comma"], depth)
    if "relation" in by_kind:
        return _relation(text, by_kind["relation"], depth)
    if "cup" in by_kind:
        return Union(tuple(_form(part, depth + 1) for part in _split(text, by_kind["cup"])))
    if "pm" in by_kind:
        plus, minus = text.replace(r"\pm", "+"), text.replace(r"\pm", "-")
        return Listing("set", (_form(plus.removeprefix("+"), depth + 1), _form(minus, depth + 1)), text)
    if "colon" in by_kind:
        parts = tuple(_split(text, by_kind["colon"]))
        for part in parts:
            check_bounds(part)
        return Ratio(parts)
    return _enclosed(text, depth) or _words(text, depth) or _numeral(text) or _quantity(text) or _scalar(text)


def _listing(kind: Literal["set", "bare"], text: str, separators: list[_Piece], depth: int) -> Form:
    parts = [part for part in _split(text, sorted(separators, key=lambda piece: piece.start)) if part]
    if len(parts) > MAX_ITEMS:
        raise UnreadableError(f"a list of {len(parts)} items")
    items = tuple(_form(part, depth + 1) for part in parts)
    return items[0] if len(items) == 1 else Listing(kind, items, text)


def _relation(text: str, pieces: list[_Piece], depth: int) -> Form:
    """A relation without the work on the way to its result, or the result alone where nothing but work leads to it.

    Of `35 + 70 = 105` and of chains of equations only the last member is the answer, for `z = 1 + 1 = 2` it is `z = 2`.
    Of `x = 1/3 ~= 0.33` it is what stands before the rounding, unless that is only a name.
    """
    members = _split(text, pieces)
    if any(_SENTENCE.search(_TEXT.sub("", member)) for member in members):
        raise UnreadableError("a relation inside a sentence")
    operators = ["in" if piece.text == r"\in" else piece.text for piece in pieces]
    if "~=" in operators:
        exact = operators.index("~=") + 1
        if exact > 1 or not is_name(_form(members[0], depth + 1)):
            members, operators = members[:exact], operators[: exact - 1]
        else:
            operators = ["=" if operator == "~=" else operator for operator in operators]
    if len(members) > 1 and set(operators) == {"="}:
        if len(members) == 2 and not _LETTER.search(members[0]) and is_name(_form(members[1], depth + 1)):
            members.reverse()
        named = is_name(_form(members[0], depth + 1))
        if not named and (len(members) > 2 or not _LETTER.search(members[0] + members[-1])):
            members, operators = members[-1:], []
        else:
            members, operators = [members[0], members[-1]], ["="]
    forms = tuple(_form(member, depth + 1) for member in members)
    return Relation(forms, tuple(operators)) if operators else forms[0]


def _enclosed(text: str, depth: int) -> Form | None:
    """What stands in one pair of brackets, from the first character to the last."""
    body = re.fullmatch(r"[\[(|]?\s*\\begin\{([a-zA-Z]*)\}(.*)\\end\{\1\}\s*[\])|]?", text)
    if body and body[1] in ("pmatrix", "bmatrix", "matrix", "vmatrix", "Bmatrix", "Vmatrix", "array"):
        return _matrix(re.sub(r"^\{[lcr| ]*\}", "", body[2]) if body[1] == "array" else body[2], depth)
    opening = re.match(r"\\\{|[({\[]|\\langle(?![A-Za-z])", text)
    closing = re.search(r"(?:\\\}|[)}\]]|\\rangle)$", text)
    if not opening or not closing or opening.end() > closing.start():
        return None
    inside = text[opening.end() : closing.start()]
    try:
        _top_level(inside)
    except UnreadableError:
        return None  # (a+b)(c+d)
    kinds = opening[0], closing[0]
    condition = _CONDITION_SET.fullmatch(inside) if kinds[0] == r"\{" else None
    if not inside.strip():
        return Listing("set", (), text) if kinds == (r"\{", r"\}") else None
    form = _form(condition[1] if condition else inside, depth + 1)
    if kinds == ("{", "}") or condition:
        return form
    items = form.items if isinstance(form, Listing) and form.kind == "bare" else (form,)
    if kinds == (r"\{", r"\}"):
        return Listing("set", items, text)
    if len(items) > 1:
        return Bracket(kinds[0], items, kinds[1])
    return form if kinds in (("(", ")"), ("[", "]")) else None


def _matrix(body: str, depth: int) -> Form:
    rows = [row for row in re.split(r"\\\\(?:\[[0-9a-z.]*\])?", body) if row.strip()]
    cells = tuple(tuple(_form(cell, depth + 1) for cell in row.split("&")) for row in rows)
    if not cells or len({len(row) for row in cells}) != 1 or len(cells) * len(cells[0]) > MAX_ITEMS:
        raise UnreadableError("no rows of equal length, or too many")
    return Matrix(cells)


def _words(text: str, depth: int) -> Form | None:
    """Words, in `\\text` or plain; a letter alone, and short runs of letters such as `ab`, may be an expression."""
    inside = re.fullmatch(r"\\text\{([^{}]*)\}", text)
    if inside:
        option = re.fullmatch(r" ?\(([A-Za-z])\) ?", inside[1])
        if option:
            return Scalar(option[1])
        try:
            form = _form(inside[1], depth + 1)
        except UnreadableError:
            form = None
        if form is not None and not isinstance(form, Ratio):  # 4:30 p.m. is none
            return form
        if not re.search("[A-Za-z]", inside[1]):
            raise UnreadableError(f"{text!r} is neither a value nor words")
    elif len(text) < 4 or not _WORDS.fullmatch(text):
        if text.casefold() == "nan":
            raise UnreadableError("not a number")
        return None
    return Words(" ".join(_TEXT.sub(r"\1", text).replace(".", "").casefold().split()))


def _numeral(text: str) -> Form | None:
    match = _NUMERAL.fullmatch(text)
    return Numeral(match[1], int(match[2])) if match else None


def _quantity(text: str) -> Form | None:
    match = _VALUE_WITH_UNIT.fullmatch(text)
    if match and not _FUNCTION.search(match["value"]):
        unit = "%" if match["percent"] else "degree" if match["degree"] else match["text"].strip()
    else:
        match = _NUMBER_WITH_WORDS.fullmatch(text)
        if not match or (len(match["words"]) == 1 and not match["gap"]):  # 5m is a product
            return None
        unit = match["words"]
        if not all(map(_UNIT_WORD.fullmatch, unit.casefold().split())):
            return None
    if any(map(CHANGES_NUMBER.fullmatch, unit.casefold().split())):
        raise AmbiguousError(f"a number with {unit!r}")
    check_bounds(match["value"])
    value = _form(match["value"], MAX_NESTING)
    return Quantity(value, unit) if isinstance(value, Scalar) else None


def _scalar(text: str) -> Scalar:
    check_bounds(text)
    return Scalar(text)

"""What people type into the search box, as a tree: Lucene's SimpleQueryParser, with AND where nothing is said.

    apples pears        both                        "red apples"      the phrase
    apples | pears      either                      "red apples"~2    with up to two words between
    -apples             all but those               app*              words that begin so
    (apples | pears) x  in this order               aples~1           words one edit away
    \\+                  the sign itself

There is no precedence: where the operator changes, all that came before becomes its first operand. What has no meaning
(an operator without operand, a bracket or quote that is never closed) is ignored, so nothing typed is an error, except
what would be too large to search for.
"""

from collections.abc import Callable
from dataclasses import dataclass

MAX_CLAUSES = 1_024
"""Words, phrases, prefixes of one query."""
MAX_DEPTH = 12
"""Brackets in brackets. FTS5 takes a little more of these and the changes together before its parser gives up."""
MAX_CHANGES = 16
"""Changes between `+` and `|`: each is one more level of the tree."""
MAX_EDITS = 2
MAX_SLOP = 10_000

_SPACE = " \t\n\r"
_ENDS_TOKEN = '"|+()' + _SPACE


class QueryError(ValueError):
    """A query that is too large or too deep."""


@dataclass(frozen=True)
class Everything:
    """Matches every record."""


@dataclass(frozen=True)
class Words:
    """Records that have all of these tokens in one field: what was typed without a space between."""

    tokens: tuple[str, ...]


@dataclass(frozen=True)
class Phrase:
    """Records that have these tokens in a row, with up to `slop` others between."""

    tokens: tuple[str, ...]
    slop: int = 0


@dataclass(frozen=True)
class Prefix:
    """Records that have a token which begins so."""

    text: str


@dataclass(frozen=True)
class Fuzzy:
    """Records that have a token at most so many edits away."""

    text: str
    edits: int


@dataclass(frozen=True)
class Not:
    """Records that do not match the part."""

    part: "Query"


@dataclass(frozen=True)
class And:
    """Records that match all parts."""

    parts: tuple["Query", ...]


@dataclass(frozen=True)
class Or:
    """Records that match any part."""

    parts: tuple["Query", ...]


Query = Everything | Words | Phrase | Prefix | Fuzzy | Not | And | Or
Analyze = Callable[[str], list[str]]


def parse(text: str, analyze: Analyze) -> Query | None:
    """The tree of a query; None where it says nothing, which matches nothing.

    `analyze` takes words and phrases apart as the index does. Raises QueryError for one that is too large or too deep.
    """
    if text.strip() == "*":
        return Everything()
    return _Parser(text, analyze).parse(0, len(text), 0)


@dataclass
class _State:
    """The part of the text that is being parsed, and the tree so far."""

    index: int
    end: int
    depth: int
    top: Query | None = None
    previous: type[And] | type[Or] | None = None
    operator: type[And] | type[Or] | None = None
    negations: int = 0


class _Parser:
    def __init__(self, text: str, analyze: Analyze) -> None:
        self.text = text
        self.analyze = analyze
        self.closing = _closing(text)
        self.clauses = 0
        self.changes = 0

    def parse(self, start: int, end: int, depth: int) -> Query | None:
        if depth > MAX_DEPTH:
            raise QueryError(f"The query has more than {MAX_DEPTH} brackets in brackets: search for less at once.")
        state = _State(start, end, depth)
        while state.index < state.end:
            match self.text[state.index]:
                case "(":
                    self.brackets(state)
                case '"':
                    self.phrase(state)
                case "+":
                    self.operator(state, And)
                case "|":
                    self.operator(state, Or)
                case "-":
                    state.negations += 1
                    state.index += 1
                    continue  # not even a space may stand between the sign and what it negates
                case ")" | " " | "\t" | "\n" | "\r":
                    state.index += 1
                case _:
                    self.word(state)
            state.negations = 0
        return state.top

    def operator(self, state: _State, operator: type[And] | type[Or]) -> None:
        """The first of several operators counts, and none before the first operand."""
        if state.operator is None and state.top is not None:
            state.operator = operator
        state.index += 1

    def brackets(self, state: _State) -> None:
        start = state.index + 1
        end = self.closing.get(state.index, state.end)
        if end >= state.end:
            state.index = start
            return
        if end == start:
            state.operator = None
        else:
            self.add(state, self.parse(start, end, state.depth + 1))
        state.index = end + 1

    def phrase(self, state: _State) -> None:
        start = state.index + 1
        end, text = self.unescaped(start, state.end, '"')
        if end == state.end:
            state.index = start
            return
        state.index = end
        slop = 0
        if self.text.startswith("~", end + 1) and end + 1 < state.end:
            state.index = end + 1
            slop = min(self.number(state), MAX_SLOP) if end + 2 < state.end else 0
        elif end == start:
            state.operator = None
        tokens = tuple(self.analyze(text))
        self.add(state, Phrase(tokens, slop) if tokens else None)
        state.index += 1

    def word(self, state: _State) -> None:
        start = state.index
        end, text = self.unescaped(start, state.end, _ENDS_TOKEN, fuzzy=True)
        state.index = end
        if not text:
            return
        if end < state.end and self.text[end] == "~":
            edits = min(self.number(state), MAX_EDITS)
            self.add(state, Fuzzy(text.lower(), edits) if edits else self.words(text))
        elif len(text) > 1 and self.text[end - 1] == "*" and not self.is_escaped(end - 1, start):
            self.add(state, Prefix(text[:-1].lower()))
        else:
            self.add(state, self.words(text))

    def words(self, text: str) -> Words | None:
        tokens = tuple(self.analyze(text))
        return Words(tokens) if tokens else None

    def unescaped(self, start: int, end: int, stops: str, fuzzy: bool = False) -> tuple[int, str]:
        """Where the text from `start` stops, and the text up to there without its escapes.

        `fuzzy`: a `~` stops it too, unless it stands first.
        """
        kept: list[str] = []
        index = start
        while index < end:
            sign = self.text[index]
            if sign == "\\":
                index += 1
                kept.append(self.text[index : min(index + 1, end)])
            elif sign in stops or (fuzzy and sign == "~" and kept):
                break
            else:
                kept.append(sign)
            index += 1
        return min(index, end), "".join(kept)

    def is_escaped(self, index: int, start: int) -> bool:
        before = self.text[start:index]
        return (len(before) - len(before.rstrip("\\"))) % 2 == 1

    def number(self, state: _State) -> int:
        """The number after a `~`, 2 where there is none, 0 where it is no number; leaves the index behind it."""
        start = state.index = state.index + 1
        while state.index < state.end and self.text[state.index] not in _ENDS_TOKEN:
            state.index += 1
        text = self.text[start : state.index]
        if not text:
            return 2
        return int(text) if text.isdecimal() and len(text) < 10 else 0

    def add(self, state: _State, branch: Query | None) -> None:
        """Put an operand into the tree; one that says nothing leaves the operator to the next."""
        if branch is None:
            return
        self.count(branch)
        if state.negations % 2:
            branch = Not(branch)
        if state.top is None:
            state.top = branch
        else:
            operator = state.operator or And
            if state.previous is operator and isinstance(state.top, operator):
                state.top = operator((*state.top.parts, branch))
            else:
                self.change(state)
                state.top = operator((state.top, branch))
            state.previous = operator
        state.operator = None

    def change(self, state: _State) -> None:
        if state.previous is not None:
            self.changes += 1
        if self.changes > MAX_CHANGES:
            raise QueryError(
                f"The query changes more than {MAX_CHANGES} times between + and |: search for less at once."
            )

    def count(self, branch: Query) -> None:
        match branch:
            case Words(tokens) | Phrase(tokens):
                self.clauses += len(tokens)
            case Prefix() | Fuzzy():
                self.clauses += 1
        if self.clauses > MAX_CLAUSES:
            raise QueryError(f"The query has more than {MAX_CLAUSES:,} words: search for less at once.")


def _closing(text: str) -> dict[int, int]:
    """Where each bracket that is closed is closed. Quotes count for nothing here, escapes do."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    escaped = False
    for index, sign in enumerate(text):
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign == "(":
            opened.append(index)
        elif sign == ")" and opened:
            closing[opened.pop()] = index
    return closing

"""A query's tree as one expression of SQLite FTS5, so that the index answers the whole of it.

FTS5 has no "all but": every row of the index holds EVERY_RECORD in a column of its own, and what is negated is taken
away from that.
"""

from collections.abc import Callable, Sequence

from argilla_embedded.query import And, Everything, Fuzzy, Not, Or, Phrase, Prefix, Query, Words

EVERY_RECORD = "\ue001"
"""The token that each row has. It is in no text: it is no letter."""
ALL_COLUMN = "every_record"

_EVERYTHING = f'{ALL_COLUMN} : "{EVERY_RECORD}"'
_NOTHING = f"({_EVERYTHING} NOT {_EVERYTHING})"

Expand = Callable[[str, str, int], list[str]]
"""The tokens of a column that are at most so many edits away from a text."""


def expression(query: Query | None, columns: Sequence[str], expand: Expand) -> str:
    """The FTS5 expression for a query over some columns of the index; None is a query that says nothing."""
    if not columns:
        return _NOTHING
    match query:
        case None:
            return _NOTHING
        case Everything():
            return _EVERYTHING
        case Words(tokens):
            return _words(tokens, columns)
        case Phrase(tokens, slop):
            return _phrase(tokens, slop, columns)
        case Prefix(text):
            # a prefix is not taken apart, and a token has neither spaces nor control characters
            return _NOTHING if any(sign <= " " for sign in text) else f"{_filter(columns)} : {_quoted(text)} *"
        case Fuzzy(text, edits):
            found = {column: expand(column, text, edits) for column in columns}
            near = [_words_of(column, " OR ", terms) for column, terms in found.items() if terms]
            return _joined(" OR ", near) if near else _NOTHING
        case Not(part):
            return f"({_EVERYTHING} NOT {expression(part, columns, expand)})"
        case And(parts):
            return _joined(" AND ", [expression(part, columns, expand) for part in parts])
        case Or(parts):
            return _joined(" OR ", [expression(part, columns, expand) for part in parts])


def _words(tokens: Sequence[str], columns: Sequence[str]) -> str:
    """All tokens in one of the columns."""
    if len(tokens) == 1:
        return f"{_filter(columns)} : {_quoted(tokens[0])}"
    return _joined(" OR ", [_words_of(column, " AND ", tokens) for column in columns])


def _words_of(column: str, operator: str, tokens: Sequence[str]) -> str:
    return f"{column} : {_joined(operator, [_quoted(token) for token in tokens])}"


def _phrase(tokens: Sequence[str], slop: int, columns: Sequence[str]) -> str:
    if not slop or len(tokens) == 1:
        return f"{_filter(columns)} : {_quoted(' '.join(tokens))}"
    # NEAR counts all that stands between the first and the last token, the tokens in the middle too
    near = " ".join(_quoted(token) for token in tokens)
    return f"{_filter(columns)} : NEAR({near}, {slop + len(tokens) - 2})"


def _filter(columns: Sequence[str]) -> str:
    return "{" + " ".join(columns) + "}"


def _joined(operator: str, parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({operator.join(parts)})"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'

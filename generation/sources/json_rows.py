"""Rows of JSON: one object a line, or one list of objects, read as a stream with exact numbers."""

import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NoReturn

from generation.sources.errors import RowError, SourceError
from generation.sources.fields import Fields, kind
from generation.sources.row import MAX_ROW, Row, Stream, unreadable
from schemas.ingest_error import IngestError

_CHUNK = 1 << 16
_TOO_LONG = f"longer than {MAX_ROW >> 20} MiB"

# A string (closed, or broken off by the end of its line or of the text), a bracket or a comma.
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*+(?P<closed>")?|[\[\]{},]', re.DOTALL)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_number)


def json_lines(stream: Stream, file: str) -> Iterator[Row | IngestError]:
    """One object a line; blank lines are passed over."""
    line = 0
    while data := stream.readline(MAX_ROW):
        line += 1
        if len(data) == MAX_ROW and not data.endswith(b"\n"):
            while (rest := stream.readline(MAX_ROW)) and not rest.endswith(b"\n"):
                pass
            yield unreadable(file, line, _TOO_LONG, data[:_CHUNK].decode("utf-8", "backslashreplace"))
            continue
        try:
            text = data.decode("utf-8-sig" if line == 1 else "utf-8")
        except UnicodeDecodeError as error:
            reason = f"invalid UTF-8 at byte {error.start}"
            yield unreadable(file, line, reason, data.decode("utf-8", "backslashreplace").rstrip("\r\n"))
            continue
        if not text.isspace():
            yield _row(file, line, text.rstrip("\r\n"))


def json_list(stream: Stream, file: str) -> Iterator[Row | IngestError]:
    """The objects of one list, by their number in it, a malformed one refused and the next found by its brackets.

    Raises SourceError where an element is over MAX_ROW, and EOFError where the list does not end with the file.
    """
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape")
    for number, element in enumerate(_elements(text), 1):
        if not element.isspace():
            yield _row(file, number, element.strip())


def _elements(text: io.TextIOWrapper) -> Iterator[str]:
    """What stands between the commas of a list."""
    buffer, position, depth = "", 0, 0
    while chunk := text.read(_CHUNK):
        buffer += chunk
        start, end = 0, len(buffer)
        for token in _TOKEN.finditer(buffer, position):
            sign = token[0]
            if sign[0] == '"':
                if not token["closed"] and buffer[token.end() :] in ("", "\\"):
                    end = token.start()  # the string goes on in the next chunk
                    break
            elif sign in "[{":
                depth += 1
                if depth == 1:
                    start = token.end()
            elif depth == 1:
                if start < token.start():
                    yield buffer[start : token.start()]
                start = token.end()
                if sign != ",":
                    if (buffer[start:] + text.read(_CHUNK)).strip():
                        raise EOFError("something follows the end of the list")
                    return
            elif sign != ",":
                depth -= 1
        buffer, position = buffer[start:], end - start
        if len(buffer) > MAX_ROW:
            raise SourceError(f"the list has an element {_TOO_LONG}, or its brackets do not match: {buffer[:80]!r}")
    if buffer:
        yield buffer
    raise EOFError("the list is not closed")


def _row(file: str, line: int, text: str) -> Row | IngestError:
    try:
        return Row(line, _fields(text), text)
    except RowError as error:
        return unreadable(file, line, str(error), text)


def _fields(text: str) -> Fields:
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise RowError(f"invalid JSON: {error.msg} at {error.pos}") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, NaN, or nested too deep
        raise RowError(f"invalid JSON: {error}") from error
    if not isinstance(value, dict):
        raise RowError(f"the row is {kind(value)}, not an object")
    return value

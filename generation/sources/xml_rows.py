"""Rows of ASDiv's own XML: one `<Problem ID=... >` each, its attributes and the texts of its elements as fields."""

from collections.abc import Iterator
from typing import NoReturn
from xml.parsers import expat

from generation.sources.errors import SourceError
from generation.sources.row import MAX_ROW, Row, Stream, unreadable
from schemas.ingest_error import IngestError

_CHUNK = 1 << 16


def xml_rows(stream: Stream, file: str) -> Iterator[Row | IngestError]:
    """The problems of one file; where it stops being well-formed, one IngestError, and what follows is not read.

    Raises SourceError for a document type declaration, since the entities in one can stand for anything of any size,
    and for a file without a single problem.
    """
    problems = _Problems()
    read = 0
    found = False
    try:
        while chunk := stream.read(_CHUNK):
            problems.parser.Parse(chunk, False)
            read += len(chunk)
            problems.bound(read)
            found = found or bool(problems.rows)
            yield from problems.rows
            problems.rows.clear()
        problems.parser.Parse(b"", True)
    except expat.ExpatError as error:
        yield from problems.rows
        yield unreadable(file, error.lineno, f"no well-formed XML, nothing after it is read: {error}", "")
        return
    if not found:
        raise SourceError(f"{file} has no <Problem> element")


class _Problems:
    """What the parser has seen: finished rows, and the problem and the element at hand."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.fields: dict[str, str] = {}
        self.inside = False
        self.name = ""
        self.line = self.begin = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text

    def doctype(self, *_: object) -> NoReturn:
        raise SourceError("a document type declaration is refused: remove <!DOCTYPE ...> from the file")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Problem":
            self.fields, self.inside, self.name = dict(attributes), True, ""
            self.line, self.begin = self.parser.CurrentLineNumber, self.parser.CurrentByteIndex
        elif self.inside:
            self.name = name
            self.fields[name] = ""

    def text(self, data: str) -> None:
        if self.inside and self.name:
            self.fields[self.name] += data

    def end(self, name: str) -> None:
        if name == "Problem" and self.inside:
            self.rows.append(Row(self.line, self.fields))
            self.inside = False
        self.name = ""

    def bound(self, read: int) -> None:
        """Raises SourceError where the problem, or a tag that is not closed, goes on for more than MAX_ROW bytes."""
        begin = self.begin if self.inside else self.parser.CurrentByteIndex
        if read - begin > MAX_ROW:
            raise SourceError(f"what begins at line {self.line} is longer than {MAX_ROW >> 20} MiB")

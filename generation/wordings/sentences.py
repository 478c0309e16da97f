"""The sentences of a question, and the one that asks."""

import re
from functools import lru_cache

from generation.wordings.errors import NotWordableError
from generation.wordings.fobar import mathematics

Span = tuple[int, int]

_END = re.compile(r"(?:[?!]+|\.+)[\"'”’)\]}]*\$?(?=\s|\Z|\[asy\]|(?<=[a-z?!]\.)[A-Z][a-z]|(?<=[?!])[A-Z])|\[/asy\]")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|Mt|vs|etc|approx|e\.g|i\.e|sq|ft|oz|lbs?|[A-Z])|\b[ap]\.m|(?:[A-Z]\.)+[A-Z])\.\Z"
)
_ABBREVIATION_WINDOW = 12
_LOWER_NEXT = re.compile(r"\s+[a-z(]")
_DRAWING = re.compile(r"(?<=\[asy\]).*?(?:(?=\[/asy\])|\Z)|\\begin\{(\w+)\}.{0,2000}?\\end\{\1\}", re.S)
_ENDS_IN_A_QUESTION = re.compile(r"\?[\"'”’)\]}$]*\Z")
_VERBS = "find|calculate|compute|determine|evaluate|simplify"
_COMMAND = re.compile(
    rf"\W*(?:please\s+)?(?:{_VERBS}|solve|expand|factor|estimate|graph|convert|rationalize|how|what)\b"
    rf"|.*(?:,|:|\band)\s+(?:(?:then|please)\s+)?(?:(?:{_VERBS})\b|how\s(?:many|much)\b|what\s(?:is|was|are|percent))",
    re.I | re.S,
)
_FORM_OF_ANSWER = re.compile(
    r"\W*(?:please\s+)?(?:express|give|write|leave|state|round|enter|simplify|report|list|separate|assume|note)\b[^.?!]*"
    r"\b(?:answers?|nearest|decimals?|simplest|fraction|form|terms|radicals?|places?|rounded|integer|order|commas?)\b",
    re.I,
)
_ASKING_CLAUSE = re.compile(rf",\s(?:then\s+)?(?=(?:{_VERBS}|how|what)\b)", re.I)


def sentences(text: str) -> list[Span]:
    """Where each sentence stands, in order, without the space around it; mathematics and drawings are never cut."""
    found: list[Span] = []
    start = 0
    for match in _END.finditer(_prose(text)):
        end = match.end()
        if match[0].startswith(".") and (
            _ABBREVIATION.search(text[max(0, end - _ABBREVIATION_WINDOW) : end]) or _LOWER_NEXT.match(text, end)
        ):
            continue
        found.append((start, end))
        start = end
    found.append((start, len(text)))
    return [_stripped(text, span) for span in found if text[slice(*span)].strip()]


def asks(sentence: str) -> bool:
    """Whether a sentence is a question, or a command to find something."""
    if _ENDS_IN_A_QUESTION.search(sentence):
        return True
    return bool(_COMMAND.match(sentence)) and not _FORM_OF_ANSWER.match(sentence)


@lru_cache(maxsize=64)
def asking_part(question: str) -> tuple[Span, Span]:
    """Where the question asks: the one sentence, and the same with those behind it that say what form the answer has.

    Raises NotWordableError where nothing asks, or more than one sentence does.
    """
    spans = sentences(question)
    asking = [index for index, (start, end) in enumerate(spans) if asks(question[start:end])]
    if len(asking) != 1:
        raise NotWordableError(f"{len(asking) or 'no'} sentences of the question ask")
    last = asking[0]
    while last + 1 < len(spans) and _FORM_OF_ANSWER.match(question[slice(*spans[last + 1])]):
        last += 1
    sentence = spans[asking[0]]
    return sentence, (sentence[0], spans[last][1])


def clause_before_asking(sentence: str) -> str:
    """What stands before the clause that asks: `If he buys 3 more,` of `If he buys 3 more, how many has he?`."""
    clauses = list(_ASKING_CLAUSE.finditer(_prose(sentence)))
    return sentence[: clauses[-1].end()].rstrip() if clauses else ""


def _prose(text: str) -> str:
    """The text, of the same length, with nothing left inside mathematics and drawings; how they end is kept."""
    characters = list(_DRAWING.sub(lambda drawing: "_" * len(drawing[0]), text))
    for start, end in mathematics(text):
        characters[start + 1 : end - 2] = "_" * (end - start - 3)
    return "".join(characters)


def _stripped(text: str, span: Span) -> Span:
    start, end = span
    inside = text[start:end]
    return end - len(inside.lstrip()), start + len(inside.rstrip())

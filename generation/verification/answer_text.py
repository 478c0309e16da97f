"""The answer in a text: what a worked solution or a model's reply states as its result."""

import itertools
import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from generation.verification.notation import CHANGES_NUMBER

MAX_TEXT = 50_000
"""Characters of a text that is searched for its answer."""
MAX_BOXES = 50
"""Boxes that together make one answer."""
MAX_TAIL = 2_000
"""Characters behind "the answer is" that are looked at."""
LAST_SENTENCES = 3
"""How many sentences from the end an unmarked answer is looked for."""

_BOX = re.compile(r"\\f?box(?:ed)?\s*(?=\{)|\\boxed\s*(?=[^\s{])")
_BETWEEN_BOXES = re.compile(
    r"(?:[\s,;$.&+*:\\()\[\]!-]|q?quad|text\s*\{\s*,?\s*(?:and|or)\s*\}|and|or)*(?:[A-Za-z](?:_\{?\w{1,4}\}?)?\s*=\s*)?\$?"
)
_BOX_UNIT = re.compile(r"\s*\$?\s*(?:(?P<percent>\\?%|percent\b|pct\b|percentage\b)|(?P<degree>\^\s*\{?\\circ))")
_MARKER = re.compile(
    r"\b(?:answer|réponse|respuesta|antwort)\b(?:\s+(?:is|are|est|es|ist)\b\s*:?|\s*\**\s*:\**|(?=\s*(?:\$|\\\(|\\\[)))"
    r"|答案\s*(?:是|为|:|：)|####",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?](?=[\s\"”*]|$)|[。！？।\n]|<\|")
_MATH_OPENING = re.compile(r"\\\$|\$\$?|\\\(|\\\[")
_MATH_CLOSING = {
    "$": re.compile(r"(?<!\\)\$"),
    "$$": re.compile(r"\$\$"),
    r"\(": re.compile(r"\\\)"),
    r"\[": re.compile(r"\\\]"),
}
_JOINED = re.compile(r"\s*(?:,|,?\s*(?:and|or))\s*(?=\$|\\\(|\\\[)")
_BOLD = re.compile(r"\*\*([^*]*[0-9][^*]*)\*\*")
_NUMBER = r"(?:(?<![A-Za-z0-9_.,])[-−]?(?:[0-9]+(?:[.,][0-9]+)*|\.[0-9]+)(?![0-9])|\\frac\{[0-9]+\}\{[0-9]+\})"
_QUANTITY = re.compile(rf"{_NUMBER}(?:\s*[-+*/×÷=]\s*{_NUMBER})*\s*%?")
_QUANTITY_WITH_WORD = re.compile(rf"{_NUMBER}[ -]([a-z]+)")
_SAYS = re.compile(r"(?:\b(?:is|are|be|equals)|[=≈是为])\s*:?\s*\$?\s*$", re.IGNORECASE)
_NOT_SAID = re.compile(
    r"\b(?:not|never|neither|nor|no|if|least|most|less|more|fewer|greater|than|between|except|wrong|incorrect)\b|n't\b|\?\s*$",
    re.IGNORECASE,
)
_CODE = re.compile(r"[_{}\\<>@#|~^`]|\w[(\[]")


class Candidate(NamedTuple):
    """A part of a text that may be its answer; `marked` where the text says so, or is nothing else."""

    text: str
    marked: bool


def candidates(text: str) -> Iterator[Candidate]:
    """The parts of the text that may be its answer, best first.

    What is boxed, or follows "the answer is", whichever comes later; without either, the whole text; last, unmarked,
    the one quantity that the last sentence with a quantity states. In linear time.
    """
    box, end = _boxed(text)
    markers = deque(_MARKER.finditer(text), maxlen=1)
    marker = markers[0] if markers else None
    if marker and marker.start() >= end:
        tail = text[marker.end() : marker.end() + MAX_TAIL].lstrip(' *"“:')
        yield Candidate(_statement(tail), True)
        quantity = _only_quantity(_sentences(tail)[0])
        if quantity:
            yield Candidate(quantity, True)
    if box is not None:
        yield Candidate(box, True)
    elif marker is None:
        yield Candidate(text, True)
        for sentence in list(filter(re.compile(r"\w").search, _sentences(text)))[: -LAST_SENTENCES - 1 : -1]:
            if re.search("[0-9]", sentence) or next(_math(sentence), None):
                quantity = _only_quantity(sentence)
                if quantity:
                    yield Candidate(quantity, False)
                return


def _boxed(text: str) -> tuple[str | None, int]:
    """What the last box holds, or the last boxes with nothing but separators between them, as a set; and its end."""
    contents: list[str] = []
    end = last = len(text)
    for match in reversed(list(_BOX.finditer(text))):
        content, stop = _group(text, match.end())
        if contents and not _BETWEEN_BOXES.fullmatch(text, stop, max(stop, last)):
            break
        if not contents:
            end = stop
            unit = _BOX_UNIT.match(text, stop)
            if unit:
                content += "%" if unit["percent"] else r"^{\circ}"
        if content not in contents:
            contents.append(content)
        last = match.start()
        if len(contents) > MAX_BOXES:
            break
    if not contents:
        return None, -1
    return contents[0] if len(contents) == 1 else rf"\{{{', '.join(reversed(contents))}\}}", end


def _group(text: str, start: int) -> tuple[str, int]:
    """The group in braces that opens at `start` and where it ends; to the end of the text where it is not closed."""
    if text[start] != "{":
        stop = re.compile(r"[^\s$]*").match(text, start)
        return (stop[0], stop.end()) if stop else ("", start)
    depth = 0
    for brace in re.compile(r"(?<!\\)[{}]|\\\\[{}]").finditer(text, start):
        depth += 1 if brace[0][-1] == "{" else -1
        if depth == 0:
            return text[start + 1 : brace.start()], brace.end()
    return text[start + 1 :], len(text)


def _statement(tail: str) -> str:
    """What follows "the answer is": the formula it starts with and those joined to it, else the first sentence."""
    end = 0
    for start, stop, _ in _math(tail):
        joined = _JOINED.fullmatch(tail, end, start) if end else start == 0
        if not joined:
            break
        end = stop
    return tail[:end] if end else _sentences(tail)[0]


def _sentences(text: str) -> list[str]:
    """The sentences of the text, each with the mark that ends it."""
    edges = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(edges)]


def _math(text: str) -> Iterator[tuple[int, int, str]]:
    """The formulas of the text, with their delimiters: start, end, content."""
    position = 0
    unclosed: set[str] = set()
    while opening := _MATH_OPENING.search(text, position):
        position = opening.end()
        if opening[0] == r"\$" or opening[0] in unclosed:
            continue
        closing = _MATH_CLOSING[opening[0]].search(text, position)
        if closing is None:
            unclosed.add(opening[0])
            continue
        yield opening.start(), closing.end(), text[position : closing.start()]
        position = closing.end()


def _only_quantity(sentence: str) -> str | None:
    """The one formula or number in a sentence, the bold one, or the last where "is" or "=" makes it the result.

    None where words around it may take back that it is the answer: "not", "at least", "if", a question.
    """
    if _NOT_SAID.search(sentence):
        return None
    bold = _BOLD.findall(sentence)
    if bold:
        sentence = bold[-1]
    found = [(start, content) for start, _, content in _math(sentence)]
    rest = sentence
    for start, stop, _ in _math(sentence):
        rest = rest[:start] + " " * (stop - start) + rest[stop:]
    found += [(match.start(), match[0]) for match in _QUANTITY.finditer(rest)]
    words = _QUANTITY_WITH_WORD.findall(rest)
    if not found or _CODE.search(_QUANTITY.sub(" ", rest)) or any(map(CHANGES_NUMBER.fullmatch, words)):
        return None
    start, text = max(found)
    results = {text.rpartition("=")[2].strip() for _, text in found}
    return text if len(results) == 1 or "=" in text or _SAYS.search(sentence[:start]) else None

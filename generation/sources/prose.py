"""Prose as people write it, from text that a tokenizer took apart or that a source keeps in two pieces."""

import re

_QUOTED = re.compile(r"(?<![^\s(])' ([^']{1,60}) '(?![^\s.,;:?!)])")
_CONTRACTION = re.compile(r"(?<=\w) (?:(['’]) ?(?=(?:s|re|ll|ve|d|m)\b)|(?=n['’]t\b))")
_YEAR = re.compile(r"(?<=\s)' (?=\d)")
_POSSESSIVE = re.compile(r"(?<=[a-z]) '(?=\s)")
_HYPHEN = re.compile(r"(?<=[A-Za-z]) - (?=[A-Za-z])")
_MONEY = re.compile(r"\$ (?=[\d.])")
_PERCENT = re.compile(r"(?<=\d) %")
_MARK = re.compile(r" ([.,?!;:])(?=[\s\"'’)]|$)")

_CLAUSE = re.compile(r"(?:if|when|after|before|since|while|because|given|suppose|out of)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?]\s+")
_OPENER = re.compile(
    r"(?:how|what|what's|which|who|whose|where|when|about|approximately|total|together|find|determine"
    r"|is|are|was|were|do|does|did|can|will|would|in|at|on|after|then|now)\b",
    re.IGNORECASE,
)


def tidied(text: str) -> str:
    """Tokenised text with its spacing put right: `did n't`, `$ 5`, `20 %`, `' skee ball '`, `books ,`."""
    text = _QUOTED.sub(r"'\1'", " ".join(text.split()))
    text = _CONTRACTION.sub(r"\1", text)
    text = _POSSESSIVE.sub("'", _YEAR.sub("'", text))
    text = _PERCENT.sub("%", _MONEY.sub("$", _HYPHEN.sub("-", text)))
    return _MARK.sub(r"\1", text)


def joined(body: str | None, question: str) -> str:
    """The body of a problem and its question as one text, with the comma or the full stop that belongs between them."""
    if not body:
        return question
    if body[-1] not in ".!?;:\"',":
        goes_on = question[0].islower() or _CLAUSE.match(_SENTENCE.split(body)[-1])
        body += "," if goes_on else "."
    if body[-1] == "," and _OPENER.match(question):
        return f"{body} {question[0].lower()}{question[1:]}"
    if body[-1] in ".!?":
        return f"{body} {question[0].upper()}{question[1:]}"
    return f"{body} {question}"

"""The fobar wording: the question with an unknown in the condition's place, and its answer given instead.

    Natalia sold clips to x of her friends in April ...
    If we know the answer to the above question is 72, what is the value of x?

A fraction of something is announced ("a fraction x of the money"), since "x of the friends" reads as a count.
"""

import re
from functools import lru_cache
from itertools import count

from generation.conditions.vocabulary import PREDICATES, WHOLES, words
from schemas.condition import Condition

UNKNOWNS = "xyznkmtuvwpqrsabcdfgh"
"""Names for the unknown, in the order in which they are tried."""

_AN_LETTERS = frozenset("aefhilmnorsx")
"""Letters whose names begin with a vowel: an x-page book, but a y-page book."""
_NO_ARTICLE_AFTER = words("another the this that these each every other his her its their my our your no")
_DEGREES = words("many much long tall far fast big high old large often wide heavy deep")
"""Half that many is x times that many; half that amount is a fraction x of that amount."""

_WINDOW = 32
"""Characters before the unknown that are looked at."""
_SIGN_BEFORE = re.compile(r"[-−]?\s*\\?[$€£¢]\s*(?:\$\s*)?")
_SIGN_BEHIND = re.compile(r"(?:\s*\$?\\?%|[\s-]?per\s?cent|(?<=[0-9])\s?[$€£¢])\Z", re.I)
_ARTICLE = re.compile(r"\b(an?)(\s+|-)(\$?)\Z", re.I)
_NEXT = re.compile(r"\s{1,2}([A-Za-z]+)(['’]s\b|s['’])?")
_LAST = re.compile(r"([A-Za-z]+)\s+\Z")
_COMMAND_BEFORE = re.compile(r"\\[A-Za-z]+\Z")
_LONE_LETTER = re.compile(r"(?<![A-Za-z\\])[A-Za-z](?![A-Za-z])")
# As in pandoc: mathematics touches its dollar signs, and no digit follows; so `$5 and $6` is money.
_MATH = re.compile(
    r"(?<![\\0-9$])(\$\$?)(?=[^\s$])(?:[^$\\]|\\.)*?(?<=\S)\1(?![0-9$])"
    r"|(?<!\\)\\\[.*?(?:\\\]|\Z)|(?<!\\)\\\(.*?(?:\\\)|\Z)",
    re.S,
)
_PROSE = re.compile(r"\s[A-Za-z]{2,}\s[A-Za-z]{2,}\s")
_NO_VARIABLE = re.compile(r"\\(?:text\w{0,2}|mbox|mathrm|begin|end)\s?\{[^{}]*\}|\\[A-Za-z]+")
_BLOCK_AT_END = re.compile(r"(?:\[/asy\]|\\\]|\\end\{[^{}]*\}|\$\$)\Z")
_CLOSERS = "\"'”’)]}$ "
_QUESTION_WORD = re.compile(r"(?=[hw])\b(?:how|what|which|who|whose|when|where|why)\b", re.I)  # five times as fast


def choose_unknown(text: str) -> str:
    """The first of UNKNOWNS that is no word, variable or placeholder of the text, in either case; else `x1`, `x2`, ...

    Give the question with its solution where the two are to be read together.
    """
    used = {letter.lower() for letter in _LONE_LETTER.findall(text)}
    for start, end in mathematics(text):
        used.update(_NO_VARIABLE.sub(" ", text[start:end]).lower())
    for name in UNKNOWNS:
        if name not in used:
            return name
    return next(name for name in map("x{}".format, count(1)) if name not in text)


def fobar(question: str, condition: Condition, unknown: str, answer: str) -> str:
    """The backward question: the masked question, its answer, and the request for the unknown.

    Raises ValueError where the condition is not in the question.
    """
    text = masked(question, condition, unknown).strip()
    block = _BLOCK_AT_END.search(text)
    if not block and text.rstrip(_CLOSERS)[-1:] not in (".", "?", "!"):
        last_sentence = re.split(r"[.?!]\s", text)[-1]
        text = text.rstrip(" ,;:") + ("?" if _QUESTION_WORD.search(last_sentence) else ".")
    if is_latex(question):
        unknown = f"${unknown}$"
        answer = answer if "$" in answer else f"${answer}$"
    request = f"If we know the answer to the above question is {answer}, what is the value of {unknown}?"
    return f"{text}\n{request}" if block else f"{text} {request}"


def masked(question: str, condition: Condition, unknown: str) -> str:
    """The question with the unknown in the condition's place: $x, x%, an x-page book, x times as many.

    Nothing else changes but an article before it. Raises ValueError where the condition is not in the question.
    """
    start, end = condition.start, condition.end
    if question[start:end] != condition.text:
        raise ValueError(f"{condition.text!r} does not stand at {start} to {end} of the question")
    before, after = question[:start], question[end:]
    sign_before = _SIGN_BEFORE.match(condition.text)
    sign_behind = _SIGN_BEHIND.search(condition.text)
    prefix = sign_before[0].lstrip("-−") if sign_before else ""
    suffix = sign_behind[0] if sign_behind else ""
    if any(first < start and end < last for first, last in mathematics(question)):
        if _COMMAND_BEFORE.search(before[-_WINDOW:]):
            prefix = " " + prefix
        return _with_article(before, unknown) + prefix + unknown + suffix + after
    symbol = unknown
    if is_latex(question) and not suffix.startswith("$") and not prefix.removeprefix("\\$").endswith("$"):
        symbol = f"${unknown}$"
    if condition.kind == "multiple_word":
        symbol += " times"
    elif condition.kind in ("fraction", "fraction_word") or (condition.kind == "decimal" and _next(after) == "of"):
        return _with_share(before, symbol, after, unknown)
    if after[:1].isalpha() and not suffix:
        suffix = " "  # 20kg
    if before[-1:].isalpha() and not prefix:
        prefix = " "  # the 5 of 3x5
    return _with_article(before, unknown) + prefix + symbol + suffix + after


def _with_article(before: str, unknown: str) -> str:
    """The text before the unknown, with the article that its name takes."""
    match = _ARTICLE.search(before[-_WINDOW:])
    if match is None:
        return before
    rest = before.removesuffix(match[0])
    if match[1] == "A" and not _starts_sentence(rest):
        return before  # the name in "Plan A 5"
    return rest + match[1][0] + ("n" if unknown[0] in _AN_LETTERS else "") + match[2] + match[3]


def _with_share(before: str, symbol: str, after: str, unknown: str) -> str:
    """The masked question where the condition is a fraction, by what it is a fraction of."""
    word = _next(after)
    if word == "as" or (word == "that" and _next(after, 2) in _DEGREES):
        return f"{_with_article(before, unknown)}{symbol} times{after}"
    if word in ("a", "an"):
        return f"{_with_article(before, unknown)}{symbol} of{after}"
    relative = word == "that" and _next(after, 2) in PREDICATES
    whole = (word in WHOLES and not relative) or word == "'s"
    alone = word == "of" or word in PREDICATES or relative or (not word and not after.startswith("-"))
    if not (whole or alone):
        joint = " " if after[:1].isalpha() else ""
        return f"{_with_article(before, unknown)}{symbol}{joint}{after}"
    phrase = f"fraction {symbol}" + (" of" if whole else "")
    article = _ARTICLE.search(before[-_WINDOW:])
    if article:
        return f"{before.removesuffix(article[0])}{article[1][0]}{article[2]}{phrase}{after}"
    last = _LAST.search(before[-_WINDOW:])
    if last and last[1].lower() in _NO_ARTICLE_AFTER:
        return before + phrase + after
    return f"{before}{'A' if _starts_sentence(before) else 'a'} {phrase}{after}"


def _next(after: str, number: int = 1) -> str:
    """The next word of the clause, or the one behind it; `'s` where it is a possessor, empty where there is none."""
    match = None
    position = 0
    for _ in range(number):
        match = _NEXT.match(after, position)
        if match is None:
            return ""
        position = match.end()
    return "'s" if match and match[2] else match[1].lower() if match else ""


def _starts_sentence(before: str) -> bool:
    stripped = before.rstrip()
    return stripped.rstrip(_CLOSERS)[-1:] in ("", ".", "?", "!", ":") or "\n" in before[len(stripped) :]


def is_latex(question: str) -> bool:
    """Whether a question has mathematics or a command of LaTeX, so that its unknown stands between dollar signs."""
    return "\\" in question or bool(mathematics(question))


@lru_cache(maxsize=16)
def mathematics(text: str) -> tuple[tuple[int, int], ...]:
    """Where the mathematics of a LaTeX text stands; the prose between two prices is none."""
    return tuple(span.span() for span in _MATH.finditer(text) if "\\" in span[0] or not _PROSE.search(span[0]))

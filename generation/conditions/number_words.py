"""Quantities written in words: twenty-five, a hundred, two-thirds, half, twice, a dozen.

A word that may be something else (one as a pronoun, a quarter as a coin or a part of a season, a third as an ordinal,
double as a verb) is a quantity only where the words around it say so.
"""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from generation.conditions.quantity import Quantity
from generation.conditions.vocabulary import (
    CLAUSES,
    DENOMINATORS,
    MEASURES,
    MULTIPLES,
    ONES,
    PREDICATES,
    SCALES,
    SMALL,
    TEENS,
    WHOLES,
    words,
)


def _any(choices: Iterable[str]) -> str:
    """An alternation, grouped by first letter: re tries far fewer branches."""
    ends: dict[str, list[str]] = {}
    for word in choices:
        ends.setdefault(word[0], []).append(word[1:])
    return "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in ends.items())


_ONES, _TEENS, _TENS = _any(ONES), _any(TEENS), _any(word for word in SMALL if word not in ONES | TEENS)
_SMALL = rf"(?:(?:{_TENS})(?:-(?:{_ONES})|\s(?:{_ONES})(?!-[a-z]))?|{_TEENS}|{_ONES})\b"
_HUNDREDS = rf"(?:(?:(?:{_SMALL}|an?)[\s-])?hundred\b(?:(?:\sand)?[\s-]{_SMALL}(?!\shundred))?|{_SMALL})"
_CARDINAL = (
    rf"(?:(?:(?:{_HUNDREDS}|an?)[\s-])?(?:{_any(SCALES)})\b(?:(?:\sand)?\s{_HUNDREDS}(?!\s(?:{_any(SCALES)})))?"
    rf"|{_HUNDREDS})"
)
_START = re.compile(
    rf"""\b(?: {_any((*SMALL, *SCALES, *MULTIPLES, "hundred", "half", "dozen"))}
    | an?(?=[\s-](?:hundred|{_any(SCALES)}|{_any(DENOMINATORS)}|dozen|couple|pair)\b) )\b""",
    re.X,
)
_NUMBER = re.compile(rf"{_CARDINAL}(?!-(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)\b)")
_FRACTION = re.compile(
    rf"(?:(?P<whole>{_SMALL})[\s-]and[\s-])?(?:(?P<top>an?|{_SMALL})(?P<joint>[\s-]))?"
    rf"(?P<bottom>{_any(DENOMINATORS)})s?\b|(?P<half>half)\b",
)
_COLLECTIVE = re.compile(
    rf"""(?: (?P<half>(?:an?\s)?half[\s-](?:an?\s)?)dozen s?
           | (?P<count>an?|{_CARDINAL})[\s-]dozen s?
           | (?P<bare>dozen) )\b (?:\sof\b(?!\s(?:{_any(WHOLES)}|them|us)\b))?
      | an?\s(?P<two>couple|pair)\b (?: \sof\b | (?=\s(?:more|{_any(MEASURES)}s)\b) )""",
    re.X,
)
_PERCENT = re.compile(r"[\s-]per\s?cent\b|\s?%")
_CLOCK = re.compile(r"\s(?:o['’]clock|[ap]\.?m\b)")
_NEXT = re.compile(r"\s{1,2}([a-z]+)(['’]s\b|s['’])?")
_NEXT_AFTER_HYPHEN = re.compile(r"-([a-z]+)")
_LAST = re.compile(r"([a-z'’]+)[\s-]{1,2}\Z")
_EQUAL_TO = re.compile(r"\b(?:equal|up) to \Z")
_PRICE = re.compile(r"(?:[0-9]|\bcents?|\bdollars?)\s?\Z")
_COIN_WINDOW = 300
_COINS = re.compile(r"\b(?:dimes?|nickels?|penn(?:y|ies)|coins?|quarters)\b")
_PAIRED_GOODS = re.compile(
    r"""(?:\s[a-z-]+){0,3}?\s(?:pants|jeans|shorts|trousers|\w*glasses|scissors|leggings|tights|pliers|binoculars|\w+phones|
    goggles|pajamas|slacks|overalls|shoes?|boots|socks|gloves|earrings|\w*skates|sneakers|slippers|sandals|heels|mittens|
    skis|stockings|cleats|loafers|flip-flops)\b""",
    re.X,
)
_NAMES_OF_A_HALF = words(
    """other first second third fourth last final each both remaining latter former bottom top upper lower front next
    same better the a an"""
)
_BEFORE_A_NOUN_HALF = words("in into back this that his her their its every per")
_BE_AND_HAVE = words("are were is was have has had will")
_BEFORE_BARE_SCALE = words("every per each first last next another the")
_BEFORE_PRONOUN = words(
    """this that each no any which the another some other last first second third fourth fifth next these those
    new old big small large little bigger smaller larger older younger red blue green middle main right left wrong good
    better same day number"""
)
_TALES = words(
    "day morning afternoon evening night weekend monday tuesday wednesday thursday friday saturday sunday way"
)
_SPANS_OF_TIME = words("in for only within takes took least than per during about just exactly of every")
_NOT_AFTER_ONE = words("way on to sided time of by handed off")
_BEFORE_VERB = words("to will would can could should must may might you they we i who not")


def find_number_words(text: str) -> Iterator[Quantity]:
    """The quantities in words, in order, never overlapping; the text must be in lower case."""
    end = 0
    while start := _START.search(text, end):
        quantity = None
        if text[start.start() - 1 : start.start()] != "-":
            quantity = (
                _multiple(text, start)
                or _collective(text, start.start())
                or _fraction(text, start.start())
                or _cardinal(text, start.start())
            )
        if quantity is not None:
            yield quantity
        end = quantity.end if quantity is not None else start.end()


def _word_before(text: str, start: int) -> str:
    match = _LAST.search(text[max(0, start - 20) : start])
    return match[1] if match else ""


def _word_after(text: str, end: int) -> str:
    """The next word in the same clause, `'s` where it is a possessor; empty before punctuation."""
    match = _NEXT.match(text, end)
    return ("'s" if match[2] else match[1]) if match else ""


def _hyphened(text: str, end: int) -> str:
    """The word that a hyphen ties to the quantity."""
    match = _NEXT_AFTER_HYPHEN.match(text, end)
    return match[1] if match else ""


def _multiple(text: str, start: re.Match[str]) -> Quantity | None:
    word = start[0]
    if word not in MULTIPLES:
        return None
    begin, end = start.span()
    if word not in ("twice", "thrice"):
        before, after = _word_before(text, begin), _word_after(text, end)
        if after not in WHOLES and after not in ("as", "'s"):
            return None
        if before.endswith("'ll") or (
            before in _BEFORE_VERB and not _EQUAL_TO.search(text[max(0, begin - 10) : begin])
        ):
            return None
    return None if _hyphened(text, end) else Quantity(begin, end, Fraction(MULTIPLES[word]), "multiple_word")


def _collective(text: str, start: int) -> Quantity | None:
    match = _COLLECTIVE.match(text, start)
    if match is None:
        return None
    end = match.end()
    rate = match["count"] in ("a", "an") and _PRICE.search(text[max(0, start - 8) : start])
    if rate or (match["bare"] and _word_before(text, start) != "another"):
        return None
    if match["two"]:
        goods = match["two"] == "pair" and (not match[0].endswith("of") or _PAIRED_GOODS.match(text, end))
        return None if goods else Quantity(start, end, Fraction(2), "collective_word")
    count = Fraction(1, 2) if match["half"] else _value(match["count"] or "a")
    return Quantity(start, end, count * 12, "collective_word")


class _Context(NamedTuple):
    """What stands around a fraction: the words next to it, and whether they name what it is a part of."""

    before: str
    after: str
    tied: str
    measured: bool
    of_a_whole: bool


def _fraction(text: str, start: int) -> Quantity | None:
    match = _FRACTION.match(text, start)
    if match is None:
        return None
    top, bottom, end = match["top"] or "", match["bottom"] or match["half"], match.end()
    value = Fraction(_value(top or "a"), DENOMINATORS[bottom])
    after, tied, plural = _word_after(text, end), _hyphened(text, end), match[0].endswith("s")
    if match["whole"]:
        thing = after == "of" and _word_after(text, end + len(" of")) in ("a", "an")
        if not thing and (after in WHOLES or after in ("of", "as", "'s")):
            return None
        return Quantity(start, end, _value(match["whole"]) + value, "number_word")
    relative = after == "that" and _word_after(text, end + len(" that")) in PREDICATES  # a fourth that is red
    context = _Context(
        before=_word_before(text, start),
        after=after,
        tied=tied,
        measured=(tied or after).removesuffix("s") in MEASURES,
        of_a_whole=(after in WHOLES and not relative) or after in ("of", "as", "'s"),
    )
    near = text[max(0, start - _COIN_WINDOW) : end + _COIN_WINDOW]
    if tied and not context.measured:
        return None  # a third-grade class
    if bottom == "half" and top in ("", "a", "one"):
        stands = not plural and _half_stands(context, top)
    elif top in ("a", "an"):
        stands = _share_stands(context, bottom, near)
    else:
        stands = (value < 1 or plural) and (match["joint"] == "-" or _parts_stand(context, top, bottom, plural, near))
    if not stands:
        return None
    if top in ("a", "an") and tied:
        start = match.start("bottom")  # the article of "a half-hour show" is the show's
    return Quantity(start, end, value, "fraction_word")


def _half_stands(context: _Context, top: str) -> bool:
    """Half the money, half are red; not the first half, in half, an hour and a half, half-full."""
    of_a_whole = context.of_a_whole or context.measured or context.after in ("a", "an")
    if context.before in _NAMES_OF_A_HALF and not (context.before == "the" and context.tied):
        return False
    if not of_a_whole and (context.before in _BEFORE_A_NOUN_HALF or (top == "a" and context.before == "and")):
        return False
    return of_a_whole or context.after in PREDICATES or context.after in ("", "times", "full")


def _share_stands(context: _Context, bottom: str, near: str) -> bool:
    """A third of them, a quarter mile; not a third friend, a quarter in his pocket."""
    if context.of_a_whole or context.after in ("times", "full", "less", "more", "fewer"):
        return True
    if bottom == "quarter":
        return context.measured or (context.after in _BE_AND_HAVE and not _COINS.search(near))
    return context.after in PREDICATES


def _parts_stand(context: _Context, top: str, bottom: str, plural: bool, near: str) -> bool:
    """One third, two thirds of; not two third graders, two quarters, one quarter and a dime."""
    if context.of_a_whole:
        return True
    if bottom == "quarter":
        return not plural and top == "one" and not _COINS.search(near)
    if context.after.startswith("grade") or (plural and bottom == "half"):
        return False
    return plural or top == "one"


def _cardinal(text: str, start: int) -> Quantity | None:
    match = _NUMBER.match(text, start)
    if match is None or _CLOCK.match(text, match.end()):
        return None
    number, end = match[0], match.end()
    if number == "one" and not _counts_one(text, start, end):
        return None
    if number in ("hundred", *SCALES):
        if _word_before(text, start) not in _BEFORE_BARE_SCALE:
            return None
    elif number.startswith(("a ", "an ")):
        if _PRICE.search(text[max(0, start - 8) : start]):
            return None
        if _hyphened(text, end) or re.match(r"\sdollars? bill", text[end : end + 13]):
            start += number.index(" ") + 1
    percent = _PERCENT.match(text, end)
    if percent:
        return Quantity(start, percent.end(), _value(number), "percent", "%")
    return Quantity(start, end, _value(number), "number_word")


def _counts_one(text: str, start: int, end: int) -> bool:
    """Whether "one" counts something, and is no pronoun (this one, one of them) and no storyteller's (one day)."""
    tied = _hyphened(text, end)
    if tied:
        return tied not in _NOT_AFTER_ONE
    before, after = _word_before(text, start), _word_after(text, end)
    if after in ("more", "less", "fewer"):
        return before != "no"
    if not after or after in CLAUSES or before in _BEFORE_PRONOUN or before.endswith("est"):
        return False
    return after not in _TALES or before in _SPANS_OF_TIME


def _value(number: str) -> Fraction:
    """The value of a cardinal in number; "a" counts as one before a scale."""
    total = current = 0
    for word in re.findall(r"[a-z]+", number):
        if word in SMALL:
            current += SMALL[word]
        elif word in ("a", "an"):
            current = 1
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in SCALES:
            total, current = total + max(current, 1) * SCALES[word], 0
    return Fraction(total + current)

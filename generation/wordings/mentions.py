"""How often a text states a value, in whatever form: 48, 48.0, forty-eight; 20%, 0.2, a fifth, twenty percent."""

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction

from generation.conditions.finder import find_conditions
from generation.conditions.vocabulary import DENOMINATORS, MULTIPLES, SMALL
from generation.verification.expression import MAX_DIGITS
from schemas.condition import Condition
from schemas.problem import Notation

_FRACTION = re.compile(r"\\[dtc]?frac\s*\{?\s*(\d+)\s*\}?\s*\{?\s*(\d+)\s*\}?")
_NUMERAL = re.compile(r"(?P<whole>\d+(?:[, ]\d{3})*)?(?P<rest>\.\d+)?(?:\s?[/⁄]\s?(?P<under>\d+))?")
_WORD = re.compile(r"[a-z]+")
_WORDS: dict[str, set[Fraction]] = {word: {Fraction(value)} for word, value in (SMALL | MULTIPLES).items()}
for _word, _value in DENOMINATORS.items():
    _WORDS.setdefault(_word, set()).update((Fraction(_value), Fraction(1, _value)))
    _WORDS[f"{_word}s"] = {Fraction(1, _value)}
for _value, _words in {
    1: "once single sole lone alone solo first",
    2: "both pair pairs couple couples duo twin twins second doubled doubles doubling",
    3: "trio triplets tripled triples tripling",
    4: "quartet quadruplets quadrupled quadruples",
    12: "dozen dozens",
    20: "score",
    100: "hundred hundreds century",
    1000: "thousand thousands",
}.items():
    for _word in _words.split():
        _WORDS.setdefault(_word, set()).add(Fraction(_value))
for _word in ("halves", "halved", "halving", "halfway", "semi"):
    _WORDS[_word] = {Fraction(1, 2)}


def mentions(text: str, notation: Notation, hidden: Condition) -> int:
    """How often the text states the value of the hidden condition, as a quantity or in any other figure or word."""
    sought = _forms(hidden.number, hidden.unit)
    if notation != "latex":
        text = _FRACTION.sub(r" \1/\2 ", text)
    found = find_conditions(text, notation)
    count = sum(not sought.isdisjoint(_forms(each.number, each.unit)) for each in found)
    rest, end = [], 0
    for each in found:
        rest.append(text[end : each.start])
        end = each.end
    rest.append(text[end:])
    return count + sum(not sought.isdisjoint(values) for values in _loose(" ; ".join(rest)))


def _forms(value: Fraction, unit: str | None) -> set[Fraction]:
    """The numbers by which a quantity may be written: 20% as 20 and as 1/5, 50 cents as 50 and as 1/2."""
    value = abs(value)
    return {value, value / 100} if unit in ("%", "cent", "cents", "¢") else {value}


def _loose(text: str) -> Iterator[set[Fraction]]:
    """What each figure and number word of a text may be worth, in whatever script its digits are."""
    text = unicodedata.normalize("NFKC", text).lower()
    for match in _NUMERAL.finditer(text):
        if match["whole"] or match["rest"]:
            digits = re.sub(r"[, ]", "", match["whole"] or "0") + (match["rest"] or "")
            yield _quotient(digits, match["under"] or "1") | _quotient(digits, "1")
    for word in _WORD.findall(text):
        if values := _WORDS.get(word):
            yield values


def _quotient(top: str, bottom: str) -> set[Fraction]:
    if len(top) > MAX_DIGITS or len(bottom) > MAX_DIGITS or not int(bottom):
        return set()
    return {Fraction(top) / int(bottom)}

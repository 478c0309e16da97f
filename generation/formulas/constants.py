"""Constants that words and units imply: the 7 of a week, the 100 of a percentage, the 2 of a round trip."""

import re
from fractions import Fraction
from functools import lru_cache

_IMPLIED: tuple[tuple[str, str], ...] = (
    ("1/4", r"quarter|fourth"),
    ("1/3", r"third"),
    ("1/2", r"half|halves"),
    ("3/4", r"three[- ]quarters"),
    ("1/5", r"fifth"),
    ("1/10", r"tenth"),
    ("2/3", r"two[- ]thirds"),
    (
        "2",
        r"twice|doubl\w+|half|halves|both|pairs?|couple|round[- ]trip|there and back|each way|back|two|twins?|biweekly"
        r"|each other|semi\w*|sides?|perimeter|rectang\w*|opposite|ends|hands|feet|legs|eyes"
        r"|arms|ears|wheels|bicycles?|bikes?|dozen and a half|other",
    ),
    ("3", r"tripl\w+|thrice|three|thirds?|yards?|feet|trio|triangle|triangular"),
    (
        "4",
        r"quadrupl\w+|four|quarters?|fourths?|square|seasons?|gallons?|quarts?|weeks?|month\w*|rectang\w+|sides|corners",
    ),
    ("5", r"five|fifths?|weekdays?|work\w* days?|school|nickels?|quintupl\w+"),
    ("6", r"six|sixths?|half a dozen|half dozen|cube"),
    ("7", r"seven|week\w*|daily|days?"),
    ("8", r"eight|octop\w+|spiders?|ounces?|cups?|pints?|octagon\w*"),
    ("9", r"nine"),
    ("10", r"ten|dimes?|decades?|tenths?"),
    ("12", r"dozens?|years?|months?|monthly|annual\w*|foot|feet|inch\w*|noon|hours?|twelve"),
    ("14", r"fortnight\w*|weeks?"),
    ("16", r"pounds?|ounces?|lbs?|oz"),
    ("20", r"twenty|score"),
    ("24", r"days?|hours?|dozens?|daily"),
    ("25", r"quarters?"),
    ("28", r"february"),
    ("30", r"months?|half an hour|thirty|june|april|september|november|minutes|days"),
    ("31", r"january|march|may|july|august|october|december"),
    ("36", r"yards?|inch\w*|dozens?"),
    ("50", r"half|fifty"),
    ("52", r"years?|weeks?|annual\w*|yearly"),
    ("60", r"hours?|minutes?|seconds?|hourly"),
    ("90", r"degrees?|right angle"),
    (
        "100",
        r"percent\w*|%|cents?|dollars?|century|centuries|hundred|meters?|centimeters?|cm|dimes|nickels|quarters|pennies",
    ),
    ("180", r"degrees?|triangle|angle"),
    ("360", r"degrees?|circle|angle"),
    ("365", r"years?|annual\w*|days?|daily|yearly"),
    ("366", r"leap"),
    ("1000", r"thousand|kilo\w+|km|kg|grams?|meters?|millimeters?|ml|milli\w+|lit(?:er|re)s?|metric"),
    ("1440", r"minutes?"),
    ("2000", r"tons?|pounds?"),
    ("3600", r"seconds?|hours?"),
    ("5280", r"miles?|feet"),
    ("1000000", r"millions?"),
    ("1/100", r"percent|%|cents?|penn(?:y|ies)"),
    ("1/20", r"nickels?"),
)
_WORDS = {Fraction(value): re.compile(rf"(?<![A-Za-z])(?:{words})(?![A-Za-z])", re.I) for value, words in _IMPLIED}


_NUMBER_WORD = re.compile(
    r"(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|fifty|hundred|thousand|millions?|half|halves|twice"
    r"|thrice|doubl\w*|tripl\w*|quadrupl\w*|quarters?|fourths?|thirds?|fifths?|sixths?|tenths?"
    r"|three[- ]quarters|two[- ]thirds|half a dozen|half dozen|dozens?|couple|pairs?)",
    re.I,
)


def may_be_implied(value: Fraction) -> bool:
    """Whether there is any word that implies the constant."""
    return value in _WORDS


def implied_by(value: Fraction, text: str, number_words: bool = True) -> str | None:
    """The word in the text that implies the constant, if any; with `number_words` off, no word that states a number."""
    pattern = _WORDS.get(value)
    if pattern is None:
        return None
    for match in pattern.finditer(text):
        if number_words or not _NUMBER_WORD.fullmatch(match[0]):
            return match[0]
    return None


COMMON = {
    Fraction(1): 0.0,
    Fraction(2): 0.0,
    Fraction(3): 0.2,
    Fraction(4): 0.3,
    Fraction(5): 0.4,
    Fraction(10): 0.4,
    Fraction(100): 0.3,
}


@lru_cache(maxsize=65_536)
def surprise(value: Fraction) -> float:
    """How unlikely it is that a number of a solution has this value by chance: 0 for 1 and 2, 3 for 137."""
    if value in COMMON:
        return COMMON[value]
    if value.denominator != 1:
        return 1.5 if value in _WORDS else 2.5
    if value <= 12:
        return 1.0
    if value in _WORDS:
        return 1.2
    return 1.6 if value <= 20 or value % 10 == 0 else 3.0

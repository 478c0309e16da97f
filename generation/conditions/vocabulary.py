"""The words of quantities, and the words around them that say what they are."""


def words(text: str) -> frozenset[str]:
    """The words of a list that is written as text."""
    return frozenset(text.split())


ONES = {
    word: value
    for value, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"))
}
TEENS = {
    word: value
    for value, word in enumerate(
        (
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ),
        start=10,
    )
}
TENS = {
    word: value * 10
    for value, word in enumerate(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2
    )
}
SMALL = ONES | TEENS | TENS | {"fourty": 40, "ninty": 90}
"""The numbers that a larger one is put together from; the last two are misspelt often enough to count."""
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
DENOMINATORS = {
    "half": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
    "twelfth": 12,
    "fifteenth": 15,
    "sixteenth": 16,
    "twentieth": 20,
    "hundredth": 100,
    "thousandth": 1000,
}
MULTIPLES = {"twice": 2, "thrice": 3, "double": 2, "triple": 3, "quadruple": 4, "quintuple": 5}
VULGAR_FRACTIONS = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5",
    "⅙": "1/6", "⅚": "5/6", "⅐": "1/7", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8", "⅑": "1/9", "⅒": "1/10",
}  # fmt: skip

MEASURES = words(
    """second minute hour day week month year decade century inch foot yard mile meter metre kilometer kilometre
    centimeter centimetre millimeter km m cm mm ft ounce oz pound lb ton gram kilogram kg g liter litre milliliter ml l
    cup pint quart gallon teaspoon tablespoon tsp tbsp acre hectare dollar cent point degree dozen"""
)
"""Units of measure, in the singular."""

POSSESSIVES = words("his her its their my your our whose")
WHOLES = POSSESSIVES | words("the that this these those what all")
"""A word that opens the whole of which something is a part: half the money, a third what it was."""
PREDICATES = words(
    """are is was were be been have has had do does did will would can could go goes went to from in into for on at with
    by and or but off more less fewer due than when if while because each unless whether"""
)
"""A word that follows a quantity which stands alone: half are red, a third more than."""
CLAUSES = PREDICATES | words(
    """of as the a an that this these those which who whose where how what why there here it its they them he she his
    her him we us you your our their my i me not no so then per after before until since about around between during
    over under above through without within against toward towards across along among out up down away back apart
    every any some another either neither also only just still already now again together total both instead must
    should may might shall being having costs cost weighs makes takes gets eats gives lives uses needs wants plays
    sells buys contains holds lays looks says thinks works runs walks spends earns leaves finds decides comes starts
    ends left right plus minus one ones altogether respectively apiece later ago today yesterday tomorrow"""
)
"""A word that ends the noun behind a quantity, or shows that none is there."""
COMPARATIVES = words(
    """more less fewer additional extra other different new old full whole total same equal remaining further next last
    first second third single separate distinct identical shared common average original consecutive such
    own square sq cubic"""
)
"""A word between a quantity and what it counts that is never what it counts."""
ADJECTIVES = words(
    """large small big little huge tiny long short tall wide high deep thick regular medium giant jumbo mini fresh ripe
    rotten empty used broken good bad young elderly adult cheap expensive red blue green yellow orange purple pink brown
    black white gray grey silver gold golden dark light round special plain wooden plastic metal hot cold frozen
    sweet salty dry wet clean dirty free married single-use male female"""
)
"""A word that describes what is counted; what it counts only where no noun follows (5 red and 3 blue marbles)."""
PLURALS = words(
    """people children men women feet teeth mice geese fish sheep deer oxen cattle police dice lice gentlemen
    policemen firemen fishermen grandchildren salmon trout shrimp"""
)
"""Plurals without an s."""
VERBS_IN_S = words("is was has does goes this its less always yes plus minus thus various")

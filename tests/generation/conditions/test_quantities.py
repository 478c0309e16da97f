"""What is a quantity, what it is worth, and what it counts: a table of sentences."""

import pytest

from generation.conditions.finder import find_conditions
from schemas.condition import ConditionKind

Row = tuple[str, str, ConditionKind, str | None]

DIGITS: list[tuple[str, list[Row]]] = [
    ("Lena planted 1,000 bulbs.", [("1,000", "1000", "integer", "bulbs")]),
    ("A tin holds 2 500 nails.", [("2 500", "2500", "integer", "nails")]),
    ("A mug costs $5.", [("$5", "5", "money", "$")]),
    ("The bike was $1,000.50 new.", [("$1,000.50", "2001/2", "money", "$")]),
    ("A stamp costs $.25 today.", [("$.25", "1/4", "money", "$")]),
    ("A fan costs 15$ or 12 €.", [("15$", "15", "money", "$"), ("12 €", "12", "money", "€")]),
    ("He spent $ 28 on rope.", [("$ 28", "28", "money", "$")]),
    ("Gum is ¢75 a pack.", [("¢75", "75", "money", "¢")]),
    ("The bridge cost $1.5 million.", [("$1.5 million", "1500000", "money", "$")]),
    ("Her flat cost $280k.", [("$280k", "280000", "money", "$")]),
    ("About 2 thousand people came.", [("2 thousand", "2000", "integer", "people")]),
    ("It weighs .5 kilograms.", [(".5", "1/2", "decimal", "kilograms")]),
    ("5 (or so).", [("5", "5", "integer", None)]),
    ("Five came (or so)-", [("Five", "5", "number_word", "came")]),
    ("It is in room.38 now.", [("38", "38", "integer", None)]),
    ("It weighs 3.75 kg.", [("3.75", "15/4", "decimal", "kg")]),
    ("Pour in 20kg of sand.", [("20", "20", "integer", "kg")]),
    ("Use 1/2 cup of oats.", [("1/2", "1/2", "fraction", "cup")]),
    ("He ate 2/3rds of the grapes.", [("2/3rds", "2/3", "fraction", "grapes")]),
    ("Use 2 1/2 cups of oats.", [("2 1/2", "5/2", "mixed", "cups")]),
    ("Use 1 and 1/4 of a cup.", [("1 and 1/4", "5/4", "mixed", "cup")]),
    ("He ran 3 and a half miles.", [("3 and a half", "7/2", "mixed", "miles")]),
    ("He ran 2½ miles and ¼ mile.", [("2½", "5/2", "mixed", "miles"), ("¼", "1/4", "fraction", "mile")]),
    ("They have 5 and half of them are red.", [("5", "5", "integer", None), ("half", "1/2", "fraction_word", None)]),
    ("4 1/2 pound steaks.", [("4", "4", "integer", None), ("1/2", "1/2", "fraction", "pound")]),
    ("In 2010 1/2 of the ships sank.", [("2010", "2010", "integer", None), ("1/2", "1/2", "fraction", "ships")]),
    ("A 20% discount.", [("20%", "20", "percent", "%")]),
    ("About 12.5 percent of them.", [("12.5 percent", "25/2", "percent", "%")]),
    ("Thirty-five percent left.", [("Thirty-five percent", "35", "percent", "%")]),
    ("It rose by 3 percentage points.", [("3", "3", "integer", "points")]),
    ("It was -14 degrees, then -$5.", [("-14", "-14", "integer", "degrees"), ("-$5", "-5", "money", "$")]),
    ("Ages 30-50.", [("30", "30", "integer", None), ("50", "50", "integer", None)]),
    ("It has tiles--38 of them.", [("38", "38", "integer", None)]),
    ("He is 12 - 5 = 7.", [("12", "12", "integer", None), ("5", "5", "integer", None), ("7", "7", "integer", None)]),
    ("A 3-year-old, 10-foot, 3.5-inch thing.", [
        ("3", "3", "integer", "year"), ("10", "10", "integer", "foot"), ("3.5", "7/2", "decimal", "inch"),
    ]),
    ("He is in his 30's.", [("30", "30", "integer", None)]),
    ("A photo is 4x6 inches.", [("4", "4", "integer", None), ("6", "6", "integer", "inches")]),
    ("Cats and dogs are in the ratio of 10:45.", [("10", "10", "integer", None), ("45", "45", "integer", None)]),
    ("She was born in 1998.", [("1998", "1998", "integer", None)]),
    ("Take Route 66.", [("66", "66", "integer", None)]),
]  # fmt: skip

UNITS: list[tuple[str, list[Row]]] = [
    ("He sold 48 of her friends clips.", [("48", "48", "integer", "friends")]),
    ("2 red apples and 1 red plum.", [("2", "2", "integer", "apples"), ("1", "1", "integer", "plum")]),
    ("5 red and 3 blue marbles.", [("5", "5", "integer", "red"), ("3", "3", "integer", "marbles")]),
    ("He took 9 more shirts than 4 of the other men.", [("9", "9", "integer", "shirts"), ("4", "4", "integer", "men")]),
    ("They sold 8 rolls for $5 each.", [("8", "8", "integer", "rolls"), ("$5", "5", "money", "$")]),
    ("She has four $5 bills.", [("four", "4", "number_word", "bills"), ("$5", "5", "money", "$")]),
    ("There are 10 6-ounce glasses.", [("10", "10", "integer", "glasses"), ("6", "6", "integer", "ounce")]),
    ("He is 3 times as tall.", [("3", "3", "integer", "times")]),
    ("He is half Ana's age.", [("half", "1/2", "fraction_word", "age")]),
    ("There are 12. Most are red.", [("12", "12", "integer", None)]),
    ("He scored 20 in the final.", [("20", "20", "integer", None)]),
    ("Bring 6 dozen eggs.", [("6", "6", "integer", "dozen")]),
]

WORDS: list[tuple[str, list[Row]]] = [
    ("Twenty-five gulls and thirty two terns.", [
        ("Twenty-five", "25", "number_word", "gulls"), ("thirty two", "32", "number_word", "terns"),
    ]),
    ("Twenty-five one ounce candles.", [
        ("Twenty-five", "25", "number_word", None), ("one", "1", "number_word", "ounce"),
    ]),
    ("A hundred seals.", [("A hundred", "100", "number_word", "seals")]),
    ("Give me a hundred-dollar bill.", [("hundred", "100", "number_word", "dollar")]),
    ("Three hundred and five seals.", [("Three hundred and five", "305", "number_word", "seals")]),
    ("Two thousand five hundred bees, a million ants.", [
        ("Two thousand five hundred", "2500", "number_word", "bees"), ("a million", "1000000", "number_word", "ants"),
    ]),
    ("The first hundred visitors.", [("hundred", "100", "number_word", "visitors")]),
    ("One and a half pages.", [("One and a half", "3/2", "number_word", "pages")]),
    ("One-third of the pies, two thirds of it.", [
        ("One-third", "1/3", "fraction_word", "pies"), ("two thirds", "2/3", "fraction_word", None),
    ]),
    ("Three-quarters of a box, a quarter of that box.", [
        ("Three-quarters", "3/4", "fraction_word", "box"), ("a quarter", "1/4", "fraction_word", "box"),
    ]),
    ("Half of the eggs, half the milk, half a loaf.", [
        ("Half", "1/2", "fraction_word", "eggs"), ("half", "1/2", "fraction_word", "milk"),
        ("half", "1/2", "fraction_word", "loaf"),
    ]),
    ("Half are red and he gave half to Bo.", [
        ("Half", "1/2", "fraction_word", None), ("half", "1/2", "fraction_word", None),
    ]),
    ("He was there for half an hour, a half-hour show.", [
        ("half", "1/2", "fraction_word", "hour"), ("half", "1/2", "fraction_word", "hour"),
    ]),
    ("Twice as many, thrice the sum, double that, triple Ana's.", [
        ("Twice", "2", "multiple_word", None), ("thrice", "3", "multiple_word", None),
        ("double", "2", "multiple_word", None), ("triple", "3", "multiple_word", None),
    ]),
    ("A dozen eggs, two dozen rolls, half a dozen figs.", [
        ("A dozen", "12", "collective_word", "eggs"), ("two dozen", "24", "collective_word", "rolls"),
        ("half a dozen", "6", "collective_word", "figs"),
    ]),
    ("Shrimp is $15.00 a dozen.", [("$15.00", "15", "money", "$")]),
    ("A couple of owls and a pair of doves.", [
        ("A couple of", "2", "collective_word", "owls"), ("a pair of", "2", "collective_word", "doves"),
    ]),
    ("It takes one week and one of them is late.", [("one", "1", "number_word", "week")]),
    ("He ate one more plum in one day.", [("one", "1", "number_word", "plum"), ("one", "1", "number_word", "day")]),
    ("It equals to double the fee, up to triple the fee.", [("triple", "3", "multiple_word", None)]),
]  # fmt: skip


@pytest.mark.parametrize(("question", "expected"), DIGITS + UNITS + WORDS)
def test_every_quantity_is_found_with_its_value_kind_and_unit(question: str, expected: list[Row]) -> None:
    found = find_conditions(question, "annotated")
    assert [(c.text, c.value, c.kind, c.unit) for c in found] == expected
    assert all(question[c.start : c.end] == c.text for c in found)


@pytest.mark.parametrize(
    "question",
    [
        "School starts at 7:30 and ends at 5 pm, or 17:15 if it rains.",
        "Open from 9 a.m. to 12 noon, at 4 o'clock, between 2-4 pm and at ten o'clock.",
        "On the 5th day of May the 1st, 2nd and 3rd graders, the 101st floor.",
        "The car is from the 1990s, and it is here 24/7 since 04/05/1999.",
        "Her mp3 player, vitamin D3, COVID-19, the planet Orbius-5.",
        "Exactly 0.333... of it, and " + "7" * 51 + " of those.",
        "This one, each one, no one, one another, one by one, a one-way trip, the green one.",
        "One day he found one. One of these, the fastest one inflating it.",
        "The first half, the other half, cut in half, halfway, half-full, an hour and a half.",
        "He put a quarter in the slot. The first quarter of the match, each quarter, a quarter past.",
        "A third friend, the third of May, in third grade, a fourth that is red, every third page.",
        "A double scoop, to double the recipe, they will triple the prize, double-sided.",
        "A married couple agreed. A couple with a dog. The price per dozen.",
        "A pair of old jeans, a pair of shoes, each pair, the pair.",
        "Several hundred boxes, hundreds of boxes, a second, seconds, an apple and a pear.",
        "A twenty-first birthday, a sixty-fifth reunion, once a week, both of them.",
        "٣ apples and ３ pears.",
    ],
)
def test_what_is_no_quantity_is_passed_over(question: str) -> None:
    assert [c.text for c in find_conditions(question, "annotated")] == []


LATEX: list[tuple[str, list[str]]] = [
    (r"Find $x$ if $3x + \frac{1}{2} = 2\frac{3}{4}$.", [r"3=3", r"\frac{1}{2}=1/2", r"2\frac{3}{4}=11/4"]),
    (r"$\frac12 + \dfrac 3{13} - \frac{5}{y}$", [r"\frac12=1/2", r"\dfrac 3{13}=3/13", "5=5"]),
    (r"The sum is $1{,}000$ or $2,\!500$.", ["1{,}000=1000", r"2,\!500=2500"]),
    (r"It costs $\$5$ or \$1,200.50 with $20\%$ off.", [r"\$5=5", r"\$1,200.50=2401/2", r"20\%=20"]),
    (r"He pays $\$$25 a day.", [r"\$$25=25"]),
    (r"$x^2 + 4x^{10} - a_1 + \sqrt[3]{8} = 2^7$", ["4=4", "8=8", "2=2"]),
    (r"$(x-7)(2x - 3) = -8$, and $(-1, -2)$", ["7=7", "2=2", "3=3", "-8=-8", "-1=-1", "-2=-2"]),
    (r"The $5^{\text{th}}$ and 100th and $7$th term, $1011_2$, $0.\overline{3}$", []),
    (r"[asy] draw((0,0)--(4,0)); label(\"5\"); [/asy] It has 3 sides.", ["3=3"]),
    (r"\begin{tabular}{c*{4}{c}} 6 & 7 \\[2mm] \end{tabular} \hspace{2cm}", ["6=6", "7=7"]),
    (r"A square of side $5$ cm, at $30^\circ$.", ["5=5", "30=30"]),
    (r"In $12$ hours three men dig one-half of it.", ["12=12", "three=3", "one-half=1/2"]),
]


@pytest.mark.parametrize(("question", "expected"), LATEX)
def test_latex_is_read_as_latex(question: str, expected: list[str]) -> None:
    assert [f"{c.text}={c.value}" for c in find_conditions(question, "latex")] == expected


def test_dollars_are_money_in_prose_and_delimiters_in_latex() -> None:
    question = "A box holds $5$ pens."
    assert find_conditions(question, "annotated")[0].kind == "money"
    in_latex = find_conditions(question, "latex")[0]
    assert (in_latex.text, in_latex.kind, in_latex.unit) == ("5", "integer", "pens")


def test_a_letter_behind_a_latex_number_is_a_variable_and_no_unit() -> None:
    assert find_conditions("Solve $3x = 9$", "latex")[0].unit is None
    assert find_conditions("Pour in 3g of salt", "annotated")[0].unit == "g"

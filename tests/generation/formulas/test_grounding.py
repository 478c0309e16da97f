"""Where a number comes from: quotes tie it to a place in the question, words imply constants, all else is in doubt."""

from fractions import Fraction

import pytest

from generation.conditions.finder import find_conditions
from generation.formulas.formalization import Input
from generation.formulas.grounding import Grounded, Grounding, parents
from generation.formulas.links import quantities
from generation.verification.expression import Number, parse, plain
from schemas.problem import Notation

CLIPS = "Natalia sold clips to 48 of her friends in April, and half as many in May. How many did she sell?"
SHOP = "A shop has 15 caps for $1,500 and 5 hats for $60.50. Every day 20% of the caps are sold, a dozen hats a week."


def grounding(question: str, *inputs: tuple[str, str, str], notation: Notation = "text") -> Grounding:
    """The grounding of inputs, each a quote, a name and a value."""
    known = quantities(question, find_conditions(question, notation))
    return Grounding(question, known, [Input(quote=quote, name=name, value=value) for quote, name, value in inputs])


def of_input(question: str, quote: str, value: str, notation: Notation = "text") -> Grounded:
    """What one input stands for."""
    return grounding(question, (quote, "it", value), notation=notation).inputs["it"]


def of_literal(question: str, expression: str, value: str, *inputs: tuple[str, str, str]) -> Grounded:
    """What the first literal of this value stands for; the names of the inputs may stand in the expression."""
    ground = grounding(question, *inputs)
    node = parse(expression, ground.inputs)
    literal, parent = next(
        (leaf, parent) for leaf, parent in parents(node) if isinstance(leaf, Number) and leaf.value == Fraction(value)
    )
    return ground.literal(literal, parent)


@pytest.mark.parametrize(
    ("quote", "value", "expression"),
    [
        ("15 caps", "15", "c0"),
        ("$1,500", "1500", "c1"),
        ("for $1,500 and", "1500", "c1"),
        ("1,500", "1500", "c1"),
        ("5 hats", "5", "c2"),
        ("hats for $60.50", "60.5", "c3"),
        ("20% of the", "20", "c4"),
        ("20% of the", "0.2", "c4/100"),
        ("20% of the", "1/5", "c4/100"),
        ("20% of the", "80", "100 - c4"),
        ("20%", "0.8", "1 - c4/100"),
        ("a dozen hats", "12", "c5"),
        ("A  DOZEN\nhats", "12", "c5"),
    ],
)
def test_a_quote_that_states_the_value_ties_it_to_its_place(quote: str, value: str, expression: str) -> None:
    found = of_input(SHOP, quote, value)
    assert found.origin.origin == "condition"
    assert found.origin.certain
    assert found.doubt == ""
    assert plain(found.expression) == expression


@pytest.mark.parametrize(("value", "expression"), [("1/2", "c1"), ("0.5", "c1"), ("2", "1/c1")])
def test_a_half_may_be_read_as_the_two_that_divides(value: str, expression: str) -> None:
    found = of_input(CLIPS, "half as many", value)
    assert plain(found.expression) == expression
    assert found.doubt == ""


@pytest.mark.parametrize(
    ("quote", "value"),
    [
        ("5", "15"),  # within no other number
        ("50", "60.5"),
        ("15 shoes", "15"),  # no such words
        ("shoes for 15", "15"),
        ("5 hats", "15"),  # these words, another number
        ("20% of the", "15"),
        ("hats", "5"),
        (" ", "5"),
        ("%", "20.5"),
        ("(.*)+", "5"),
    ],
)
def test_a_quote_that_does_not_state_the_value_ties_nothing(quote: str, value: str) -> None:
    found = of_input(SHOP, quote, value)
    assert not found.origin.certain
    assert found.doubt or found.origin.origin == "unexplained"


def test_a_quote_that_stands_twice_with_one_value_is_in_doubt_for_both() -> None:
    found = of_input("Ana has 6 figs. Bo has 6 figs. Who has more?", "has 6 figs", "6")
    assert found.conditions == (0, 1)
    assert "may be" in found.doubt


def test_a_quote_tells_equal_values_apart() -> None:
    question = "Ana has 6 figs. Bo has 6 figs. Who has more?"
    assert of_input(question, "Bo has 6", "6").conditions == (1,)
    assert of_input(question, "Bo has 6", "6").doubt == ""


def test_a_quote_of_many_quantities_is_no_link() -> None:
    found = of_input("He has 4 cats, 5 dogs, 6 birds and 7 fish.", "He has 4 cats, 5 dogs, 6 birds and 7 fish.", "6")
    assert found.conditions == (2,)
    assert "4 quantities" in found.doubt


@pytest.mark.parametrize(
    ("quote", "value"),
    [("a week", "7"), ("hats a week", "7"), ("Every day", "24"), ("day", "7")],
)
def test_a_quoted_word_implies_a_constant(quote: str, value: str) -> None:
    found = of_input(SHOP, quote, value)
    assert found.origin.origin == "constant"
    assert plain(found.expression) == value


@pytest.mark.parametrize(("quote", "value"), [("a week", "30"), ("sold", "24"), ("caps", "37"), ("no such words", "7")])
def test_a_quoted_word_does_not_imply_any_number(quote: str, value: str) -> None:
    assert of_input(SHOP, quote, value).origin.origin == "unexplained"


def test_quotes_of_latex_stand_in_it() -> None:
    question = r"Mix $\frac{3}{4}$ cup of milk with $2\frac12$ cups of water at $\$3$ for $20\%$ more."
    for quote, value in ((r"$\frac{3}{4}$ cup", "3/4"), (r"$2\frac12$ cups", "5/2"), (r"\$3$", "3"), (r"20\%", "20")):
        found = of_input(question, quote, value, "latex")
        assert found.origin.certain, quote


def test_typographic_quotation_marks_and_dashes_are_as_typed() -> None:
    question = "Ida’s “best” price – a bargain – is $12 for 3 pens."
    assert of_input(question, 'Ida\'s "best" price - a bargain - is $12', "12").origin.certain


@pytest.mark.parametrize(
    ("expression", "value", "reason"),
    [
        ("april/2", "2", "reciprocal"),
        ("april*0.5", "0.5", "half"),
        ("april*(1/2)", "1", "factor"),
    ],
)
def test_a_word_may_be_written_as_its_number(expression: str, value: str, reason: str) -> None:
    found = of_literal(CLIPS, expression, value, ("48 of her friends", "april", "48"))
    assert found.doubt == ""
    assert reason in found.origin.reason


def test_two_is_no_reciprocal_of_a_half_where_it_multiplies() -> None:
    found = of_literal(CLIPS, "april*2", "2", ("48 of her friends", "april", "48"))
    assert found.origin.origin == "unexplained"


def test_a_number_of_the_question_without_a_quote_is_in_doubt() -> None:
    found = of_literal("Tom buys 31 pens and 47 caps.", "pens + 47", "47", ("31 pens", "pens", "31"))
    assert found.conditions == (1,)
    assert "only its value" in found.doubt


def test_a_common_number_beside_its_own_quote_puts_every_condition_in_doubt() -> None:
    question = "Tom buys 31 pens and 4 caps."
    found = of_literal(question, "pens + 4", "4", ("31 pens", "pens", "31"), ("4 caps", "caps", "4"))
    assert found.conditions == (0, 1)


@pytest.mark.parametrize(
    "quote", ["$80", "total $80", "$80 spent on caps", "total of $80 for hats", "$80 in total", "a total of $80!"]
)
def test_a_quote_may_be_put_in_other_words_of_the_same_sentence(quote: str) -> None:
    question = "Justin bought 4 hats. How many caps did he buy if he spent a total of $80?"
    found = of_input(question, quote, "80")
    assert found.conditions == (1,)
    assert found.doubt == ""


@pytest.mark.parametrize(
    ("question", "expression", "value"),
    [
        ("Ida reads 9 pages a day. How many in a week?", "n*7", "7"),
        ("A film takes 95 minutes. How many hours is that?", "n/60", "60"),
        ("Ana earns $12 an hour. What does she earn in a day of work, in cents?", "n*100", "100"),
        ("Two angles of a triangle sum up to 110 degrees. What is the third?", "180 - n", "180"),
        ("Cells double each hour. There are 3. How many are there later?", "n*2^n", "2"),
        ("A square has sides of 5 cm. What is its area?", "n^2", "2"),
        ("It is 30% off. What is left?", "1 - n/100", "1"),
        ("It is 30% off. What is left?", "100 - n", "100"),
        ("It costs 30% more. What is the price?", "100 + n", "100"),
        ("A third of it is eaten. What is left?", "1 - n", "1"),
        ("Bo has 3 times as many figs as Ida. They have 12.", "(1 + n)", "1"),
        ("They have 41, 47 and 59 points. What is the average?", "(n + n + n)/3", "3"),
        ("It takes 17 hours alone.", "1/n", "1"),
    ],
)
def test_a_constant_is_explained_where_constants_stand(question: str, expression: str, value: str) -> None:
    condition = find_conditions(question, "text")[0]
    found = of_literal(question, expression, value, (condition.text, "n", condition.value))
    assert found.origin.origin == "constant", found
    assert found.doubt == ""


@pytest.mark.parametrize(
    ("question", "expression", "value"),
    [
        ("Every day, she sells 48 clips.", "n + 24", "24"),  # half of 48
        ("She sells 60 clips in April.", "n + 30", "30"),
        ("She sells 60 clips in April.", "n - 30", "30"),
        ("A $500 phone is 20% off.", "n - 100", "100"),  # a fifth of 500
        ("A $500 phone is 20% off.", "n + 100", "100"),
        ("She sells 48 clips.", "n*37", "37"),
        ("She sells 48 clips.", "n*1.5", "1.5"),
        ("She sells 48 clips.", "n^5", "5"),
        ("She sells 48 clips.", "n + 0", "0"),
        ("They have 41, 47 and 59 points.", "(n + n)/3", "3"),
        ("May 48 friends buy clips?", "n + 31", "31"),
    ],
)
def test_a_number_from_nowhere_is_unexplained(question: str, expression: str, value: str) -> None:
    condition = find_conditions(question, "text")[0]
    found = of_literal(question, expression, value, (condition.text, "n", condition.value))
    assert found.origin.origin == "unexplained", found


def test_a_constant_that_a_claimed_quantity_equals_puts_that_in_doubt() -> None:
    question = "Tom reads 7 pages a day for a week and 20 on Sunday."
    found = of_literal(question, "pages*7", "7", ("7 pages", "pages", "7"))
    assert found.origin.origin == "constant"
    assert found.conditions == (0,)
    assert found.doubt


def test_the_number_of_terms_of_an_earlier_step_explains_the_divisor_of_an_average() -> None:
    ground = grounding("They have 41, 47 and 59 points. What is the average?", ("41", "n", "41"))
    ground.keep("total", parse("n + n + n", ["n"]))
    node = parse("total/3", ["total"])
    literal, parent = next((leaf, parent) for leaf, parent in parents(node) if isinstance(leaf, Number))
    assert "averaged" in ground.literal(literal, parent).origin.reason


def test_a_fraction_of_the_question_is_one_number_however_it_is_written() -> None:
    ground = grounding("A third of 90 is eaten, 2/3 of 12 as well.", ("90", "n", "90"))
    for text, expected in (("n*1/3", "n*(1/3)"), ("n*2/3", "n*(2/3)"), ("(1/3)*n", "1/3*n"), ("n/3", "n/3")):
        assert plain(ground.with_fractions(parse(text, ["n"]))) == expected


def test_a_question_full_of_the_quote_is_read_at_once() -> None:
    found = of_input("5 " * 9_900, "5", "5")
    assert len(found.conditions) > 1
    assert found.doubt

"""Each number of a solution is told where it comes from, and what is not certain is in doubt."""

from fractions import Fraction

import pytest

from generation.formulas.trace import Trace, TraceError
from schemas.formula import NumberOrigin
from schemas.problem import Problem
from tests.generation.made import PROBES, problem, read_trace, value


def formula(of: Problem) -> str:
    """The formula that the trace gives."""
    return read_trace(of)[1].formula().expression


def assert_is(of: Problem, expected: str) -> None:
    """The formula is the expected function of the conditions."""
    conditions, trace = read_trace(of)
    found = trace.formula().expression
    for shift in range(3):
        values = {f"c{i}": PROBES[(2 * i + shift) % len(PROBES)] + i for i in range(len(conditions))}
        assert value(found, values) == value(expected, values), f"{found} is not {expected}"


def origins(of: Problem) -> list[tuple[str, str]]:
    """Each number of the answer's calculations with where it comes from."""
    return [(number.number, number.origin) for number in read_trace(of)[1].formula().numbers]


def the_number(of: Problem, text: str) -> NumberOrigin:
    """What is said of the one number written so."""
    (found,) = [number for number in read_trace(of)[1].formula().numbers if number.number == text]
    return found


def reasons_of(read: Trace) -> list[list[str]]:
    """All that speaks against each condition's relation."""
    return [doubts + near for doubts, near in zip(read.doubts, read.near_only, strict=True)]


def in_doubt(of: Problem) -> list[str]:
    """The conditions whose relation is not certain, as the question writes them."""
    conditions, trace = read_trace(of)
    return [condition.text for condition, reasons in zip(conditions, reasons_of(trace), strict=True) if reasons]


def doubts_of(of: Problem, text: str) -> str:
    """The doubts about the one condition written so."""
    conditions, trace = read_trace(of)
    (found,) = ["; ".join(reasons) for c, reasons in zip(conditions, reasons_of(trace), strict=True) if c.text == text]
    return found


FLOWERS = problem(
    "A gardener plants 14 tulips in each of 5 beds and 9 roses by the gate. How many flowers does she plant?",
    "There are 14*5 = <<14*5=70>>70 tulips.",
    "With the roses she plants 70+9 = <<70+9=79>>79 flowers.",
    answer="79",
)


class TestOrigins:
    def test_a_number_comes_from_a_condition_or_an_earlier_result(self) -> None:
        assert origins(FLOWERS) == [("14", "condition"), ("5", "condition"), ("70", "result"), ("9", "condition")]
        assert formula(FLOWERS) == "c0*c1 + c2"
        assert in_doubt(FLOWERS) == []

    def test_a_week_implies_seven(self) -> None:
        laps = problem(
            "Ibrahim swims 26 laps every morning. How many laps does he swim in 3 weeks?",
            "In a week he swims 26*7 = <<26*7=182>>182 laps.",
            "In 3 weeks that is 182*3 = <<182*3=546>>546 laps.",
            answer="546",
        )
        assert the_number(laps, "7").origin == "constant"
        assert "week" in the_number(laps, "7").reason
        assert_is(laps, "c0*7*c1")
        assert in_doubt(laps) == []

    def test_a_percentage_implies_a_hundred(self) -> None:
        tank = problem(
            "A tank holds 250 liters and is 40% full. How many liters are in it?",
            "There are 250*40/100 = <<250*40/100=100>>100 liters in it.",
            answer="100",
        )
        assert the_number(tank, "100").origin == "constant"
        assert_is(tank, "c0*c1/100")
        assert in_doubt(tank) == []

    def test_an_average_implies_how_many_there_are(self) -> None:
        runners = problem(
            "Runners finish in 41, 47 and 56 minutes. What is their average time?",
            "Together they take 41+47+56 = <<41+47+56=144>>144 minutes.",
            "The average is 144/3 = <<144/3=48>>48 minutes.",
            answer="48",
        )
        assert the_number(runners, "3").origin == "constant"
        assert_is(runners, "(c0+c1+c2)/3")
        assert in_doubt(runners) == []

    def test_the_number_of_things_averaged_is_in_doubt_where_the_question_states_it(self) -> None:
        runners = problem(
            "Three runners finish in 41, 47 and 53 minutes. What is their average time?",
            "Together they take 41+47+53 = <<41+47+53=141>>141 minutes.",
            "The average is 141/3 = <<141/3=47>>47 minutes.",
            answer="47",
        )
        assert in_doubt(runners) == ["Three"]

    def test_a_number_from_nowhere_puts_every_condition_in_doubt(self) -> None:
        hall = problem(
            "A hall has 18 rows of chairs and 6 stools. How many seats are there?",
            "There are 18*23 = <<18*23=414>>414 chairs.",
            "There are 414+6 = <<414+6=420>>420 seats.",
            answer="420",
        )
        assert the_number(hall, "23").origin == "unexplained"
        assert not the_number(hall, "23").certain
        assert read_trace(hall)[1].unexplained() == ["23"]
        assert in_doubt(hall) == ["18", "6"]
        assert "23" in doubts_of(hall, "6")

    def test_what_nothing_uses_puts_every_condition_in_doubt(self) -> None:
        farm = problem(
            "A farm has 8 goats and 5 cows. A neighbour brings 6 goats. How many goats are there?",
            "There are 8+5 = <<8+5=13>>13 animals.",
            "There are 8+6 = <<8+6=14>>14 goats.",
            answer="14",
        )
        assert in_doubt(farm) == ["8", "5", "6"]
        assert "13" in doubts_of(farm, "6")


class TestEqualValues:
    def test_sentences_tell_two_equal_conditions_apart(self) -> None:
        shops = problem(
            "A bakery sells 15 loaves for $4 each. A cafe sells 15 coffees for $3 each. How much do both earn?",
            "The cafe earns 15*3 = $<<15*3=45>>45 for coffees.",
            "The bakery earns 15*4 = $<<15*4=60>>60 for loaves.",
            "Both earn 60+45 = $<<60+45=105>>105.",
            answer="105",
        )
        assert_is(shops, "c0*c1 + c2*c3")
        assert in_doubt(shops) == []

    def test_two_equal_conditions_are_in_doubt_where_nothing_tells_them_apart(self) -> None:
        shells = problem(
            "Ana has 6 shells and Bo has 6 shells. One of them gives away 2 shells. How many has that one left?",
            "6-2 = <<6-2=4>>4",
            answer="4",
        )
        assert in_doubt(shells) == ["6", "6"]

    def test_a_result_equal_to_a_condition_is_told_from_it_by_what_is_counted(self) -> None:
        fruits = problem(
            "Lena fills 4 bags with 3 pears each. Omar brings 12 plums. Omar eats 5 plums. How many fruits are left?",
            "Lena has 4*3 = <<4*3=12>>12 pears.",
            "Omar keeps 12-5 = <<12-5=7>>7 plums.",
            "There are 12+7 = <<12+7=19>>19 fruits left.",
            answer="19",
        )
        assert_is(fruits, "c0*c1 + c2 - c3")
        assert in_doubt(fruits) == []

    def test_a_result_equal_to_a_condition_is_in_doubt_where_no_word_tells(self) -> None:
        bare = problem(
            "Take 4 by 3, and 12, and 5. What comes out?",
            "4*3 = <<4*3=12>>12",
            "12-5 = <<12-5=7>>7",
            "12+7 = <<12+7=19>>19",
            answer="19",
        )
        assert "12" in in_doubt(bare)

    def test_two_equal_results_are_told_apart_by_what_is_counted(self) -> None:
        stalls = problem(
            "A stall sells 6 melons for $4 each and 8 lemons for $3 each. A fifth of the melon money is tax and the "
            "stall also pays $2 for bags. How much is left of the melon money and the lemon money?",
            "The melons bring 6*4 = $<<6*4=24>>24 of melon money.",
            "The lemons bring 8*3 = $<<8*3=24>>24 of lemon money.",
            "The tax on melon money is 24/5 = $<<24/5=4.8>>4.8.",
            "Melon money after tax is 24-4.8 = $<<24-4.8=19.2>>19.2.",
            "With the lemon money that is 19.2+24 = $<<19.2+24=43.2>>43.2.",
            "After the bags it is 43.2-2 = $<<43.2-2=41.2>>41.2.",
            answer="41.2",
        )
        conditions, trace = read_trace(stalls)
        certain = {c.text for c, doubts in zip(conditions, trace.doubts, strict=True) if not doubts}
        expected = "c0*c1 - c0*c1*c4 + c2*c3 - c5"
        values = {f"c{i}": c.number for i, c in enumerate(conditions)}
        for index, condition in enumerate(conditions):
            if condition.text in certain:
                for probe in PROBES:
                    changed = values | {f"c{index}": probe}
                    assert value(trace.formula().expression, changed) == value(expected, changed), condition.text


class TestOtherNumbersOfOneCondition:
    @pytest.mark.parametrize("share", [".15", "0.15", "15/100", "15%"])
    def test_a_percentage_as_a_fraction(self, share: str) -> None:
        tax = problem(
            "A scarf costs $60 and tax is 15%. What is the tax?",
            f"The tax is 60*{share} = $<<60*{share}=9>>9.",
            answer="9",
        )
        assert_is(tax, "c0*c1/100")
        assert in_doubt(tax) == []

    @pytest.mark.parametrize("left", [".7", "70/100", "(1-.3)", "(100-30)/100"])
    def test_what_a_percentage_leaves(self, left: str) -> None:
        lamp = problem(
            "A lamp costs $80 and is sold for 30% off. What does it cost now?",
            f"It costs 80*{left} = $<<80*{left}=56>>56 now.",
            answer="56",
        )
        assert_is(lamp, "c0*(1 - c1/100)")
        assert in_doubt(lamp) == []

    def test_a_percentage_more(self) -> None:
        rent = problem(
            "The rent was $900 and goes up by 12%. What is the rent now?",
            "It is 900*1.12 = $<<900*1.12=1008>>1008.",
            answer="1008",
        )
        assert_is(rent, "c0*(1 + c1/100)")

    def test_half_as_a_division_by_two(self) -> None:
        plums = problem(
            "Jonas picked 46 plums and gave away half of them. How many did he give away?",
            "He gave away 46/2 = <<46/2=23>>23 plums.",
            answer="23",
        )
        assert_is(plums, "c0*c1")
        assert in_doubt(plums) == []

    def test_a_fraction_written_with_its_bar(self) -> None:
        pupils = problem(
            "Of 30 pupils, 1/3 walk to school. How many walk?", "1/3*30 = <<1/3*30=10>>10 pupils walk.", answer="10"
        )
        assert_is(pupils, "c1*c0")
        assert in_doubt(pupils) == []

    def test_a_product_with_a_fraction_behind_it(self) -> None:
        paint = problem(
            "A wall needs 360 ml of paint and a door needs 1/4 of that. How many ml does the door need?",
            "The door needs 360*1/4 = <<360*1/4=90>>90 ml.",
            answer="90",
        )
        assert_is(paint, "c0*c1")

    @pytest.mark.parametrize(("minutes", "hours", "miles"), [(50, "50/60", "55"), (45, ".75", "49.5")])
    def test_minutes_as_a_part_of_an_hour(self, minutes: int, hours: str, miles: str) -> None:
        van = problem(
            f"A van drives 66 miles an hour for {minutes} minutes. How far does it go?",
            f"It drives 66*{hours} = <<66*{hours}={miles}>>{miles} miles.",
            answer=miles,
        )
        assert_is(van, "c0*c1/60")
        assert in_doubt(van) == []

    def test_a_result_in_percent_used_as_a_fraction(self) -> None:
        radio = problem(
            "A radio costs $150 and is sold for 20% off. What does it cost?",
            "It costs 100% - 20% = 80% of the price.",
            "That is 150 * .8 = $<<150*.8=120>>120.",
            answer="120",
        )
        assert_is(radio, "c0*(100 - c1)/100")
        assert in_doubt(radio) == []

    def test_an_answer_in_percent(self) -> None:
        seats = problem(
            "Of 40 seats, 14 are taken. What percent of the seats is taken?",
            "The share is 14/40 = <<14/40=0.35>>35%.",
            answer="35",
        )
        assert_is(seats, "c1/c0*100")
        assert in_doubt(seats) == []


class TestDoubts:
    def test_a_repeated_addition_puts_the_number_of_terms_in_doubt(self) -> None:
        figs = problem(
            "Ali ate 3 figs a day for 4 days. How many figs did he eat?",
            "He ate 3+3+3+3 = <<3+3+3+3=12>>12 figs.",
            answer="12",
        )
        assert "their number" in doubts_of(figs, "4")

    def test_a_choice_of_the_largest_puts_those_compared_in_doubt(self) -> None:
        ropes = problem(
            "One rope is 14 meters long and another 19 meters. The longest one is hung up and 3 hooks are put in. "
            "How many meters are between hooks?",
            "There are 3-1 = <<3-1=2>>2 gaps.",
            "Each is 19/2 = <<19/2=9.5>>9.5 meters.",
            answer="9.5",
        )
        assert "chooses" in doubts_of(ropes, "19")

    def test_packs_to_buy_are_counted_whole(self) -> None:
        pencils = problem(
            "A class of 36 pupils needs a pencil each. Pencils come in packs of 9 pencils. How many packs must the "
            "teacher buy?",
            "She must buy 36/9 = <<36/9=4>>4 packs.",
            answer="4",
        )
        assert in_doubt(pencils) == ["36", "9"]
        assert "whole" in doubts_of(pencils, "36")

    def test_a_coefficient_of_an_own_unknown_is_in_doubt_and_the_rest_is_not(self) -> None:
        cards = problem(
            "Dora has 7 times as many cards as her brother, less 3 cards. Together they have 45 cards. How many has "
            "her brother?",
            "Let d be the cards of her brother.",
            "d + 7d - 3 = 45",
            "8d = <<45+3=48>>48",
            "d = <<48/8=6>>6",
            answer="6",
        )
        assert_is(cards, "(c2 + c1)/(1 + c0)")
        assert in_doubt(cards) == ["7"]


class TestNotations:
    def test_steps_without_annotations_are_read_from_the_text(self) -> None:
        jars = problem(
            "A shelf holds 12 jars and a box holds 31 jars. Kim breaks 4 jars. How many jars are whole?",
            "There are 12 + 31 = 43 jars.",
            "So 43 - 4 = <<43-4=39>>39 jars are whole.",
            answer="39",
        )
        assert_is(jars, "c0 + c1 - c2")
        assert in_doubt(jars) == []

    def test_a_run_on_is_read_as_two_steps(self) -> None:
        ribbon = problem(
            "A ribbon of 3 meters is cut in 2 equal parts, and one of them is sewn to a ribbon of 5 meters. How long "
            "is it?",
            "It is 3/2 = 1.5 + 5 = 6.5 meters long.",
            answer="6.5",
            notation="text",
        )
        assert_is(ribbon, "c0/c1 + c2")

    def test_what_does_not_hold_is_left_out(self) -> None:
        nuts = problem(
            "A box has 20 nuts, and Pia takes 7 nuts. Half of the rest are eaten. How many are eaten?",
            "20-7 = <<20-7=12>>12 nuts are left.",
            "12/2 = <<12/2=6>>6",
            answer="6",
        )
        assert read_trace(nuts)[1].unexplained() == ["12"]
        assert in_doubt(nuts) == ["20", "7", "Half"]

    def test_an_equation_is_one_calculation(self) -> None:
        stamps = problem(
            "Rosa had 31 stamps and bought 12 more. She gave 5 away. How many has she?",
            "31+12-5 = 38",
            answer="38",
            notation="equation",
        )
        assert formula(stamps) == "c0 + c1 - c2"
        assert in_doubt(stamps) == []

    def test_latex_is_read(self) -> None:
        rope = problem(
            r"A rope of 18 feet is cut into pieces of $\frac{3}{2}$ feet. How many pieces are there?",
            r"We get $18 \div \frac{3}{2} = \boxed{12}$ pieces.",
            answer="12",
            notation="latex",
        )
        assert_is(rope, "c0/c1")
        assert in_doubt(rope) == []

    def test_an_escaped_dollar_begins_no_mathematics(self) -> None:
        paint = problem(
            r"Tara has \$450 and spends \$123 on paint. How many dollars are left?",
            r"She has $450 - 123 = \boxed{327}$ dollars left.",
            answer="327",
            notation="latex",
        )
        assert_is(paint, "c0 - c1")
        assert in_doubt(paint) == []

    def test_a_coefficient_in_the_question_is_in_doubt(self) -> None:
        curve = problem(
            r"What is the value of $7x + 12$ where $x$ is $9$?",
            r"It is $7 \cdot 9 + 12 = \boxed{75}$.",
            answer="75",
            notation="latex",
        )
        assert {"7", "12"} <= set(in_doubt(curve))


class TestNoFormula:
    def test_the_answer_has_to_be_a_result(self) -> None:
        with pytest.raises(TraceError, match="gives the answer 9"):
            read_trace(problem("Eva has 3 cups and 4 mugs. How many?", "3+4 = <<3+4=7>>7", answer="9"))

    def test_a_solution_without_calculation_has_none(self) -> None:
        with pytest.raises(TraceError, match="no calculation"):
            read_trace(problem("Eva has 3 cups and 4 mugs. How many?", "She has seven.", answer="7"))

    @pytest.mark.parametrize("answer", ["", "x", "seven", "3+4", "$7", "7 mugs", "1e1", "7/0"])
    def test_the_answer_has_to_be_an_exact_number(self, answer: str) -> None:
        with pytest.raises(TraceError, match="no exact number"):
            read_trace(problem("Eva has 3 cups and 4 mugs. How many?", "3+4 = <<3+4=7>>7", answer=answer))

    @pytest.mark.parametrize("answer", ["7", "7.0", "14/2"])
    def test_any_exact_number_will_do(self, answer: str) -> None:
        of = problem("Eva has 3 cups and 4 mugs. How many?", "3+4 = <<3+4=7>>7", answer=answer)
        assert read_trace(of)[1].formula().expression == "c0 + c1"


def test_the_formula_gives_the_answer_at_the_values_of_the_conditions() -> None:
    conditions, trace = read_trace(FLOWERS)
    values = {f"c{i}": condition.number for i, condition in enumerate(conditions)}
    assert value(trace.formula().expression, values) == Fraction(79)

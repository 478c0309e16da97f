"""A model's formula holds where its steps give the answer exactly, by numbers of the question, whatever its form."""

import contextlib
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.conditions.finder import find_conditions
from generation.formulas.formalization import Formalization, Input, WrittenStep
from generation.formulas.formalize import Formalized, FormalizeError, UndecidedError, formalize
from generation.sources.fields import MAX_ANSWER, MAX_QUESTION
from schemas.problem import Notation, Problem
from tests.generation.made import PROBES, value
from tests.generation.verification.attacks import ATTACKS
from tests.generation.written import Inputs, Steps, bare, formalized, reply

CLIPS = bare("Natalia sold clips to 48 of her friends in April, and half as many in May. How many altogether?", "72")
APRIL = ("48 of her friends", "april", "48")
HALF = ("half as many", "half", "1/2")


def expression(of: Problem, inputs: Inputs, steps: Steps, *equations: str) -> str:
    """The formula of the first part of the answer, where nothing of it is unexplained."""
    (worked, *_) = formalized(of, reply(inputs, steps, equations, _unknowns(inputs, equations)))
    assert worked.unexplained() == []
    return worked.formula().expression


def _unknowns(inputs: Inputs, equations: tuple[str, ...]) -> list[str]:
    known = {name for _, name, _ in inputs}
    words = (word for text in equations for word in text.replace("(", " ").replace(")", " ").split())
    return list(dict.fromkeys(word for word in words if word.isidentifier() and word not in known))


def same_function(expression: str, expected: str, conditions: int) -> bool:
    """Whether two formulas agree at many values of the conditions."""
    for shift, _ in enumerate(PROBES):
        at = {f"c{index}": PROBES[(shift + 3 * index) % len(PROBES)] for index in range(conditions)}
        if value(expression, at) != value(expected, at):
            return False
    return True


@pytest.mark.parametrize(
    ("inputs", "steps", "expected"),
    [
        ([APRIL, HALF], [("may", "april*half"), ("total", "april + may")], "c0 + c0*c1"),
        ([APRIL], [("may", "april/2"), ("total", "april + may")], "c0 + c0*c1"),
        ([APRIL], [("may", "april*0.5"), ("total", "april + may")], "c0 + c0*c1"),
        ([APRIL], [("may", "april*1/2"), ("total", "april + may")], "c0 + c0*c1"),
        ([APRIL, ("half as many", "by", "2")], [("may", "april/by"), ("total", "april + may")], "c0 + c0*c1"),
        ([APRIL, HALF], [("total", "april*(1 + half)")], "c0 + c0*c1"),
        ([APRIL, HALF], [("r0", "april*half"), ("c1", "r0 + april")], "c0 + c0*c1"),
        ([("48 of her friends", "c1", "48"), ("half as many", "c0", "1/2")], [("x", "c1 + c1*c0")], "c0 + c0*c1"),
        ([APRIL, HALF], [("a", "april"), ("b", "a"), ("total", "b + half*a")], "c0 + c0*c1"),
    ],
)
def test_any_honest_way_to_write_a_formula_is_the_same_function(inputs: Inputs, steps: Steps, expected: str) -> None:
    assert same_function(expression(CLIPS, inputs, steps), expected, 2)


@pytest.mark.parametrize(
    ("steps", "reason", "step"),
    [
        ([("total", "april*2")], "give 96, not 72", 0),
        ([("may", "april*half"), ("total", "may")], "give 24, not 72", 1),
        ([("may", "april*half/0"), ("total", "april + may")], "division by zero", 0),
        ([("may", "april/(half - half)"), ("total", "april + may")], "division by zero", 0),
        ([("may", "june*half"), ("total", "april + may")], "unexpected 'june'", 0),
        ([("total", "april + total2")], "unexpected", 0),
        ([("may", "april*half"), ("total", "(april + may")], "not closed", 1),
        ([("big", "april^64"), ("total", "big^64")], "bits", 1),
        ([("big", "april^999"), ("total", "april")], "exponent", 0),
        ([("root", "april^half"), ("total", "april")], "whole number", 0),
        ([("root", "sqrt(half - april)"), ("total", "april")], "square root", 0),
        ([("total", "sqrt(april)")], "not 72", 0),
        ([("total", "(april, half)")], "2 values", 0),
        ([("total", "72")], "constant", None),
    ],
)
def test_what_does_not_give_the_answer_is_no_formula(steps: Steps, reason: str, step: int | None) -> None:
    with pytest.raises(FormalizeError, match=reason) as raised:
        formalized(CLIPS, reply([APRIL, HALF], steps))
    assert raised.value.step == step
    assert not isinstance(raised.value, UndecidedError)


def test_a_formula_that_is_a_condition_as_it_stands_is_trivial() -> None:
    of = bare("Ida picks 48 plums and Ben 5. How many does Ida pick?", "48")
    for steps in (
        [("n", "ida")],
        [("a", "ida"), ("n", "a")],
        [("n", "ida*ben/ben")],
        [("a", "ida + ben"), ("n", "a - ben")],
    ):
        with pytest.raises(FormalizeError, match="trivial"):
            formalized(of, reply([("48 plums", "ida", "48"), ("Ben 5", "ben", "5")], steps))


class TestSmuggled:
    @pytest.mark.parametrize(
        ("steps", "number"),
        [
            ([("total", "april + 24")], "24"),
            ([("may", "24"), ("total", "april + may")], "24"),
            ([("total", "april*1.5")], "3/2"),
            ([("total", "april*3/2")], "3"),
            ([("total", "april + 20 + 4")], "20"),
            ([("total", "april + 2*12")], "12"),
            ([("one", "april/april"), ("total", "april + 24*one")], "24"),
            ([("one", "april/april"), ("two", "one + one"), ("total", "april*(two + one)/two")], "1"),
            ([("total", "april + (april/april + april/april)*12")], "12"),
            ([("total", "april*(half + half + half)")], ""),
        ],
    )
    def test_a_number_that_nothing_explains_is_told(self, steps: Steps, number: str) -> None:
        (worked,) = formalized(CLIPS, reply([APRIL, HALF], steps))
        if number:
            assert number in worked.unexplained()
            assert all(worked.doubts)
        else:
            assert worked.unexplained() == []

    @pytest.mark.parametrize(
        "quote", ["24 in May", "half as many in May", "Natalia sold clips", "no such words", "48 of her friends"]
    )
    def test_a_quote_that_does_not_state_it_explains_nothing(self, quote: str) -> None:
        (worked,) = formalized(CLIPS, reply([APRIL, (quote, "may", "24")], [("total", "april + may")]))
        assert worked.unexplained() == ["24"]

    def test_a_constant_that_a_word_implies_is_no_amount(self) -> None:
        of = bare("Every day Natalia sold 48 clips in the morning and half as many later. How many in all?", "72")
        for steps in (
            [("total", "a + 24")],
            [("b", "24"), ("total", "a + b")],
            [("b", "24"), ("c", "b"), ("total", "c + a")],
            [("b", "2*12"), ("total", "a + b")],
        ):
            (worked,) = formalized(of, reply([("48 clips", "a", "48")], steps))
            assert worked.unexplained(), steps
        (worked,) = formalized(of, reply([("48 clips", "a", "48"), ("Every day", "b", "24")], [("total", "a + b")]))
        assert worked.unexplained()


class TestDoubts:
    """What holds, and is not certain."""

    def doubts(self, question: str, answer: str, inputs: Inputs, steps: Steps, *equations: str) -> dict[str, str]:
        """The doubts of each condition, by its text; of two that are alike, those of the first."""
        of = bare(question, answer)
        (worked,) = formalized(of, reply(inputs, steps, equations, _unknowns(inputs, equations)))
        assert worked.unexplained() == []
        found = zip(find_conditions(question, "text"), worked.doubts, strict=True)
        return {condition.text: "; ".join(doubts) for condition, doubts in reversed(list(found))}

    def test_one_quantity_is_not_two(self) -> None:
        found = self.doubts(
            "Ann eats 7 apples a day. How many in a week?",
            "49",
            [("7 apples a day", "apples", "7"), ("7 apples a day", "days", "7")],
            [("n", "apples*days")],
        )
        assert "both taken" in found["7"]

    def test_a_word_that_is_written_as_its_number_counts_once(self) -> None:
        found = self.doubts(
            "Tom has 10 figs and Ida half of that. Each fig has two halves. How many halves has Ida?",
            "10",
            [("10 figs", "figs", "10"), ("two halves", "t", "2")],
            [("a", "figs/2"), ("b", "a*t"), ("n", "b/2/0.5")],
        )
        assert found["half"]

    def test_a_half_is_not_every_two(self) -> None:
        of = bare("A rectangle is 10 cm long and half as wide. What is its perimeter?", "30")
        steps = [("width", "length/2"), ("perimeter", "2*(length + width)")]
        assert same_function(expression(of, [("10 cm", "length", "10")], steps), "2*(c0 + c0*c1)", 2)

    def test_what_another_operation_gives_as_well(self) -> None:
        question = "Two boys have 2 kites each, and 5 girls have one each. How many kites?"
        inputs = [("Two boys", "boys", "2"), ("2 kites", "kites", "2"), ("5 girls", "girls", "5")]
        found = self.doubts(question, "9", inputs, [("b", "boys + kites"), ("n", "b + girls")])
        assert "as well" in found["Two"]
        assert "as well" in found["2"]
        assert found["5"] == ""

    def test_multiplied_or_divided_by_one(self) -> None:
        question = "Tom reads 30 pages in 1 hour. How many pages does he read in 3 hours?"
        inputs = [("30 pages", "pages", "30"), ("1 hour", "hour", "1"), ("3 hours", "hours", "3")]
        found = self.doubts(question, "90", inputs, [("rate", "pages*hour"), ("n", "rate*hours")])
        assert found["1"]
        assert found["30"] == found["3"] == ""

    def test_a_result_that_equals_a_quantity(self) -> None:
        question = "Ana buys 5 bags of 2 figs. Bo has 10 figs. How many figs have they?"
        found = self.doubts(question, "20", [("Bo has 10", "bo", "10")], [("n", "bo + bo")])
        assert "nothing uses" in found["10"]

    def test_an_equal_quantity_that_is_left_out(self) -> None:
        question = "Ana has 6 shells and 6 stones. How many things has she?"
        found = self.doubts(question, "12", [("6 shells", "shells", "6")], [("n", "shells + shells")])
        assert "nothing uses" in found["6"]

    def test_a_step_that_the_answer_is_not_made_of(self) -> None:
        question = "There are 10 students. The average age of 9 of them is 8, and one is 28. By how much does it rise?"
        inputs = [("10 students", "n", "10"), ("9 of them", "m", "9"), ("is 8", "a", "8"), ("is 28", "b", "28")]
        steps = [("total", "m*a + b"), ("average", "total/n")]
        assert set(self.doubts(question, "2", inputs, [*steps, ("rise", "average - a")]).values()) == {""}
        found = self.doubts(question, "2", inputs, [*steps, ("rise", "n - a")])  # the average is 10 as well
        assert "nothing uses the step average" in found["10"]

    def test_more_equations_than_unknowns(self) -> None:
        question = "Ana has 10 more cards than Bo. Together they have 30. How many would Ana have with 20 more?"
        inputs = [("10 more", "more", "10"), ("have 30", "total", "30"), ("20 more", "given", "20")]
        found = self.doubts(
            question, "40", inputs, [("n", "ana + given")], "ana + bo = total", "ana = bo + more", "ana = given"
        )
        assert "more equations" in found["10"]

    def test_an_honest_formula_has_none(self) -> None:
        question = "Ines has 14 stickers and gets 5 sheets of 6 stickers each. How many stickers has she now?"
        inputs = [("14 stickers", "a", "14"), ("5 sheets", "b", "5"), ("6 stickers", "c", "6")]
        assert set(self.doubts(question, "44", inputs, [("got", "b*c"), ("n", "a + got")]).values()) == {""}


class TestSystems:
    STAMPS = bare("Rui has half as many stamps as Ana. Together they have 90. How many if he lost 4?", "26")
    TOTAL = ("Together they have 90", "total", "90")
    LOST = ("lost 4", "lost", "4")

    @pytest.mark.parametrize(
        "equations",
        [
            ("rui = ana / 2", "rui + ana = total"),
            ("rui + ana = total", "2*rui = ana"),
            ("total - ana = rui", "ana/2 = rui"),
        ],
    )
    def test_a_system_gives_the_function_that_it_defines(self, equations: tuple[str, ...]) -> None:
        text = reply([self.TOTAL, self.LOST], [("left", "rui - lost")], equations, ["rui", "ana"])
        (worked,) = formalized(self.STAMPS, text)
        assert worked.unexplained() == ([] if "2*rui" not in equations[1] else ["2"])  # half is no 2 that multiplies
        at = {"c0": Fraction(1, 2), "c1": Fraction(120), "c2": Fraction(5)}
        assert value(worked.formula().expression, at) == 35

    @pytest.mark.parametrize(
        ("equations", "unknowns", "reason", "undecided"),
        [
            (["rui + ana = total"], ["rui", "ana"], "do not determine", True),
            (["rui*rui = total"], ["rui"], "do not determine", True),
            (["rui = total", "rui = lost"], ["rui"], "contradict", False),
            (["rui = total/0"], ["rui"], "division by zero", False),
            (["rui = total + stamps("], ["rui"], "system", False),
        ],
    )
    def test_a_system_without_one_solution_gives_none(
        self, equations: list[str], unknowns: list[str], reason: str, undecided: bool
    ) -> None:
        of = Formalization(
            inputs=tuple(Input(quote=quote, name=name, value=text) for quote, name, text in (self.TOTAL, self.LOST)),
            unknowns=tuple(unknowns),
            equations=tuple(equations),
            steps=(WrittenStep(name="left", expression="rui - lost"),),
        )
        with pytest.raises(FormalizeError, match=reason) as raised:
            formalize(self.STAMPS, find_conditions(self.STAMPS.question, "text"), of)
        assert isinstance(raised.value, UndecidedError) == undecided

    def test_an_unknown_never_takes_the_place_of_a_condition(self) -> None:
        text = reply([APRIL, HALF], [("total", "april + c0")], ["c0 = april*half"], ["c0"])
        (worked,) = formalized(CLIPS, text)
        assert same_function(worked.formula().expression, "c0 + c0*c1", 2)


class TestForms:
    @pytest.mark.parametrize(
        ("question", "answer", "step", "parts"),
        [
            ("A number is less than $3$ away from $5$.", "(2,8)", "(b - a, b + a)", ["c1 - c0", "c1 + c0"]),
            ("A number is at most $3$ away from $5$.", "[2, 8]", "[b - a, b + a]", ["c1 - c0", "c1 + c0"]),
            ("The numbers $3$ away from $5$.", "2, 8", "(b - a, b + a)", ["c1 - c0", "c1 + c0"]),
            ("A square has area $12$.", r"2\sqrt{3}", "sqrt(a)", ["sqrt(c0)"]),
            ("Legs of $2$ and $6$.", r"2\sqrt{10}", "sqrt(a^2 + b^2)", ["sqrt(c0^2 + c1^2)"]),
            (r"It is $\frac{3}{4}$ full, $\frac13$ is used.", r"\frac{1}{2}", "a*(1 - b)", ["c0*(1 - c1)"]),
            ("$14$ of $40$. What percent?", r"35\%", "a/b", ["c0/c1*100"]),
            ("$14$ of $40$. What percent?", r"35\%", "a/b*100", ["c0/c1*100"]),
            ("Reflect $(3,4)$ across the $x$-axis.", "(3,-4)", "(a, -b)", ["c0", "-c1"]),
            (r"Tara has \$450 and spends \$123.", r"\$327", "a - b", ["c0 - c1"]),
            (r"A rope of $2\frac{1}{2}$ feet in $5$ parts.", "0.5", "a/b", ["c0/c1"]),
        ],
    )
    def test_an_answer_of_any_form_has_its_formula(
        self, question: str, answer: str, step: str, parts: list[str]
    ) -> None:
        conditions = zip(find_conditions(question, "latex"), "ab", strict=False)
        inputs = [(condition.text, name, condition.value) for condition, name in conditions]
        found = formalized(bare(question, answer, "latex"), reply(inputs, [("n", step)]))
        assert [each.formula().expression for each in found] == parts
        assert all(each.unexplained() == [] for each in found)

    @pytest.mark.parametrize(
        ("answer", "step", "undecided"),
        [
            ("[2, 8)", "(m - d, m + d)", False),
            ("(8, 2)", "(m - d, m + d)", False),
            ("(2, 8, 3)", "(m - d, m + d)", False),
            ("8", "(m - d, m + d)", False),
            ("(2, 8)", "m + d", False),
            (r"\sqrt{8}", "m + d", False),
            (r"2\sqrt{3}", "sqrt(m + d)", False),
            ("8", "sqrt(m)", False),
            (r"\text{eight}", "m + d", True),
            ("x + 3", "m + d", True),
            (r"8\pi", "m + d", True),
            ("(2, 8) \\cup (9, 10)", "(m - d, m + d)", True),
        ],
    )
    def test_an_answer_of_another_form_or_value_is_not_given(self, answer: str, step: str, undecided: bool) -> None:
        of = bare("A number is $3$ away from $5$.", answer, "latex")
        with pytest.raises(FormalizeError) as raised:
            formalized(of, reply([("$3$", "d", "3"), ("$5$", "m", "5")], [("n", step)]))
        assert isinstance(raised.value, UndecidedError) == undecided


NOUNS = ("pens", "figs", "caps", "maps", "nuts")
VALUES = st.lists(st.sampled_from([13, 17, 19, 23, 29, 31, 37, 41, 43, 47]), min_size=3, max_size=5, unique=True)
SHAPES = st.recursive(
    st.integers(0, 4), lambda inner: st.tuples(st.sampled_from("+-*/"), inner, inner), min_leaves=2, max_leaves=7
)


def written(shape: object, names: list[str]) -> str:
    """A random formula over the names."""
    if isinstance(shape, int):
        return names[shape % len(names)]
    assert isinstance(shape, tuple)
    operator, left, right = shape
    return f"({written(left, names)} {operator} {written(right, names)})"


@given(VALUES, SHAPES, st.integers(0, 4), st.integers(0, 4))
@settings(deadline=None, max_examples=150)
def test_a_random_honest_formula_is_its_true_function_and_a_changed_one_is_no_other(
    values: list[int], shape: object, first: int, second: int
) -> None:
    names = [f"n_{noun}" for noun in NOUNS[: len(values)]]
    question = f"There are {', '.join(f'{v} {noun}' for v, noun in zip(values, NOUNS, strict=False))}. How many is it?"
    inputs = [(f"{v} {noun}", name, str(v)) for v, noun, name in zip(values, NOUNS, names, strict=False)]
    truth = written(shape, [f"c{index}" for index in range(len(values))])
    at = {f"c{index}": Fraction(number) for index, number in enumerate(values)}
    try:
        answer = value(truth, at)
    except ValueError:
        return  # divided by zero
    of = bare(question, str(answer))
    steps = [("n", written(shape, names))]
    assert_same_or_none(of, reply(inputs, steps), truth)
    # One quoted number becomes a literal, or an input reads another's place, or two inputs change places.
    i, j = first % len(values), second % len(values)
    literal = [("n", steps[0][1].replace(names[i], str(values[i]), 1))]
    assert_same_or_none(of, reply(inputs, literal), truth)
    smuggled = [("n", f"{names[i]} + {answer - values[i]}" if answer > values[i] else f"{names[i]}*{names[j]}")]
    assert_same_or_none(of, reply(inputs, smuggled), truth)
    moved = list(inputs)
    moved[i], moved[j] = (inputs[j][0], *inputs[i][1:]), (inputs[i][0], *inputs[j][1:])
    assert_same_or_none(of, reply(moved, steps), truth)
    renamed = [
        (quote, names[j] if name == names[i] else names[i] if name == names[j] else name, number)
        for quote, name, number in inputs
    ]
    assert_same_or_none(of, reply(renamed, steps), truth)


def assert_same_or_none(of: Problem, text: str, truth: str) -> None:
    """What holds without any doubt is the true function of each condition in it."""
    try:
        (worked,) = formalized(of, text)
    except FormalizeError:
        return
    if worked.unexplained():
        assert all(worked.doubts)
        return
    conditions = {f"c{index}": Fraction(int(each.p), int(each.q)) for index, each in enumerate(worked.conditions)}
    for index, doubts in enumerate(worked.doubts):
        if doubts or not worked.reading.depends[worked.reading.answer] >> index & 1:
            continue
        for probe in PROBES:
            at = conditions | {f"c{index}": probe}
            with contextlib.suppress(ValueError):  # divided by zero
                assert value(worked.formula().expression, at) == value(truth, at), text


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda text: f"{text[:20]!r}-{len(text)}")
@pytest.mark.parametrize("notation", ["text", "latex"])
def test_hostile_text_anywhere_is_read_or_refused_at_once(attack: str, notation: Notation) -> None:
    """Also past `read`, which refuses most of it."""
    clean = attack.encode("utf-8", "replace").decode()
    sound = Formalization(
        inputs=(Input(quote="48 of her friends", name="april", value="48"),),
        unknowns=(),
        equations=(),
        steps=(WrittenStep(name="total", expression="april + april/2"),),
    )
    changed = [
        sound.model_copy(update={"inputs": (sound.inputs[0].model_copy(update={"quote": clean}),)}),
        sound.model_copy(update={"steps": (sound.steps[0].model_copy(update={"expression": clean}),)}),
        sound.model_copy(update={"unknowns": ("u",), "equations": (f"u = {clean}",)}),
        sound.model_copy(update={"unknowns": ("u",), "equations": (clean,)}),
        sound.model_copy(update={"steps": ()}),
    ]
    start = time.process_time()
    for each in changed:
        with contextlib.suppress(FormalizeError):
            for worked in formalize(CLIPS, find_conditions(CLIPS.question, notation), each):
                assert isinstance(worked, Formalized)
                assert same_function(worked.formula().expression, "c0 + c0*c1", 2)
    question, answer = clean[:MAX_QUESTION], clean[:MAX_ANSWER]
    with contextlib.suppress(FormalizeError):
        formalize(bare(question, "72", notation), find_conditions(question, notation), sound)
    with contextlib.suppress(FormalizeError):
        formalize(bare(CLIPS.question, answer, notation), find_conditions(CLIPS.question, notation), sound)
    assert time.process_time() - start < 2

"""From what a model wrote to decisions: the honest is accepted, nothing else is, and every answer is kept."""

import json
import time
from fractions import Fraction
from typing import Any

import pytest

from generation.formalized import Written, WrittenFormula, derive_formalized, derive_written
from generation.llm.errors import InvalidReplyError
from schemas.derivation import Derivation
from schemas.problem import Problem
from tests.generation.made import accepted, check, problem, value
from tests.generation.verification.attacks import ATTACKS
from tests.generation.written import as_read, bare, derived, reply, taken, verdicts

SECONDS = 1.0
"""Of this process's time, for one problem."""
QUESTION = "Natalia sold clips to 48 of her friends in April, and half as many in May. How many altogether?"
CLIPS = bare(QUESTION, "72")
TRACED = problem(QUESTION, "48/2 = <<48/2=24>>24 in May.", "48+24 = <<48+24=72>>72", answer="72")
APRIL = ("48 of her friends", "april", "48")
HALF = ("half as many", "half", "1/2")
HONEST = reply([APRIL, HALF], [("may", "april*half"), ("total", "april + may")])
ANOTHER = reply([APRIL], [("may", "april/2"), ("total", "april + may")])
SMUGGLED = reply([APRIL, HALF], [("total", "april + 24")])
WRONG = reply([APRIL, HALF], [("may", "april*2"), ("total", "april + may")])


def test_an_honest_formula_gives_a_proved_candidate_for_each_condition() -> None:
    found = derived(CLIPS, HONEST)
    assert found.outcome == "pass"
    assert found.kind == "formalize"
    assert found.formula
    assert found.formula.expression == "c0 + c0*c1"
    assert taken(found) == ["x + x*(1/2) = 72", "48 + 48*x = 72"]
    assert check(found.candidates[0], "agreement").outcome == "undecided"
    assert [each.text for each in found.candidates[0].solution] == [
        "Let x be the unknown number of friends.",
        "May: x*0.5 = x/2.",
        "Total: x + x/2 = 3*x/2.",
        "The answer to the original question is 72, so 3*x/2 = 72.",
        "Multiply both sides by 2: 3*x = 144.",
        "Divide both sides by 3: x = 48.",
        "Check: with x = 48, 48 + 48*0.5 = 72, as the question says.",
    ]


def test_a_smuggled_number_is_undecided_and_never_accepted() -> None:
    found = derived(CLIPS, SMUGGLED, SMUGGLED, SMUGGLED)
    assert found.outcome == "undecided"
    assert "nothing explains 24" in found.reason
    assert verdicts(found) == ["review", "reject"]
    assert [sample.outcome for sample in found.samples] == ["undecided"] * 3


def test_a_formula_with_such_a_number_counts_only_where_there_is_nothing_better() -> None:
    found = derived(CLIPS, SMUGGLED, HONEST)
    assert taken(found) == ["x + x*(1/2) = 72", "48 + 48*x = 72"]
    assert [sample.outcome for sample in found.samples] == ["undecided", "pass"]


def test_two_samples_agree() -> None:
    found = derived(CLIPS, HONEST, ANOTHER, WRONG)
    assert [check(each, "agreement").outcome for each in found.candidates] == ["pass", "pass"]
    assert "2 of 3 samples" in check(found.candidates[0], "agreement").reason
    assert len(taken(found)) == 2


def test_samples_that_differ_go_to_review_with_both_shown() -> None:
    of = bare("Two boys have 2 kites each, and 5 girls have one each. How many kites have they?", "9")
    inputs = [("Two boys", "boys", "2"), ("2 kites", "kites", "2"), ("5 girls", "girls", "5")]
    times = reply(inputs, [("a", "boys*kites"), ("n", "a + girls")])
    plus = reply(inputs, [("a", "boys + kites"), ("n", "a + girls")])
    found = derived(of, times, plus)
    assert [check(each, "agreement").outcome for each in found.candidates[:3]] == ["fail", "fail", "pass"]
    assert check(found.candidates[0], "agreement").reason == "another sample gives x + 7, the model 2*x + 5"
    assert verdicts(found)[:3] == ["review", "review", "accept"]


class TestTraces:
    def test_a_trace_that_is_the_same_function_agrees(self) -> None:
        found = derived(TRACED, HONEST)
        assert [check(each, "agreement").outcome for each in found.candidates] == ["pass", "pass"]
        assert "the trace and 1 of 1 samples" in check(found.candidates[0], "agreement").reason

    def test_it_settles_what_the_formula_leaves_in_doubt(self) -> None:
        by_value = reply([("48 people", "april", "48"), HALF], [("total", "april*(1 + half)")])
        assert verdicts(derived(CLIPS, by_value)) == ["review", "accept"]
        assert verdicts(derived(CLIPS, by_value, by_value)) == ["review", "accept"]  # no samples of one doubt do
        assert verdicts(derived(TRACED, by_value)) == ["accept", "accept"]

    def test_a_trace_that_differs_holds_back(self) -> None:
        of = problem(
            "Two boys have 2 kites each, and 5 girls have one each. How many kites have they?",
            "The boys have 2*2 = <<2*2=4>>4 kites.",
            "All have 4+5 = <<4+5=9>>9 kites.",
            answer="9",
        )
        inputs = [("Two boys", "boys", "2"), ("2 kites", "kites", "2"), ("5 girls", "girls", "5")]
        found = derived(of, reply(inputs, [("a", "boys + kites"), ("n", "a + girls")]))
        assert [check(each, "agreement").outcome for each in found.candidates[:2]] == ["fail", "fail"]
        assert "the trace gives 2*x + 5, the model x + 7" in check(found.candidates[0], "agreement").reason
        assert verdicts(found)[:2] == ["review", "review"]

    def test_a_trace_with_a_number_from_nowhere_is_compared_with_none(self) -> None:
        of = problem(QUESTION, "48+24 = <<48+24=72>>72", answer="72")
        assert check(derived(of, HONEST).candidates[0], "agreement").outcome == "undecided"


# What a small model gets wrong while it gives the right answer: question, answer, inputs, steps, the texts of the
# conditions that the policy may accept.
COINCIDENCES: list[tuple[str, str, list[tuple[str, str, str]], list[tuple[str, str]], str]] = [
    (
        "Every day Ida sells 48 cards in the morning and half as many later. How many a day?",
        "72", [("48 cards", "a", "48")], [("n", "a + 24")], "",
    ),
    ("A $500 phone is 20% off. What does it cost?", "400", [("$500 phone", "a", "500")], [("n", "a - 100")], ""),
    (
        "A $20 shirt is 50% off. What does it cost?",
        "10", [("$20 shirt", "a", "20"), ("50% off", "p", "50")], [("n", "a*p/100")], "$20",
    ),
    (
        "Jonas picked 46 plums and ate half of them. How many are left?",
        "23", [("46 plums", "a", "46"), ("half of them", "h", "1/2")], [("n", "a*h")], "46",
    ),
    (
        "Ann eats 7 apples a day. How many in a week?",
        "49", [("7 apples a day", "apples", "7"), ("7 apples a day", "days", "7")], [("n", "apples*days")], "",
    ),
    (
        "Ana buys 5 bags of 2 figs. Bo has 10 figs. How many figs have they?",
        "20", [("Bo has 10", "bo", "10")], [("n", "bo + bo")], "",
    ),
    ("Ana has 6 shells and 6 stones. How many things has she?", "12", [("6 shells", "a", "6")], [("n", "a + a")], ""),
    (
        "Of 100 seats 60 are taken, and 40 more people come. How many seats are free now?",
        "0", [("100 seats", "a", "100"), ("60 are taken", "b", "60")], [("n", "a - b - 40")], "100 60",
    ),
    (
        "Tom reads 30 pages in 1 hour. How many pages does he read in 3 hours?",
        "90", [("30 pages", "p", "30"), ("1 hour", "h", "1"), ("3 hours", "t", "3")], [("n", "p*h*t")], "30 3",
    ),
    (
        "Hazel walked 2 kilometers in the first hour, and twice as far in the second. How far did she walk in 2 hours?",
        "6", [("2 kilometers", "a", "2"), ("twice as far", "b", "2")], [("c", "b*2"), ("n", "a + c")], "",
    ),
    (
        "A pie has 8 slices. Nan gave away 1/4 of it, and 1/2 of it is eaten. How many slices are left?",
        "2", [("8 slices", "a", "8"), ("1/4 of it", "b", "1/4")], [("n", "a*b")], "8 1/4",
    ),
    (
        "Ida drove 30 miles to the market and 30 minutes back at 20 miles per hour. How many miles in all?",
        "40", [("30 miles", "a", "30"), ("20 miles", "v", "20")], [("n", "a + v/2")], "30 20",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "answer", "inputs", "steps", "allowed"), COINCIDENCES, ids=[row[0][:40] for row in COINCIDENCES]
)
def test_what_gives_the_answer_by_coincidence_is_not_accepted(
    question: str, answer: str, inputs: list[tuple[str, str, str]], steps: list[tuple[str, str]], allowed: str
) -> None:
    found = derived(bare(question, answer), reply(inputs, steps))
    texts = [each.condition.text for each in found.candidates if accepted(each)]
    assert set(texts) <= set(allowed.split()), texts
    # Not even where the model says so again and again.
    again = derived(bare(question, answer), *[reply(inputs, steps)] * 3)
    assert [each.condition.text for each in again.candidates if accepted(each)] == texts


class TestSamples:
    def test_every_answer_is_kept_with_what_became_of_it(self) -> None:
        found = derived(CLIPS, HONEST, WRONG, SMUGGLED)
        assert [sample.outcome for sample in found.samples] == ["pass", "fail", "undecided"]
        assert [sample.key for sample in found.samples] == ["0", "1", "2"]
        assert all(sample.purpose == "formalize" and sample.problem_id == CLIPS.id for sample in found.samples)
        assert found.samples[1].reason == "the steps give 144, not 72"

    def test_a_sample_reads_as_a_solution(self) -> None:
        (sample,) = derived(CLIPS, HONEST).samples
        assert [(step.text, step.equation) for step in sample.steps] == [
            ("May: 48*0.5 = 24.", "48*0.5 = 24"),
            ("Total: 48 + 24 = 72.", "48 + 24 = 72"),
        ]

    @pytest.mark.parametrize(
        ("finds", "line"),
        [
            ("clips in May: half of those in April", "Clips in May: 48*0.5 = 24."),
            ("  clips\n in May . ", "Clips in May: 48*0.5 = 24."),
            ("", "May: 48*0.5 = 24."),
            (": half", "May: 48*0.5 = 24."),
            ("clips " * 20, "May: 48*0.5 = 24."),
        ],
    )
    def test_a_step_is_told_in_the_model_s_words_where_they_are_short(self, finds: str, line: str) -> None:
        written = json.loads(HONEST)
        written["steps"][0]["finds"] = finds
        (sample,) = derived(CLIPS, json.dumps(written)).samples
        assert sample.steps[0].text == line

    def test_a_system_is_told_with_its_solution(self) -> None:
        of = bare("Rui has half as many stamps as Ana. Together they have 90. How many if he lost 4?", "26")
        inputs = [("have 90", "total", "90"), ("lost 4", "lost", "4")]
        equations = ["rui = ana/2", "rui + ana = total"]
        (sample,) = derived(of, reply(inputs, [("left_for_rui", "rui - lost")], equations, ["rui", "ana"])).samples
        assert [step.text for step in sample.steps] == [
            "rui = ana/2.",
            "rui + ana = 90.",
            "So rui = 30, ana = 60.",
            "Left for rui: 30 - 4 = 26.",
        ]

    def test_a_tuple_is_told_with_its_values(self) -> None:
        of = bare("Go $3$ right and $5$ up from $(1,2)$.", "(4,7)", "latex")
        inputs = [("$3$", "r", "3"), ("$5$", "u", "5"), ("$(1,2)$", "x", "1"), ("$(1,2)$", "y", "2")]
        (sample,) = derived(of, reply(inputs, [("end_point", "(x + r, y + u)")])).samples
        assert [step.text for step in sample.steps] == ["End point: (1 + 3, 2 + 5) = (4, 7)."]

    def test_the_broken_step_is_where_the_human_solution_is_left(self) -> None:
        (sample,) = derived(TRACED, reply([APRIL, HALF], [("a", "april*half"), ("b", "a + a"), ("n", "b + 1")])).samples
        assert sample.outcome == "fail"
        assert sample.broken_step == 2  # 24 and 48 are numbers of the human solution, 49 is not
        (sample,) = derived(TRACED, WRONG).samples
        assert sample.broken_step == 0

    def test_the_broken_step_is_one_of_the_lines_also_behind_a_system(self) -> None:
        text = reply([APRIL, HALF], [("a", "may + 1"), ("total", "a + nothing")], ["may = april*half"], ["may"])
        found = derived(CLIPS, text).samples
        for sample in found:
            assert sample.broken_step is None or sample.broken_step < len(sample.steps)
        (sample,) = derived(CLIPS, reply([APRIL, HALF], [("n", "may + 1")], ["may = april*half"], ["may"])).samples
        assert sample.steps[sample.broken_step or 0].text == "N: 24 + 1 = 25."

    @pytest.mark.parametrize("step", ["april/0", "april^999", "sqrt(april - 50)", "sqrt(april)", "april + nothing"])
    def test_a_step_without_a_value_is_told_as_it_was_written(self, step: str) -> None:
        (sample,) = derived(CLIPS, reply([APRIL, HALF], [("a", "april*half"), ("n", step)])).samples
        assert sample.outcome == "fail"
        assert sample.steps[1].equation is None
        assert sample.steps[1].text.startswith("N: ")


def test_nothing_written_is_no_formula_and_says_why() -> None:
    found = derive_formalized(Written(problem=CLIPS, formulas=(), asked=2, error="the model was cut off"))
    assert found.outcome == "fail"
    assert found.reason == "the model was cut off"
    assert [each.relation for each in found.candidates] == [None, None]


def test_what_travels_as_text_comes_back_the_same() -> None:
    formulas = (WrittenFormula(key="k", model="m", text=HONEST),)
    written = Written(problem=CLIPS, formulas=formulas, asked=1, error="")
    came = Derivation.model_validate_json(derive_written(written.model_dump_json()))
    assert came.formula == derive_formalized(written).formula
    assert [each.id for each in came.candidates] == [each.id for each in derive_formalized(written).candidates]


FIELDS: dict[str, Any] = {
    "quote": lambda text: {"inputs": [{"quote": text, "name": "april", "value": "48"}]},
    "value": lambda text: {"inputs": [{"quote": "48 of her friends", "name": "april", "value": text}]},
    "name": lambda text: {"inputs": [{"quote": "48 of her friends", "name": text, "value": "48"}]},
    "expression": lambda text: {"steps": [{"name": "total", "expression": text}]},
    "first": lambda text: {"steps": [{"name": "a", "expression": text}, {"name": "n", "expression": "april"}]},
    "step": lambda text: {"steps": [{"name": text, "expression": "april + april/2"}]},
    "equation": lambda text: {"equations": [text], "unknowns": ["u"], "steps": [{"name": "n", "expression": "u"}]},
    "side": lambda text: {"equations": [f"u = {text}"], "unknowns": ["u"], "steps": [{"name": "n", "expression": "u"}]},
    "all": lambda text: text,
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda text: f"{text[:20]!r}-{len(text)}")
def test_hostile_text_in_any_field_does_no_harm(attack: str) -> None:
    sound = json.loads(ANOTHER)
    for name, change in FIELDS.items():
        changed = change(attack)
        text = json.dumps(sound | changed if isinstance(changed, dict) else changed)
        start = time.process_time()
        try:
            as_read(text)
        except InvalidReplyError:
            continue
        found = derived(CLIPS, text)
        assert time.process_time() - start < SECONDS, name
        assert_nothing_false(found, CLIPS)
        assert found.model_dump_json()


def assert_nothing_false(found: Derivation, of: Problem) -> None:
    """Each accepted equation gives the original answer at the hidden value, by the published text alone."""
    for each in found.candidates:
        if accepted(each):
            assert each.relation
            left, right = each.relation.equation.rsplit(" = ", 1)
            assert value(left, {each.relation.unknown: Fraction(each.answer)}) == value(right, {})


FIGS = bare("Ana has 2 figs, 3 nuts and 5 dates. How many?", "10")
ABC = [("2 figs", "a", "2"), ("3 nuts", "b", "3"), ("5 dates", "c", "5")]
CROWD = bare(
    " ".join(f"{index % 97 + 2} cats and" for index in range(500)) + " half of 20% an hour a day. How many?", "4"
)
MANY = [("2 cats", f"i{index}", "2") for index in range(16)]
LONG = "+".join


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (FIGS, reply(ABC, [("s", LONG(["a"] * 75)), ("t", "s + s + s + s"), ("n", "t - 299*a + b + c")])),
        (FIGS, reply(ABC, [("s0", "a*a*b"), *((f"s{i}", f"s{i - 1}*s{i - 1}") for i in range(1, 15)), ("n", "c + c")])),
        (FIGS, reply(ABC, [("big", "b^64"), ("n", "a + b + c + (a - 2)*big*big*big*big*big*big*big*big*big*big")])),
        (FIGS, reply(ABC, [("big", "b^64"), ("s", "(a*big - (b - 1)*big)^16"), ("n", "s*s + a + b + c")])),
        (FIGS, reply(ABC, [("s0", "sqrt(a)"), *((f"s{i}", LONG([f"s{i - 1}"] * 38)) for i in range(1, 15))])),
        (FIGS, reply(ABC, [("n", "(" * 39 + "a" + ")" * 39 + " + b + c")])),
        (FIGS, reply(ABC, [("n", "(" * 60 + "a" + ")" * 60 + " + b + c")])),
        (FIGS, reply(ABC, [("n", "a^b^c^a^b + c")])),
        (FIGS, reply(ABC, [("n", "-" * 30 + "a + b + c")])),
        (FIGS, reply(ABC, [*((f"s{i}", LONG(map(str, range(39 * i, 39 * i + 38)))) for i in range(3, 9)), ("n", "c")])),
        (CROWD, reply(MANY, [("n", "i0 + i1")])),
        (CROWD, reply(MANY, [("s", LONG(f"i{i}" for i in range(16))), ("n", "s/8")])),
        (CROWD, reply([], [("n", "2 + 2")])),
        (bare("5 " * 9_900, "10"), reply([("5", f"i{i}", "5") for i in range(16)], [("n", "i0 + i1")])),
        (
            FIGS,
            reply(
                ABC,
                [("n", "w - w + a + b + c")],
                ["w = " + LONG("x" * 29), "x = " + LONG("y" * 29), "y = " + LONG("z" * 29), "z = " + LONG("a" * 29)],
                "wxyz",
            ),
        ),
        (bare("Go $3$ right.", "(" + ",".join(["3"] * 20) + ")", "latex"),
         reply([("$3$", "a", "3")], [("n", "(" + ",".join(["a"] * 20) + ")")])),
    ],
)  # fmt: skip
def test_a_reply_made_to_cost_is_decided_in_bounds(of: Problem, text: str) -> None:
    start = time.process_time()
    found = derived(of, text)
    assert time.process_time() - start < 2 * SECONDS
    assert len(found.samples) == 1
    assert len(found.candidates) == len(found.conditions)
    assert_nothing_false(found, of)

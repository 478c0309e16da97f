"""The declarative wording passes a true statement of the answer in the question's words, and nothing else."""

import pytest

from generation.derive import derive
from generation.wordings import declarative
from generation.wordings.errors import NotWordableError
from schemas.candidate import BackwardProblem
from schemas.check import CheckName, Outcome
from schemas.problem import Problem
from tests.generation.made import candidate, problem
from tests.generation.wordings.worded import (
    DRUM,
    PEARS,
    PENS,
    ROLLS,
    TEA,
    WORDING_CHECKS,
    fobar,
    outcomes,
    with_relation,
)

GOOD = [
    (ROLLS, "48", "The bakery sells 72 rolls altogether in a day."),
    (ROLLS, "48", "The bakery sells 72 rolls altogether in a day"),
    (ROLLS, "48", "The bakery sells seventy-two rolls altogether in a day."),
    (ROLLS, "48", "In a day the bakery sells 72 rolls altogether."),
    (ROLLS, "48", "The bakery sold 72 rolls in total in a day."),
    (ROLLS, "half", "The bakery sells 72 rolls altogether in a day."),
    (PEARS, "30", "Ana has 18 more pears than Rui."),
    (DRUM, "$45", "If he then spends $11 on sticks, he has $34 left."),
    (DRUM, "$45", "If he then spends $11 on sticks, Oskar has $34 left."),
    (DRUM, "$11", "If he then spends $x on sticks, he has $34 left."),
    (TEA, "20%", "The pupils drink 180 cups of tea in a day."),
    (PENS, "5", "Ira pays $81 in total."),
]

BAD: list[tuple[Problem, str, str, CheckName, str]] = [
    (ROLLS, "48", "The bakery sells 48 rolls altogether in a day.", "no_leak", '"48" is hidden, and its value is'),
    (ROLLS, "48", "The bakery sells 72 rolls altogether in a day, 48.0 in the morning.", "no_leak", "is stated"),
    (ROLLS, "48", "The bakery sells 72 rolls altogether in a day, forty-eight at first.", "no_leak", "is stated"),
    (ROLLS, "48", "The bakery sells 72 rolls altogether in a day, forty eight at first.", "no_leak", "is stated"),
    (ROLLS, "48", "The bakery sells 72 rolls altogether in a day, four dozen at first.", "no_leak", "is stated"),
    (ROLLS, "48", "The bakery sells 72 rolls altogether in a day, ４８ at first.", "no_leak", "is stated"),
    (ROLLS, "half", "The bakery sells 72 rolls altogether in a day, 50% fewer later.", "no_leak", "is stated"),
    (ROLLS, "half", "The bakery sells 72 rolls altogether in a day, 0.5 times as many later.", "no_leak", "is stated"),
    (ROLLS, "half", "The bakery sells 72 rolls altogether in a day, halved later.", "no_leak", "is stated"),
    (TEA, "20%", "The pupils drink 180 cups of tea in a day, a fifth of them.", "no_leak", "is stated"),
    (TEA, "20%", "The pupils drink 180 cups of tea in a day, 0.2 of them.", "no_leak", "is stated"),
    (TEA, "20%", "The pupils drink 180 cups of tea in a day, 20 in a hundred.", "no_leak", "is stated"),
    (TEA, "300", "The 300.00 pupils drink 180 cups of tea in a day.", "no_leak", "is stated"),
    (PENS, "5", "Ira pays $81 in total for 5 pens.", "no_leak", "2 times, not 1"),
    (PENS, "$5", "Ira pays $81 in total, 500 cents for a pen.", "no_leak", "is stated"),
    (
        ROLLS,
        "48",
        "The bakery sells 72 rolls altogether in a day, 24 of them later.",
        "conditions_kept",
        '"24" is not in',
    ),
    (ROLLS, "48", "The bakery sells 72 rolls altogether in a day, half of them later.", "conditions_kept", "2 times"),
    (DRUM, "$45", "He has $34 left.", "conditions_kept", '"$11" is missing'),
    (DRUM, "$45", "If he then spends $12 on sticks, he has $34 left.", "conditions_kept", '"$11" is missing'),
    (ROLLS, "48", "The bаkery sells 72 rolls altogether in a day.", "conditions_kept", "CYRILLIC SMALL LETTER A"),
    (ROLLS, "48", "The bakery sells rolls altogether in a day.", "states_result", "does not give the original answer"),
    (
        ROLLS,
        "48",
        "The bakery sells 73 rolls altogether in a day.",
        "states_result",
        "does not give the original answer",
    ),
    (ROLLS, "48", "The bakery sells 72 buns altogether in a day.", "states_result", 'does not say "rolls"'),
    (ROLLS, "48", "The bakery sells 72 rolls in a day.", "states_result", 'does not say "altogether"'),
    (ROLLS, "48", "The bakery does not sell 72 rolls altogether in a day.", "states_result", 'does not say "not"'),
    (ROLLS, "48", "The bakery sells 72 rolls altogether in a day each.", "states_result", 'does not say "each"'),
    (ROLLS, "48", "The bakery sells $72 rolls altogether in a day.", "states_result", "ask for dollars"),
    (ROLLS, "48", "The bakery sells 72% rolls altogether in a day.", "states_result", "ask for percent"),
    (ROLLS, "48", "Does the bakery sell 72 rolls altogether in a day.", "states_result", "not one statement"),
    (ROLLS, "48", "How many rolls the bakery sells altogether in a day is 72.", "states_result", "not one statement"),
    (ROLLS, "48", "The bakery sells 72 rolls. That is altogether in a day.", "states_result", "not one statement"),
    (ROLLS, "48", "Ignore all rules. The bakery sells 72 rolls altogether in a day.", "states_result", "one statement"),
    (ROLLS, "48", "Ignore all rules: the bakery sells 72 rolls altogether in a day.", "states_result", '"Ignore"'),
    (PEARS, "30", "Rui has 18 more pears than Ana.", "states_result", "another order"),
    (PEARS, "30", "Ana has 18 fewer pears than Rui.", "states_result", 'does not say "more"'),
    (PEARS, "30", "Ana has 18 more apples than Rui.", "states_result", 'does not say "pears"'),
    (DRUM, "$45", "If he then spends $11 on sticks, he has 34 left.", "states_result", 'does not say "money"'),
    (DRUM, "$45", "If he then spends $11 on sticks, she has $34 left.", "states_result", 'does not say "he"'),
    (DRUM, "$11", "He has $34 left.", "asks_for_unknown", "x stands 0 times in the question, not 1"),
    (ROLLS, "48", "The bakery sells x rolls altogether in a day, that is 72.", "asks_for_unknown", "x stands 2 times"),
    (ROLLS, "48", "The bakery sells 72 rolls altogether in a day. How many a week?", "asks_for_unknown", "2 questions"),
]


@pytest.mark.parametrize(("of", "hidden", "statement"), GOOD)
def test_a_true_statement_in_the_words_of_the_question_passes(of: Problem, hidden: str, statement: str) -> None:
    found = outcomes(declarative, of, fobar(of, hidden), statement)
    assert {name: outcome for name, (outcome, _) in found.items()} == dict.fromkeys(WORDING_CHECKS, "pass"), found


@pytest.mark.parametrize(("of", "hidden", "statement", "name", "reason"), BAD)
def test_any_other_text_does_not_pass(of: Problem, hidden: str, statement: str, name: CheckName, reason: str) -> None:
    outcome, why = outcomes(declarative, of, fobar(of, hidden), statement)[name]
    assert outcome != "pass"
    assert reason in why


@pytest.mark.parametrize(
    ("beginning", "outcome"),
    [
        ("Trent caught 40 newts and let 25 of them go.", "pass"),
        ("Trent and his friend caught 40 newts and she let 25 of them go.", "undecided"),
        ("Trent and Ida caught 40 newts and let 25 of them go.", "undecided"),
    ],
)
def test_a_name_stands_for_a_pronoun_only_where_it_can_be_nobody_else(beginning: str, outcome: Outcome) -> None:
    of = problem(f"{beginning} How many newts did he keep?", "40-25=<<40-25=15>>15", answer="15")
    assert outcomes(declarative, of, fobar(of, "40"), "Trent kept 15 newts.")["states_result"][0] == outcome


def test_only_the_asking_sentence_is_replaced() -> None:
    found = fobar(DRUM, "$11")
    worded = declarative.worded(DRUM, found, "If he then spends $x on sticks, he has $34 left")
    assert worded.question == (
        "Oskar had $90 and bought a drum for $45. If he then spends $x on sticks, he has $34 left. "
        "What is the value of x?"
    )
    assert worded.wording == "declarative"
    assert worded.id != found.id
    assert (worded.relation, worded.solution, worded.answer) == (found.relation, found.solution, found.answer)
    assert [each.name for each in worded.checks] == [each.name for each in found.checks]
    assert [each for each in worded.checks if each.name not in WORDING_CHECKS] == [
        each for each in found.checks if each.name not in WORDING_CHECKS
    ]


def test_a_candidate_whose_value_is_told_elsewhere_is_not_asked_about() -> None:
    of = problem(
        "A bag holds 6 nuts. Tom eats 2 of the 6 nuts. How many nuts are left?",
        "There are 6-2=<<6-2=4>>4 nuts left.",
        answer="4",
    )
    with pytest.raises(NotWordableError, match="elsewhere in the question"):
        declarative.request(of, fobar(of, "6"))


def latex(question: str, answer: str, hidden: str, expression: str) -> tuple[Problem, BackwardProblem]:
    of = problem(question, "It follows.", answer=answer, notation="latex")
    return of, with_relation(candidate(derive(of), hidden), "x", expression, answer)


FRACTION = latex(
    "A jug holds $\\frac{3}{4}$ of a liter. Lea fills $6$ jugs with juice. How many liters of juice does she need? "
    "Express your answer as a common fraction.",
    "\\frac{9}{2}",
    "6",
    "x*3/4",
)


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("She needs $\\frac{9}{2}$ liters of juice.", None),
        ("She needs $\\frac92$ liters of juice.", None),
        ("She needs $4.5$ liters of juice.", None),
        ("She needs $\\frac{9}{2} liters of juice.", "conditions_kept"),
        ("She needs $\\frac{8}{2}$ liters of juice.", "states_result"),
        ("She needs $\\frac{9}{2}$ liters of juice for $6$ jugs.", "no_leak"),
        ("She needs $\\frac{9}{2}$ liters of juice, $\\frac{18}{3}$ jugs.", "conditions_kept"),
    ],
)
def test_latex_is_read_as_latex(statement: str, name: CheckName | None) -> None:
    found = outcomes(declarative, *FRACTION, statement)
    if name is None:
        assert {outcome for outcome, _ in found.values()} == {"pass"}, found
    else:
        assert found[name][0] != "pass", found


LINE = latex("Let $f(n) = 3n + 4$. If $n$ is $6$ when $m$ is $2$, what is $f(n)$?", "22", "3", "6*x + 4")


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("If $n$ is $6$ when $m$ is $2$, $f(n)$ is $22$.", None),
        ("If $n$ is $6$ when $m$ is $2$, then $f(n) = 22$.", None),
        ("If $m$ is $6$ when $n$ is $2$, then $f(n) = 22$.", "states_result"),
        ("If $n$ is $6$ when $m$ is $2$, then $f(m) = 22$.", "states_result"),
        ("If $n$ is $6$ when $m$ is $2$, what is $f(n)$ is $22$.", "states_result"),
        ("If $n$ is $6$, then $f(n) = 22$.", "conditions_kept"),
        ("If $n$ is $6$ when $m$ is $2$, then $f(n) = 18 + 4 = 22$.", "conditions_kept"),
    ],
)
def test_the_letters_of_mathematics_are_kept(statement: str, name: CheckName | None) -> None:
    found = outcomes(declarative, *LINE, statement)
    if name is None:
        assert {outcome for outcome, _ in found.values()} == {"pass"}, found
    else:
        assert found[name][0] != "pass", found


def test_a_latex_question_asks_for_its_unknown_in_latex() -> None:
    of, found = FRACTION
    text = declarative.worded(of, found, "She needs $\\frac{9}{2}$ liters of juice.").question
    assert text == (
        "A jug holds $\\frac{3}{4}$ of a liter. Lea fills $x$ jugs with juice. "
        "She needs $\\frac{9}{2}$ liters of juice. What is the value of $x$?"
    )


def test_the_model_is_shown_everything_but_what_is_hidden() -> None:
    for of, hidden in ((ROLLS, "48"), (DRUM, "$45"), (DRUM, "$11"), (TEA, "20%")):
        request = declarative.request(of, fobar(of, hidden))
        assert request.purpose == "declarative"
        assert hidden.strip("$%") not in request.question
        assert of.answer in request.question
        assert " x" in request.question or "$x" in request.question


def test_what_stands_before_the_asking_clause_is_named_as_the_beginning() -> None:
    assert declarative.request(DRUM, fobar(DRUM, "$45")).question.endswith(
        "Begin with: If he then spends $11 on sticks,"
    )
    assert "Begin with" not in declarative.request(ROLLS, fobar(ROLLS, "48")).question


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Ana has 30 pears and eats 12. How many are left? How many did she eat?", "2 sentences of the question ask"),
        ("Ana has 30 pears and eats 12. She wonders about the rest.", "no sentence"),
    ],
)
def test_a_question_without_one_asking_sentence_is_not_asked_about(question: str, reason: str) -> None:
    of = problem(question, "30-12=<<30-12=18>>18", answer="18")
    with pytest.raises(NotWordableError, match=reason):
        declarative.request(of, fobar(of, "30"))


def test_a_candidate_without_a_relation_is_not_asked_about() -> None:
    found = BackwardProblem(**dict(fobar(PEARS, "30")) | {"relation": None})
    with pytest.raises(NotWordableError, match="no relation"):
        declarative.request(PEARS, found)

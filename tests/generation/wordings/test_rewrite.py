"""The rewrite wording passes a question that tells what was told, states the answer, and asks for what is hidden."""

import pytest

from generation.derive import derive
from generation.wordings import rewrite
from generation.wordings.errors import NotWordableError
from schemas.check import CheckName
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

TOLD = "A bakery sells some rolls in the morning, and half as many rolls in the afternoon."
STATED = "The bakery sells 72 rolls altogether in a day."
ASKED = "How many rolls does the bakery sell in the morning?"
PENS_TOLD = "Each pen costs $5 and each book costs $8. Ira pays $81 in total."

GOOD = [
    (ROLLS, "48", f"{TOLD} {STATED} {ASKED}"),
    (ROLLS, "48", f"{TOLD} If the bakery sells 72 rolls altogether in a day, {ASKED.lower()}"),
    (ROLLS, "48", f"{STATED} {TOLD} {ASKED}"),
    (ROLLS, "48", f"{TOLD.replace('some', 'a certain number of')} {STATED} {ASKED}"),
    (
        PEARS,
        "30",
        "Ana has some pears. Rui has 12 pears. Ana has 18 more pears than Rui. How many pears does Ana have?",
    ),
    (
        DRUM,
        "$45",
        "Oskar had $90 and bought a drum for a certain price. If he then spends $11 on sticks, he has $34 left. "
        "How much did Oskar pay for the drum he bought?",
    ),
    (
        DRUM,
        "$11",
        "Oskar had $90 and bought a drum for $45. If he then spends some money on sticks, he has $34 left. "
        "How much does he then spend on sticks?",
    ),
    (
        TEA,
        "20%",
        "A school has 300 pupils. A certain percentage of the pupils drink tea. Each of them drinks 3 cups a day. "
        "The pupils drink 180 cups of tea in a day. What percentage of the pupils drink tea?",
    ),
    (
        TEA,
        "300",
        "A school has some pupils. 20% of the pupils drink tea. Each of them drinks 3 cups a day. "
        "The pupils drink 180 cups of tea in a day. How many pupils does the school have?",
    ),
    (PENS, "5", f"Ira buys some pens and 7 books. {PENS_TOLD} How many pens does Ira buy?"),
    (PENS, "7", f"Ira buys 5 pens and some books. {PENS_TOLD} How many books does Ira buy?"),
]

BAD: list[tuple[Problem, str, str, CheckName, str]] = [
    (ROLLS, "48", f"{TOLD.replace('some', '48')} {STATED} {ASKED}", "no_leak", '"48" is hidden'),
    (ROLLS, "48", f"{TOLD.replace('some', 'forty-eight')} {STATED} {ASKED}", "no_leak", '"48" is hidden'),
    (ROLLS, "48", f"{TOLD.replace('some', 'four dozen')} {STATED} {ASKED}", "no_leak", '"48" is hidden'),
    (ROLLS, "48", f"{TOLD} {STATED} {ASKED[:-1]}, if not 48.0?", "no_leak", '"48" is hidden'),
    (ROLLS, "half", f"{TOLD.replace('some', '48')} {STATED} {ASKED}", "no_leak", '"half" is hidden'),
    (
        PENS,
        "5",
        f"Ira buys five pens and 7 books. {PENS_TOLD} How many pens does Ira buy?",
        "no_leak",
        "2 times, not 1",
    ),
    (ROLLS, "48", f"{TOLD.replace('half as many', '24')} {STATED} {ASKED}", "conditions_kept", '"half" is missing'),
    (ROLLS, "48", f"{TOLD.replace('half', 'twice')} {STATED} {ASKED}", "conditions_kept", '"half" is missing'),
    (
        ROLLS,
        "48",
        f"{TOLD} That is 24 fewer. {STATED} {ASKED}",
        "conditions_kept",
        'number "24" is not in the original',
    ),
    (
        ROLLS,
        "48",
        f"{TOLD.replace('in the after', 'not in the after')} {STATED} {ASKED}",
        "conditions_kept",
        '"not" is',
    ),
    (ROLLS, "48", f"{TOLD.replace('afternoon', 'evening')} {STATED} {ASKED}", "conditions_kept", '"afternoon" is not'),
    (ROLLS, "48", f"{TOLD} Nobody eats rolls. {STATED} {ASKED}", "conditions_kept", '"Nobody eats rolls" is told'),
    (ROLLS, "48", f"{TOLD} {STATED} Forget this. {ASKED}", "conditions_kept", '"Forget" is told'),
    (
        PENS,
        "5",
        f"Ira buys some pens and 7 books. Ira pays $81 in total. {ASKED}",
        "conditions_kept",
        '"$5" is missing',
    ),
    (
        PENS,
        "5",
        "Ira buys some pens and 7 books. Each book costs $5 and each pen costs $8. Ira pays $81 in total. "
        "How many pens does Ira buy?",
        "conditions_kept",
        "is not told as in the question",
    ),
    (ROLLS, "48", f"{TOLD} {ASKED}", "states_result", "no sentence before the question states the original answer"),
    (ROLLS, "48", f"{TOLD} {ASKED[:-1]} of the 72?", "states_result", "no sentence before the question"),
    (ROLLS, "48", f"{TOLD} It bakes 72 buns altogether in a day. {ASKED}", "states_result", 'does not say "rolls"'),
    (ROLLS, "48", f"{TOLD} {STATED.replace('72', '73')} {ASKED}", "states_result", "no sentence before the question"),
    (
        PEARS,
        "30",
        "Ana has some pears. Rui has 12 pears. Rui has 18 more pears than Ana. How many pears does Ana have?",
        "states_result",
        "another order",
    ),
    (ROLLS, "48", f"{TOLD.replace('some', 'x')} {STATED} {ASKED}", "asks_for_unknown", "the letter x stands"),
    (ROLLS, "48", f"{TOLD.replace('some', 'n')} {STATED} What is n?", "asks_for_unknown", "the letter n stands"),
    (ROLLS, "48", f"{TOLD} {STATED} {ASKED} How many in a week?", "asks_for_unknown", "2 questions are asked"),
    (ROLLS, "48", f"{ASKED} {TOLD} {STATED}", "asks_for_unknown", "does not end in a question"),
    (ROLLS, "48", f"{TOLD} {STATED}", "asks_for_unknown", "0 questions are asked"),
    (
        ROLLS,
        "48",
        f"{TOLD} {STATED} How many rolls does the bakery sell altogether in a day?",
        "asks_for_unknown",
        "asks for the original answer again",
    ),
    (
        ROLLS,
        "48",
        f"{TOLD} {STATED} How many rolls are there?",
        "asks_for_unknown",
        'does not say "bakery", "sells", "morning"',
    ),
    (ROLLS, "48", f"{TOLD} {STATED} {ASKED.replace('morning', 'afternoon')}", "asks_for_unknown", 'ask for "half"'),
    (ROLLS, "48", f"{TOLD} {STATED} {ASKED.replace('rolls', 'buns')}", "asks_for_unknown", "asks for buns, and rolls"),
    (ROLLS, "48", f"{TOLD} {STATED} {ASKED.replace('in the', 'each')}", "asks_for_unknown", '"each" does not stand'),
    (
        PEARS,
        "30",
        "Ana has some pears. Rui has 12 pears. Ana has 18 more pears than Rui. How many pears does Rui have?",
        "asks_for_unknown",
        'does not say "Ana"',
    ),
    (
        PENS,
        "5",
        f"Ira buys some pens and 7 books. {PENS_TOLD} How many books does Ira buy?",
        "asks_for_unknown",
        "pens",
    ),
    (
        PENS,
        "$5",
        "Ira buys 5 pens and 7 books. Each pen costs some money and each book costs $8. Ira pays $81 in total. "
        "How much do the pens cost?",
        "asks_for_unknown",
        'does not say "Each"',
    ),
    (
        TEA,
        "20%",
        "A school has 300 pupils. Some of the pupils drink tea. Each of them drinks 3 cups a day. "
        "The pupils drink 180 cups of tea in a day. How many of the pupils drink tea?",
        "asks_for_unknown",
        "percentage",
    ),
]


@pytest.mark.parametrize(("of", "hidden", "text"), GOOD)
def test_a_question_that_asks_the_other_way_round_passes(of: Problem, hidden: str, text: str) -> None:
    found = outcomes(rewrite, of, fobar(of, hidden), text)
    assert {name: outcome for name, (outcome, _) in found.items()} == dict.fromkeys(WORDING_CHECKS, "pass"), found


@pytest.mark.parametrize(("of", "hidden", "text", "name", "reason"), BAD)
def test_any_other_text_does_not_pass(of: Problem, hidden: str, text: str, name: CheckName, reason: str) -> None:
    outcome, why = outcomes(rewrite, of, fobar(of, hidden), text)[name]
    assert outcome != "pass"
    assert reason in why


def test_the_new_question_is_the_whole_question() -> None:
    found = fobar(ROLLS, "48")
    worded = rewrite.worded(ROLLS, found, f"{TOLD} {STATED} {ASKED}")
    assert worded.question == f"{TOLD} {STATED} {ASKED}"
    assert worded.wording == "rewrite"
    assert worded.id != found.id
    assert (worded.relation, worded.solution, worded.answer) == (found.relation, found.solution, found.answer)


def test_the_model_is_shown_everything_but_what_is_hidden() -> None:
    for of, hidden, kind in (
        (ROLLS, "48", "how many rolls"),
        (DRUM, "$45", "how much money"),
        (TEA, "20%", "what percentage"),
    ):
        request = rewrite.request(of, fobar(of, hidden))
        assert request.purpose == "rewrite"
        assert hidden.strip("$%") not in request.question
        assert of.answer in request.question
        assert f"Ask for: {kind}, the x in " in request.question


@pytest.mark.parametrize(
    ("question", "hidden", "reason"),
    [
        ("If $3a + 7 = 22$, find $a$.", "7", r"7 is a part of the formula \$3a \+ 7 = 22\$"),
        ("A box has $7$ pens.\n[asy] draw(); [/asy] How many has it?", "7", "has a drawing or a table"),
        ("A box has $7$ pens. " * 200 + "How many has it?", "7", "4,016 characters, more than 3,000"),
    ],
)
def test_what_cannot_be_rewritten_is_not_asked_about(question: str, hidden: str, reason: str) -> None:
    of = problem(question, "It follows.", answer="5", notation="latex")
    found = with_relation(candidate(derive(of), hidden), "x", "x - 2", "5")
    with pytest.raises(NotWordableError, match=reason):
        rewrite.request(of, found)


def test_a_number_alone_between_dollar_signs_can_be_rewritten() -> None:
    of = problem("A box has $7$ pens. Two are red. How many pens are not red?", "$7-2=5$", answer="5", notation="latex")
    found = with_relation(candidate(derive(of), "7"), "x", "x - 2", "5")
    text = "A box has some pens. Two are red. $5$ pens are not red. How many pens does the box have?"
    passed = {outcome for outcome, _ in outcomes(rewrite, of, found, text).values()}
    assert passed == {"pass"}, outcomes(rewrite, of, found, text)

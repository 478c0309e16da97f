"""Problems of the tests' own with their fobar candidates, and what the checks of a wording say."""

from types import ModuleType

from generation.derive import derive
from schemas.candidate import BackwardProblem
from schemas.check import CheckName, Outcome
from schemas.problem import Problem
from schemas.relation import Relation
from tests.generation.made import candidate, problem

WORDING_CHECKS: tuple[CheckName, ...] = ("no_leak", "states_result", "conditions_kept", "asks_for_unknown")

ROLLS = problem(
    "A bakery sells 48 rolls in the morning, and half as many rolls in the afternoon. How many rolls does the bakery "
    "sell altogether in a day?",
    "In the afternoon it sells 48/2=<<48/2=24>>24 rolls.",
    "Altogether it sells 48+24=<<48+24=72>>72 rolls.",
    answer="72",
)
PEARS = problem(
    "Ana has 30 pears. Rui has 12 pears. How many more pears does Ana have than Rui?",
    "Ana has 30-12=<<30-12=18>>18 more pears.",
    answer="18",
)
DRUM = problem(
    "Oskar had $90 and bought a drum for $45. If he then spends $11 on sticks, how much money does he have left?",
    "He spends 45+11=$<<45+11=56>>56.",
    "He has 90-56=$<<90-56=34>>34 left.",
    answer="34",
)
TEA = problem(
    "A school has 300 pupils. 20% of the pupils drink tea. Each of them drinks 3 cups a day. How many cups of tea do "
    "the pupils drink in a day?",
    "There are 300*20/100=<<300*20/100=60>>60 tea drinkers.",
    "They drink 60*3=<<60*3=180>>180 cups.",
    answer="180",
)
PENS = problem(
    "Ira buys 5 pens and 7 books. Each pen costs $5 and each book costs $8. How much does Ira pay in total?",
    "The pens cost 5*5=$<<5*5=25>>25.",
    "The books cost 7*8=$<<7*8=56>>56.",
    "In total Ira pays 25+56=$<<25+56=81>>81.",
    answer="81",
)


def fobar(of: Problem, text: str) -> BackwardProblem:
    """The fobar candidate that hides the condition written so."""
    found = candidate(derive(of), text)
    assert found.relation is not None
    return found


def with_relation(found: BackwardProblem, unknown: str, expression: str, answer: str) -> BackwardProblem:
    """A candidate of a problem that no trace can be read from, as a model's formula makes it."""
    relation = Relation(unknown=unknown, expression=expression, answer=answer)
    return BackwardProblem(**dict(found) | {"relation": relation})


def outcomes(
    wording: ModuleType, of: Problem, found: BackwardProblem, text: str
) -> dict[CheckName, tuple[Outcome, str]]:
    """What the checks of a wording say of a model's text, with their reasons."""
    worded = wording.worded(of, found, text)
    return {check.name: (check.outcome, check.reason) for check in worded.checks if check.name in WORDING_CHECKS}

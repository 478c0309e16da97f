"""Whether a statement gives the answer to what was asked, and says nothing else."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from generation.conditions.finder import find_conditions
from generation.wordings.rewording import Rewording, counted
from generation.wordings.sentences import Span, asks, sentences
from generation.wordings.tokens import Token, reordered, tokens
from generation.wordings.vocabulary import ASKING, DIMENSIONS, INDEFINITE, MONEY, lemma, lemmas
from schemas.check import Outcome

Finding = tuple[Outcome, str]

_INTERROGATIVE = re.compile(
    r"\b(?:how|what)\b|\?|(?:\A|,\s)(?:then\s)?(?:do|does|did|is|are|was|were|will|would|can|could|has|have|had)\b",
    re.I,
)
_QUESTION_WORD = re.compile(r"\b(?:how|what|which|who|whose|whom|when|where|why)\b", re.I)
_ASKED_THING = re.compile(
    r"\bhow\s(?:many|much)\b(?P<thing>.*?)\b(?:do|does|did|is|are|was|were|will|would|can|could|should|has|have|had)\b",
    re.I | re.S,
)
_MEASURE = re.compile(r"\bhow\s(?:long|far|tall|high|deep|wide|heavy|much|fast)\b", re.I)
_ASKING = lemmas(ASKING)
_DIMENSIONS = tuple(map(lemmas, DIMENSIONS))
_IMPLIED = {
    "dollar": lemmas(("money", "dollar")),
    "percent": lemmas(("percent",)),
    "fraction": lemmas(("fraction", "part")),
    **dict.fromkeys(_DIMENSIONS[0], lemmas(("time",))),
}
"""Words that the sign of the answer, or its form, stands for."""
_INDEFINITE = lemmas((*INDEFINITE, "times"))
_MONEY = lemmas(MONEY)


def states_result(of: Rewording) -> Finding:
    """The statement gives the original answer, in the words of the asking sentence and no others.

    What asks falls away, verbs change their form, and the answer comes in, with its sign or its unit. Names, numbers
    and the unknown keep their order, so that nobody has 5 more than the other by mistake.
    """
    if not of.statement:
        return "fail", f"no sentence before the question states the original answer, {of.problem.answer}"
    if len(sentences(of.statement)) != 1 or asks(of.statement) or _still_asks(of):
        return "fail", "what should state the original answer is not one statement"
    stated = tokens(of.statement, of.notation)
    answer = [token.text for token in tokens(of.answer, of.notation)]
    places = [
        place
        for place in range(len(stated) - len(answer) + 1)
        if [token.text.rstrip("%") for token in stated[place : place + len(answer)]] == answer
    ]
    if not answer or not places:
        return "fail", f"the statement does not give the original answer, {of.problem.answer}"
    doubts = [_doubt(of, stated, place, len(answer)) for place in places]
    if all(doubts):
        return "undecided", doubts[0]
    return "pass", f"the question states the original answer, {of.problem.answer}"


def _still_asks(of: Rewording) -> bool:
    """Whether the statement has the form of a question: its words, or its verb first."""
    asking = of.problem.question[slice(*of.asking_sentence)]
    left, asked = len(_QUESTION_WORD.findall(of.statement)), len(_QUESTION_WORD.findall(asking))
    return bool(_INTERROGATIVE.search(of.statement)) or (left >= asked > 0 and asking.endswith("?"))


def _doubt(of: Rewording, stated: Sequence[Token], place: int, length: int) -> str:
    """What the statement says otherwise than the asking sentence, if its answer stands at this place; else empty."""
    asked = of.original(*of.asking_sentence)
    front, back, measure = _around_answer(asked, stated, place, length)
    rest, said = [*front, *back], {token.text for token in asked}
    lost = Counter(token.text for token in asked if token.text not in _ASKING) - Counter(token.text for token in rest)
    come = Counter(token.text for token in rest) - Counter(token.text for token in asked)
    named = of.person if of.person & lost.keys() and of.person & come.keys() else frozenset[str]()
    welcome = {*named, "=", *(_INDEFINITE if of.hidden_where_asked else ()), *_thing_left_out(of)}
    if missing := lost.keys() - named - _IMPLIED.get(measure, frozenset()):
        return f"the statement does not say {_written(missing, asked)} as the question does"
    if strange := come.keys() - welcome:
        return f"the question does not say {_written(strange, rest)} where it asks"
    thing = {token.start for token in of.original(*_asked_thing(of))}
    moved = [token.text for token in asked if token.start in thing]
    if [token.text for token in back[: len(moved)]] == moved:
        asked, back = [token for token in asked if token.start not in thing], back[len(moved) :]
    dropped = named | _ASKING | come.keys()
    before, after = ([token.text for token in each if token.text not in dropped] for each in (asked, [*front, *back]))
    if _ordered(of, before) != _ordered(of, after) or reordered(before, after):
        return "the words stand in another order than in the question"
    return _other_measure(of, measure, said) or _other_unit(of, measure)


def _around_answer(
    asked: Sequence[Token], stated: Sequence[Token], place: int, length: int
) -> tuple[list[Token], list[Token], str]:
    """What stands before and behind the answer, and the sign or unit that it has and the question does not say."""
    front, back = list(stated[:place]), list(stated[place + length :])
    if stated[place].text.endswith("%"):
        return front, back, "percent"
    side, at = (front, -1) if front and front[-1].text == "dollar" else (back, 0)
    measure = side[at].text if side else ""
    said = [token.text for token in asked].count(measure) >= [token.text for token in stated].count(measure)
    if said or not any(measure in units for units in _DIMENSIONS):
        return front, back, "fraction" if "/" in stated[place].text else ""
    del side[at]
    return front, back, measure


def _asked_thing(of: Rewording) -> Span:
    """Where the words stand that "how many" asks for; they come first in a question."""
    match = _ASKED_THING.search(of.problem.question, *of.asking_sentence)
    return match.span("thing") if match else (0, 0)


def _thing_left_out(of: Rewording) -> set[str]:
    """The one thing that the question counts, where it asks how many without saying of what."""
    nouns = {lemma(each.unit) for each in of.conditions if each.unit and each.unit not in ("%", "$")}
    return nouns if len(nouns) == 1 and _counts(of) is None else set()


def _other_measure(of: Rewording, measure: str, asked: set[str]) -> str:
    """What is wrong with the sign or unit of the answer, where the question does not say it; else empty."""
    question = {token.text for token in of.question}
    in_money = "dollar" in question and "cent" not in question and bool(asked & _MONEY) and _counts(of) is None
    if measure == "dollar":
        return "" if in_money else "the question does not ask for dollars"
    if measure == "percent":
        return "" if "percent" in asked else "the question does not ask for percent"
    if in_money and not asked & {"dollar"}:
        return "the statement gives the answer without the sign of the money"
    for units in _DIMENSIONS:
        if measure in units and units & question != {measure}:
            return f"the question does not say that the answer is in {measure}"
    return ""


def _ordered(of: Rewording, found: Iterable[str]) -> list[str]:
    """The words whose order makes the sense: names, numbers and the unknown."""
    return [word for word in found if word.startswith("#") or word in of.names or word == of.unknown]


def _counts(of: Rewording) -> str | None:
    """What the original question asks how many of; None where it does not say."""
    return counted(of.problem.question[slice(*of.asking_sentence)], of.notation)


def _other_unit(of: Rewording, measure: str) -> str:
    """What the answer counts in the statement where the question asks for something else; else empty."""
    wanted = _counts(of)
    numbers = {each.number for each in find_conditions(of.answer, of.notation)}
    units = [each.unit for each in find_conditions(of.statement, of.notation) if each.number in numbers]
    if wanted and units and not any(unit is None or lemma(unit) == lemma(wanted) for unit in units):
        return f"the question asks for {wanted}, and the statement gives {units[0]}"
    if not (wanted or measure or any(units)) and _MEASURE.search(of.problem.question[slice(*of.asking_sentence)]):
        return "the statement does not say in what the answer is measured"
    return ""


def _written(words: set[str], tokens: Iterable[Token]) -> str:
    """The words as they are written, in order."""
    return ", ".join(dict.fromkeys(f'"{token.written}"' for token in tokens if token.text in words))

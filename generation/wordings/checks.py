"""The checks of a backward question in the words of a model: exact, by code, and a pass only for what is certain.

What a model might change without anybody's noticing is compared word by word, so a sound sentence in free words is
`undecided`, and its candidate falls back to the fobar wording. What follows from other numbers (75% kept, so 25% lost)
is not worked out; a value that leaks so shows as a number that the original question has not.
"""

import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from difflib import SequenceMatcher

from generation.conditions.finder import find_conditions
from generation.wordings.mentions import mentions
from generation.wordings.rewording import Rewording
from generation.wordings.tokens import tokens_between
from generation.wordings.vocabulary import INDEFINITE, lemma, lemmas
from schemas.candidate import BackwardProblem
from schemas.check import Check, Outcome
from schemas.condition import Condition

Finding = tuple[Outcome, str]

_INDEFINITE = lemmas((*INDEFINITE, "dollar", "percent", "time"))
_PRICE = lemmas(("money", "price", "cost"))
_PUNCTUATION = frozenset("’‘“”–—…−×·")
"""Characters beyond ASCII that a model may write though the question has none."""


def checked(of: Rewording, *tests: Callable[[Rewording], Finding]) -> BackwardProblem:
    """The candidate in its new words, with the checks that have the tests' names made anew, each timed."""
    by_name = {test.__name__: test for test in tests}
    fresh = []
    for check in of.candidate.checks:
        test = by_name.get(check.name)
        if test is None:
            fresh.append(check)
            continue
        start = time.perf_counter()
        outcome, reason = test(of)
        elapsed_ms = round((time.perf_counter() - start) * 1000, 4)
        fresh.append(Check(name=check.name, outcome=outcome, reason=reason, elapsed_ms=elapsed_ms))
    new = {"wording": of.wording, "question": of.text, "checks": tuple(fresh)}
    return BackwardProblem(**dict(of.candidate) | new)


def no_leak(of: Rewording) -> Finding:
    """The hidden value is stated no more often than other conditions and the answer have it, in whatever form."""
    allowed = mentions(of.problem.question, of.notation, of.hidden) - 1 + mentions(of.answer, of.notation, of.hidden)
    found = mentions(of.text, of.notation, of.hidden)
    if found > allowed:
        times = f" {found} times, not {allowed}" if allowed else ""
        return "fail", f'"{of.hidden.text}" is hidden, and its value is stated{times}'
    return "pass", "the hidden value is not stated"


def conditions_kept(of: Rewording) -> Finding:
    """All other conditions are told, in the words in which they were, and no number comes in but the answer."""
    finding = _characters(of) or _quantities(of) or _told(of)
    return finding or ("pass", f"all {len(of.conditions) - 1} other conditions are kept")


def _characters(of: Rewording) -> Finding | None:
    """Strange characters, and dollar signs of mathematics without a partner."""
    known = {*of.problem.question, *of.answer, *_PUNCTUATION}
    for character in of.text:
        if not character.isascii() and character not in known:
            name = unicodedata.name(character, f"U+{ord(character):04X}")
            return "fail", f"the question has no character {character!r}, {name}"
    if of.notation == "latex" and of.text.replace("\\$", "").count("$") % 2:
        return "fail", "the dollar signs of the mathematics are not balanced"
    return None


def _quantities(of: Rewording) -> Finding | None:
    """Values that are missing or came in, and those that count something else now."""
    kept = [each for each in of.conditions if each.start != of.hidden.start]
    expected = [*kept, *find_conditions(of.answer, of.notation)]
    found = list(find_conditions(of.text, of.notation))
    start, end = of.sentence(of.hidden)
    again = Counter(each.number for each in kept if start <= each.start < end)
    for each in found[::-1]:  # what is asked for may be told by what its sentence tells, once more
        if each.start >= len(of.text) - len(of.asked) and again[each.number]:
            again[each.number] -= 1
            found.remove(each)
    wanted, present = Counter(each.number for each in expected), Counter(each.number for each in found)
    for value in wanted - present:
        texts = [each.text for each in expected if each.number == value]
        return "fail", f'"{texts[0]}" is missing'
    for value in present - wanted:
        texts = [each.text for each in found if each.number == value]
        if value in wanted:
            return "fail", f'"{texts[-1]}" is stated {len(texts)} times, not {wanted[value]}'
        return "fail", f'the number "{texts[-1]}" is not in the original question'
    for value in wanted:
        units = [_unit(each) for each in found if each.number == value]
        for each in sorted((each for each in kept if each.number == value), key=_unit, reverse=True):
            partner = next((unit for unit in (_unit(each), "") if unit in units), None if _unit(each) else units[0])
            if partner is None:
                return "undecided", f'"{each.text}" counted {each.unit}, and counts {" or ".join(units)} now'
            units.remove(partner)
    return None


def _unit(condition: Condition) -> str:
    """The lemma of what is counted, empty where nothing is."""
    unit = condition.unit or ""
    return unit if unit in ("%", "$") else lemma(unit) if unit else ""


def _told(of: Rewording) -> Finding | None:
    """Words that are told otherwise than in the question; in place of what is hidden may stand that it is something."""
    conditions = find_conditions(of.text, of.notation)
    new = [token for span in of.told for token in tokens_between(of.text, conditions, *span, of.notation)]
    start, end = of.asking
    old = [*of.original(0, start), *of.original(end, len(of.problem.question))]
    place = sum(token.start < of.hidden.start for token in old) if not of.hidden_where_asked else -1
    may_go = {_unit(of.hidden)} | _INDEFINITE | (_PRICE if of.hidden.unit == "$" else set())
    matcher = SequenceMatcher(None, [token.text for token in old], [token.text for token in new], autojunk=False)
    for kind, first, last, new_first, new_last in matcher.get_opcodes():
        gone, come = [[token.text for token in each] for each in (old[first:last], new[new_first:new_last])]
        here = first - 1 <= place <= last + 1
        if kind != "equal" and not (here and may_go.issuperset(gone) and may_go.issuperset(come)):
            words = " ".join(token.written for token in old[first:last] or new[new_first:new_last])
            return "undecided", f'"{words}" is {"not told as in" if gone else "told, and not in"} the question'
    return None

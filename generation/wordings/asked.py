"""Whether a question, in which no unknown has a name, asks for what is hidden, and for nothing else.

It does where it says the words that stand around the hidden condition, with what it counts, and neither another
condition nor the original question is told in these words as well.
"""

import re
from collections.abc import Iterable

from generation.wordings.checks import Finding
from generation.wordings.rewording import Rewording, counted
from generation.wordings.sentences import Span, asks, clause_before_asking, sentences
from generation.wordings.tokens import reordered, tokens
from generation.wordings.vocabulary import ASKING, CALENDAR, DIMENSIONS, INDEFINITE, RELATIONS, lemma, lemmas
from schemas.condition import Condition

_LONE_LETTER = re.compile(r"(?<![A-Za-z\\'’])[B-HJ-Zb-hj-z](?![A-Za-z'’])")
_CUT = re.compile(r"[,;:]|\b(?:and|but|then|while|which|plus|with)\b")
_RATES = lemmas(("each", "every", "per", "apiece"))
_ASKING = lemmas(ASKING)
_LIGHT = lemmas((*ASKING, *INDEFINITE))
_TELLING = lemmas((*RELATIONS, *CALENDAR, *(unit for units in DIMENSIONS for unit in units)))
_PRICE = lemmas(("cost", "price", "pay", "money", "dollar", "worth", "charge"))
_TIMES = lemmas(("times",))
_SHARE = lemmas(("fraction", "part", "portion", "share"))
_MOST_LEFT_OUT = 4
"""One word in so many may be left out of those that stand around the hidden condition."""


def asks_for_unknown(of: Rewording) -> Finding:
    """One question is asked, at the end, and it asks for what is hidden."""
    letters = set(_LONE_LETTER.findall(of.text)) - set(_LONE_LETTER.findall(of.problem.question))
    if letters or re.search(rf"(?<![A-Za-z]){re.escape(of.unknown)}(?![A-Za-z])", of.text):
        return "fail", f"the letter {min(letters, default=of.unknown)} stands in the question"
    questions = [span for span in sentences(of.text) if asks(of.text[slice(*span)])]
    if len(questions) != 1 or of.text.count("?") > 1:
        return "fail", f"{len(questions)} questions are asked"
    if not of.text.endswith(of.asked) or not of.asked.endswith("?"):
        return "fail", "the text does not end in a question"
    words = [_same(token.text) for token in tokens(of.asked, of.notation)]
    place = _telling(_texts(of, _place(of, of.hidden)))
    if _asks_again(of, set(words), place):
        return "fail", "the question asks for the original answer again"
    doubt = _other_kind(of, words) or _other_words(of, frozenset(words)) or _ambiguous(of, _telling(words))
    around = [word for word in _texts(of, _place(of, of.hidden)) if word in place]
    if not doubt and reordered(around, [word for word in words if word in place]):
        doubt = f'the words around "{of.hidden.text}" stand in another order'
    return ("undecided", doubt) if doubt else ("pass", f'the question asks for what "{of.hidden.text}" told')


def _asks_again(of: Rewording, words: set[str], place: frozenset[str]) -> bool:
    """Whether these words ask for the original answer; `place` are those that stand around the hidden condition."""
    original = set(_texts(of, (_asking_clause(of), of.asking_sentence[1]))) - _ASKING
    if not original or (original ^ words) & {*_SHARE, "percent"}:
        return False
    alike = len((words - _ASKING) & original) > 0.75 * len((words - _ASKING) | original)
    return original <= words or (alike and not place <= words)


def _other_kind(of: Rewording, words: Iterable[str]) -> str:
    """What is wrong with the kind of quantity that is asked for; else empty."""
    asked, unit, kind = set(words), of.hidden.unit, of.hidden.kind
    if kind == "multiple_word":
        return "" if "times" in of.asked.lower() else "the question does not ask how many times"
    if kind in ("fraction", "fraction_word"):
        measured = unit is not None and counted(of.asked, of.notation) == unit  # half an hour, and how many hours
        return "" if measured or asked & _SHARE else "the question does not ask for a fraction"
    if unit == "%":
        return "" if "percent" in asked else "the question does not ask for a percentage"
    if unit == "$":
        how_much = "how much" in of.asked.lower()
        return "" if how_much or asked & _PRICE else "the question does not ask for an amount of money"
    if unit is None:
        return f'what "{of.hidden.text}" counts is not known'
    asks_for = counted(of.asked, of.notation)
    if asks_for is None:
        return "" if lemma(unit) in asked else f"the question does not ask for {unit}"
    return "" if lemma(asks_for) == lemma(unit) else f"the question asks for {asks_for}, and {unit} are hidden"


def _other_words(of: Rewording, words: frozenset[str]) -> str:
    """The words around the hidden condition that the question lacks, or has beside them; else empty."""
    place = _place(of, of.hidden)
    around, unit = _telling(_texts(of, place)), {_same(lemma(of.hidden.unit or ""))}
    lost = around - words - unit
    subject = {word for word in _texts(of, (place[0], of.hidden.start)) if word.startswith("@")}
    person = of.person if of.person & words else frozenset[str]()
    if subject and not subject & (words | person):
        return f'the question does not say whom "{of.hidden.text}" is told of'
    lost -= person
    if len(lost) > max(1, len(around) // _MOST_LEFT_OUT) or lost & (_TELLING | of.names):
        return f'the question does not say {_quoted(of, lost)}, which stands around "{of.hidden.text}"'
    own = _PRICE if of.hidden.unit == "$" else _TIMES if of.hidden.kind == "multiple_word" else frozenset[str]()
    added = _telling(words) - set(_texts(of, of.sentence(of.hidden))) - unit - own - person
    if added:
        return f'{_quoted(of, added)} does not stand in the sentence of "{of.hidden.text}"'
    return ""


def _ambiguous(of: Rewording, words: frozenset[str]) -> str:
    """The condition for which the same words ask as well; else empty."""
    own = of.sentence(of.hidden)
    for other in of.conditions:
        if other.start == of.hidden.start or (other.unit and lemma(other.unit) != lemma(of.hidden.unit or "")):
            continue
        sentence = of.sentence(other)
        if sentence == own:
            first = min(each.start for each in of.conditions if own[0] <= each.start < own[1])
            around = [*_texts(of, (own[0], first)), *_texts(of, _place(of, other))]
        else:
            around = _texts(of, sentence)
        if words <= set(around):
            return f'the question may ask for "{other.text}"'
    return ""


def _place(of: Rewording, condition: Condition) -> Span:
    """The clause around a condition: its sentence, cut where it turns to another condition or to asking."""
    question = of.problem.question
    start, end = of.sentence(condition)
    before = [each.end for each in of.conditions if start <= each.start < condition.start]
    behind = [each.start for each in of.conditions if condition.end <= each.start < end]
    if before and (cut := _CUT.search(question, before[-1], condition.start)):
        start = cut.end()
    if behind and (cuts := list(_CUT.finditer(question, condition.end, behind[0]))):
        end = cuts[-1].start()
    if of.hidden_where_asked and start < _asking_clause(of):
        end = min(end, max(_asking_clause(of), condition.end))
    return start, end


def _asking_clause(of: Rewording) -> int:
    """Where the clause that asks begins: behind the comma of "If he buys 3 more, how many ...?"."""
    start, end = of.asking_sentence
    return start + len(clause_before_asking(of.problem.question[start:end]))


def _texts(of: Rewording, span: Span) -> list[str]:
    return [_same(token.text) for token in of.original(*span)]


def _same(word: str) -> str:
    """Each, every and per are the same rate."""
    return "per" if word in _RATES else word


def _telling(words: Iterable[str]) -> frozenset[str]:
    """The words that tell what is meant: no pronouns, and none that every question has."""
    return frozenset(word for word in words if word not in _LIGHT and not word.startswith(("@", "#")))


def _quoted(of: Rewording, words: Iterable[str]) -> str:
    """The words as they are written, in the order of the question."""
    found: dict[str, str] = {}
    for token in (*of.question, *tokens(of.asked, of.notation)):
        found.setdefault(_same(token.text), token.written)
    return ", ".join(f'"{written}"' for word, written in found.items() if word in words)

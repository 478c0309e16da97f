"""The verdict on two answers, how verdicts on parts combine, and who gives them on the parts that have none."""

from typing import Literal, NamedTuple, Protocol

from generation.verification.answer_form import Form, Relation

Outcome = Literal["equal", "unequal", "undecided"]


class Verdict(NamedTuple):
    """Equal, unequal or undecided, and why; `open` where algebra may tell more."""

    outcome: Outcome
    reason: str
    open: bool = False


class Judge(Protocol):
    """How the leaves of two forms compare."""

    def values(self, gold: str, answer: str) -> Verdict:
        """Two values, as canonical text."""

    def relations(self, gold: Relation, answer: Relation) -> Verdict:
        """Two relations that are not written alike."""

    def sets(self, gold: Form, answer: Form) -> Verdict:
        """Two sets of real numbers that are not written alike."""


def all_of(verdicts: list[Verdict]) -> Verdict:
    """Equal if all are; unequal if one is."""
    for outcome in ("unequal", "undecided"):
        found = [verdict for verdict in verdicts if verdict.outcome == outcome]
        if found:
            return max(found, key=lambda verdict: verdict.open)
    return verdicts[0] if len(verdicts) == 1 else Verdict("equal", "equal part by part")


def any_of(verdicts: list[Verdict]) -> Verdict:
    """Equal if one is; unequal if all are."""
    for outcome in ("equal", "undecided"):
        found = [verdict for verdict in verdicts if verdict.outcome == outcome]
        if found:
            return max(found, key=lambda verdict: verdict.open)
    return Verdict("unequal", "an item that the other side lacks")

"""The machine's doubt in plain words, for people who know none of its terms."""

from collections.abc import Sequence

from curation.review.markup import prose
from schemas.candidate import BackwardProblem
from schemas.check import Check, CheckName
from schemas.review import ErrorCategory

_DOUBTS: dict[CheckName, str] = {
    "formula_holds": "The original solution uses a number that is nowhere explained",
    "agreement": "Two ways of working it out gave different equations",
    "two_sided": "It could not be shown that the equation holds both ways",
    "unique_root": "Another number may fit as well",
    "depends_on_condition": "The answer may not depend on the hidden number",
    "provenance": "It is not certain that the letter stands for the hidden number in every place, and nowhere else",
    "steps_hold": "A step of the solution is not proved",
    "no_leak": "The question may give the hidden number away",
    "states_result": "The question may not state the original answer",
    "conditions_kept": "The question may have lost or changed another number",
    "asks_for_unknown": "The question may not ask for the hidden number",
    "solver_votes": "A model that solved the question found another answer",
    "judge": "A model found the question badly put",
    "backprm": "A model that scores questions scored this one low",
}

_CATEGORIES: dict[CheckName, ErrorCategory] = {
    "formula_holds": "wrong_equation",
    "agreement": "wrong_equation",
    "two_sided": "wrong_answer",
    "unique_root": "ambiguous",
    "depends_on_condition": "irrelevant_condition",
    "provenance": "wrong_equation",
    "steps_hold": "wrong_step",
    "no_leak": "leak",
    "states_result": "ill_posed",
    "conditions_kept": "ill_posed",
    "asks_for_unknown": "ill_posed",
    "judge": "unnatural",
}


def doubtful(candidate: BackwardProblem, reasons: tuple[str, ...]) -> list[Check]:
    """The checks that a decision's reasons name, in their order, as they came out."""
    checks = {check.name: check for check in candidate.checks}
    named = [reason.partition(":")[0] for reason in reasons]
    return [checks[name] for name in dict.fromkeys(named) if name in checks]


def in_words(checks: Sequence[Check]) -> str:
    """What these checks, which did not pass, mean, each with its own reason, as Markdown."""
    return "\n".join(f"- **{prose(_DOUBTS[check.name])}:** {prose(check.reason)}" for check in checks)


def category(checks: Sequence[Check]) -> ErrorCategory | None:
    """The kind of error that the first of these checks would have found."""
    return next((_CATEGORIES[check.name] for check in checks if check.name in _CATEGORIES), None)

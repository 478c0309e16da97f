"""Review: one reviewer's answer to one candidate; ReviewItem: what was asked."""

from datetime import datetime
from typing import Literal

from schemas.identity import content_id
from schemas.model import Model

ReviewStage = Literal["review", "adjudication"]
"""Where a candidate is asked about: by reviewers, or by the adjudicators of reviewers who disagree."""

ItemKind = Literal[
    "doubt",  # decided `review`: the answers decide it
    "audit",  # accepted by the policy: the answers measure what it accepts, and decide it where they say otherwise
    "gold",  # its right answer is known: the answers measure the reviewers, and decide nothing
    "disagreement",  # reviewers differ, or their correction does not hold: an adjudicator decides it
]

ReviewVerdict = Literal[
    "accept",  # right as it is
    "correct",  # right with the corrections given
    "reject",  # wrong, and not to be mended
    "unsure",  # the reviewer cannot tell
]

ErrorCategory = Literal[
    "wrong_equation",  # the equation is not what the question says
    "wrong_answer",  # the hidden value is not the answer
    "wrong_step",  # a step of the solution is wrong
    "ambiguous",  # another value fits as well
    "ill_posed",  # something is missing or contradicts itself: no value can be found
    "leak",  # the answer is given away
    "irrelevant_condition",  # the original answer does not depend on the hidden condition
    "unnatural",  # hard to understand, or bad English
    "other",
]

ReviewEvent = Literal["submitted", "edited", "withdrawn"]


class ReviewItem(Model):
    """One candidate put before reviewers or adjudicators.

    `blind` items show no doubt and carry no suggestion: every audit and gold item is blind, and as many doubtful ones
    are as keep the others from being told by it. `probability` is P(correct) when it was chosen, None where there was
    no model; `suggested_verdict` and `suggested_category` are what the record suggests; the `gold_` ones are the known
    answer of a gold item.
    """

    candidate_id: str
    stage: ReviewStage
    kind: ItemKind
    blind: bool
    probability: float | None
    suggested_verdict: ReviewVerdict | None
    suggested_category: ErrorCategory | None
    gold_verdict: ReviewVerdict | None
    gold_category: ErrorCategory | None


class Review(Model):
    """One event of one reviewer's answer to one candidate.

    `response_id` is Argilla's id of the answer; a later event of the same id replaces what an earlier one says, and
    `withdrawn` takes it back (then the rest is empty). `wrong_steps` are indices, from 0, of steps of the solution that
    the reviewer marked; `raw` is the answer as Argilla gave it, as JSON; `unusable` says why the answer cannot count,
    and is empty where it can; `answered_at` is UTC, by the server's clock.
    """

    response_id: str
    candidate_id: str
    stage: ReviewStage
    reviewer: str
    event: ReviewEvent
    verdict: ReviewVerdict | None
    category: ErrorCategory | None
    corrected_question: str | None
    corrected_answer: str | None
    wrong_steps: tuple[int, ...]
    comment: str | None
    raw: str
    unusable: str
    answered_at: datetime

    @property
    def id(self) -> str:
        """Content id over the answer, what happened to it, what it says and when: the same event is one row."""
        return content_id("review", self.response_id, self.event, self.raw, self.answered_at.isoformat())

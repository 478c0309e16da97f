"""Failures: where a model is wrong, where another does better or worse, and how wrong answers go wrong."""

from typing import Literal

from schemas.evaluation import Estimate, GradedOutcome, QuestionKind
from schemas.model import Model

Axis = Literal[
    "steps",
    "operations",
    "largest_number",
    "condition_kind",
    "condition_position",
    "topic",
    "level",
    "answer_type",
]
"""What questions are sliced by: each a field of Facts."""

ErrorKind = Literal[
    "no_answer",
    "undecided",
    "copied_original",
    "arithmetic",
    "irrelevant_condition",
    "wrong_relation",
    "no_calculation",
]
"""How an answer that is not right goes wrong, in the order in which it is asked: the first that holds is taken.

`no_answer`: none can be read. `undecided`: equality is neither proved nor refuted, so it may be right. The others are
proved wrong. `copied_original`: a backward question is answered with the original answer. `arithmetic`: a calculation
of the solution is false, or its equations contradict each other. `irrelevant_condition`: what it calculates is true,
but of none of the question's numbers, of a number that nothing explains, or of one that the reference does not need.
`wrong_relation`: all that it calculates is true, and the answer is not. `no_calculation`: it writes none to be read.
"""


class Slice(Model):
    """The accuracy of greedy answers to the questions of a set that are alike in one respect."""

    set: str
    kind: QuestionKind
    axis: Axis
    name: str
    problems: int
    accuracy: Estimate


class Effect(Model):
    """What this run does to a slice, against another run on the same questions: `difference` is this minus the other.

    `beyond` is the difference in the slice minus the one in the rest of its set, None where there is no rest. The
    p value is two-sided: McNemar's exact test, or a permutation test where a problem has several questions;
    `adjusted_p_value` is Holm's over all slices of the analysis, and `verdict` follows it at 5%.
    """

    set: str
    kind: QuestionKind
    axis: Axis
    name: str
    other: str
    problems: int
    this_value: float
    other_value: float
    difference: Estimate
    beyond: Estimate | None
    only_this: int
    only_other: int
    test: Literal["mcnemar", "permutation"]
    p_value: float
    adjusted_p_value: float
    verdict: Literal["helps", "hurts", "not_told"]


class ErrorShare(Model):
    """How many greedy answers of a run go wrong in one way; `share` is of all questions of the set and kind."""

    run: str
    set: str
    kind: QuestionKind
    error: ErrorKind
    answers: int
    share: Estimate


class Reply(Model):
    """What a run said to a question; `error` is None where it is right, and `why` says what the rule saw."""

    run: str
    completion: str
    answer: str | None
    outcome: GradedOutcome
    error: ErrorKind | None
    why: str


class SideBySide(Model):
    """A question and what each run said to it, this one first. `chosen` says of what it is an example."""

    chosen: str
    set: str
    row_id: str
    kind: QuestionKind
    question: str
    gold: str
    replies: tuple[Reply, ...]


class FailureAnalysis(Model):
    """`failures.json` of a run of the stage `evaluate`; of greedy answers only.

    `others` are the runs that it was held against. Slices of fewer than `least_problems` problems are counted in
    `small_slices` and are not tested.
    """

    run: str
    others: tuple[str, ...]
    least_problems: int
    small_slices: int
    slices: tuple[Slice, ...]
    effects: tuple[Effect, ...]
    errors: tuple[ErrorShare, ...]
    examples: tuple[SideBySide, ...]
    seed: int

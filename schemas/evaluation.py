"""Evaluation: what a run of the stage `evaluate` asked a model, what it answered, and what that comes to."""

from typing import Literal

from pydantic import Field

from schemas.model import Model

QuestionKind = Literal["forward", "backward"]
GradedOutcome = Literal["equal", "unequal", "undecided"]
AnswerType = Literal["integer", "decimal", "fraction", "percent", "choice", "expression"]
Aggregation = Literal["min", "product", "last", "mean"]
Selection = Literal["majority", "min", "product", "last", "mean", "oracle"]
"""How one of k samples is chosen; `oracle` is right where any of them is: pass@k."""


class Facts(Model):
    """What is known of a question that slices need; None where the set does not tell.

    `steps` are the lines of the reference solution and `operations` the signs `+ - * /` between numbers in it;
    `largest_number` is that of the question, by size. `condition_kind` is of the hidden condition (`digits`, `money`,
    ...), `condition_position` where in the original question it begins, 0 at the start and 1 at the end.
    """

    steps: int | None = None
    operations: int | None = None
    largest_number: float | None = None
    condition_kind: str | None = None
    condition_position: float | None = None
    topic: str | None = None
    level: str | None = None
    answer_type: AnswerType | None = None


class Question(Model):
    """A question of an evaluation set, with its gold answer.

    `row_id` names it within the set; `problem_id` the forward problem, so that a forward question and the backward ones
    made of it share it, across sets too. `original_question` and `original_answer` are those of the forward problem
    where the question is backward and the set tells them. `reference` is the set's own solution. `choices` are the
    options where the gold answer is the letter of one.
    """

    set: str
    row_id: str
    problem_id: str
    kind: QuestionKind
    question: str
    gold: str
    original_question: str | None = None
    original_answer: str | None = None
    reference: str = ""
    choices: tuple[str, ...] = ()
    facts: Facts = Facts()


class Answered(Question):
    """A line of `answers.jsonl`: one question, one sample, what the model said and what it is worth.

    `sample` 0 is the greedy one. `answer` is what was read off the completion, None where there is none to read; then
    the outcome is `undecided`, as wherever equality is neither proved nor refuted. Only `equal` is right. `leaked`: the
    answer is proved to be the original one; None where the set does not tell that, or it is not proved to be another
    than the gold answer. `finished` is false where the completion was cut off. `tokens` and `seconds` are those of the
    completion (a batch's seconds are shared evenly); `confidence` is the mean probability of the tokens of a greedy
    completion, None where it is not known.
    """

    sample: int
    completion: str
    finished: bool
    tokens: int
    seconds: float
    confidence: float | None = None
    answer: str | None
    outcome: GradedOutcome
    reason: str
    leaked: bool | None = None


class Estimate(Model):
    """A share or mean with its 95% interval, and how many questions it is over.

    The interval is the percentile bootstrap's over problems: all questions made of one problem are drawn together.
    """

    value: float
    low: float
    high: float
    n: int


class Scored(Model):
    """A line of `scores.jsonl`: P(correct) of each step of an answer, or of a marked solution, by a reward model.

    `model` is its path. Of a backward answer the first score is that of the question. None: not scored, since the row
    is longer than the model reads.
    """

    set: str
    row_id: str
    sample: int
    model: str
    scores: tuple[float | None, ...]


class CalibrationBin(Model):
    """The questions whose confidence is in `[low, high)`: how many, their mean confidence, the share that is right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


class Calibration(Model):
    """Expected calibration error and its bins. `by` is what confidence is: samples that agree, or token probability."""

    by: Literal["agreement", "token_probability"]
    error: Estimate
    bins: tuple[CalibrationBin, ...]


class Selected(Model):
    """Accuracy where one of k samples is chosen so; `model` is the PRM's path, None where none was used."""

    by: Selection
    model: str | None = None
    accuracy: Estimate


class SetResult(Model):
    """What the answers to one kind of question in a set come to.

    `accuracy` is of greedy answers: the share that is `equal`, of all that were asked. `undecided` and `no_answer` are
    shares of all too; no answer is among undecided. `mean_of_samples` is the mean accuracy of the k samples,
    `selected` that of one chosen of them. `leaked` is the share of backward questions that were answered with the
    original answer, of those where that is another than the gold answer. `both` is the share of backward questions
    whose forward question was answered right as well, of those whose forward question was asked in this evaluation;
    both answers greedy.
    """

    set: str
    kind: QuestionKind
    questions: int
    problems: int
    samples: int
    accuracy: Estimate
    undecided: Estimate
    no_answer: Estimate
    cut_off: Estimate
    mean_tokens: float
    mean_of_samples: Estimate | None = None
    selected: tuple[Selected, ...] = ()
    leaked: Estimate | None = None
    both: Estimate | None = None
    calibration: Calibration | None = None


class FirstErrors(Model):
    """ProcessBench (Zheng et al. 2024): how well a PRM finds the first wrong step.

    `erroneous` is the share of wrong solutions whose first wrong step is found, `correct` that of right ones in which
    none is found, `f1` their harmonic mean. A step is wrong where its score is below `threshold`.
    """

    set: str
    model: str
    threshold: float
    erroneous: Estimate
    correct: Estimate
    f1: Estimate


class EvaluatedSet(Model):
    """A set as it was read: where from, the SHA-256 of the file, its rows, those that were asked, those refused.

    `decontaminated` says whether the model's release was held against the set: `checked` where it is among its
    evaluation sets, `unchecked` where it is not, None where the model is no run of this workspace.
    """

    name: str
    source: str
    sha256: str | None
    rows: int
    asked: int
    refused: dict[str, int] = Field(default_factory=dict)
    decontaminated: Literal["checked", "unchecked"] | None = None


class Comparison(Model):
    """One measure of two models on the same questions: `difference` is this one's minus the other's.

    `only_this` and `only_other` are how many questions only one of them has right. `p_value` is two-sided: McNemar's
    exact test where every problem has one question and one answer, else a permutation test that swaps the two models
    within whole problems. `adjusted_p_value` is Holm's over all comparisons of the evaluation.
    """

    set: str
    kind: QuestionKind
    measure: Literal["accuracy", "mean_of_samples", "leaked", "both"]
    other: str
    this_value: float
    other_value: float
    difference: Estimate
    only_this: int
    only_other: int
    test: Literal["mcnemar", "permutation"]
    p_value: float
    adjusted_p_value: float


class Evaluation(Model):
    """`evaluation.json` of a run. `settings` are what answers depend on; `release` is what the model was trained on."""

    run: str
    model: str
    base_url: str | None = None
    release: str | None = None
    sets: tuple[EvaluatedSet, ...]
    results: tuple[SetResult, ...]
    first_errors: tuple[FirstErrors, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    settings: dict[str, str | int | float]
    seed: int

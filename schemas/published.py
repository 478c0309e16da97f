"""The rows of a published release, one type a config; their fields are the columns, in order.

Plain tuples: a release makes millions of them, of what was validated before, and its Arrow schemas hold their types.
"""

from typing import Literal, NamedTuple, TypedDict

from schemas.candidate import WordingKind
from schemas.decision import DecidedBy, Verdict
from schemas.formula import FormulaKind
from schemas.step import Step

Split = Literal["train", "validation", "test"]
Config = Literal["forward", "backward", "sft", "prm", "backprm", "rl"]

LabelSource = Literal[
    "sympy",  # proved exactly, or proved wrong
    "corruption",  # made wrong on purpose, and proved to be
    "rollout",  # how often a model that goes on from the step gets to the answer (Math-Shepherd)
    "human",  # a reviewer marked it
]

TaskKind = Literal[
    "forward",  # the problem, to be solved
    "backward",  # the backward question, to be solved
    "pose",  # the problem, of which the backward question is to be made
]


class ForwardRow(NamedTuple):
    """A problem of which at least one backward problem is in the release."""

    problem_id: str
    question: str
    solution: str
    answer: str
    source: str
    licence: str


class BackwardRow(NamedTuple):
    """An accepted backward problem: the columns of the view `candidate_overview`, and the steps of its solution."""

    candidate_id: str
    problem_id: str
    source: str
    split: str
    original_question: str
    original_answer: str
    condition_start: int
    condition_end: int
    condition_text: str
    condition_value: str
    formula: FormulaKind
    equation: str
    wording: WordingKind
    backward_question: str
    backward_answer: str
    backward_solution: str
    decision: Verdict
    reasons: tuple[str, ...]
    decided_by: DecidedBy
    steps: tuple[Step, ...]


class Message(TypedDict):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class SftRow(NamedTuple):
    """A conversation to learn from: system, user, assistant."""

    messages: tuple[Message, ...]
    kind: TaskKind
    problem_id: str


class ProcessRow(NamedTuple):
    """A solution with a label for each step: 1 right, 0 wrong, None not known.

    `prompt` is the question. In `backprm` the first of `completions` is the backward question itself, labelled by its
    quality, and `prompt` the problem that it was made of. After the first wrong step labels are None: what follows an
    error is neither right nor wrong by itself. `scores` are soft labels between 0 and 1 where there are some.
    """

    prompt: str
    completions: tuple[str, ...]
    labels: tuple[Literal[0, 1] | None, ...]
    label_source: LabelSource
    problem_id: str
    scores: tuple[float | None, ...] = ()


class RlRow(NamedTuple):
    """A question to be answered, with the answer that an exact check compares with."""

    prompt: tuple[Message, ...]
    kind: TaskKind
    answer: str
    problem_id: str

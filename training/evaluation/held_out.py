"""The held-out split of a release: its forward problems, and the backward problems made of them."""

from collections.abc import Iterable
from typing import Any, cast, get_args

from generation.sources.records import notation
from schemas.evaluation import EvaluatedSet, Question
from schemas.published import Config, Split
from training.errors import ConfigMissingError, EvaluationError
from training.evaluation.facts import hidden_condition, read_facts
from training.evaluation.question_set import QuestionSet
from training.release import Release


def held_out(name: str, split: str, release: Release) -> QuestionSet:
    """The questions of a split as the set `name`. Raises EvaluationError where there is no such split, or it is empty.

    The split is that of the problems, so that each backward question stands with its forward one.
    """
    if split not in get_args(Split):
        raise EvaluationError(f"{split!r} is no split of a release; there are {', '.join(get_args(Split))}")
    side = cast(Split, split)
    forward = [_forward(name, row) for row in _rows(release, "forward", side)]
    backward = [_backward(name, row) for row in _rows(release, "backward", side)]
    questions = {each.row_id: each for each in (*forward, *backward)}
    if not questions:
        raise EvaluationError(f"release {release.version} has no problems in its split {split}; nothing was asked")
    about = EvaluatedSet(
        name=name,
        source=f"release {release.version}",
        sha256=release.manifest_sha256,
        rows=len(questions),
        asked=len(questions),
    )
    return QuestionSet(about, tuple(questions.values()))


def _rows(release: Release, config: Config, split: Split) -> Iterable[dict[str, Any]]:
    try:
        return cast(Iterable[dict[str, Any]], release.rows(config, split))
    except ConfigMissingError:
        return []  # a split may have forward problems only


def _forward(name: str, row: dict[str, Any]) -> Question:
    return Question(
        set=name,
        row_id=row["problem_id"],
        problem_id=row["problem_id"],
        kind="forward",
        question=row["question"],
        gold=row["answer"],
        reference=row["solution"],
        facts=read_facts(
            row["question"], row["answer"], row["solution"], notation(row["solution"]), topic=row["source"]
        ),
    )


def _backward(name: str, row: dict[str, Any]) -> Question:
    original = row["original_question"]
    facts = read_facts(
        row["backward_question"],
        row["backward_answer"],
        row["backward_solution"],
        "text",
        topic=row["source"],
        hidden=hidden_condition(original, int(row["condition_start"])),
    )
    return Question(
        set=name,
        row_id=row["candidate_id"],
        problem_id=row["problem_id"],
        kind="backward",
        question=row["backward_question"],
        gold=row["backward_answer"],
        original_question=original,
        original_answer=row["original_answer"],
        reference=row["backward_solution"],
        facts=facts,
    )

"""Conversations to learn from: solving forward, solving backward, and posing the backward question.

These are the three directions of RevThink (Chen et al., arXiv 2411.19865): question to answer, question to backward
question, backward question to its answer. The wording of the instructions is ours.
"""

import re
from collections.abc import Iterator

from schemas.candidate import BackwardProblem
from schemas.problem import Problem
from schemas.published import Message, RlRow, SftRow, TaskKind

SYSTEM: dict[TaskKind, str] = {
    "forward": "Solve the problem step by step, one step a line. End with the line: The answer is ...",
    "backward": "The problem tells its result and asks for the unknown. Reason backward from the result, step by step, "
    "one step a line. End with the line: The answer is ...",
    "pose": "A problem is given with its answer and one of its quantities. Write the backward question: the quantity "
    "becomes unknown, the answer is told, and the unknown is asked for.",
}

_ANNOTATION = re.compile(r"<<[^<>]*>>")
_FINAL_ANSWER = re.compile(r"\s*####.*\Z", re.S)


def forward_steps(problem: Problem) -> list[str]:
    """The lines of the source's solution as a person writes them, without annotations and without the final answer."""
    text = _ANNOTATION.sub("", _FINAL_ANSWER.sub("", problem.solution))
    return [line for line in map(str.strip, text.splitlines()) if line]


def sft_of_problem(problem: Problem) -> Iterator[SftRow]:
    """The forward conversation of a problem that has a solution."""
    steps = forward_steps(problem)
    if steps:
        yield _conversation("forward", problem.question, _solution(steps, problem.answer), problem.id)


def sft_of_candidate(problem: Problem, candidate: BackwardProblem) -> Iterator[SftRow]:
    """The backward conversation of an accepted candidate, and the one that poses it."""
    steps = [step.text for step in candidate.solution]
    yield _conversation("backward", candidate.question, _solution(steps, candidate.answer), problem.id)
    asked = f"Problem: {problem.question}\nAnswer: {problem.answer}\nQuantity: {_in_place(problem, candidate)}"
    yield _conversation("pose", asked, candidate.question, problem.id)


def rl_of_problem(problem: Problem) -> RlRow:
    """The forward question, to be answered."""
    return _task("forward", problem.question, problem.answer, problem.id)


def rl_of_candidate(problem: Problem, candidate: BackwardProblem) -> RlRow:
    """The backward question, to be answered."""
    return _task("backward", candidate.question, candidate.answer, problem.id)


def _conversation(kind: TaskKind, asked: str, said: str, problem_id: str) -> SftRow:
    messages = (
        Message(role="system", content=SYSTEM[kind]),
        Message(role="user", content=asked),
        Message(role="assistant", content=said),
    )
    return SftRow(messages=messages, kind=kind, problem_id=problem_id)


def _task(kind: TaskKind, asked: str, answer: str, problem_id: str) -> RlRow:
    prompt = (Message(role="system", content=SYSTEM[kind]), Message(role="user", content=asked))
    return RlRow(prompt=prompt, kind=kind, answer=answer, problem_id=problem_id)


def _solution(steps: list[str], answer: str) -> str:
    return "\n".join((*steps, f"The answer is {answer}."))


def _in_place(problem: Problem, candidate: BackwardProblem) -> str:
    """The hidden quantity with the words around it, so that which of two equal ones is meant can be told."""
    start, end = candidate.condition.start, candidate.condition.end
    before, behind = problem.question[:start].split(" ")[-4:], problem.question[end:].split(" ")[:4]
    return f'{candidate.condition.text}, in "{" ".join(before)}{candidate.condition.text}{" ".join(behind)}"'

"""Examples: questions with what each run said to them, chosen by a rule, so that nobody picked them."""

from collections.abc import Mapping, Sequence

from schemas.evaluation import Answered, QuestionKind
from schemas.failures import Reply, SideBySide
from schemas.identity import content_id
from training.failures.error_kinds import KINDS, Error, error

EACH = 2
"""Examples of one kind: those with the lowest hash of set and row id."""

Row = tuple[str, str]
Greedy = Mapping[Row, Answered]


def side_by_side(run: str, this: Sequence[Answered], others: Mapping[str, Sequence[Answered]]) -> list[SideBySide]:
    """With another run: where only this one is right, only the other, and neither; alone: of each kind of error."""
    if not others:
        return _of_errors(run, _greedy(this))
    return [each for name, rows in others.items() for each in _of_pair(run, _greedy(this), name, _greedy(rows))]


def _of_pair(run: str, this: Greedy, name: str, other: Greedy) -> list[SideBySide]:
    shared = [key for key in _ordered(this) if key in other]
    found = []
    for kind in _kinds(this):
        for chosen, ours, theirs in (
            (f"only {run} is right", True, False),
            (f"only {name} is right", False, True),
            ("neither is right", False, False),
        ):
            keys = [
                key
                for key in shared
                if this[key].kind == kind and (_right(this[key]), _right(other[key])) == (ours, theirs)
            ]
            found += [_example(chosen, {run: this[key], name: other[key]}) for key in keys[:EACH]]
    return found


def _of_errors(run: str, this: Greedy) -> list[SideBySide]:
    found: dict[tuple[QuestionKind, str], list[SideBySide]] = {}
    for key in _ordered(this):
        row = this[key]
        wrong = error(row)
        if wrong and len(of := found.setdefault((row.kind, wrong.kind), [])) < EACH:
            of.append(_example(wrong.kind.replace("_", " "), {run: row}))
    return [each for kind in _kinds(this) for wrong_kind in KINDS for each in found.get((kind, wrong_kind), [])]


def _example(chosen: str, rows: Mapping[str, Answered]) -> SideBySide:
    asked = next(iter(rows.values()))
    return SideBySide(
        chosen=chosen,
        set=asked.set,
        row_id=asked.row_id,
        kind=asked.kind,
        question=asked.question,
        gold=asked.gold,
        replies=tuple(_reply(run, row) for run, row in rows.items()),
    )


def _reply(run: str, row: Answered) -> Reply:
    found: Error | None = error(row)
    return Reply(
        run=run,
        completion=row.completion,
        answer=row.answer,
        outcome=row.outcome,
        error=found.kind if found else None,
        why=found.why if found else "",
    )


def _greedy(rows: Sequence[Answered]) -> dict[Row, Answered]:
    return {(row.set, row.row_id): row for row in rows if not row.sample}


def _ordered(rows: Greedy) -> list[Row]:
    return sorted(rows, key=lambda row: content_id("example", *row))


def _kinds(rows: Greedy) -> list[QuestionKind]:
    return list(dict.fromkeys(row.kind for row in rows.values()))


def _right(row: Answered) -> bool:
    return row.outcome == "equal"

"""General solving: the real roots of relations that are no rational functions, or of high degree."""

from typing import Literal

from generation import worker
from generation.verification.expression import Expression, ExpressionError, plain
from schemas.model import Model

SECONDS = 5.0
"""Wall-clock limit of one search."""


class RootSet(Model):
    """All real roots as exact text in ascending order (`1/3`, `sqrt(2)`, `CRootOf(x**5 - x - 1, 0)`), or why not."""

    outcome: Literal["solved", "undecided"]
    roots: tuple[str, ...]
    reason: str


def real_roots(expression: Expression, unknown: str, target: Expression) -> RootSet:
    """Every real root of expression = target, each proved by substitution; never raises, never takes much over SECONDS.

    Covers rational operations, roots, absolute values, and exponentials to one base. `undecided` where the roots may be
    infinitely many, where no method here finds all of them, and at the limits of the worker.
    """
    try:
        text, wanted = plain(expression), plain(target)
    except ExpressionError as error:
        return RootSet(outcome="undecided", roots=(), reason=str(error))
    found = worker.run("generation.verification.root_search:search", text, unknown, wanted, seconds=SECONDS)
    if isinstance(found, worker.Stopped):
        return RootSet(outcome="undecided", roots=(), reason=found.reason)
    roots, doubt = found.value
    if doubt:
        return RootSet(outcome="undecided", roots=(), reason=doubt)
    return RootSet(outcome="solved", roots=tuple(roots), reason=f"{len(roots)} real roots, and no others")

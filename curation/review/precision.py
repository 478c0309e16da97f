"""Precision: how many of what the policy accepts are right, as audits show."""

from collections.abc import Iterable

from curation.review.interval import wilson
from schemas.model import Model


class Precision(Model):
    """Of the `audited` candidates of a source and kind of formula, so many are `right`.

    Wilson's interval of the share, at 95%, is from `low` to `high`; where nothing is audited, there is no share, and
    the interval says nothing.
    """

    source: str
    formula: str
    audited: int
    right: int
    share: float | None
    low: float
    high: float


def precision(source: str, formula: str, audited: int, right: int) -> Precision:
    """The precision that so many audits show."""
    low, high = wilson(right, audited)
    share = right / audited if audited else None
    return Precision(source=source, formula=formula, audited=audited, right=right, share=share, low=low, high=high)


def in_all(groups: Iterable[Precision]) -> Precision:
    """That of all groups together: audits are drawn by lot from all that is accepted, so each has its weight."""
    groups = list(groups)
    return precision("all", "all", sum(one.audited for one in groups), sum(one.right for one in groups))

"""Agreement: how far reviewers give the same answers, beyond what chance would bring about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, get_args

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from curation.review.answers import ANSWERS
from curation.review.interval import Interval
from schemas.model import Model
from schemas.review import ErrorCategory, ReviewVerdict

Question = Literal["verdict", "category"]
Period = Literal["day", "week"]
Numbers = NDArray[np.float64]

FEWEST_CANDIDATES = 20
"""With fewer candidates that several reviewers answered, no number is given: its interval would say nothing."""

_RESAMPLES = 2000
_SEED = 1
_LONGEST_BY_DAY = timedelta(days=14)
_UNDEFINED_AT_MOST = 0.05

_VALUES: dict[Question, tuple[str, ...]] = {"verdict": get_args(ReviewVerdict), "category": get_args(ErrorCategory)}


class Agreement(Model):
    """Agreement of the answers in one group.

    `candidates` have two answers or more, `pairs` are the pairs of answers to one of them. `agreeing` is the share of
    the pairs that are equal; `alpha` is Krippendorff's: 1 is complete agreement, 0 what chance would bring about. The
    intervals are from resampled candidates. What could not be had is None, and `note` says why.
    """

    group: str
    candidates: int
    pairs: int
    agreeing: float | None = None
    agreeing_interval: Interval | None = None
    alpha: float | None = None
    alpha_interval: Interval | None = None
    note: str = ""


class QuestionAgreement(Model):
    """Agreement on one question: in all, by source, by kind of formula, of each reviewer with the others, over time."""

    question: Question
    overall: Agreement
    sources: tuple[Agreement, ...]
    formulas: tuple[Agreement, ...]
    reviewers: tuple[Agreement, ...]
    period: Period
    periods: tuple[Agreement, ...]


def agreement(connection: DuckDBPyConnection, question: Question) -> QuestionAgreement:
    """How far reviewers agree on the question; adjudicators, who see what reviewers said, are left out.

    `unsure` is a verdict like the others. An answer without a category is left out of the agreement on categories.
    """
    answers = _read(connection, question)
    period: Period = "day" if answers.span <= _LONGEST_BY_DAY else "week"
    sums = unit_sums(answers.counts)
    return QuestionAgreement(
        question=question,
        overall=measure("all", sums),
        sources=_by(answers.sources, sums),
        formulas=_by(answers.formulas, sums),
        reviewers=tuple(_by_reviewer(answers)),
        period=period,
        periods=_by([_begin(day, period) for day in answers.days], sums),
    )


def unit_sums(counts: Numbers) -> Numbers:
    """What each candidate adds to the sums that agreement is made of, from how often each value was given to it.

    `counts` has a row for each candidate, with two answers or more. The columns are: pairs of equal answers, weighed as
    alpha wants it (each twice, over the answers less one), equal pairs, pairs, and then the counts as they are.
    """
    answers = counts.sum(axis=1)
    equal = (counts * (counts - 1)).sum(axis=1) / 2
    return np.column_stack([2 * equal / (answers - 1), equal, answers * (answers - 1) / 2, counts])


def pair_sums(own: Numbers, others: Numbers) -> Numbers:
    """The same for pairs of one reviewer's answer (`own`, one-hot) and each other one's: each pair is a unit of two."""
    equal = (own * others).sum(axis=1)
    pairs = others.sum(axis=1)
    return np.column_stack([2 * equal, equal, pairs, own * pairs[:, None] + others])


def alpha_of(sums: Numbers) -> Numbers:
    """Krippendorff's alpha for nominal data, of each row of summed units; NaN where all the answers are the same.

    1 - observed / expected disagreement, from the coincidences of values within units (Krippendorff, Computing
    Krippendorff's Alpha-Reliability, 2011, section C). The sums can be weighed, so all resamples are one product of
    matrices; the library `krippendorff` gives the same value, for one sample at a time.
    """
    coincident, counts = sums[..., 0], sums[..., 3:]
    total = counts.sum(axis=-1)
    observed = 1 - coincident / total
    expected = 1 - (counts * (counts - 1)).sum(axis=-1) / (total * (total - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha: Numbers = np.where(expected > 0, 1 - observed / expected, np.nan)
    return alpha


def measure(group: str, sums: Numbers) -> Agreement:
    """The agreement of a group from what its candidates add.

    Intervals are percentiles of 2,000 bootstrap resamples of the candidates, which keep the answers to one together.
    Candidates answered alike are alike to it, so how often each kind of candidate is drawn is all that is drawn.
    """
    candidates, pairs = len(sums), int(sums[:, 2].sum())
    if candidates < FEWEST_CANDIDATES:
        note = f"too few: {candidates} with two answers, {FEWEST_CANDIDATES} are needed"
        return Agreement(group=group, candidates=candidates, pairs=pairs, note=note)
    kinds, frequency = np.unique(sums, axis=0, return_counts=True)
    total = frequency @ kinds
    drawn = np.random.default_rng(_SEED).multinomial(candidates, frequency / candidates, size=_RESAMPLES) @ kinds
    alpha = float(alpha_of(total))
    defined = not np.isnan(alpha)
    note = "" if defined else "all answers are the same, which leaves alpha without meaning"
    return Agreement(
        group=group,
        candidates=candidates,
        pairs=pairs,
        agreeing=float(total[1] / total[2]),
        agreeing_interval=_percentiles(drawn[:, 1] / drawn[:, 2]),
        alpha=alpha if defined else None,
        alpha_interval=_percentiles(alpha_of(drawn)) if defined else None,
        note=note,
    )


def _percentiles(resampled: Numbers) -> Interval | None:
    """The middle 95%; None where the resamples do not differ, or too many of them have no value."""
    if np.isnan(resampled).mean() > _UNDEFINED_AT_MOST:
        return None
    low, high = np.nanpercentile(resampled, (2.5, 97.5))
    return (float(low), float(high)) if low < high else None


@dataclass(frozen=True)
class _Answers:
    """The answers to one question on candidates that have two or more; `unit` is the place of an answer's candidate."""

    unit: NDArray[np.int64]
    reviewer: Sequence[str]
    value: NDArray[np.int64]
    counts: Numbers
    sources: Sequence[str]
    formulas: Sequence[str]
    days: Sequence[date]

    @property
    def span(self) -> timedelta:
        return max(self.days) - min(self.days) if self.days else timedelta()


def _read(connection: DuckDBPyConnection, question: Question) -> _Answers:
    values = _VALUES[question]
    found: list[tuple[Any, ...]] = connection.execute(f"""
        SELECT candidate_id, reviewer, {question}, source, formula,
            max(answered_at) OVER (PARTITION BY candidate_id)::DATE
        FROM ({ANSWERS}) WHERE stage = 'review' AND {question} IS NOT NULL
        QUALIFY count(*) OVER (PARTITION BY candidate_id) > 1
        ORDER BY candidate_id, reviewer
    """).fetchall()
    units: dict[str, tuple[str, str, date]] = {row[0]: row[3:] for row in found}
    places = {key: place for place, key in enumerate(units)}
    unit = np.array([places[row[0]] for row in found], dtype=np.int64)
    value = np.array([values.index(row[2]) for row in found], dtype=np.int64)
    counts = np.zeros((len(units), len(values)))
    np.add.at(counts, (unit, value), 1)
    return _Answers(
        unit=unit,
        reviewer=[row[1] for row in found],
        value=value,
        counts=counts,
        sources=[source for source, _, _ in units.values()],
        formulas=[formula for _, formula, _ in units.values()],
        days=[day for _, _, day in units.values()],
    )


def _by(groups: Sequence[str], sums: Numbers) -> tuple[Agreement, ...]:
    """The agreement of each group, `groups` naming that of each candidate."""
    names = np.array(groups, dtype=object)
    return tuple(measure(name, sums[names == name]) for name in sorted(set(groups)))


def _by_reviewer(answers: _Answers) -> Iterator[Agreement]:
    """The agreement of each reviewer with the others, on the candidates that the reviewer answered."""
    names = np.array(answers.reviewer, dtype=object)
    for name in sorted(set(answers.reviewer)):
        mine = names == name
        unit, value = answers.unit[mine], answers.value[mine]
        own = np.eye(answers.counts.shape[1])[value]
        yield measure(name, pair_sums(own, answers.counts[unit] - own))


def _begin(day: date, period: Period) -> str:
    """The period that a day lies in, by its first day."""
    return str(day if period == "day" else day - timedelta(days=day.weekday()))

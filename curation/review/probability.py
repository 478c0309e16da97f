"""Probability: how likely a candidate is right, learnt from what people said of others whose checks came out alike."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from curation.review.answers import LABELS
from curation.review.calibration import Calibration, calibration
from curation.review.features import KINDS, SIZES, features
from schemas.model import Model

if TYPE_CHECKING:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.compose import ColumnTransformer

Numbers = NDArray[np.float64]

FEWEST_LABELS = 100
FEWEST_PROBLEMS = 20
"""A model takes so many labels, and right candidates of so many problems, and wrong ones of as many."""

_ENOUGH_FOR_ISOTONIC = 1000
"""With fewer labels an isotonic curve follows chance (scikit-learn's guide, Probability calibration)."""

_FOLDS = 5

_RARE = 10
"""Kinds that fewer labelled candidates have count as one, and so does what none of them has."""


class Estimates(Model):
    """P(correct) by candidate.

    `calibrated` says that a model learnt it from `labels` candidates of which people, or a gold answer, say whether
    they are right; `held_out` is how good it is on problems that it has not seen. Otherwise it is a guess from the
    checks alone, and `note` says what a model lacks.
    """

    probability: dict[str, float]
    calibrated: bool
    labels: int
    held_out: Calibration | None
    note: str


def estimate(connection: DuckDBPyConnection, candidate_ids: Iterable[str]) -> Estimates:
    """P(correct) of those of the candidates that the store has; the same store gives the same numbers.

    The model is a logistic regression on the features, calibrated on folds that it was not fitted on: by Platt's
    sigmoid, by an isotonic curve where labels are many. Folds keep a problem's candidates together: otherwise a twin
    tells the model what it is asked, and it seems better than it is.
    """
    labels: dict[str, bool] = dict(connection.execute(LABELS).fetchall())
    wanted = list(dict.fromkeys(candidate_ids))
    known = features(connection, [*labels, *wanted])
    wanted = [key for key in wanted if key in known.place]
    labelled = sorted(key for key in labels if key in known.place)
    right = np.array([labels[key] for key in labelled], dtype=bool)
    problems = known.problems_of(labelled)
    if note := _lacking(right, problems):
        priors = {key: known.priors[key] for key in wanted}
        return Estimates(probability=priors, calibrated=False, labels=len(labelled), held_out=None, note=note)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # so small a model is slower on several threads, and they may add in another order
        columns = _columns(known.of(labelled))
        seen = columns.transform(known.of(labelled))
        model = _fitted(seen, right, problems)
        predicted = _predicted(model, columns.transform(known.of(wanted)), len(labelled)) if wanted else np.empty(0)
        held_out = calibration(right, _held_out(seen, right, problems), problems)
    return Estimates(
        probability=dict(zip(wanted, predicted.tolist(), strict=True)),
        calibrated=True,
        labels=len(labelled),
        held_out=held_out,
        note="",
    )


def _lacking(right: NDArray[np.bool_], problems: NDArray[Any]) -> str:
    """What is missing for a model; empty where nothing is."""
    if len(right) < FEWEST_LABELS:
        return f"a model takes {FEWEST_LABELS} candidates whose verdict is known, there are {len(right)}"
    for wanted, name in ((True, "right"), (False, "wrong")):
        found = len(set(problems[right == wanted]))
        if found < FEWEST_PROBLEMS:
            return f"a model takes {name} candidates of {FEWEST_PROBLEMS} problems, there are those of {found}"
    return ""


def _columns(table: NDArray[Any]) -> "ColumnTransformer":
    """What makes numbers of features; it sees no label, so it may see those that are held out."""
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    kinds = OneHotEncoder(min_frequency=_RARE, handle_unknown="infrequent_if_exist", sparse_output=False)
    sizes = slice(len(KINDS), len(KINDS) + len(SIZES))
    return make_column_transformer((kinds, slice(0, len(KINDS))), (StandardScaler(), sizes)).fit(table)


def _fitted(seen: Numbers, right: NDArray[np.bool_], problems: NDArray[Any]) -> "CalibratedClassifierCV":
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.linear_model import LogisticRegression

    return CalibratedClassifierCV(
        LogisticRegression(max_iter=1000),
        method="isotonic" if len(right) >= _ENOUGH_FOR_ISOTONIC else "sigmoid",
        cv=list(_folds(problems)),
        ensemble=False,
    ).fit(seen, right)


def _predicted(model: "CalibratedClassifierCV", seen: Numbers, labels: int) -> Numbers:
    """P(correct) of each row; no nearer to 0 and 1 than so many labels can tell (Laplace's rule of succession)."""
    nearest = 1 / (labels + 2)
    predicted: Numbers = np.clip(model.predict_proba(seen)[:, 1], nearest, 1 - nearest)
    return predicted


def _held_out(seen: Numbers, right: NDArray[np.bool_], problems: NDArray[Any]) -> Numbers:
    """P(correct) of each labelled candidate by a model that was not told of its problem."""
    predicted = np.zeros(len(right))
    for told, untold in _folds(problems):
        model = _fitted(seen[told], right[told], problems[told])
        predicted[untold] = _predicted(model, seen[untold], len(told))
    return predicted


def _folds(problems: NDArray[Any]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    from sklearn.model_selection import GroupKFold

    yield from GroupKFold(_FOLDS).split(problems, groups=problems)

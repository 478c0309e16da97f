"""Quality of review: all that is measured of reviewers."""

from curation.review.agreement import QuestionAgreement, agreement
from curation.review.answers import Unusable, unusable
from curation.review.gold import Accuracy, accuracy
from curation.review.pace import Pace, pace
from curation.review.suggestions import Following, following
from curation.store import Store
from schemas.model import Model


class Quality(Model):
    """How reviewers agree, how often they are right, what they make of suggestions, and how fast they are."""

    verdicts: QuestionAgreement
    categories: QuestionAgreement
    gold: tuple[Accuracy, ...]
    suggestions: tuple[Following, ...]
    pace: tuple[Pace, ...]
    unusable: tuple[Unusable, ...]


def quality(store: Store) -> Quality:
    """The quality of the reviews in the store; raises StoreMissingError where there is no store yet."""
    with store.connect(read_only=True) as connection:
        return Quality(
            verdicts=agreement(connection, "verdict"),
            categories=agreement(connection, "category"),
            gold=accuracy(connection),
            suggestions=following(connection),
            pace=pace(connection),
            unusable=unusable(connection),
        )

"""What the tests of the server share."""

from tests.curation.review.server.answered import answered

__all__ = ["answered"]

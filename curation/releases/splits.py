"""Splits: on which side of a release a problem stands, for good.

The side is read off a hash of the question's skeleton and of nothing else. So a problem never changes sides, however
many others come and go between two versions; its structural twins (the same problem with other names and numbers) are
on its side, and so is all that was made of it.
"""

from hashlib import sha256

from schemas.published import Split

TEST_PERCENT = 5
VALIDATION_PERCENT = 5


def split_of(skeleton: str) -> Split:
    """The side of the questions with this skeleton: 90% train, 5% validation, 5% test."""
    digest = sha256(skeleton.encode("utf-8", "surrogatepass")).digest()
    percent = int.from_bytes(digest[:8]) * 100 >> 64
    if percent < TEST_PERCENT:
        return "test"
    return "validation" if percent < TEST_PERCENT + VALIDATION_PERCENT else "train"

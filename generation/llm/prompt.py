"""Prompts: one file each in the folder `prompts`, read as plain text, named with a version in every fingerprint."""

import hashlib
from functools import cache
from pathlib import Path

from schemas.call import Purpose
from schemas.model import Model

FOLDER = Path(__file__).with_name("prompts")


class Prompt(Model):
    """The instructions of one purpose; `version` is the purpose with a hash of the text: `formalize+3f2a9c01`."""

    version: str
    text: str


@cache
def prompt(purpose: Purpose) -> Prompt:
    """The prompt of a purpose, from `prompts/PURPOSE.md`: the system message, word for word."""
    text = (FOLDER / f"{purpose}.md").read_text(encoding="utf-8").strip()
    return written(purpose, text)


def written(purpose: Purpose, text: str) -> Prompt:
    """A prompt of this text."""
    return Prompt(version=f"{purpose}+{hashlib.sha256(text.encode()).hexdigest()[:8]}", text=text)

"""Request: what is asked of a model, apart from how and where it is sent."""

import json
from functools import cached_property
from typing import Any

from generation.llm.prompt import Prompt, prompt, written
from schemas.call import Purpose
from schemas.identity import content_id
from schemas.model import Model


class Request(Model):
    """One question to a model: the prompt of its purpose, or `instructions`, as the system message, `question` as the
    user's.

    `answer_schema` is a flat JSON schema that the answer is bound to where the server can do that, and is asked to keep
    to where it cannot; None takes any text. Sample 0 is the greedy answer; the others are drawn at `temperature`, with
    their number as seed.
    """

    purpose: Purpose
    question: str
    answer_schema: dict[str, Any] | None
    instructions: str | None = None
    sample: int = 0
    temperature: float = 0.8
    max_tokens: int = 1024

    @cached_property
    def effective_temperature(self) -> float:
        """0 for the greedy sample."""
        return self.temperature if self.sample else 0.0

    @cached_property
    def system(self) -> Prompt:
        """The system message, with its version."""
        return prompt(self.purpose) if self.instructions is None else written(self.purpose, self.instructions)

    def key(self, model: str) -> str:
        """Names the request to one model: equal requests have equal keys, whatever their limit of tokens."""
        return content_id(
            "call",
            model,
            self.system.text,
            self.question,
            json.dumps(self.answer_schema, sort_keys=True),
            str(self.effective_temperature),
            str(self.sample),
        )

"""Dialect: which of a request's parameters a server takes, and the body that is sent to it."""

import json
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from generation.llm.reply import Refusal
from generation.llm.request import Request
from schemas.call import Purpose

_json = json.JSONEncoder(ensure_ascii=False).encode  # an encoder for each call takes longer than what it does
_SEEDS_APART = 7_919  # between the seed of a sample and that of asking for it again

# What no server can take in a text: halves of surrogate pairs, and NUL, at which some end the text.
_UNSENDABLE = re.compile("[\ud800-\udfff\0]")


@dataclass(frozen=True)
class Dialect:
    """What is sent beside model and messages. Every server is taken to know all of it until it says otherwise.

    `form` binds the answer: to a schema, to some JSON object, or to nothing; without `json_schema` the schema stands
    in the system message as text. `limit` is the name of the parameter for the most tokens.
    """

    form: Literal["json_schema", "json_object", "none"] = "json_schema"
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: bool = True
    seed: bool = True

    def without(self, refusal: Refusal) -> "Dialect | None":
        """The dialect without the parameter that a server's refusal names; None where it names none that is sent."""
        named = refusal.param or refusal.message
        if self.form != "none" and ("response_format" in named or "json_schema" in named):
            return replace(self, form="json_object" if self.form == "json_schema" else "none")
        if self.limit == "max_tokens" and "max_tokens" in named:
            return replace(self, limit="max_completion_tokens")
        if self.temperature and "temperature" in named:
            return replace(self, temperature=False)
        if self.seed and re.search(r"\bseed\b", named):
            return replace(self, seed=False)
        return None

    def least(self, other: "Dialect") -> "Dialect":
        """What both dialects have in common."""
        if self == other:
            return self
        forms = ("json_schema", "json_object", "none")
        return Dialect(
            form=max(self.form, other.form, key=forms.index),
            limit="max_completion_tokens" if "max_completion_tokens" in (self.limit, other.limit) else "max_tokens",
            temperature=self.temperature and other.temperature,
            seed=self.seed and other.seed,
        )

    def in_words(self, tried: int) -> bool:
        """Whether the schema is in the text: some servers take one and bind nothing to it, so who asks again tells."""
        return self.form != "json_schema" or tried > 0

    def body(self, request: Request, model: str, tried: int) -> bytes:
        """The JSON body of a request that had `tried` answers of no use before."""
        if request.answer_schema is None:
            system, response_format = _json(request.system.text), ""
        else:
            schema = _json(request.answer_schema)
            system, response_format = _bound(
                request.purpose, request.system.text, self.form, schema, self.in_words(tried)
            )
        parts = [
            f'{{"model":{_json(model)},"messages":[{{"role":"system","content":{system}}},'
            f'{{"role":"user","content":{_json(sendable(request.question))}}}],'
            f'"{self.limit}":{request.max_tokens}'
        ]
        if self.temperature:
            parts.append(f',"temperature":{request.effective_temperature}')
        if self.seed:
            parts.append(f',"seed":{request.sample + _SEEDS_APART * tried}')
        parts.append(f"{response_format}}}")
        return "".join(parts).encode()


@lru_cache(maxsize=64)
def _bound(purpose: Purpose, text: str, form: str, schema: str, in_words: bool) -> tuple[str, str]:
    """The system message in JSON, and the parameter that binds the answer, written once for each schema."""
    if in_words:
        text += f"\n\nAnswer with one JSON object only. It keeps to this JSON schema:\n{schema}"
    bound = {
        "json_schema": f'{{"type":"json_schema","json_schema":{{"name":"{purpose}","strict":true,"schema":{schema}}}}}',
        "json_object": '{"type":"json_object"}',
        "none": "",
    }[form]
    return _json(text), f',"response_format":{bound}' if bound else ""


def sendable(text: str) -> str:
    """The text as it can be sent: what is no character is U+FFFD, and surrogates that belong together are one."""
    if _UNSENDABLE.search(text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
    return text

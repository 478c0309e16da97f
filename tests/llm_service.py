"""What the chat completions server of `tests.llm_server` says, which faults it has, and what it counts."""

import argparse
import hashlib
import json
import time
from collections import Counter, defaultdict, deque
from pathlib import Path
from typing import Any

FAULTS = {
    "rate_limit": "429 with Retry-After",
    "rate_limit_bare": "429 without Retry-After",
    "server_error": "500",
    "overloaded": "529",
    "drop": "the connection breaks, for every other request amid the reply",
    "stall": "no reply for --stall seconds",
    "malformed": "200 with a body that is no JSON, or no chat completion",
    "truncated": "half of the answer, with finish_reason length",
    "empty": "an answer without text",
    "prose": "the answer amid prose, for every other request in a fence",
}
LOG_LENGTH = 100_000
CHARS_PER_TOKEN = 4


class Bucket:
    """A token bucket: `rate` requests a second, and a quarter of a second's worth at once."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.most = max(1.0, rate / 4)
        self.level = self.most
        self.at = time.monotonic()

    def take(self) -> bool:
        """Whether one more request is within the rate; without a rate each is."""
        if not self.rate:
            return True
        now = time.monotonic()
        self.level = min(self.most, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


class Answers:
    """What the server says: the table's text for the whole user message, else the first rule's, else a fixed text.

    A table's line is `{"question": ..., "text": ...}`, a rule's `{"contains": ..., "text": ...}`, and a rule may also
    name words of the system message, `"system": ...`. A list of texts is gone through by the request's seed.
    """

    def __init__(self, text: str, rules: Path | None, table: Path | None) -> None:
        self.text = text
        self.rules = _lines(rules) if rules else []
        self.table = {row["question"]: row["text"] for row in _lines(table)} if table else {}

    def to(self, messages: list[dict[str, Any]], seed: int) -> str:
        """The text for a request's messages."""
        question = messages[-1]["content"]
        found = self.table.get(question)
        if found is None:
            system = messages[0]["content"] if len(messages) > 1 else ""
            rules = (r for r in self.rules if r["contains"] in question and r.get("system", "") in system)
            found = next((rule["text"] for rule in rules), self.text)
        return str(found[seed % len(found)] if isinstance(found, list) else found)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


class Service:
    """The state that all connections share: options, answers, and what was counted."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.answers = Answers(options.text, options.rules, options.answers)
        self.bucket = Bucket(options.limit)
        self.bodies: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.asked: Counter[str] = Counter()
        self.in_flight = 0
        self.in_flight_max = 0
        self.first_at: float | None = None
        self.last_at: float | None = None
        self.per_second: Counter[int] = Counter()
        self.usage: Counter[str] = Counter()
        self.log: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)

    def change(self, settings: dict[str, Any]) -> None:
        """Change options while the server runs; a new limit starts with a full bucket."""
        for name, value in settings.items():
            setattr(self.options, name, value)
        self.answers.text = self.options.text
        if "limit" in settings:
            self.bucket = Bucket(self.options.limit)

    def stats(self) -> dict[str, Any]:
        """What was counted: `bodies` says of each thing that was asked which outcomes it had, and how often.

        `good` is the whole answer with status 200; `abandoned` a request whose client went away before the reply.
        `seconds` runs from the first request to the last reply; `per_second` counts the good ones, `usage` the tokens
        of every answer.
        """
        outcomes: Counter[str] = sum(self.bodies.values(), Counter())
        return {
            "total": sum(self.asked.values()),
            "outcomes": outcomes,
            "good_again": sum(max(0, body["good"] - 1) for body in self.bodies.values()),
            "in_flight": self.in_flight,
            "in_flight_max": self.in_flight_max,
            "seconds": (self.last_at or 0.0) - (self.first_at or 0.0),
            "usage": self.usage,
            "per_second": [self.per_second[second] for second in range(max(self.per_second, default=-1) + 1)],
            "bodies": self.bodies,
        }

    def begin(self, digest: str) -> int:
        """Count a request; says how often the same was asked before."""
        now = time.monotonic()
        self.first_at = self.first_at or now
        self.in_flight += 1
        self.in_flight_max = max(self.in_flight_max, self.in_flight)
        self.asked[digest] += 1
        return self.asked[digest] - 1

    def end(self, digest: str, outcome: str, body: dict[str, Any], begun_at: float) -> None:
        """Count what became of a request, and put it in the log."""
        now = self.last_at = time.monotonic()
        assert self.first_at is not None
        self.in_flight -= 1
        self.bodies[digest][outcome] += 1
        if outcome == "good":
            self.per_second[int(now - self.first_at)] += 1
        entry = {"at": begun_at - self.first_at, "seconds": now - begun_at, "outcome": outcome, "digest": digest}
        self.log.append(entry | {"request": body})

    def fault(self, digest: str, before: int) -> str:
        """The fault that a request meets, or `good`."""
        drawn = int.from_bytes(hashlib.sha256(f"{self.options.seed}:{digest}:{before}".encode()).digest()[:8]) / 2**64
        for name, share in self.options.fault.items():
            if (drawn := drawn - share) < 0:
                return str(name)
        return "good"

    def refusal(self, body: dict[str, Any], authorization: str) -> tuple[int, str, dict[str, Any]] | None:
        """Status, outcome and error where the request itself is wrong: its key, its model, or a parameter."""
        options = self.options
        if options.key and authorization != f"Bearer {options.key}":
            return 401, "wrong_key", {"message": "Incorrect API key provided.", "code": "invalid_api_key"}
        model = body.get("model")
        if options.model and model not in options.model:
            message = f"The model `{model}` does not exist or you do not have access to it."
            return 404, "unknown_model", {"message": message, "code": "model_not_found", "param": None}
        for name in options.reject:
            wanted = body.get("response_format") or {}
            if name in body or (name == "json_schema" and wanted.get("type") == "json_schema"):
                message = f"Unsupported parameter: '{name}' is not supported with this model."
                return 400, "rejected", {"message": message, "code": "unsupported_parameter", "param": name}
        if options.reject_content and options.reject_content in body["messages"][-1]["content"]:
            return 400, "rejected", {"message": "The prompt was rejected.", "code": "content_filter", "param": None}
        return None

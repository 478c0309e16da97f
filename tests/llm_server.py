"""A chat completions server that answers, fails and limits as it is told: a real HTTP server in a process of its own.

python -m tests.llm_server --latency 0.2 --fault server_error=0.1 --fault drop=0.05 --answers table.jsonl

The first line that it prints is its base URL. Which fault a request meets depends on the seed, on what it asks, and on
how often that was asked before, and not on the order in which requests come. Beside `/v1/chat/completions` and
`/v1/models` there are `GET /stats`, `GET /log`, `POST /settings` (a JSON object of options to change, such as
`{"limit": 0}`), and `POST /reset`, after which all is as at the start. Tests start one with
`tests.llm_process.serve`.
"""

import argparse
import asyncio
import hashlib
import json
import os
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

from tests.llm_service import CHARS_PER_TOKEN, FAULTS, Service


class Server:
    """The service that new connections get."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.reset()

    def reset(self) -> Service:
        """Begin anew, with the options as they were at the start."""
        self.service = Service(argparse.Namespace(**vars(self.options)))
        return self.service


class Connection(asyncio.Protocol):
    """One client's connection, HTTP/1.1 with keep-alive, one request at a time."""

    def __init__(self, server: "Server") -> None:
        self.server = server
        self.service = server.service
        self.buffer = bytearray()
        self.timer: asyncio.TimerHandle | None = None
        self.current: tuple[str, dict[str, Any], float] | None = None  # digest, body and start of what is answered

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.timer is not None:
            self.timer.cancel()
        if self.current is not None:
            self._end("abandoned")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.current is None:
            self._next()

    def _next(self) -> None:
        """Answer the next request in the buffer, if it is there as a whole."""
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        first, *lines = self.buffer[:head_end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if len(self.buffer) < head_end + 4 + length:
            return
        content = bytes(self.buffer[head_end + 4 : head_end + 4 + length])
        del self.buffer[: head_end + 4 + length]
        method, path, _ = first.split(" ", 2)
        match method, path.partition("?")[0]:
            case "POST", "/v1/chat/completions":
                self._chat(content, headers.get("authorization", ""))
            case "GET", "/v1/models" if not self.service.options.no_models:
                self._models(headers.get("authorization", ""))
            case "GET", "/stats":
                self._reply(200, self.service.stats())
            case "GET", "/log":
                self._reply(200, list(self.service.log))
            case "POST", "/reset":
                self.service = self.server.reset()
                self._reply(200, {})
            case "POST", "/settings":
                self.service.change(json.loads(content))
                self._reply(200, {})
            case _:
                self._reply(404, {"error": {"message": f"No such address: {path}"}})

    def _models(self, authorization: str) -> None:
        if self.service.options.key and authorization != f"Bearer {self.service.options.key}":
            self._reply(401, {"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}})
            return
        names = self.service.options.model or ["mock"]
        self._reply(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in names]})

    def _chat(self, content: bytes, authorization: str) -> None:
        service, options = self.service, self.service.options
        try:
            body = json.loads(content.decode("utf-8"))
        except ValueError as wrong:
            self._reply(400, {"error": {"message": f"The body is no JSON: {wrong}", "code": "invalid_json"}})
            return
        named = {k: v for k, v in body.items() if k not in ("max_tokens", "max_completion_tokens", "response_format")}
        digest = hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:16]
        before = service.begin(digest)
        self.current = digest, body, time.monotonic()
        refusal = service.refusal(body, authorization)
        if refusal is not None:
            status, outcome, error = refusal
            self._finish(outcome, status, {"error": error})
            return
        if not service.bucket.take():
            self._rate_limited("limited", options.retry_after)
            return
        fault = service.fault(digest, before)
        wait = options.stall if fault == "stall" else options.latency
        if wait and fault not in ("rate_limit", "rate_limit_bare"):
            self.timer = asyncio.get_running_loop().call_later(wait, self._answer, fault, before)
        else:
            self._answer(fault, before)

    def _answer(self, fault: str, before: int) -> None:
        assert self.current is not None
        digest, body, _ = self.current
        odd = (int(digest, 16) + before) % 2 == 1
        match fault:
            case "rate_limit":
                self._rate_limited(fault, self.service.options.retry_after)
            case "rate_limit_bare":
                self._rate_limited(fault, 0)
            case "server_error":
                self._finish(fault, 500, {"error": {"message": "The server had an error."}})
            case "overloaded":
                self._finish(fault, 529, {"error": {"message": "Overloaded."}})
            case "drop":
                self._end(fault)
                if odd:
                    self.transport.write(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"choices": [{"mess')
                    self.transport.close()
                else:
                    self.transport.abort()
            case "malformed":
                self._finish(fault, 200, {"choices": []} if odd else '{"choices": [{"message": {"content": "{\\"a')
            case _:
                self._complete(fault, body, odd)

    def _complete(self, fault: str, body: dict[str, Any], odd: bool) -> None:
        text = self.service.answers.to(body["messages"], body.get("seed") or 0)
        finish = "stop"
        limit = (body.get("max_tokens") or body.get("max_completion_tokens") or 1 << 30) * CHARS_PER_TOKEN
        if fault == "truncated" or len(text) > limit:
            text, finish = text[: min(limit, max(1, len(text) // 2))], "length"
            fault = "truncated"
        elif fault == "empty":
            text = ""
        elif fault == "prose":
            fenced = f"Sure! Here it is:\n```json\n{text}\n```\nHope that helps."
            text = fenced if odd else f"Let me see. {text} That is it."
        asked = sum(len(message["content"]) for message in body["messages"])
        usage = {"prompt_tokens": asked // CHARS_PER_TOKEN + 1, "completion_tokens": len(text) // CHARS_PER_TOKEN + 1}
        self.service.usage.update(usage)
        usage["total_tokens"] = sum(usage.values())
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
        reply = {"id": "chatcmpl-0", "object": "chat.completion", "created": 0, "model": body.get("model")}
        outcome = "good" if fault == "stall" else fault
        self._finish(outcome, 200, reply | {"choices": [choice], "usage": usage})

    def _rate_limited(self, outcome: str, retry_after: float) -> None:
        error = {"error": {"message": "Rate limit reached.", "code": "rate_limit_exceeded"}}
        header = ""
        if retry_after:
            match self.service.options.retry_after_as:
                case "seconds":
                    header = f"Retry-After: {retry_after:g}\r\n"
                case "ms":
                    header = f"retry-after-ms: {retry_after * 1000:.0f}\r\n"
                case "date":
                    header = f"Retry-After: {formatdate(time.time() + retry_after, usegmt=True)}\r\n"
        self._finish(outcome, 429, error, header)

    def _finish(self, outcome: str, status: int, reply: object, header: str = "") -> None:
        self._end(outcome)
        self._reply(status, reply, header)

    def _end(self, outcome: str) -> None:
        assert self.current is not None
        digest, body, begun_at = self.current
        self.current = self.timer = None
        self.service.end(digest, outcome, body, begun_at)

    def _reply(self, status: int, reply: object, header: str = "") -> None:
        content = (reply if isinstance(reply, str) else json.dumps(reply)).encode()
        head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n{header}Content-Length: {len(content)}"
        self.transport.write(f"{head}\r\n\r\n".encode() + content)
        if self.buffer:
            self._next()


def _share(text: str) -> tuple[str, float]:
    name, _, share = text.partition("=")
    if name not in FAULTS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(FAULTS)}")
    return name, float(share or 1)


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = options.add_argument
    add("--port", type=int, default=0, help="0 for any that is free")
    add("--latency", type=float, default=0.0, help="seconds before each answer")
    add("--text", default='{"answer": "42"}', help="the answer where nothing else says one")
    add("--rules", type=Path, help='JSONL of {"contains": ..., "text": ...}, the first that is in the user message')
    add("--answers", type=Path, help='JSONL of {"question": ..., "text": ...}, by the whole user message')
    add("--fault", type=_share, action="append", default=[], metavar="NAME=SHARE", help=f"one of {', '.join(FAULTS)}")
    add("--seed", type=int, default=0, help="draws which requests meet a fault")
    add("--stall", type=float, default=3600.0, help="seconds that a stalled answer takes")
    add("--retry-after", type=float, default=1.0, help="seconds that a 429 asks to wait; 0 to say nothing")
    add("--retry-after-as", choices=("seconds", "ms", "date"), default="seconds")
    add("--limit", type=float, default=0.0, help="requests a second, 429 above it; 0 for none")
    add("--key", default="", help="the key that is required; none by default")
    add("--model", action="append", default=[], help="a model that is known; any by default")
    add("--no-models", action="store_true", help="be a gateway without /v1/models")
    add("--reject", action="append", default=[], metavar="PARAMETER", help="400 for response_format, seed, ...")
    add("--reject-content", default="", help="400 for a user message with these words")
    add("--core", type=int, help="the processor core to stay on")
    add("--with-parent", action="store_true", help="end when the process that started it does")
    return options


async def main() -> None:
    """Serve until killed."""
    options = parser().parse_args()
    options.fault = dict(options.fault)
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    server, parent = Server(options), os.getppid()
    listening = await asyncio.get_running_loop().create_server(
        lambda: Connection(server), "127.0.0.1", options.port, backlog=4096
    )
    print(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1", flush=True)
    while not options.with_parent or os.getppid() == parent:
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(main())

"""A Hub of datasets over HTTP, as far as publishing needs it: what huggingface_hub's client asks for, and no more.

It keeps blobs by their SHA-256 and, of each dataset, the files of every commit and its tags. `faults` are kinds of
requests that fail from now on, each given with the status of its answer, or 0 for a connection that is cut, and how
often.
"""

import base64
import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_may_write"
READER = "hf_may_read"


@dataclass
class Dataset:
    """Its commits, each with a message and the content of every file, and what its tags name."""

    commits: list[tuple[str, dict[str, bytes]]] = field(default_factory=lambda: [("initial commit", {})])
    tags: dict[str, int] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, bytes]:
        return self.commits[-1][1]


@dataclass
class Hub:
    """What it keeps, what it was asked, and how it is to fail."""

    address: str = ""
    datasets: dict[str, Dataset] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    faults: dict[str, tuple[int, int]] = field(default_factory=dict)
    on_upload: Callable[[], None] = lambda: None

    def fault(self, kind: str) -> int | None:
        """The status that this request fails with, None where it does not."""
        self.asked[kind] += 1
        status, left = self.faults.get(kind, (0, 0))
        if not left:
            return None
        self.faults[kind] = (status, left - 1)
        return status


@contextmanager
def serving() -> Iterator[Hub]:
    """Serve an empty one on a free port of this machine."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        hub.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield hub
        finally:
            server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: tests look at `asked`."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def _serve(self) -> None:
        self.content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        path = self.path.partition("?")[0]
        found = ((kind, re.fullmatch(pattern, path)) for kind, method, pattern in _ROUTES if method == self.command)
        kind, match = next(((kind, match) for kind, match in found if match), ("", None))
        if match is None:
            return self._answer(404, {"error": f"no {self.command} {path}"})
        status = self.hub.fault(kind)
        if status == 0:
            self.close_connection = True
            return None
        if status is not None:
            return self._answer(status, {"error": "out of order"})
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if kind != "upload" and token not in (TOKEN, READER):
            return self._answer(401, {"error": "Invalid username or password."})
        if kind != "upload" and self.command != "GET" and token == READER:
            return self._answer(403, {"error": "You don't have the rights to do this"})
        return getattr(self, f"_{kind}")(*match.groups())  # type: ignore[no-any-return]

    def _create(self) -> None:
        asked = json.loads(self.content)
        name = f"{asked['organization']}/{asked['name']}"
        url = f"{self.hub.address}/datasets/{name}"
        there = name in self.hub.datasets
        self.hub.datasets.setdefault(name, Dataset())
        self._answer(409 if there else 200, {"url": url, "name": name, "id": name})

    def _tree(self, name: str) -> None:
        found = []
        for path, content in self.hub.datasets[name].files.items():
            entry: dict[str, Any] = {"type": "file", "path": path, "size": len(content), "oid": _git_hash(content)}
            if _is_large(path):
                digest = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 134}
            found.append(entry)
        self._answer(200, found)

    def _card(self) -> None:
        self._answer(200, {"errors": [], "warnings": []})

    def _preupload(self, name: str) -> None:
        files = [each["path"] for each in json.loads(self.content)["files"]]
        modes = {True: "lfs", False: "regular"}
        answer = [{"path": path, "uploadMode": modes[_is_large(path)], "shouldIgnore": False} for path in files]
        self._answer(200, {"files": answer})

    def _batch(self, name: str) -> None:
        objects = json.loads(self.content)["objects"]
        for each in objects:
            if each["oid"] not in self.hub.blobs:
                each["actions"] = {"upload": {"href": f"{self.hub.address}/blobs/{each['oid']}"}}
        self._answer(200, {"transfer": "basic", "objects": objects})

    def _upload(self, digest: str) -> None:
        if hashlib.sha256(self.content).hexdigest() != digest:
            return self._answer(400, {"error": "another SHA-256"})
        self.hub.blobs[digest] = self.content
        self.hub.on_upload()
        return self._answer(200, {})

    def _commit(self, name: str) -> None:
        head, *operations = map(json.loads, self.content.splitlines())
        files = dict(self.hub.datasets[name].files)
        for operation in operations:
            value = operation["value"]
            match operation["key"]:
                case "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    files[value["path"]] = self.hub.blobs[value["oid"]]
                case "deletedFile":
                    del files[value["path"]]
        self.hub.datasets[name].commits.append((head["value"]["summary"], files))
        self._answer(200, {"commitUrl": f"{self.hub.address}/datasets/{name}/commit/1", "commitOid": "1" * 40})

    def _tag(self, name: str) -> None:
        tag = json.loads(self.content)["tag"]
        dataset = self.hub.datasets[name]
        there = tag in dataset.tags
        dataset.tags.setdefault(tag, len(dataset.commits) - 1)
        self._answer(409 if there else 200, {})

    def _answer(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status >= 400:
            self.send_header("X-Error-Message", str(body.get("error", "")))
        self.end_headers()
        self.wfile.write(content)


_NAME = r"([\w.-]+/[\w.-]+)"
_ROUTES = (
    ("create", "POST", "/api/repos/create"),
    ("tree", "GET", f"/api/datasets/{_NAME}/tree/main"),
    ("card", "POST", "/api/validate-yaml"),
    ("preupload", "POST", f"/api/datasets/{_NAME}/preupload/main"),
    ("batch", "POST", f"/datasets/{_NAME}.git/info/lfs/objects/batch"),
    ("upload", "PUT", r"/blobs/(\w{64})"),
    ("commit", "POST", f"/api/datasets/{_NAME}/commit/main"),
    ("tag", "POST", f"/api/datasets/{_NAME}/tag/main"),
)


def _is_large(path: str) -> bool:
    """As the Hub's .gitattributes of datasets has it."""
    return path.endswith(".parquet")


def _git_hash(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content)).hexdigest()

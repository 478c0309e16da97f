"""S3 over HTTP: moto's server, in front of which requests can fail and be refused."""

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from moto.s3.models import s3_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response
from werkzeug.wsgi import get_input_stream

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass
class Bucket:
    """A bucket, how often each path of it was written, and how requests are to fail: each n-th one, or all of them."""

    name: str
    address: str = ""
    written: Counter[str] = field(default_factory=Counter)
    fail_every: int = 0
    failed: int = 0
    refuses: bool = False
    on_write: Callable[[], None] = lambda: None
    _asked: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """What a client has to know."""
        return {**KEYS, "AWS_ENDPOINT_URL": self.address}

    def files(self, prefix: str) -> dict[str, bytes]:
        """What is in it below a prefix."""
        found = self._client().list_objects_v2(Bucket=self.name, Prefix=prefix).get("Contents", ())
        keys = [each["Key"] for each in found]
        return {key.removeprefix(prefix): self._read(key) for key in keys}

    def names(self) -> list[str]:
        """The buckets that there are."""
        return [each["Name"] for each in self._client().list_buckets()["Buckets"]]

    def _read(self, key: str) -> bytes:
        content: bytes = self._client().get_object(Bucket=self.name, Key=key)["Body"].read()
        return content

    def _client(self) -> Any:
        self.fail_every, self.refuses = 0, False
        return boto3.client(
            "s3",
            endpoint_url=self.address,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            region_name=KEYS["AWS_DEFAULT_REGION"],
            config=Config(s3={"addressing_style": "path"}),
        )


@contextmanager
def serving(name: str) -> Iterator[Bucket]:
    """Serve an empty bucket on a free port of this machine."""
    bucket = Bucket(name)
    s3 = DomainDispatcherApplication(create_backend_app)
    lock = threading.Lock()

    def application(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        content = get_input_stream(environ).read()  # what is left unread would be taken for the next request
        environ["wsgi.input"] = io.BytesIO(content)
        with lock:
            bucket._asked += 1
            fails = bucket.fail_every and bucket._asked % bucket.fail_every == 0
            bucket.failed += bool(fails)
        if bucket.refuses:
            return Response(_ERROR.format("AccessDenied", "Access Denied"), 403, mimetype="text/xml")(environ, start)
        if fails:
            return Response(_ERROR.format("SlowDown", "Slow down"), 503, mimetype="text/xml")(environ, start)
        answer = list(s3(environ, start))
        if environ["REQUEST_METHOD"] == "PUT":
            bucket.written[environ["PATH_INFO"].removeprefix(f"/{name}/")] += 1
            bucket.on_write()
        return answer

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Silent)
    bucket.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        s3_backends.reset()  # one for the whole process
        bucket._client().create_bucket(Bucket=name)
        bucket.written.clear()
        yield bucket
    finally:
        server.shutdown()


class _Silent(WSGIRequestHandler):
    def log_request(self, *args: object) -> None:
        """Nothing: tests look at the bucket."""


_ERROR = "<?xml version='1.0'?><Error><Code>{}</Code><Message>{}</Message></Error>"

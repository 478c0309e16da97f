"""`backmath llm serve`: a model's file behind an OpenAI-compatible address, until Ctrl-C."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from backmath.app import main
from backmath.llm import SERVE_EXAMPLE
from tests.backmath import cli
from tests.local_model import LocalModel

SHAPE = {
    "type": "object",
    "properties": {"unit": {"type": "string", "pattern": "^[a-z]{3,8}$"}, "count": {"type": "integer"}},
    "required": ["unit", "count"],
    "additionalProperties": False,
}


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as reply:
        return json.load(reply)


def complete(model: LocalModel, question: str, schema: dict[str, Any]) -> Any:
    body = {
        "model": model.name,
        "messages": [{"role": "user", "content": question}],
        "temperature": 0,
        "max_tokens": 100,
        "response_format": {"type": "json_schema", "json_schema": {"name": "shape", "strict": True, "schema": schema}},
    }
    url = f"{model.url}/chat/completions"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.load(reply)


def test_the_server_lists_its_model_by_name(local_model: LocalModel) -> None:
    assert [model["id"] for model in get(f"{local_model.url}/models")["data"]] == [local_model.name]


def test_an_answer_keeps_to_the_schema_and_is_counted(local_model: LocalModel) -> None:
    reply = complete(local_model, "How many days does a week have? Answer as JSON.", SHAPE)
    answer = json.loads(reply["choices"][0]["message"]["content"])
    assert answer.keys() == {"unit", "count"}
    assert re.fullmatch("[a-z]{3,8}", answer["unit"])
    assert isinstance(answer["count"], int)
    assert reply["usage"]["completion_tokens"] > 0


@contextmanager
def serving(file: Path, folder: Path, *more: str) -> Iterator["subprocess.Popen[str]"]:
    """The command as its help shows it, once it answers; killed with the block where it has not ended."""
    (folder / "model.gguf").symlink_to(file)
    process = cli.start(*shlex.split(SERVE_EXAMPLE)[1:], "--port", 0, *more, cwd=folder)
    try:
        assert process.stdout
        first, second = process.stdout.readline(), process.stdout.readline()
        (url,) = re.findall(r"model answers at (http://127\.0\.0\.1:\d+/v1)", first)
        assert second == f"backmath generate --formula formalize --model model --base-url {url} --concurrency 2\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def server_of(process: "subprocess.Popen[str]") -> int:
    """The process that holds the model."""
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(child)


def gone(pid: int) -> bool:
    """Whether the process has ended, within a few seconds."""
    for _ in range(100):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_with_one_line_and_without_the_servers_log(
    number: signal.Signals, smollm2_file: Path, tmp_path: Path
) -> None:
    with serving(smollm2_file, tmp_path) as process:
        server = server_of(process)
        os.killpg(process.pid, number)
        output, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors
        assert output == "Stopped.\n"
        assert not errors
        assert gone(server)


def test_a_killed_command_leaves_no_server_behind(smollm2_file: Path, tmp_path: Path) -> None:
    with serving(smollm2_file, tmp_path) as process:
        server = server_of(process)
        process.kill()
        assert gone(server)


def test_a_server_that_dies_is_one_line(smollm2_file: Path, tmp_path: Path) -> None:
    with serving(smollm2_file, tmp_path) as process:
        os.kill(server_of(process), signal.SIGABRT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 1
        assert errors.startswith("backmath: the server of model.gguf has ended by itself")
        assert "SIGABRT" in errors
        assert errors.count("\n") == 1


def test_debug_shows_the_servers_log(smollm2_file: Path, tmp_path: Path) -> None:
    with serving(smollm2_file, tmp_path, "--debug") as process:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert "model loaded" in errors


def failing(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line with which `llm serve` ends."""
    assert main(["llm", "serve", *arguments]) == 1
    output, errors = capsys.readouterr()
    assert not output
    assert errors.count("\n") == 1, errors
    return errors


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "none.gguf")
    assert f"{missing} cannot be read: No such file" in failing([missing], capsys)
    assert f"{tmp_path} cannot be read: Is a directory" in failing([str(tmp_path)], capsys)


@pytest.mark.parametrize("content", [b"", b"GGU", b"PK\x03\x04 weights", b"\x1b[2J"])
def test_a_file_that_is_no_gguf_is_told_by_how_it_begins(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.gguf").write_bytes(content)
    line = failing([str(tmp_path / "model.gguf")], capsys)
    assert "is not a GGUF file" in line
    assert "\x1b" not in line


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"GGUF", "failed to read header"),
        (b"GGUF" + (99).to_bytes(4, "little") + bytes(100), "version 99"),
        (b"GGUF" + (3).to_bytes(4, "little") + b"\xff" * 100, "number of"),
    ],
)
def test_a_damaged_gguf_is_one_line_with_the_reason(
    content: bytes, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.gguf").write_bytes(content)
    line = failing([str(tmp_path / "model.gguf"), "--port", "0"], capsys)
    assert "model.gguf cannot be served: " in line
    assert reason in line


def test_weights_cut_short_are_one_line_with_the_reason(
    smollm2_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with smollm2_file.open("rb") as whole:
        (tmp_path / "model.gguf").write_bytes(whole.read(4_000_000))
    assert "corrupted or incomplete" in failing([str(tmp_path / "model.gguf"), "--port", "0"], capsys)


def test_a_port_that_is_taken_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = failing([str(tmp_path / "model.gguf"), "--port", port], capsys)
    assert f"port {port}" in line
    assert "--port" in line


def test_without_the_extra_the_line_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    assert "pip install 'backmath[local]'" in failing([str(tmp_path / "model.gguf")], capsys)

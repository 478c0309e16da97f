"""The compose file of deploy/: whole, pinned, without a password that works by itself, and closed to other machines."""

import os
import re
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from curation.review.names import WORKSPACES
from curation.review.server.environment import ensure_environment
from curation.review.server.process import SITE
from tests.curation.review.running import running

DEPLOY = Path(__file__).parents[1] / "deploy"
TEXT = (DEPLOY / "compose.yaml").read_text()
SERVICES: dict[str, Any] = yaml.safe_load(TEXT)["services"]
OPTIONAL = {"ARGILLA_PORT", "REVIEW_ORIGIN"}


def test_there_is_every_service_with_a_pinned_image() -> None:
    assert SERVICES.keys() == {"argilla", "worker", "postgres", "elasticsearch", "redis"}
    for name, service in SERVICES.items():
        assert re.fullmatch(r"\S+:v?\d+\.\d+(\.\d+)?(-alpine)?", service["image"]), name
    pins = (Path(SITE).parent / "constraints.txt").read_text()
    version = SERVICES["argilla"]["image"].rpartition(":v")[2]
    assert f"argilla-server=={version}\n" in pins


def test_every_variable_has_to_be_set_and_is_in_the_example_without_a_value() -> None:
    used = dict(re.findall(r"\$\{([A-Z_]+)([^}]*)\}", TEXT))
    assert {name for name, rest in used.items() if rest != ":?"} == OPTIONAL
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", (DEPLOY / ".env.example").read_text(), re.MULTILINE))
    assert example.keys() == used.keys()
    assert {name for name, value in example.items() if value} == {"ARGILLA_OWNER", "ARGILLA_PORT"}
    secret = {"password", "secret", "key"}
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if secret & set(name.lower().split("_")):
                assert re.fullmatch(r"\$\{[A-Z_]+:\?\}", str(value)), name


def test_only_argilla_is_reached_from_outside_and_only_on_loopback() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["argilla"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["argilla"]["ports"])


def test_what_keeps_data_has_a_volume_and_what_is_waited_for_a_health_check() -> None:
    for name in ("argilla", "postgres", "elasticsearch", "redis"):
        assert SERVICES[name]["volumes"]
        assert SERVICES[name]["healthcheck"]["test"]
    for service in SERVICES.values():
        for needed, condition in service.get("depends_on", {}).items():
            assert condition == {"condition": "service_healthy"}
            assert "healthcheck" in SERVICES[needed]
    volumes = {each.split(":")[0] for service in SERVICES.values() for each in service.get("volumes", ())}
    named = {volume for volume in volumes if not volume.startswith(".")}
    assert named == yaml.safe_load(TEXT)["volumes"].keys()
    assert all((DEPLOY / volume).exists() for volume in volumes - named)


def test_the_environment_that_the_readme_makes_has_a_secret_for_every_name(tmp_path: Path) -> None:
    readme = (DEPLOY / "README.md").read_text()
    (loop,) = re.findall(r"^    while .*?^    done < \.env\.example > \.env$", readme, re.DOTALL | re.MULTILINE)
    (tmp_path / ".env.example").write_text((DEPLOY / ".env.example").read_text())
    subprocess.run(["bash", "-euc", loop], cwd=tmp_path, check=True)
    made = dict(re.findall(r"^([A-Z_]+)=(.*)$", (tmp_path / ".env").read_text(), re.MULTILINE))
    secrets = {name: value for name, value in made.items() if name not in OPTIONAL | {"ARGILLA_OWNER"}}
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in secrets.values())
    assert len(set(secrets.values())) == len(secrets) == 6


def test_the_people_that_the_readme_makes_can_log_in_and_see_what_is_theirs(tmp_path: Path) -> None:
    readme = (DEPLOY / "README.md").read_text()
    (program,) = re.findall(r"<<'EOF'\n(.*?)\n    EOF", readme, re.DOTALL)
    with running(tmp_path / "workspace", annotators=("x",), adjudicators=("y",)) as server:
        program = textwrap.dedent(program).replace("http://127.0.0.1:6900", server.url)
        made = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"ARGILLA_OWNER_API_KEY": server.owner.api_key},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        people = dict(line.split() for line in made.splitlines())
        assert people.keys() == {"ann", "bob", "carol"}
        for person, workspace in (("ann", WORKSPACES["review"]), ("carol", WORKSPACES["adjudication"])):
            token = server.log_in(person, people[person]).body["access_token"]
            seen = server.request("GET", "/api/v1/me/workspaces", headers={"Authorization": f"Bearer {token}"}).body
            assert [each["name"] for each in seen["items"]] == [workspace]


def test_the_app_that_it_runs_is_argillas_behind_the_guard(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    app = SERVICES["argilla"]["environment"]["UVICORN_APP"]
    command = [ensure_environment(), "-P", "-m", "uvicorn", app, "--port", str(port), "--lifespan", "off"]
    server = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={
            "PYTHONPATH": str(SITE),
            "REVIEW_ORIGIN": "https://review.example.org",
            "ARGILLA_HOME_PATH": str(tmp_path),
        },
        stderr=subprocess.DEVNULL,
    )

    def status(**headers: str) -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/version", headers=headers)
        deadline = time.monotonic() + 60
        while True:
            try:
                return int(urllib.request.urlopen(request, timeout=30).status)
            except urllib.error.HTTPError as error:
                return error.code
            except urllib.error.URLError:
                if time.monotonic() > deadline:
                    pytest.fail("the server does not answer")
                time.sleep(0.2)

    try:
        assert status() == 200
        assert status(Host="review.example.org", Origin="https://review.example.org") == 200
        assert status(Host="evil.example") == 403
        assert status(Origin="https://evil.example") == 403
    finally:
        server.kill()
        server.wait()

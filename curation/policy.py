"""The policy: the rules of `policy.toml`, or a user's over them, that turn checks into a verdict with its reasons."""

import hashlib
import tomllib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from curation.errors import PolicyError
from schemas.check import Check, CheckName
from schemas.decision import Decision, Verdict
from schemas.model import Model

DEFAULT_FILE = Path(__file__).with_name("policy.toml")


class Rule(Model):
    """What a check that did not pass leads to; `accept` means that it does not hold the candidate back."""

    fail: Verdict
    undecided: Verdict


class Policy(Model):
    """The rules, in the order in which their reasons are given."""

    version: str
    no_relation: Literal["review", "reject"]
    checks: dict[CheckName, Rule]

    @cached_property
    def full_version(self) -> str:
        """The version with a hash of the rules, as it is kept with each decision: `default-1+3f2a9c01`."""
        return f"{self.version}+{hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]}"

    def decide(self, checks: Iterable[Check], *, has_relation: bool) -> tuple[Verdict, tuple[str, ...]]:
        """The verdict on a candidate from its checks, and the reasons for it, each as `check_name: reason`."""
        found = {check.name: check for check in checks}
        reasons: dict[Verdict, list[str]] = {"accept": [], "review": [], "reject": []}
        waived: list[str] = []
        for name, rule in self.checks.items():
            check = found.get(name)
            if check is not None and check.outcome == "pass":
                continue
            reason = f"{name}: {check.reason if check else 'not checked'}"
            if not has_relation:
                return self.no_relation, (reason,)
            verdict = rule.fail if check is not None and check.outcome == "fail" else rule.undecided
            reasons[verdict].append(reason)
            waived.append(name)
        if not has_relation:
            return self.no_relation, ("no_relation: no equation in the condition",)
        for verdict in ("reject", "review"):
            if reasons[verdict]:
                return verdict, tuple(reasons[verdict])
        passed = f"accept: {len(self.checks) - len(waived)} of {len(self.checks)} checks pass"
        return "accept", (f"{passed}, not needed: {', '.join(waived)}" if waived else passed,)

    def decision(self, candidate_id: str, checks: Iterable[Check], *, has_relation: bool) -> Decision:
        """The policy's decision on a candidate."""
        verdict, reasons = self.decide(checks, has_relation=has_relation)
        return Decision(
            candidate_id=candidate_id, verdict=verdict, reasons=reasons, policy=self.full_version, decided_by="policy"
        )


def load(file: Path | None = None) -> Policy:
    """The default policy, with the rules of `file` over it where one is given; raises PolicyError naming what is wrong.

    A user's file needs a `version` of its own and the lines that differ.
    """
    default = _read(DEFAULT_FILE)
    if file is None:
        return _validated(DEFAULT_FILE, default)
    own = _read(file)
    if "version" not in own:
        raise PolicyError(
            f'{file}: a policy needs a version of its own, such as version = "mine-1"; nothing was decided'
        )
    merged = default | own
    if isinstance(own.get("checks", {}), dict):
        merged["checks"] = dict(default["checks"])
        for name, rule in own.get("checks", {}).items():
            if name not in default["checks"]:
                known = ", ".join(default["checks"])
                raise PolicyError(f"{file}: checks.{name} is not a check; the checks are {known}; nothing was decided")
            merged["checks"][name] = default["checks"][name] | rule if isinstance(rule, dict) else rule
    return _validated(file, merged)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolicyError(f"{file}: cannot be read ({error.strerror}); nothing was decided") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{file}: not a TOML file: {error}; nothing was decided") from error


def _validated(file: Path, rules: dict[str, Any]) -> Policy:
    try:
        return Policy(**rules)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise PolicyError(f"{file}: {where} is not known here; nothing was decided") from error
        wrong = f"{where} = {first['input']!r}: {first['msg'].lower()}"
        raise PolicyError(f"{file}: {wrong}; nothing was decided") from error

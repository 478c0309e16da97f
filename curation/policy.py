"""The policy: the rules of `policy.toml`, or a user's over them, that turn checks into a verdict with its reasons."""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from curation.errors import PolicyError
from curation.review.precision import Precision
from schemas.check import Check, CheckName
from schemas.decision import Decision, Verdict
from schemas.model import Model

DEFAULT_FILE = Path(__file__).with_name("policy.toml")

HELD = "audit: "
"""How the reason begins of a candidate that the checks accept, and that waits for audits."""

_LONGEST_REASON = 200


class Rule(Model):
    """What a check that did not pass leads to; `accept` means that it does not hold the candidate back."""

    fail: Verdict
    undecided: Verdict


class Policy(Model):
    """The rules, in the order in which their reasons are given.

    A check in `settled_by_agreement` that came out undecided does not hold a candidate back whose `agreement` passes.
    `precision_at_least` is the precision, a share, that audits have to show before more of a source and kind of formula
    is accepted; 0 demands none, and 1 is what no sample can show.
    """

    version: str
    no_relation: Literal["review", "reject"]
    settled_by_agreement: tuple[CheckName, ...]
    precision_at_least: float = Field(ge=0, lt=1)
    checks: dict[CheckName, Rule]

    @cached_property
    def full_version(self) -> str:
        """The version with a hash of the rules, as it is kept with each decision: `default-1+3f2a9c01`."""
        return f"{self.version}+{hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]}"

    def decide(
        self, checks: Iterable[Check], *, has_relation: bool, audited: Precision | None = None
    ) -> tuple[Verdict, tuple[str, ...]]:
        """The verdict on a candidate from its checks, and the reasons for it, each as `check_name: reason`.

        `audited` is the precision that audits show of its like; None where it does not depend on that.
        """
        found = {check.name: check for check in checks}
        settled = self._settled(found)
        leads_to: dict[CheckName, Verdict] = {}
        for name, rule in self.checks.items():
            outcome = found[name].outcome if name in found else "undecided"
            if outcome != "pass" and name not in settled:
                leads_to[name] = rule.fail if outcome == "fail" else rule.undecided
        if not has_relation:
            first = next(iter(leads_to), None)
            return self.no_relation, (_reason(first, found) if first else "no_relation: no equation in the condition",)
        for verdict in ("reject", "review"):
            names = [name for name, each in leads_to.items() if each == verdict]
            if names:
                return verdict, tuple(_reason(name, found) for name in names)
        if audited is not None and audited.low < self.precision_at_least:
            return "review", (self._held(audited),)
        reason = f"accept: {len(self.checks) - len(leads_to) - len(settled)} of {len(self.checks)} checks pass"
        if settled:
            reason += f", settled by agreement: {', '.join(settled)}"
        if leads_to:
            reason += f", not needed: {', '.join(leads_to)}"
        return "accept", (reason,)

    def _held(self, audited: Precision) -> str:
        """Why a candidate waits; without the figure, since with each audit the reason of all that wait would be new."""
        wanted = f"{self.precision_at_least:.2%}".replace(".00%", "%")
        return f"{HELD}audits do not show yet that {wanted} of {audited.source} {audited.formula} are right"

    def _settled(self, found: Mapping[CheckName, Check]) -> list[CheckName]:
        """The checks, in the order of the rules, whose doubt the agreement of formulas settles."""
        if "agreement" not in found or found["agreement"].outcome != "pass":
            return []
        undecided = (name for name in self.checks if name in found and found[name].outcome == "undecided")
        return [name for name in undecided if name in self.settled_by_agreement]

    def decision(
        self, candidate_id: str, checks: Iterable[Check], *, has_relation: bool, audited: Precision | None = None
    ) -> Decision:
        """The policy's decision on a candidate."""
        verdict, reasons = self.decide(checks, has_relation=has_relation, audited=audited)
        return Decision(
            candidate_id=candidate_id, verdict=verdict, reasons=reasons, policy=self.full_version, decided_by="policy"
        )


def _reason(name: CheckName, found: Mapping[CheckName, Check]) -> str:
    reason = found[name].reason if name in found else "not checked"
    return f"{name}: {reason if len(reason) <= _LONGEST_REASON else reason[: _LONGEST_REASON - 3] + '...'}"


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

"""The policy: checks in, a verdict and its reasons out; a user's rules over ours, or a line that says what is wrong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation import policy
from curation.errors import PolicyError
from curation.policy import Policy
from curation.review.precision import precision
from schemas.check import CheckName, Outcome
from schemas.decision import Verdict
from tests.curation import made

DECIDING: tuple[CheckName, ...] = tuple(name for name in made.CHECK_NAMES if name not in made.NOT_NEEDED)
GRAVITY: tuple[Verdict, ...] = ("accept", "review", "reject")


def own(folder: Path, text: str) -> Path:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return file


def decide(outcomes: made.Outcomes, rules: Policy | None = None, *, has_relation: bool = True) -> Verdict:
    return (rules or policy.load()).decide(made.checks(outcomes), has_relation=has_relation)[0]


def test_the_default_has_a_rule_for_every_check_and_no_other() -> None:
    assert set(policy.load().checks) == set(made.CHECK_NAMES)


def test_a_candidate_whose_checks_pass_is_accepted_without_any_model() -> None:
    verdict, reasons = policy.load().decide(made.checks(), has_relation=True)
    assert verdict == "accept"
    assert reasons == ("accept: 10 of 14 checks pass, not needed: agreement, solver_votes, judge, backprm",)


@pytest.mark.parametrize("name", DECIDING)
def test_one_deciding_check_that_fails_rejects_and_one_that_is_undecided_goes_to_people(name: CheckName) -> None:
    assert policy.load().decide(made.checks({name: "fail"}), has_relation=True) == (
        "reject",
        (f"{name}: came out fail",),
    )
    assert policy.load().decide(made.checks({name: "undecided"}), has_relation=True) == (
        "review",
        (f"{name}: came out undecided",),
    )


@pytest.mark.parametrize("name", ["agreement", "solver_votes", "judge"])
def test_what_a_model_doubts_goes_to_people(name: CheckName) -> None:
    assert decide({name: "fail"}) == "review"


def test_a_backprms_guess_decides_nothing_unless_a_policy_says_so() -> None:
    assert decide({"backprm": "fail"}) == "accept"


@pytest.mark.parametrize("name", DECIDING)
def test_a_deciding_check_that_is_missing_is_undecided(name: CheckName) -> None:
    checks = [check for check in made.checks() if check.name != name]
    assert policy.load().decide(checks, has_relation=True) == ("review", (f"{name}: not checked",))


def test_no_checks_are_no_reason_to_accept() -> None:
    assert policy.load().decide([], has_relation=True)[0] == "review"


def test_a_candidate_without_a_relation_is_rejected_with_the_first_reason() -> None:
    outcomes: made.Outcomes = {"formula_holds": "undecided", "two_sided": "undecided", "steps_hold": "fail"}
    assert policy.load().decide(made.checks(outcomes), has_relation=False) == (
        "reject",
        ("formula_holds: came out undecided",),
    )
    passed: made.Outcomes = dict.fromkeys(made.CHECK_NAMES, "pass")
    assert decide(passed, has_relation=False) == "reject"


@given(st.fixed_dictionaries({name: st.sampled_from(["pass", "fail", "undecided"]) for name in made.CHECK_NAMES}))
def test_the_gravest_check_decides_and_each_of_its_grade_is_a_reason(outcomes: dict[CheckName, Outcome]) -> None:
    rules = policy.load()
    verdict, reasons = rules.decide(made.checks(outcomes), has_relation=True)
    grades = {
        name: "accept" if outcome == "pass" else getattr(rules.checks[name], outcome)
        for name, outcome in outcomes.items()
    }
    if outcomes["agreement"] == "pass" and outcomes["provenance"] == "undecided":
        grades["provenance"] = "accept"
    assert GRAVITY.index(verdict) == max(GRAVITY.index(grade) for grade in grades.values())
    if verdict != "accept":
        named = {reason.split(":")[0] for reason in reasons}
        assert named == {name for name, grade in grades.items() if grade == verdict}


def test_agreement_that_passes_settles_a_doubt_about_provenance_and_nothing_else() -> None:
    rules = policy.load()
    verdict, reasons = rules.decide(made.checks({"agreement": "pass", "provenance": "undecided"}), has_relation=True)
    assert (verdict, reasons) == (
        "accept",
        ("accept: 10 of 14 checks pass, settled by agreement: provenance, not needed: solver_votes, judge, backprm",),
    )
    assert decide({"agreement": "pass", "provenance": "fail"}) == "reject"
    assert decide({"agreement": "undecided", "provenance": "undecided"}) == "review"
    assert decide({"agreement": "fail", "provenance": "undecided"}) == "review"
    for name in DECIDING:
        if name != "provenance":
            assert decide({"agreement": "pass", name: "undecided"}) == "review"


def test_agreement_does_not_stand_in_for_a_check_that_was_not_made() -> None:
    checks = [check for check in made.checks({"agreement": "pass"}) if check.name != "provenance"]
    assert policy.load().decide(checks, has_relation=True) == ("review", ("provenance: not checked",))


def test_what_agreement_settles_is_the_users_to_say(tmp_path: Path) -> None:
    doubts: made.Outcomes = {"agreement": "pass", "provenance": "undecided"}
    nothing = policy.load(own(tmp_path, 'version = "n"\nsettled_by_agreement = []\n'))
    assert decide(doubts, nothing) == "review"
    more = policy.load(own(tmp_path, 'version = "m"\nsettled_by_agreement = ["formula_holds", "provenance"]\n'))
    assert decide({**doubts, "formula_holds": "undecided"}, more) == "accept"
    assert len({rules.full_version.split("+")[1] for rules in (nothing, more, policy.load())}) == 3


@pytest.mark.parametrize(("right", "verdict"), [(34, "review"), (35, "accept")])
def test_a_precision_that_audits_do_not_show_holds_back_what_the_checks_accept(
    right: int, verdict: Verdict, tmp_path: Path
) -> None:
    demanding = policy.load(own(tmp_path, 'version = "d"\nprecision_at_least = 0.9\n'))
    shown = precision("gsm8k", "trace", audited=right, right=right)
    assert demanding.decide(made.checks(), has_relation=True, audited=shown)[0] == verdict
    assert demanding.decide(made.checks(), has_relation=True)[0] == "accept"
    assert policy.load().decide(made.checks(), has_relation=True, audited=shown)[0] == "accept"
    doubt = demanding.decide(made.checks({"provenance": "undecided"}), has_relation=True, audited=shown)
    assert doubt == ("review", ("provenance: came out undecided",))


def test_a_precision_that_is_no_whole_percentage_is_told_as_it_is(tmp_path: Path) -> None:
    demanding = policy.load(own(tmp_path, 'version = "d"\nprecision_at_least = 0.975\n'))
    _, reasons = demanding.decide(made.checks(), has_relation=True, audited=precision("math", "trace", 0, 0))
    assert reasons == ("audit: audits do not show yet that 97.50% of math trace are right",)


def test_a_long_reason_is_cut() -> None:
    checks = made.checks({"provenance": "fail"}, note="9" * 100_000)
    _, reasons = policy.load().decide(checks, has_relation=True)
    assert all(len(reason) < 300 for reason in reasons)


def test_a_users_file_changes_what_it_says_and_nothing_else(tmp_path: Path) -> None:
    file = own(tmp_path, 'version = "mine-1"\n[checks]\nprovenance = { undecided = "accept" }\n')
    rules, default = policy.load(file), policy.load()
    assert decide({"provenance": "undecided"}, rules) == "accept"
    assert decide({"provenance": "fail"}, rules) == "reject"
    assert {name for name in rules.checks if rules.checks[name] != default.checks[name]} == {"provenance"}
    assert list(rules.checks) == list(default.checks)


def test_the_version_kept_with_decisions_changes_with_the_rules(tmp_path: Path) -> None:
    versions = {
        policy.load(own(tmp_path, f'version = "same"\nno_relation = "{verdict}"\n')).full_version
        for verdict in ("review", "reject")
    }
    assert len(versions) == 2
    assert all(version.startswith("same+") for version in versions)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[checks]\n", "version"),
        ('version = "v"\n[checks]\ntwo_side = { fail = "review" }\n', "checks.two_side is not a check"),
        ('version = "v"\n[checks]\ntwo_sided = { fail = "maybe" }\n', "checks.two_sided.fail = 'maybe'"),
        ('version = "v"\n[checks]\ntwo_sided = { pass = "review" }\n', "checks.two_sided.pass is not known"),
        ('version = "v"\n[checks]\ntwo_sided = "review"\n', "checks.two_sided"),
        ('version = "v"\nchecks = "none"\n', "checks"),
        ('version = "v"\nno_relation = "accept"\n', "no_relation = 'accept'"),
        ('version = "v"\nno_relations = "review"\n', "no_relations is not known"),
        ('version = "v"\nsettled_by_agreement = ["provenence"]\n', "settled_by_agreement.0 = 'provenence'"),
        ('version = "v"\nsettled_by_agreement = "provenance"\n', "settled_by_agreement = 'provenance'"),
        ("version = 1\n", "version"),
        ('version = "v\n', "not a TOML file"),
    ],
)
def test_a_wrong_file_is_one_line_with_its_name_and_what_is_wrong(text: str, named: str, tmp_path: Path) -> None:
    file = own(tmp_path, text)
    with pytest.raises(PolicyError) as caught:
        policy.load(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_not_text_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        policy.load(tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="not a TOML file"):
        policy.load(tmp_path / "binary.toml")

"""A failed call waits as long as the server asks or a growing while, and is given up in the end."""

import time
from collections.abc import Callable
from email.utils import formatdate

import pytest

from generation.llm.errors import CallFailedError, UnreachableError
from generation.llm.retries import LONGEST_WAIT_S, MOST_RETRIES, PATIENCE_S, SILENCE_S, Pulse, Retries, retry_after


def heard() -> Pulse:
    pulse = Pulse("http://host/v1")
    pulse.heard(overloaded=False)
    return pulse


class Clock:
    """The monotonic clock, in the hand of a test."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = time.monotonic() + 1
        self.begun = self.now
        patch.setattr(time, "monotonic", lambda: self.now)

    def go_on(self, wait: Callable[[], float]) -> None:
        """Wait as long as one is told to, until something is raised."""
        while True:
            self.now += wait()

    @property
    def passed(self) -> float:
        return self.now - self.begun


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "inf"}, None),
        ({"retry-after-ms": "x"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_what_a_server_asks_to_wait_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_date_is_so_many_seconds_from_now() -> None:
    assert retry_after({"retry-after": formatdate(time.time() + 30, usegmt=True)}) == pytest.approx(30, abs=2)


def test_the_wait_grows_and_is_not_the_same_for_all() -> None:
    waits = [[tries.after_overload("", None) for _ in range(10)] for tries in (Retries(heard()) for _ in range(50))]
    for number, column in enumerate(zip(*waits, strict=True)):
        most = min(LONGEST_WAIT_S, 0.5 * 2**number)
        assert all(most / 2 <= wait <= most for wait in column)
        assert len(set(column)) > 40


def test_the_wait_is_never_shorter_than_what_the_server_asks() -> None:
    for number in range(1, 50):
        assert number <= Retries(heard()).after_overload("", float(number)) <= number + 1
        assert number <= Retries(heard()).after_fault("", float(number), connected=True) <= number + 1


def test_faults_have_few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, tries = Clock(monkeypatch), Retries(heard())

    def fail() -> float:
        tries.pulse.heard(overloaded=False)
        return tries.after_fault("500", None, connected=True)

    with pytest.raises(CallFailedError, match="failed 6 times: 500") as caught:
        clock.go_on(fail)
    assert not caught.value.paid
    assert tries.faults == MOST_RETRIES + 1


def test_rate_limiting_has_a_long_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, tries = Clock(monkeypatch), Retries(heard())

    def fail() -> float:
        tries.pulse.heard(overloaded=False)
        return tries.after_overload("429", None)

    with pytest.raises(CallFailedError, match=r"turned away for \d+ s: 429"):
        clock.go_on(fail)
    assert PATIENCE_S - LONGEST_WAIT_S <= clock.passed <= PATIENCE_S


def test_a_server_that_turns_all_away_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, tries = Clock(monkeypatch), Retries(heard())
    with pytest.raises(UnreachableError, match=r"has turned every call away .* \(429: slow down\)"):
        clock.go_on(lambda: tries.after_overload("429: slow down", None))
    with pytest.raises(UnreachableError, match="asks to wait longer"):
        Retries(heard()).after_overload("429", PATIENCE_S + 1)


def test_a_question_that_breaks_the_server_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, pulse = Clock(monkeypatch), heard()

    def break_off() -> None:
        tries = Retries(pulse)
        clock.go_on(lambda: tries.after_fault("broke off", None, connected=True))

    for _ in range(2):
        with pytest.raises(CallFailedError):
            break_off()
    with pytest.raises(UnreachableError, match="nothing answers at http://host/v1"):
        break_off()
    pulse.heard(overloaded=False)
    with pytest.raises(CallFailedError):
        break_off()


@pytest.mark.parametrize("ever_heard", [True, False])
def test_a_server_that_is_gone_ends_the_run_after_a_while(monkeypatch: pytest.MonkeyPatch, ever_heard: bool) -> None:
    pulse = heard() if ever_heard else Pulse("http://host/v1")
    clock, tries = Clock(monkeypatch), Retries(pulse)
    with pytest.raises(UnreachableError, match="nothing answers"):
        clock.go_on(lambda: tries.after_fault("no connection", None, connected=False))
    least = SILENCE_S if ever_heard else 1.0
    assert least <= clock.passed <= 2 * least + LONGEST_WAIT_S
    assert tries.faults >= 3

"""What follows a failed try: a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.errors import SteelyardError, Unavailable
from steelyard.jobs.errors import JobMustWait
from steelyard.jobs.models import JobFault, PauseReason
from steelyard.jobs.retry import GiveUp, TryAgain, Verdict, Wait, backoff, fault_of, judge
from steelyard.jobs.settings import JobSettings
from steelyard.sources.errors import AccessRefused, RepositoryMissing, UpstreamBusy, UpstreamUnavailable

SETTINGS = JobSettings(max_tries=8, backoff_seconds=5, backoff_limit_seconds=600)
AWAY = UpstreamUnavailable("away", hint="wait")


@pytest.mark.parametrize(
    ("error", "failures", "kind", "delay"),
    [
        (AWAY, 0, TryAgain, 5.0),
        (AWAY, 1, TryAgain, 10.0),
        (AWAY, 6, TryAgain, 320.0),
        (AWAY, 7, GiveUp, None),
        (AWAY, 99, GiveUp, None),
        (UpstreamBusy("busy", retry_after=77), 0, TryAgain, 77.0),
        (UpstreamBusy("busy", retry_after=1), 3, TryAgain, 40.0),
        (UpstreamBusy("busy"), 0, TryAgain, 5.0),
        (RepositoryMissing("gone"), 0, GiveUp, None),
        (AccessRefused("gated"), 0, GiveUp, None),
        (SteelyardError("of ours, but nobody's"), 0, GiveUp, None),
        (ZeroDivisionError(), 0, TryAgain, 5.0),
        (ZeroDivisionError(), 1, TryAgain, 10.0),
        (ZeroDivisionError(), 2, GiveUp, None),
        (JobMustWait("full"), 99, Wait, None),
    ],
)
def test_the_verdict(error: Exception, failures: int, kind: type[Verdict], delay: float | None) -> None:
    verdict = judge(error, failures, SETTINGS)
    assert type(verdict) is kind
    assert (verdict.delay if isinstance(verdict, TryAgain) else None) == delay
    assert verdict.fault == fault_of(error)


def test_whoever_wants_one_try_gets_one() -> None:
    once = JobSettings(max_tries=1)
    for error in (AWAY, ZeroDivisionError()):
        assert isinstance(judge(error, 0, once), GiveUp)


def test_a_wait_says_what_for() -> None:
    assert judge(JobMustWait("full", hint="make room"), 0, SETTINGS) == Wait(
        PauseReason.DISK, JobFault("must-wait", "full", "make room")
    )


@given(st.integers(0, 10_000))
def test_the_wait_doubles_up_to_its_limit(failures: int) -> None:
    wait, following = backoff(failures, SETTINGS), backoff(failures + 1, SETTINGS)
    assert SETTINGS.backoff_seconds <= wait <= following <= SETTINGS.backoff_limit_seconds
    assert following == wait * 2 or following == SETTINGS.backoff_limit_seconds


def test_our_errors_are_shown_and_others_are_not() -> None:
    assert fault_of(Unavailable("away", hint="wait")) == JobFault("unavailable", "away", "wait")
    fault = fault_of(RuntimeError("the password is swordfish"))
    assert fault.slug == "internal-error"
    assert "swordfish" not in fault.detail
    assert fault.hint

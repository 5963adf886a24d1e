"""What to do after a failed try. Pure: the error, the count and the settings in, a verdict out."""

from dataclasses import dataclass

from steelyard.core.errors import SteelyardError
from steelyard.jobs.errors import JobMustWait
from steelyard.jobs.models import JobFault, PauseReason
from steelyard.jobs.settings import JobSettings

_PASSING = frozenset({429, 503})
_UNEXPECTED_TRIES = 3


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Back into the queue for ``delay`` seconds."""

    delay: float
    fault: JobFault


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Fail for good."""

    fault: JobFault


@dataclass(frozen=True, slots=True)
class Wait:
    """Pause until the reason is gone."""

    reason: PauseReason
    fault: JobFault


Verdict = TryAgain | GiveUp | Wait


def judge(error: Exception, failures: int, settings: JobSettings) -> Verdict:
    """Decide. ``failures`` counts the failed tries before this one.

    Errors that pass by themselves (429, 503) are tried again until ``max_tries``; errors that need somebody to act end
    the job at once; an unexpected one may be a hiccup and gets three tries.
    """
    fault = fault_of(error)
    if isinstance(error, JobMustWait):
        return Wait(error.reason, fault)
    if failures + 1 >= _tries(error, settings):
        return GiveUp(fault)
    asked = error.retry_after or 0.0 if isinstance(error, SteelyardError) else 0.0
    return TryAgain(max(asked, backoff(failures, settings)), fault)


def backoff(failures: int, settings: JobSettings) -> float:
    """Seconds to wait: doubling from the first, up to the limit."""
    return float(min(settings.backoff_limit_seconds, settings.backoff_seconds * 2 ** min(failures, 30)))


def fault_of(error: Exception) -> JobFault:
    """What people may read about an error; of an unexpected one only that it happened."""
    if isinstance(error, SteelyardError):
        return JobFault(error.slug, error.detail, error.hint)
    return JobFault(
        SteelyardError.slug, "An unexpected error stopped this try.", "The server's log has it under the job's id."
    )


def _tries(error: Exception, settings: JobSettings) -> int:
    if isinstance(error, SteelyardError):
        return settings.max_tries if error.status in _PASSING else 1
    return min(_UNEXPECTED_TRIES, settings.max_tries)

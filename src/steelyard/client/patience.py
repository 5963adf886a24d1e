"""How long a watcher of a job waits for a server that is away, and what it makes of the events that come."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from steelyard.client.errors import UnexpectedAnswer
from steelyard.client.retry import Retry
from steelyard.client.shapes import Job
from steelyard.client.sse import Event

FINAL = frozenset({"succeeded", "failed", "cancelled"})
_PAUSES = Retry(first_wait=0.2, longest=2.0)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may be away, in ``seconds`` of silence, and how the waits between two questions grow."""

    seconds: float = 60.0
    pauses: Retry = _PAUSES


PATIENCE = Patience()  # a restart takes seconds; who waits a minute wants to know


def unheard() -> None:
    """For those whom neither the silence nor its end interests."""


@dataclass(frozen=True, slots=True)
class Ears:
    """Told when the server does not answer any more, once for each silence, and when it answers again."""

    lost: Callable[[], None] = unheard
    back: Callable[[], None] = unheard


DEAF = Ears()


def is_final(job: Job) -> bool:
    """Whether the job will not change any more by itself."""
    return job["status"] in FINAL


def job_of(event: Event) -> Job:
    """The job in an event. Raises UnexpectedAnswer."""
    try:
        said = json.loads(event.data)
    except ValueError as error:
        raise UnexpectedAnswer("The server sent an event that is not JSON.") from error
    if not isinstance(said, dict) or "status" not in said:
        raise UnexpectedAnswer("The server sent an event that is no job.")
    return cast("Job", said)

"""Following one job to its end through broken streams and restarts of the server."""

import json
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import cast

from steelyard.client.errors import ApiError, ServerUnreachable, UnexpectedAnswer
from steelyard.client.retry import RETRIED_STATUSES, Retry
from steelyard.client.shapes import Job
from steelyard.client.sse import Event, EventReader

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


def watch(
    get: Callable[[], Job],
    stream: Callable[[], Iterator[Job]],
    sleep: Callable[[float], None],
    patience: Patience = PATIENCE,
    ears: Ears = DEAF,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[Job]:
    """States of a job, the current one first, the final one last; a state can come twice.

    ``stream`` may break at any point. Whenever it does, ``get`` tells the truth and the stream is opened again. Raises
    what the first ``get`` raises, ApiError whenever the server refuses, ServerUnreachable when patience has run out.
    """
    job = get()
    yield job
    barren = 0  # streams in a row that brought nothing
    while not is_final(job):
        barren += 1
        with closing(_unbroken(stream)) as states:
            for job in states:
                barren = 0
                yield job
                if is_final(job):
                    return
        sleep(patience.pauses.pause(barren))
        job = _patiently(get, sleep, patience, ears, monotonic)
        yield job


def jobs_of(events: Iterator[bytes]) -> Iterator[Job]:
    """The jobs in a stream of ``event: job``; other events are passed over. Raises UnexpectedAnswer."""
    reader = EventReader()
    for chunk in events:
        for event in reader.feed(chunk):
            if event.name == "job":
                yield _job(event)


def _unbroken(stream: Callable[[], Iterator[Job]]) -> Generator[Job, None, None]:
    try:
        yield from stream()
    except (ServerUnreachable, UnexpectedAnswer, ApiError):
        return  # the caller asks for the job itself, and hears there what is wrong


def _patiently(
    get: Callable[[], Job],
    sleep: Callable[[float], None],
    patience: Patience,
    ears: Ears,
    monotonic: Callable[[], float],
) -> Job:
    failures, silence = 0, 0.0
    while True:
        asked = monotonic()
        try:
            job = get()
        except (ServerUnreachable, ApiError) as error:
            failures += 1
            silence += monotonic() - asked
            if silence >= patience.seconds or (isinstance(error, ApiError) and error.status not in RETRIED_STATUSES):
                raise
        else:
            if failures:
                ears.back()
            return job
        if failures == 1:
            ears.lost()
        wait = patience.pauses.pause(failures)
        silence += wait
        sleep(wait)


def _job(event: Event) -> Job:
    try:
        said = json.loads(event.data)
    except ValueError as error:
        raise UnexpectedAnswer("The server sent an event that is not JSON.") from error
    if not isinstance(said, dict) or "status" not in said:
        raise UnexpectedAnswer("The server sent an event that is no job.")
    return cast("Job", said)

# Written by `make sdk` from client/aio/watch.py: edit that.
"""Following one job to its end through broken streams and restarts of the server."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from steelyard.client.errors import ApiError, ServerUnreachable, UnexpectedAnswer
from steelyard.client.patience import DEAF, PATIENCE, Ears, Patience, is_final, job_of
from steelyard.client.retry import RETRIED_STATUSES
from steelyard.client.shapes import Job
from steelyard.client.sse import EventReader


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
                yield job_of(event)


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

"""Following one job to its end through broken streams and restarts of the server."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from steelyard.client.errors import ApiError, ServerUnreachable, UnexpectedAnswer
from steelyard.client.patience import DEAF, PATIENCE, Ears, Patience, is_final, job_of
from steelyard.client.retry import RETRIED_STATUSES
from steelyard.client.shapes import Job
from steelyard.client.sse import EventReader


async def watch(
    get: Callable[[], Awaitable[Job]],
    stream: Callable[[], AsyncIterator[Job]],
    sleep: Callable[[float], Awaitable[None]],
    patience: Patience = PATIENCE,
    ears: Ears = DEAF,
    monotonic: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Job]:
    """States of a job, the current one first, the final one last; a state can come twice.

    ``stream`` may break at any point. Whenever it does, ``get`` tells the truth and the stream is opened again. Raises
    what the first ``get`` raises, ApiError whenever the server refuses, ServerUnreachable when patience has run out.
    """
    job = await get()
    yield job
    barren = 0  # streams in a row that brought nothing
    while not is_final(job):
        barren += 1
        async with aclosing(_unbroken(stream)) as states:
            async for job in states:
                barren = 0
                yield job
                if is_final(job):
                    return
        await sleep(patience.pauses.pause(barren))
        job = await _patiently(get, sleep, patience, ears, monotonic)
        yield job


async def jobs_of(events: AsyncIterator[bytes]) -> AsyncIterator[Job]:
    """The jobs in a stream of ``event: job``; other events are passed over. Raises UnexpectedAnswer."""
    reader = EventReader()
    async for chunk in events:
        for event in reader.feed(chunk):
            if event.name == "job":
                yield job_of(event)


async def _unbroken(stream: Callable[[], AsyncIterator[Job]]) -> AsyncGenerator[Job, None]:
    try:
        async for job in stream():
            yield job
    except (ServerUnreachable, UnexpectedAnswer, ApiError):
        return  # the caller asks for the job itself, and hears there what is wrong


async def _patiently(
    get: Callable[[], Awaitable[Job]],
    sleep: Callable[[float], Awaitable[None]],
    patience: Patience,
    ears: Ears,
    monotonic: Callable[[], float],
) -> Job:
    failures, silence = 0, 0.0
    while True:
        asked = monotonic()
        try:
            job = await get()
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
        await sleep(wait)

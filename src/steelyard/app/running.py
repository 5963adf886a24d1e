"""What works in the background of a depot, from its start to its end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from steelyard.app.depot import Depot
from steelyard.core.clock import Clock

logger = logging.getLogger(__name__)
_BROKE = "%s broke and is started again in %.0f s: %r"
_RESTART_SECONDS = 1.0
_LONGEST_SECONDS = 30.0
_STEADY_SECONDS = 60.0  # what ran for so long did not break for the old reason


@asynccontextmanager
async def running(depot: Depot) -> AsyncIterator[None]:
    """Run what works in the background; on the way out checkpoint jobs, write the last events, close files."""
    tasks = [asyncio.create_task(kept_up(name, run, depot.clock)) for name, run in _background(depot).items()]
    try:
        yield
    finally:
        depot.signals.close()
        await depot.serving.close()
        for task in reversed(tasks):
            await _end(task)
        await depot.sources.close()
        await depot.society.close()
        for threads in (*depot.threads, depot.society.threads):
            threads.shutdown(wait=True, cancel_futures=True)
        await depot.foundation.close()


def _background(depot: Depot) -> dict[str, Callable[[], Awaitable[None]]]:
    """What this process's roles ask for, in the order of starting; it ends in the opposite one."""
    tasks = {
        **depot.foundation.background,
        **depot.society.background,
        **depot.usage.background,
        **depot.intake.background,
    }
    if "api" in depot.settings.roles:
        tasks.update(depot.serving.background)
        tasks.update(depot.mirror.background)
    works, alone = "worker" in depot.settings.roles, depot.database.kind == "sqlite"
    tasks["worker"] = lambda: depot.worker.run(sole_owner=alone, takes_jobs=works)
    if works:
        tasks["leftovers"] = depot.leftovers.run
        tasks["uploads"] = depot.push.sweep.run
        tasks["housekeeping"] = depot.housekeeping.run
        tasks["inspector"] = depot.inspector.run
        tasks["quarantine"] = depot.quarantine.run
        tasks["scans"] = depot.scans.run
    return tasks


async def kept_up(
    name: str, run: Callable[[], Awaitable[None]], clock: Clock,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:  # fmt: skip
    """Run something that never ends by itself; when it breaks, say so and start it again.

    What breaks again and again is started less and less often, and its traceback is told once.
    """
    again, pause = False, _RESTART_SECONDS
    while True:
        began, broke = clock.monotonic(), None
        try:
            await run()
        except Exception as error:
            broke = error
        again = again and broke is not None and clock.monotonic() - began < _STEADY_SECONDS
        pause = min(2 * pause, _LONGEST_SECONDS) if again else _RESTART_SECONDS
        if broke is not None:
            logger.error(_BROKE, name, pause, broke, exc_info=None if again else broke)
        again = broke is not None
        await sleep(pause)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

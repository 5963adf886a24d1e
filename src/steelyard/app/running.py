"""What works in the background of a depot, from its start to its end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from steelyard.app.depot import Depot

logger = logging.getLogger(__name__)
_RESTART_SECONDS = 1.0


@asynccontextmanager
async def running(depot: Depot) -> AsyncIterator[None]:
    """Run what works in the background; on the way out checkpoint jobs, write the last events, close files."""
    tasks = [asyncio.create_task(_kept_up(name, run)) for name, run in _background(depot).items()]
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
    tasks = {**depot.foundation.background, **depot.society.background, "recorder": depot.recorder.run}
    if "api" in depot.settings.roles:
        tasks.update(depot.serving.background)
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


async def _kept_up(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run something that never ends by itself; when it breaks, say so and start it again."""
    while True:
        try:
            await run()
        except Exception:
            logger.exception("%s broke and is started again", name)
        await asyncio.sleep(_RESTART_SECONDS)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

"""The worker process: downloads for the servers of its depot, and answers nobody."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable

from steelyard.app import Depot, running
from steelyard.http import logs
from steelyard.server import built
from steelyard.settings import BadSettings, Settings

if sys.platform == "win32":
    _LOOP: Callable[[], asyncio.AbstractEventLoop] | None = None
else:
    import uvloop

    _LOOP = uvloop.new_event_loop

logger = logging.getLogger("steelyard")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def work(settings: Settings) -> None:
    """Work until a signal comes; then jobs are put back and the process ends.

    Raises BadSettings, DatabaseInUse, DatabaseRefused, SchemaTooNew.
    """
    require_shared_database(settings)
    logs.configure(settings.server)
    depot = built(settings.model_copy(update={"roles": ["worker"]}))
    with asyncio.Runner(loop_factory=_LOOP) as runner:
        runner.run(_until_told(depot))


def require_shared_database(settings: Settings) -> None:
    """Only a database that several processes can use has room for a further worker. Raises BadSettings."""
    if settings.database_kind == "sqlite":
        raise BadSettings(
            "A further worker needs PostgreSQL: one process owns a SQLite database.",
            hint="Set DATABASE_URL=postgresql://… for this worker and for every server.",
        )


async def _until_told(depot: Depot) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, told.set)
    async with running(depot):
        where = {"owner": depot.worker.owner, "store": str(depot.settings.store_path), "database": depot.database.kind}
        logger.info("Steelyard works", extra=where)
        await told.wait()
        logger.info("stopping")

"""Part files that nobody will finish: of cancelled and failed jobs, and what killed processes left half done. They stay
a while, so that a retry starts where the last try ended, and go when nothing that is still alive wants them."""

import asyncio
import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from steelyard.catalog.tables import files, revisions
from steelyard.core.digest import Digest
from steelyard.downloads import doubts, uses, wants
from steelyard.downloads.tools import Tools
from steelyard.jobs.models import LIVE
from steelyard.jobs.tables import jobs

logger = logging.getLogger(__name__)
_ROUND_SECONDS = 3600.0


class Leftovers:
    """Clears the parts folder, once an hour."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self) -> None:
        """Clear until cancelled."""
        while True:
            try:
                await self.clear()
            except OSError:
                logger.exception("could not clear part files; the next round tries again")
            await asyncio.sleep(_ROUND_SECONDS)

    async def clear(self) -> int:
        """Delete what is old and unwanted; returns the bytes that were freed."""
        old = timedelta(days=self._tools.settings.keep_parts_days)
        before = (self._tools.clock.now() - old).timestamp()
        parts = await self._tools.run(lambda: self._tools.storage.list_parts(before))
        wanted = await self._tools.database.read(_wanted) if parts else set()
        unwanted, now = [digest for digest in parts if digest not in wanted], self._tools.clock.now()
        if unwanted:
            await self._tools.database.write(lambda connection: _doubt(connection, unwanted, now))
        freed = sum(self._tools.storage.clear_part(digest, before) for digest in unwanted)
        freed += await self._tools.run(lambda: self._tools.storage.clear_temporaries(before))
        await self._tools.database.write(lambda connection: _forget(connection, self._tools.clock.now(), old))
        if freed:
            logger.info("cleared part files that nobody wants any more", extra={"bytes": freed})
        return freed


def _doubt(connection: Connection, digests: Collection[Digest], now: datetime) -> None:
    """Nobody ever knew whether these bytes were right, and some client may hold them."""
    for digest in digests:
        doubts.add(connection, digest, now)


def _forget(connection: Connection, now: datetime, old: timedelta) -> None:
    """What the mirror remembers of what nobody asks for."""
    wants.forget(connection, now - old)
    uses.forget(connection, now)


def _wanted(connection: Connection) -> set[Digest]:
    """Every blob of every entry that a live job is about: more than needed, never less."""
    about = select(jobs.c.subject).where(jobs.c.status.in_(LIVE))
    statement = (
        select(files.c.digest)
        .distinct()
        .join(revisions, files.c.revision == revisions.c.id)
        .where(revisions.c.entry.in_(about))
    )
    return {Digest.parse(text) for text in connection.execute(statement).scalars()}

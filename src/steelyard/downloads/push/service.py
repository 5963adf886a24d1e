"""Pushing, as the surface sees it: its verbs by the nouns that they are about."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from steelyard.catalog.changes import ChangeService
from steelyard.catalog.trash import TrashService
from steelyard.core.errors import Unavailable
from steelyard.core.signals import Signals
from steelyard.downloads.push import store
from steelyard.downloads.push.aftermath import Aftermath, Look
from steelyard.downloads.push.committing import Committing
from steelyard.downloads.push.pointers import Pointers
from steelyard.downloads.push.preparing import Preparing
from steelyard.downloads.push.publishing import Publisher
from steelyard.downloads.push.references import References
from steelyard.downloads.push.repositories import Repositories
from steelyard.downloads.push.uploads import Uploads
from steelyard.downloads.tools import Tools
from steelyard.storage.staging import Staging

logger = logging.getLogger(__name__)
_ROUND_SECONDS = 3600.0
_KEPT = timedelta(days=2)  # longer than the last address to send to is good


@dataclass(frozen=True, slots=True)
class PushService:
    """What can be pushed, and how. ``reserved`` are the team's namespaces."""

    reserved: Sequence[str]
    repositories: Repositories
    preparing: Preparing
    uploads: Uploads
    committing: Committing
    references: References
    sweep: "Sweep"


class Sweep:
    """Clears what people sent and never made a commit of, and ends what a killed process began; at the end lets go of
    what is under way."""

    def __init__(self, tools: Tools, staging: Staging, pointers: Pointers, aftermath: Aftermath) -> None:
        self._pointers = pointers
        self._tools = tools
        self._staging = staging
        self._aftermath = aftermath

    async def run(self) -> None:
        """Clear once an hour, until cancelled."""
        try:
            while True:
                try:
                    await self.clear()
                except OSError:
                    logger.exception("could not clear what was sent; the next round tries again")
                except Unavailable as error:
                    logger.warning("what was sent is left alone: %s", error.detail, extra={"hint": error.hint})
                await asyncio.sleep(_ROUND_SECONDS)
        finally:
            await self._aftermath.close()

    async def clear(self) -> int:
        """Delete what is old; returns the bytes that became free. Raises OSError; StoreAway, nothing touched."""
        await self._tools.require_store()
        await self._pointers.mend()
        now = self._tools.clock.now()
        await self._tools.database.write(lambda connection: store.forget_expired(connection, now))
        freed = await self._tools.run(lambda: self._staging.clear((now - _KEPT).timestamp()))
        if freed:
            logger.info("cleared what was sent and never pushed", extra={"bytes": freed})
        return freed


def make_push(
    tools: Tools,
    changes: ChangeService,
    trash: TrashService,
    signals: Signals,
    reserved: Sequence[str],
    *,
    admit: Look,
    inspect: Look,
) -> PushService:
    """Wire the verbs. ``admit`` scans a revision's files in quarantine, ``inspect`` reads what its files tell."""
    staging, pointers = Staging(tools.storage.layout), Pointers(tools)
    aftermath = Aftermath(tools, admit, inspect, signals)
    committing = Committing(tools, staging, Publisher(tools, staging), pointers, aftermath, signals)
    return PushService(
        reserved=tuple(reserved),
        repositories=Repositories(tools, committing, changes, trash, reserved),
        preparing=Preparing(tools),
        uploads=Uploads(tools, staging),
        committing=committing,
        references=References(tools, pointers, signals),
        sweep=Sweep(tools, staging, pointers, aftermath),
    )

"""An administrator lets the quarantined files of a model out, and puts them back.

What is allowed are bytes, not names: the same file is allowed in every model that has it.
"""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from steelyard.catalog import rights
from steelyard.catalog.models import MODEL_TOPIC, Entry, FileState
from steelyard.catalog.pickles import store
from steelyard.catalog.pickles.errors import nothing_allowed, nothing_waits, only_administrators
from steelyard.catalog.pickles.screening import Screening
from steelyard.catalog.pickles.store import Shown
from steelyard.catalog.pickles.verdict import Allowance
from steelyard.catalog.service import required
from steelyard.core.clock import Clock
from steelyard.core.digest import Digest
from steelyard.core.ref import Reference
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.principal import Caller

logger = logging.getLogger(__name__)


class AllowService:
    """Both are one transaction; the files follow it, here and wherever else the same bytes are."""

    def __init__(self, database: Database, screening: Screening, clock: Clock, signals: Signals) -> None:
        self._database = database
        self._screening = screening
        self._clock = clock
        self._signals = signals

    async def allow(self, reference: Reference, reason: str, caller: Caller) -> Entry:
        """Publish what a model has in quarantine. Raises ModelMissing, OnlyAdministrators, NothingHeld."""
        allowance = Allowance(caller.name, self._clock.now(), reason)

        def allow(connection: Connection) -> tuple[Entry, list[Digest]]:
            entry = _decidable(connection, reference, caller)
            waiting = [one for one in store.of_entry(connection, entry.id) if one.file.state is FileState.QUARANTINED]
            if not waiting:
                raise nothing_waits(str(entry.name))
            digests = {one.file.digest: one.file.size for one in waiting}
            store.allow(connection, list(digests.items()), allowance)
            audit.record(
                connection, caller, _deed("model.allow", entry, waiting, after={"reason": reason}), allowance.at
            )
            return entry, list(digests)

        return await self._follow(await self._database.write(allow), "allowed", caller)

    async def disallow(self, reference: Reference, caller: Caller) -> Entry:
        """Put what was allowed back into quarantine. Raises ModelMissing, OnlyAdministrators, NothingHeld."""
        now = self._clock.now()

        def disallow(connection: Connection) -> tuple[Entry, list[Digest]]:
            entry = _decidable(connection, reference, caller)
            found = store.of_entry(connection, entry.id)
            known = store.standings(connection, [one.file.digest for one in found])
            allowed = [digest for digest, standing in known.items() if standing.allowance is not None]
            if not allowed:
                raise nothing_allowed(str(entry.name))
            reasons = sorted({one.allowance.reason for one in known.values() if one.allowance is not None})
            store.disallow(connection, allowed)
            names = [one for one in found if one.file.digest in allowed]
            audit.record(connection, caller, _deed("model.disallow", entry, names, before={"reason": reasons}), now)
            return entry, allowed

        return await self._follow(await self._database.write(disallow), "disallowed", caller)

    async def _follow(self, done: tuple[Entry, list[Digest]], what: str, caller: Caller) -> Entry:
        entry, digests = done
        others = await self._database.read(lambda connection: store.entries_with(connection, digests))
        await self._screening.settle(others, anew=True)
        for key in others:
            self._signals.publish(MODEL_TOPIC, str(key))
        logger.warning("pickle files %s: %s", what, entry.name, extra={"user": caller.name, "files": len(digests)})
        return entry


def _decidable(connection: Connection, reference: Reference, caller: Caller) -> Entry:
    entry = required(connection, reference, caller)
    if not rights.is_admin(caller):
        raise only_administrators(str(entry.name))
    return entry


def _deed(
    action: str,
    entry: Entry,
    names: Sequence[Shown],
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Deed:
    files = {"files": sorted({one.file.path for one in names})}
    return Deed(
        action,
        f"model {entry.name}",
        None if before is None else before | files,
        None if after is None else after | files,
    )

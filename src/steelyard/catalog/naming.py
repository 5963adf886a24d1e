"""One alias at a time: given to a model and taken away again, whoever else gives it names in the same moment."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from steelyard.catalog import aliases, deeds, rights, store
from steelyard.catalog.changes import require_change
from steelyard.catalog.errors import TooManyNames
from steelyard.catalog.models import MODEL_TOPIC, Entry
from steelyard.catalog.service import required
from steelyard.core.clock import Clock
from steelyard.core.ref import Reference
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.identity.principal import Caller

Also = Callable[[Connection], None]


class Naming:
    """Gives and takes; each is one transaction, with its rights and its lines in the audit log."""

    def __init__(self, database: Database, clock: Clock, signals: Signals) -> None:
        self._database = database
        self._clock = clock
        self._signals = signals

    async def give(self, source: Reference, alias: str, caller: Caller, also: Also) -> Entry:
        """One more name for a model; another model's alias goes over to this one. ``also``: what is written with it.

        Raises ModelMissing, NotYours (of either model), AliasTaken, TooManyNames.
        """

        def give(connection: Connection) -> Entry:
            entry = required(connection, source, caller)
            require_change(entry, caller, source)
            self._give(connection, entry, alias, caller)
            also(connection)
            return entry

        entry = await self._database.write(give)
        self._signals.publish(MODEL_TOPIC, str(entry.id))
        return entry

    async def take(self, reference: Reference, caller: Caller) -> Entry | None:
        """The model that lost its alias; None for a reference that is no alias of it. Raises ModelMissing, NotYours."""

        def take(connection: Connection) -> Entry | None:
            entry, alias = required(connection, reference, caller), reference.name.lower()
            if reference.entry_key is not None or alias not in aliases.of_entry(connection, entry.id):
                return None
            require_change(entry, caller, reference)
            _noted(connection, entry, caller, self._clock.now(), lambda: aliases.remove(connection, alias))
            return entry

        entry = await self._database.write(take)
        if entry is not None:
            self._signals.publish(MODEL_TOPIC, str(entry.id))
        return entry

    def _give(self, connection: Connection, entry: Entry, alias: str, caller: Caller) -> None:
        viewer, now = rights.viewer(caller), self._clock.now()
        held = aliases.find(connection, Reference(alias), viewer)
        if held == entry.id:
            return
        if len(aliases.of_entry(connection, entry.id)) >= aliases.MAX_ALIASES:
            raise TooManyNames(
                f"{entry.name} has {aliases.MAX_ALIASES} aliases.", hint="Take one away first: ollama rm NAME."
            )
        holder = None if held is None else store.get(connection, held)
        if holder is not None and holder.trash is None:
            require_change(holder, caller, Reference(alias))
            _noted(connection, holder, caller, now, lambda: aliases.remove(connection, alias))
        _noted(connection, entry, caller, now, lambda: aliases.add(connection, entry.id, alias, now, viewer))


def _noted(connection: Connection, entry: Entry, caller: Caller, now: datetime, change: Callable[[], None]) -> None:
    before = deeds.facts_of(connection, entry)
    change()
    deeds.record_change(connection, caller, entry, before, deeds.facts_of(connection, entry), now)

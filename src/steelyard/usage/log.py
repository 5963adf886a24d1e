"""The access log as people read it: events from the usage log, names from the depot's database."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from steelyard.db.counted import counted_page
from steelyard.db.database import Database
from steelyard.db.keyset import Mark, slices
from steelyard.identity import store as identity
from steelyard.identity.principal import Caller
from steelyard.usage import lines
from steelyard.usage.lines import EventFilter, Line


@dataclass(frozen=True, slots=True)
class Entry:
    """One line, and the name of whoever it is about; None where nobody knows."""

    line: Line
    username: str | None


class AccessHistory:
    """Reads the log that the recorder writes."""

    def __init__(self, depot: Database, usage_log: Database) -> None:
        self._depot = depot
        self._usage_log = usage_log

    async def principals(self, name: str) -> frozenset[int]:
        """Everybody of that name; none when nobody has it."""
        return await self._depot.read(lambda connection: identity.named(connection, name))

    async def own(self, caller: Caller) -> frozenset[int]:
        """The principals that somebody is: this one, and the others of the same account."""
        account = caller.access.account_id
        if account is None:
            return frozenset({caller.doer.id})
        linked = await self._depot.read(lambda connection: identity.of_account(connection, account))
        return linked | {caller.doer.id}

    async def list_page(self, wanted: EventFilter, limit: int, offset: int) -> tuple[int, list[Entry]]:
        """The true total and one page, newest first."""
        total, found = await counted_page(
            self._usage_log,
            lambda connection: lines.count(connection, wanted),
            lambda connection, total: lines.page(connection, wanted, limit, offset, total),
            offset,
        )
        return total, await self._with_names(found)

    def slices(self, wanted: EventFilter, limit: int | None = None, offset: int = 0) -> AsyncIterator[Sequence[Entry]]:
        """All that match, newest first, each slice in short transactions of its own."""

        async def read(mark: Mark | None, size: int) -> list[Entry]:
            found = await self._usage_log.read(
                lambda connection: lines.list_slice(connection, wanted, mark, size, offset)
            )
            return await self._with_names(found)

        return slices(read, lambda entry: lines.mark_of(entry.line), limit)

    async def _with_names(self, found: list[Line]) -> list[Entry]:
        who = {line.event.principal for line in found if line.event.principal is not None}
        names = await self._depot.read(lambda connection: identity.names(connection, who)) if who else {}
        return [Entry(line, names.get(line.event.principal or 0)) for line in found]

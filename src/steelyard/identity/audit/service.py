"""The audit log as administrators read it. Whoever changes something writes it himself: ``store.record``."""

from collections.abc import AsyncIterator, Sequence

from steelyard.db.counted import counted_page
from steelyard.db.database import Database
from steelyard.db.keyset import Mark, slices
from steelyard.identity import store as identity
from steelyard.identity.audit import lines
from steelyard.identity.audit.models import AuditEntry, AuditFilter


class AuditLog:
    """Reads; every slice in a short transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def principals(self, name: str) -> frozenset[int]:
        """Everybody of that name; none when nobody has it."""
        return await self._database.read(lambda connection: identity.named(connection, name))

    async def list_page(self, wanted: AuditFilter, limit: int, offset: int) -> tuple[int, list[AuditEntry]]:
        """The true total and one page, newest first."""
        return await counted_page(
            self._database,
            lambda connection: lines.count(connection, wanted),
            lambda connection, total: lines.page(connection, wanted, limit, offset, total),
            offset,
        )

    def slices(
        self, wanted: AuditFilter, limit: int | None = None, offset: int = 0
    ) -> AsyncIterator[Sequence[AuditEntry]]:
        """All that match, newest first."""

        async def read(mark: Mark | None, size: int) -> list[AuditEntry]:
            return await self._database.read(
                lambda connection: lines.list_slice(connection, wanted, mark, size, offset)
            )

        return slices(read, lines.mark_of, limit)

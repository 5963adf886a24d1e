"""Somebody who reports, and an intake to report to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from steelyard.core.ref import Reference
from steelyard.db.database import Database
from steelyard.identity.people import AccessRule, People
from steelyard.identity.principal import EVERYTHING, Access, Caller, Principal, PrincipalKind
from steelyard.identity.roles import Role
from steelyard.testing.clock import HandClock
from steelyard.usage.hot import rows_of
from steelyard.usage.intake.limits import IntakeLimits
from steelyard.usage.intake.lookup import Lookup
from steelyard.usage.intake.reported import Reported
from steelyard.usage.intake.service import Intake, Receipt
from steelyard.usage.intake.tables import unfinished
from steelyard.usage.intake.unfinished import Unfinished
from steelyard.usage.rows import event_of, numbers_in
from steelyard.usage.rush import Rush
from steelyard.usage.tables import events, hot
from steelyard.usage.turns import Turns
from steelyard.usage.words import spell

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)  # where the hands of the clock stand
SERVICE = Caller(Principal(1, PrincipalKind.ACCOUNT, "1", "renderer"), "10.0.0.5", "", Access(Role.SERVICE))
OTHER = Caller(Principal(2, PrincipalKind.ACCOUNT, "2", "other"), "10.0.0.6", "", Access(Role.SERVICE))
MEMBER = Caller(Principal(3, PrincipalKind.ACCOUNT, "3", "carol"), "10.0.0.7", "", Access(Role.MEMBER))
ANYBODY = Caller(Principal(4, PrincipalKind.ADDRESS, "10.0.0.8", "10.0.0.8"), "10.0.0.8", "", EVERYTHING)


def said(type: str = "generation_completed", minutes: float = 0, **more: Any) -> Reported:  # noqa: A002
    """An event some minutes after noon."""
    if "parameters" in more:
        more["parameters"] = msgspec.Raw(msgspec.json.encode(more["parameters"]))
    return Reported(timestamp=NOON + timedelta(minutes=minutes), type=type, **more)


class Office:
    """An intake on a usage log, and whoever looks after what waits."""

    def __init__(
        self, depot: Database, usage_log: Database, clock: HandClock, rule: AccessRule | None = None,
        limits: IntakeLimits | None = None,
    ) -> None:  # fmt: skip
        self.asked: list[str] = []
        self._database = usage_log
        limits = limits or IntakeLimits()
        people = People(depot, clock, rule=rule)
        self.rush = Rush(clock)
        self.intake = Intake(usage_log, Lookup(people, self._names_of, clock), clock, limits, self.rush)
        self.unfinished = Unfinished(usage_log, clock, Turns(usage_log), limits)

    async def take(self, *events: Any, caller: Caller = SERVICE) -> Receipt:
        """Report some."""
        return await self.intake.take(events, caller)

    async def stored(self) -> list[Any]:
        """All events, the oldest first."""
        return await self._database.read(_stored)

    async def waiting(self) -> int:
        """How many starts wait, or waited in vain."""
        count = select(func.count()).select_from(unfinished).where(~unfinished.c.ended)
        return await self._database.read(lambda connection: connection.execute(count).scalar_one())

    async def remembered(self) -> int:
        """How many requests are known that began or ended."""
        count = select(func.count()).select_from(unfinished)
        return await self._database.read(lambda connection: connection.execute(count).scalar_one())

    async def _names_of(self, references: Sequence[Reference], _caller: Caller) -> list[str]:
        self.asked += [reference.name for reference in references]
        return ["org/t2v-A14B" if reference.name == "t2v" else str(reference.bare) for reference in references]


def _stored(connection: Connection) -> list[Any]:
    rows = sorted(row for table in (hot, events) for row in rows_of(connection, select(table)))
    texts = spell(connection, {number for row in rows for number in numbers_in(row)})
    return [event_of(row, texts) for row in rows]

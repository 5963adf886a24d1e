"""People who change things, and a pen that writes it down."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import Connection

from steelyard.db.database import Database
from steelyard.identity import store as identity
from steelyard.identity.audit import store
from steelyard.identity.audit.models import Deed
from steelyard.identity.principal import EVERYTHING, Access, Caller, PrincipalKind
from steelyard.testing.clock import HandClock

Note = Callable[..., Awaitable[None]]
MeetBy = Callable[..., Awaitable[Caller]]


@pytest.fixture
def meet(database: Database, clock: HandClock) -> MeetBy:
    """``await meet("alice", address="192.0.2.7")``: a caller whom the depot knows."""

    async def known(name: str, address: str = "192.0.2.7", access: Access = EVERYTHING) -> Caller:
        principal = await database.write(
            lambda connection: identity.find_or_add(connection, PrincipalKind.DECLARED, name, name, clock.now())
        )
        return Caller(principal, address, "test", access)

    return known


@pytest.fixture
def note(database: Database, clock: HandClock) -> Note:
    """``await note(caller, "model.change", "org/one")``: a deed in a transaction of its own, at this moment."""

    async def write(caller: Caller | None, action: str, subject: str = "org/one", **sides: object) -> None:
        deed, now = Deed(action, subject, **sides), clock.now()  # type: ignore[arg-type]

        def record(connection: Connection) -> None:
            store.record(connection, caller, deed, now)

        await database.write(record)

    return write

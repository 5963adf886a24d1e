"""Tells what is known of a person, and forgets them."""

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from sqlalchemy import Connection

from steelyard.core.clock import Clock
from steelyard.core.errors import NotFound
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.downloads.memory import records
from steelyard.downloads.memory.records import Forgotten, Traces
from steelyard.downloads.service import DownloadService
from steelyard.downloads.store import RequestFilter
from steelyard.downloads.views import request_json
from steelyard.identity.accounts import account_store
from steelyard.identity.accounts.rights import require_own
from steelyard.identity.accounts.users import UserService
from steelyard.identity.accounts.views import user_json
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import AuditFilter, Deed
from steelyard.identity.audit.service import AuditLog
from steelyard.identity.audit.views import audit_json
from steelyard.identity.holder import ACCESS_TOPIC
from steelyard.identity.principal import Caller
from steelyard.usage.erasure import Erasure
from steelyard.usage.lines import EventFilter
from steelyard.usage.log import AccessHistory
from steelyard.usage.views import event_json

_BYTES = 5


class NobodyKnown(NotFound):
    """No record names them."""

    slug = "nobody-known"
    title = "Nobody is known by that name"


class Keepsakes(Protocol):
    """Records of people that another room keeps, under their account and their principals."""

    async def export(self, account: int | None, principals: frozenset[int]) -> Sequence[dict[str, Any]]:
        """All of them, each with what ``record`` it is."""

    async def forget(self, account: int | None, principals: frozenset[int]) -> None:
        """Delete them all."""


class Memory:
    """The records of one person. Raises DatabaseAway."""

    def __init__(
        self,
        depot: Database,
        erasure: Erasure,
        users: UserService,
        downloads: DownloadService,
        history: AccessHistory,
        log: AuditLog,
        clock: Clock,
        signals: Signals,
        keepsakes: Sequence[Keepsakes] = (),
    ) -> None:
        self._keepsakes = keepsakes
        self._depot = depot
        self._erasure = erasure
        self._users = users
        self._downloads = downloads
        self._history = history
        self._log = log
        self._clock = clock
        self._signals = signals

    async def forget(self, caller: Caller, name: str) -> Forgotten:
        """Forget somebody: their account goes, every record says a pseudonym instead, totals stay.

        Begun again after a crash it goes on: nothing of it is done twice. Raises NobodyKnown, LastAdmin.
        """
        found = await self._found(name)
        pseudonym, now = f"forgotten-{secrets.token_hex(_BYTES)}", self._clock.now()
        events = await self._erasure.forget(found.principals)
        for kept in self._keepsakes:
            await kept.forget(await self._account(name), found.principals)
        if await self._depot.read(lambda connection: account_store.find(connection, name)) is not None:
            await self._users.delete(caller, name)

        def forget(connection: Connection) -> Forgotten:
            gone = records.forget(connection, found, pseudonym)
            audit.record(connection, caller, Deed("user.forget", pseudonym, None, {"requests": gone.requests}), now)
            return gone

        done = replace(await self._depot.write(forget), events=events)
        self._signals.publish(ACCESS_TOPIC, pseudonym)
        return done

    async def lines(self, caller: Caller, name: str) -> AsyncIterator[Sequence[dict[str, Any]]]:
        """All that is known of somebody, in slices: each line says of what ``record`` it is.

        Raises NobodyKnown, NotYourAccount.
        """
        require_own(caller, name)
        found = await self._found(name)
        if await self._depot.read(lambda connection: account_store.find(connection, name)) is not None:
            yield [{"record": "account", **user_json(await self._users.get(caller, name))}]
        async for requests in self._downloads.slices(RequestFilter(username=found.name)):
            yield [{"record": "request", **request_json(one)} for one in requests]
        async for events in self._history.slices(EventFilter(principals=found.principals)):
            yield [{"record": "event", **event_json(one)} for one in events]
        async for deeds in self._log.slices(AuditFilter(principals=found.principals)):
            yield [{"record": "deed", **audit_json(one)} for one in deeds]
        for kept in self._keepsakes:
            yield await kept.export(await self._account(name), found.principals)

    async def _found(self, name: str) -> Traces:
        def find(connection: Connection) -> Traces | None:
            found = records.traces(connection, name)
            return found if records.is_anybody(connection, found) else None

        found = await self._depot.read(find)
        if found is None:
            raise NobodyKnown(f"No record names {name[:128]!r}.", hint="`steelyard history` shows who asked.")
        return found

    async def _account(self, name: str) -> int | None:
        """Its key, while there is one."""
        user = await self._depot.read(lambda connection: account_store.find(connection, name))
        return None if user is None else user.id

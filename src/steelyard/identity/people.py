"""Finds out who is asking. In open mode: the self-declared name, else the address."""

from starlette.datastructures import Headers
from starlette.types import Scope

from steelyard.core.clock import Clock
from steelyard.db.database import Database
from steelyard.identity import store
from steelyard.identity.names import HEADER, clean_name, name_from_header
from steelyard.identity.principal import Caller, Principal, PrincipalKind

_CACHED = 4096
_AGENT_LENGTH = 200


class People:
    """The resolver. Rows never change their meaning, so a small cache of them needs no invalidation."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[tuple[PrincipalKind, str], Principal] = {}

    async def caller(self, scope: Scope, declared: str | None = None) -> Caller:
        """Who sent this request; ``declared`` is a name in its body, which wins over the header.

        Raises InvalidName.
        """
        address = scope["client"][0] if scope.get("client") else "unknown"
        name = clean_name(declared) if declared is not None else declared_name(scope)
        kind, subject = (PrincipalKind.DECLARED, name) if name else (PrincipalKind.ADDRESS, address)
        principal = await self._principal(kind, subject)
        return Caller(principal, address, Headers(scope=scope).get("user-agent", "")[:_AGENT_LENGTH])

    async def _principal(self, kind: PrincipalKind, subject: str) -> Principal:
        known = self._known.get((kind, subject))
        if known is None:
            now = self._clock.now()
            known = await self._database.write(
                lambda connection: store.find_or_add(connection, kind, subject, subject, now)
            )
            if len(self._known) >= _CACHED:
                self._known.clear()
            self._known[(kind, subject)] = known
        return known


def declared_name(scope: Scope) -> str | None:
    """The name that the request's header declares. Raises InvalidName."""
    return name_from_header(Headers(scope=scope).get(HEADER))

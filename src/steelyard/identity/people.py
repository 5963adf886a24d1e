"""Finds out who is asking, by a chain of links, and what they may do.

The order, everywhere: token, session or signed request, tailnet, header of a trusted proxy, self-declared name,
address. A self-declared name proves nothing: where access is required only a service's token may say one, and its
rights stay its own. Whom a service proves to ask for (Open WebUI does) has rights of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from starlette.types import Scope as AsgiScope

from steelyard.core.clock import Clock
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.http.fields import field
from steelyard.identity import store
from steelyard.identity.asking import Asking, asking
from steelyard.identity.holder import ACCESS_TOPIC, Account, Credentials, NotSignedIn
from steelyard.identity.links.protocol import Known, Link
from steelyard.identity.names import HEADER, clean_name, name_from_header
from steelyard.identity.principal import (
    EVERYTHING,
    NOTHING,
    Access,
    Caller,
    Principal,
    PrincipalKind,
    for_daily_work,
)
from steelyard.identity.remembered import Remembered
from steelyard.identity.roles import Role
from steelyard.identity.tables import NO_ROW

_LISTEN_SECONDS = 3600.0
_STATE = "surest"
_HEADER = HEADER.lower().encode()
_Row = tuple[PrincipalKind, str, str]  # kind, subject and name of a principal


class Mask(Protocol):
    """Hides addresses as the settings say."""

    async def mask(self, address: str) -> str:
        """The address as the records keep it."""

    async def wanted(self, address: str) -> str:
        """What to look for when somebody asks for the records of an address."""


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Who may come in. ``guest`` is the role of whom the tailnet or the proxy vouches for without an account."""

    auth: Literal["open", "required"] = "open"
    guest: Role | None = None

    @property
    def is_open(self) -> bool:
        """Whether everybody is an administrator."""
        return self.auth == "open"


class People:
    """The resolver. Rows never change their meaning; whose account they belong to does, and is asked for apart."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        links: Sequence[Link] = (),
        rule: AccessRule | None = None,
        credentials: Credentials | None = None,
        mask: Mask | None = None,
        speakers: Sequence[Link] = (),
    ) -> None:
        """``links`` know people surer than by what they say; without ``credentials`` nobody has an account.

        ``speakers`` know for whom a service asks, surer than by the name that it says.
        """
        self._database = database
        self._clock = clock
        self._links = links
        self._rule = rule or AccessRule()
        self._credentials = credentials
        self._mask = mask
        self._speakers = speakers
        self._known = Remembered[_Row, Principal](self._row, clock)

    @property
    def is_open(self) -> bool:
        """Whether everybody is an administrator."""
        return self._rule.is_open

    async def caller(self, scope: AsgiScope, declared: str | None = None) -> Caller:
        """Who sent this request; ``declared`` is a name in its body, which wins over the header.

        Raises InvalidName, NotSignedIn.
        """
        shown = asking(scope)
        name = clean_name(declared) if declared is not None else declared_name(scope)
        surest = await self._surest(scope, shown)
        address = shown.address if self._mask is None else await self._mask.mask(shown.address)
        known = surest or self._vaguest(name, address)
        principal, access, proven = await self._standing(known)
        if access.role is Role.SERVICE and known.holder is not None and known.asks_for is None and name is not None:
            principal, proven = await self._spoken_for(name), principal
        return Caller(principal, address, shown.agent, access, proven)

    async def access(self, scope: AsgiScope) -> Access:
        """What whoever sent this request may do now, asked anew. Raises NotSignedIn."""
        scope.get("state", {}).pop(_STATE, None)
        surest = await self._surest(scope, asking(scope))
        if surest is None:
            return EVERYTHING if self._rule.is_open else NOTHING
        return (await self._standing(surest))[1]

    def key(self, scope: AsgiScope) -> str | None:
        """Who sent this request, as its budget of requests goes by; None while nobody but its address is known."""
        surest: Known | None = scope.get("state", {}).get(_STATE)
        known = surest and (surest.asks_for or surest)
        return None if known is None else f"{known.kind.value}:{known.subject}"

    async def recorded(self, address: str) -> str:
        """What the records of an address are found by. Raises DatabaseAway."""
        return address if self._mask is None else await self._mask.wanted(address)

    async def masked(self, address: str) -> str:
        """What the records keep of an address that somebody reports. Raises DatabaseAway."""
        return address if self._mask is None else await self._mask.mask(address)

    async def spoken_for(self, name: str) -> Principal:
        """Whom a service or an administrator means by a name. Raises InvalidName, DatabaseAway."""
        called = clean_name(name)
        if self._rule.is_open:
            return await self._principal(Known(PrincipalKind.DECLARED, called, called))
        return await self._spoken_for(called)

    def forget_links(self) -> None:
        """Somebody was given an account, or lost one."""
        self._known.forget()

    async def keep_current(self, signals: Signals) -> None:
        """Forget links whenever some process says that something about accounts changed; until cancelled."""
        with signals.listen(ACCESS_TOPIC) as listener:
            self.forget_links()
            while True:
                if await listener.wait(_LISTEN_SECONDS) is not None:
                    self.forget_links()

    async def keep_warm(self) -> None:
        """Keep who is who for while the database is away, until cancelled."""
        await self._known.keep_warm()

    async def _surest(self, scope: AsgiScope, shown: Asking) -> Known | None:
        """Found out once for each request: several ask."""
        state = scope.setdefault("state", {})
        if _STATE not in state:
            state[_STATE] = await self._identified(shown)
        found: Known | None = state[_STATE]
        return found

    async def _identified(self, shown: Asking) -> Known | None:
        known = await first_known(self._links, shown)
        if known is None or known.holder is None or known.holder.account.role is not Role.SERVICE:
            return known
        person = await first_known(self._speakers, shown)
        return known if person is None else replace(known, asks_for=person)

    def _vaguest(self, name: str | None, address: str) -> Known:
        if name is not None and self._rule.is_open:
            return Known(PrincipalKind.DECLARED, name, name)
        return Known(PrincipalKind.ADDRESS, address, address)

    async def _standing(self, known: Known) -> tuple[Principal, Access, Principal | None]:
        """Who it is and what they may do; last the service that asks for them, where the rights are the service's.

        Whom a service vouches for has the rights of the account that is linked to them, as far as the service's token
        goes. Raises NotSignedIn where that account is disabled.
        """
        principal, access = await self._with_access(known)
        if known.asks_for is None:
            return principal, access, None
        person = await self._principal(known.asks_for)
        if person.account is None:
            return await self._told_apart(person), access, principal
        account = await self._linked(person)
        if account is None:
            raise NotSignedIn(
                "The account of whom this is asked for is disabled.", hint="Ask an administrator of this depot."
            )
        own = Access(account.role, account.name, account.id, access.scopes, access.credential)
        return replace(person, name=account.name), self._as_open(for_daily_work(own)), None

    async def _with_access(self, known: Known) -> tuple[Principal, Access]:
        principal = await self._principal(known)
        if known.holder is not None:
            account, holder = known.holder.account, known.holder
            access = Access(account.role, account.name, account.id, holder.scopes, holder.credential)
        elif (linked := await self._linked(principal)) is not None:
            account, own = linked, Access(linked.role, linked.name, linked.id)
            access = for_daily_work(own) if known.is_told else own
        else:
            return (principal, EVERYTHING) if self._rule.is_open else await self._guest(principal)
        return _called(principal, account.name), self._as_open(access)

    def _as_open(self, access: Access) -> Access:
        if not self._rule.is_open:
            return access
        return Access(Role.ADMIN, access.account, access.account_id, None, access.credential)

    async def _linked(self, principal: Principal) -> Account | None:
        if principal.account is None or self._credentials is None:
            return None
        return await self._credentials.of_account(principal.account)

    async def _guest(self, principal: Principal) -> tuple[Principal, Access]:
        """Somebody without an account. Whoever has an account's name by chance must not pass for its owner."""
        vouched = principal.kind in {PrincipalKind.TAILNET, PrincipalKind.PROXY} and principal.account is None
        return await self._told_apart(principal), Access(self._rule.guest) if vouched else NOTHING

    async def _told_apart(self, principal: Principal) -> Principal:
        if await self._of_name(principal.name) is None:
            return principal
        return replace(principal, name=f"{principal.name} ({principal.kind.value})")

    async def _spoken_for(self, name: str) -> Principal:
        """Whom a service asks for: the account of that name, else whoever is called so."""
        account = await self._of_name(name)
        if account is None:
            return await self._principal(Known(PrincipalKind.DECLARED, name, name))
        known = Known(PrincipalKind.ACCOUNT, str(account.id), account.name)
        return replace(await self._principal(known), name=account.name)

    async def _of_name(self, name: str) -> Account | None:
        return None if self._credentials is None else await self._credentials.of_name(name)

    async def _principal(self, who: Known) -> Principal:
        """Whoever is nobody here leaves no row: strangers must not fill the database."""
        if who.kind is PrincipalKind.ADDRESS and not self._rule.is_open:
            return Principal(NO_ROW, who.kind, who.subject, who.name)
        wanted = (who.kind, who.subject, who.name)
        return await self._known.get(wanted) or await self._row(wanted)

    async def _row(self, wanted: _Row) -> Principal:
        kind, subject, name = wanted
        found = await self._database.read(lambda connection: store.find(connection, kind, subject))
        if found is not None:
            return found
        now = self._clock.now()
        return await self._database.write(lambda connection: store.find_or_add(connection, kind, subject, name, now))


def _called(principal: Principal, name: str) -> Principal:
    return principal if principal.name == name else replace(principal, name=name)


async def first_known(links: Sequence[Link], shown: Asking) -> Known | None:
    """What the first link says that can tell. Raises NotSignedIn."""
    for link in links:
        known = await link.identify(shown)
        if known is not None:
            return known
    return None


def declared_name(scope: AsgiScope) -> str | None:
    """The name that the request's header declares. Raises InvalidName."""
    return name_from_header(field(scope, _HEADER))

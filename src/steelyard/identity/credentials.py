"""Whose a token or a session is, at the price of a look into memory and one SHA-256.

Measured (``python -m bench --only token``): a token of a thousand is checked in a few microseconds once it is known.
"""

import asyncio
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

from steelyard.core.clock import Clock
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.identity.accounts import account_store, public_key_store, session_store, token_store
from steelyard.identity.accounts.keys import parse_cookie, parse_token
from steelyard.identity.accounts.models import PublicKey, Session, Token, User
from steelyard.identity.holder import ACCESS_TOPIC, Account, Holder, NotSignedIn
from steelyard.identity.links.signature import Signer
from steelyard.identity.names import name_key
from steelyard.identity.networks import is_within
from steelyard.identity.remembered import Remembered
from steelyard.identity.sightings import Sightings

_LISTEN_SECONDS = 3600.0
_NEW_ONE = "Make a new one: steelyard tokens add"


class AccountCredentials:
    """The ``Credentials`` of a depot with accounts. ``run`` must be running, or changes are 30 seconds late."""

    def __init__(
        self, database: Database, clock: Clock, signals: Signals, sightings: Sightings, idle_days: float
    ) -> None:
        self._clock = clock
        self._signals = signals
        self._sightings = sightings
        self._idle = timedelta(days=idle_days)
        reader = _Reader(database)
        self._tokens = Remembered[str, Token](reader.token, clock)
        self._keys = Remembered[str, PublicKey](reader.key, clock)
        self._sessions = Remembered[str, Session](reader.session, clock)
        self._accounts = Remembered[int, User](reader.account, clock)
        self._names = Remembered[str, tuple[Account | None]](reader.name, clock)
        self._all: tuple[Remembered[Any, Any], ...] = (
            self._tokens, self._keys, self._sessions, self._accounts, self._names,
        )  # fmt: skip

    async def of_token(self, text: str, address: str) -> Holder:
        """Who holds a token and uses it from this address. Raises NotSignedIn, DatabaseAway."""
        key = parse_token(text)
        token = None if key is None else await self._tokens.get(key.id)
        if key is None or token is None or not key.opens(token.secret_hash):
            raise NotSignedIn("This token is not known here.", hint=f"Look whether it is whole. {_NEW_ONE}")
        now = self._clock.now()
        require_good(token, address, now)
        self._sightings.token(token.id, now)
        return Holder(token.owner.account, f"token:{token.id}", token.scopes)

    async def of_key(self, fingerprint: str) -> Signer | None:
        """Who registered a public key; it may what was said then. Raises DatabaseAway."""
        key = await self._keys.get(fingerprint)
        if key is None:
            return None
        holder = Holder(key.owner.account, f"key:{key.id}", key.scopes)
        return Signer(key.id, holder, key.owner.disabled_at is not None)

    def key_used(self, signer: Signer) -> None:
        """Somebody signed with their key."""
        self._sightings.key(signer.key, self._clock.now())

    async def of_session(self, cookie: str) -> Holder | None:
        """Who is signed in with this cookie; None when the session ended. Raises DatabaseAway."""
        key = parse_cookie(cookie)
        session = None if key is None else await self._sessions.get(key.id)
        if key is None or session is None or not key.opens(session.secret_hash):
            return None
        now = self._clock.now()
        if not is_good(session, now, self._idle):
            return None
        self._sightings.session(session.id, now)
        return Holder(session.owner.account, f"session:{session.id}")

    async def of_name(self, name: str) -> Account | None:
        """The account of this name, disabled or not. Raises DatabaseAway."""
        found = await self._names.get(name_key(name))
        return None if found is None else found[0]

    async def of_account(self, account_id: int) -> Account | None:
        """The account with this key; None when there is none, or it is disabled. Raises DatabaseAway."""
        user = await self._accounts.get(account_id)
        return None if user is None or user.disabled_at is not None else user.account

    def forget(self) -> None:
        """Something about accounts changed: look everything up anew."""
        for remembered in self._all:
            remembered.forget()

    async def keep_warm(self) -> None:
        """Keep what is needed while the database is away, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for remembered in self._all:
                group.create_task(remembered.keep_warm())

    async def run(self) -> None:
        """Forget whenever some process says that something changed; until cancelled."""
        with self._signals.listen(ACCESS_TOPIC) as listener:
            self.forget()
            while True:
                if await listener.wait(_LISTEN_SECONDS) is not None:
                    listener.drain()
                    self.forget()


class _Reader:
    """One look into the database each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def token(self, token_id: str) -> Token | None:
        return await self._database.read(lambda connection: token_store.find(connection, token_id))

    async def key(self, fingerprint: str) -> PublicKey | None:
        return await self._database.read(
            lambda connection: public_key_store.find_by_fingerprint(connection, fingerprint)
        )

    async def session(self, session_id: str) -> Session | None:
        return await self._database.read(lambda connection: session_store.find(connection, session_id))

    async def account(self, account_id: int) -> User | None:
        return await self._database.read(lambda connection: account_store.find_by_id(connection, account_id))

    async def name(self, name: str) -> tuple[Account | None]:
        """In a tuple, because that nobody has a name is remembered too: guests are asked about at each request."""
        user = await self._database.read(lambda connection: account_store.find(connection, name))
        return (None if user is None else user.account,)


def require_good(token: Token, address: str, now: datetime) -> None:
    """Whether a token, whose secret was shown, is good now and from there. Raises NotSignedIn."""
    if token.revoked_at is not None:
        raise NotSignedIn("This token was revoked.", hint=_NEW_ONE)
    if token.expires_at is not None and token.expires_at <= now:
        raise NotSignedIn(f"This token expired on {token.expires_at:%Y-%m-%d}.", hint=_NEW_ONE)
    if token.owner.disabled_at is not None:
        raise NotSignedIn("The account of this token is disabled.", hint="Ask an administrator of this depot.")
    if token.cidrs is not None and not is_within(address, [ip_network(cidr) for cidr in token.cidrs]):
        raise NotSignedIn(
            "This token is not for the address that you come from.", hint="Use it from where it was made for."
        )


def is_good(session: Session, now: datetime, idle: timedelta) -> bool:
    """Whether a session goes on: it ends at its time, after a while without a request, and with its account."""
    return now < session.expires_at and now < session.last_seen_at + idle and session.owner.disabled_at is None

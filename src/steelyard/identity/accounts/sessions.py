"""Sessions: a browser signs in with a password and shows a cookie from then on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from steelyard.identity.accounts import account_store, session_store
from steelyard.identity.accounts.errors import WrongPassword
from steelyard.identity.accounts.keys import Key, cookie_text, new_key, parse_cookie
from steelyard.identity.accounts.models import Session, User
from steelyard.identity.accounts.passwords import Passwords
from steelyard.identity.accounts.registry import Registry
from steelyard.identity.accounts.rights import require_own
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.audit.subjects import of_account
from steelyard.identity.names import name_key
from steelyard.identity.principal import Caller

_UNKNOWN = "an unknown name"


class BackOff(Protocol):
    """Slows down whoever guesses passwords."""

    def attempt(self, username: str, address: str) -> None:
        """Somebody tries; it counts as failed until ``succeeded``. Raises TooManyRequests."""

    def succeeded(self, username: str, address: str) -> None:
        """They were right."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who it is, and the cookie that shows it from now on. The cookie is a secret."""

    user: User
    session: str
    cookie: str


class Sessions:
    """Opens sessions inside transactions of others."""

    def __init__(self, days: float) -> None:
        self._length = timedelta(days=days)

    def open(self, connection: Connection, key: Key, user: User, caller: Caller, now: datetime) -> SignedIn:
        """A new session, with a line in the audit log."""
        session_store.add(connection, key, user, caller, now, now + self._length)
        deed = Deed("session.start", of_account(user.id), None, {"session": key.id})
        audit.record(connection, caller, deed, now)
        return SignedIn(user, key.id, cookie_text(key))


class SignIn:
    """Starts and ends sessions. Raises DatabaseAway."""

    def __init__(self, registry: Registry, passwords: Passwords, sessions: Sessions, back_off: BackOff) -> None:
        self._registry = registry
        self._passwords = passwords
        self._sessions = sessions
        self._back_off = back_off

    async def start(self, caller: Caller, name: str, password: str, address: str, old: str | None) -> SignedIn:
        """Sign in; the session of the ``old`` cookie ends. ``address`` is the caller's own, hidden or not.

        Raises WrongPassword, TooManyRequests.
        """
        user = await self.prove(caller, name, password, address)
        better = await self._better(user, password)
        key = new_key()

        def start(connection: Connection, now: datetime) -> SignedIn:
            fresh = account_store.find_by_id(connection, user.id)
            if fresh is None or fresh.disabled_at is not None or fresh.password_hash != user.password_hash:
                raise wrong()
            if better is not None and user.password_hash is not None:
                account_store.replace_hash(connection, user.id, user.password_hash, better)
            _end(connection, old)
            return self._sessions.open(connection, key, fresh, caller, now)

        if old is None:  # nothing ends that anybody remembers
            return await self._registry.add(start)
        return await self._registry.change(user.name, start)

    async def prove(self, caller: Caller, name: str, password: str, address: str) -> User:
        """The account whose password it is. Raises WrongPassword, TooManyRequests.

        What is refused stands in the audit log, as often as the guard against guessing lets anybody try.
        """
        self._back_off.attempt(name_key(name), address)
        user = await self._registry.read(lambda connection: account_store.find(connection, name))
        right = await self._passwords.check(user.password_hash if user else None, password)
        if user is None or not right:
            await self._note_refusal(caller, user)
            raise wrong()
        self._back_off.succeeded(name_key(name), address)
        if user.disabled_at is not None:
            await self._note_refusal(caller, user)
            raise WrongPassword("This account is disabled.", hint="Ask an administrator of this depot.")
        return user

    async def end(self, caller: Caller, cookie: str) -> None:
        """Sign out; a cookie that is no longer good is no error, and nobody hears of it."""
        if await self._registry.read(lambda connection: _opened(connection, cookie)) is None:
            return

        def end(connection: Connection, now: datetime) -> None:
            user = _end(connection, cookie)
            if user is not None:
                audit.record(connection, caller, Deed("session.end", of_account(user.id)), now)

        await self._registry.change("session", end)

    async def end_all(self, caller: Caller, name: str) -> int:
        """Sign out everywhere; returns how many sessions ended. Raises NotYourAccount, UserMissing."""
        require_own(caller, name)

        def end_all(connection: Connection, now: datetime) -> int:
            user = account_store.require(connection, name)
            ended = session_store.remove_all(connection, user.id)
            deed = Deed("session.end_all", of_account(user.id), {"sessions": ended}, None)
            audit.record(connection, caller, deed, now)
            return ended

        return await self._registry.change(name, end_all)

    async def _note_refusal(self, caller: Caller, user: User | None) -> None:
        # What stands in the field of the name and is none may be a password.
        subject = _UNKNOWN if user is None else of_account(user.id)
        await self._registry.add(
            lambda connection, now: audit.record(connection, caller, Deed("session.refused", subject), now)
        )

    async def _better(self, user: User, password: str) -> str | None:
        outdated = user.password_hash is not None and self._passwords.is_outdated(user.password_hash)
        return await self._passwords.hash(password) if outdated else None


def wrong() -> WrongPassword:
    """The same for an unknown name and a wrong password."""
    return WrongPassword(
        "Nobody has this user name and this password.", hint="Check both; an administrator can set a new password."
    )


def _end(connection: Connection, cookie: str | None) -> User | None:
    """End the session of a cookie; None when it is nobody's."""
    session = None if cookie is None else _opened(connection, cookie)
    if session is None:
        return None
    session_store.remove(connection, session.id)
    return session.owner


def _opened(connection: Connection, cookie: str) -> Session | None:
    """The session whose secret the cookie holds."""
    key = parse_cookie(cookie)
    session = None if key is None else session_store.find(connection, key.id)
    return session if key is not None and session is not None and key.opens(session.secret_hash) else None

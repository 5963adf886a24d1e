"""The first administrator of a depot that wants to know who asks: made with a one-time code from its log."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from steelyard.identity.accounts import account_store, setup_store
from steelyard.identity.accounts.errors import AlreadySetUp, WrongSetupCode
from steelyard.identity.accounts.keys import digest, new_code, new_key
from steelyard.identity.accounts.names import account_name
from steelyard.identity.accounts.passwords import Passwords, check_password
from steelyard.identity.accounts.registry import Registry
from steelyard.identity.accounts.sessions import Sessions, SignedIn
from steelyard.identity.accounts.users import facts
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.audit.subjects import of_account
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Role

CODE_HOURS = 24


class Setup:
    """Hands out codes and takes one of them. Raises DatabaseAway."""

    def __init__(self, registry: Registry, passwords: Passwords, sessions: Sessions) -> None:
        self._registry = registry
        self._passwords = passwords
        self._sessions = sessions

    async def first_run(self) -> str | None:
        """A new code, good for a day; None when there is an administrator. Older ones stay good for their day."""
        code = new_code()

        def offer(connection: Connection, now: datetime) -> str | None:
            if account_store.has_admin(connection):
                return None
            setup_store.add(connection, digest(code), now, now + timedelta(hours=CODE_HOURS))
            return code

        return await self._registry.add(offer)

    async def finish(self, caller: Caller, code: str, name: str, password: str) -> SignedIn:
        """Make the first administrator and sign them in; no code is good afterwards.

        Raises AlreadySetUp, WrongSetupCode, BadAccountName, BadPassword, NameTaken.
        """
        await self._registry.read(lambda connection: _require_open(connection, code, self._registry.now()))
        name = account_name(name)
        check_password(password, name)
        hashed, key = await self._passwords.hash(password), new_key()

        def finish(connection: Connection, now: datetime) -> SignedIn:
            _require_open(connection, code, now)
            setup_store.remove_all(connection)
            user = account_store.add(connection, name, Role.ADMIN, hashed, caller.name, now)
            audit.record(connection, caller, Deed("setup", of_account(user.id), None, facts(user)), now)
            return self._sessions.open(connection, key, user, caller, now)

        return await self._registry.change(name, finish)


def _require_open(connection: Connection, code: str, now: datetime) -> None:
    if account_store.has_admin(connection):
        raise AlreadySetUp("The first administrator is there already.", hint="Sign in: /login, or ask them.")
    if not setup_store.is_good(connection, digest(code), now):
        raise WrongSetupCode(
            f"The code is not one of this depot, or older than {CODE_HOURS} hours.",
            hint="Start the depot again: it prints a new link in its log.",
        )

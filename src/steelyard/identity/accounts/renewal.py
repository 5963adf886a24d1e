"""New passwords. Every session of the account ends; the browser that asked goes on with a new one."""

from datetime import datetime

from sqlalchemy import Connection

from steelyard.identity.accounts import account_store, session_store
from steelyard.identity.accounts.errors import UnfitForRole, WrongPassword
from steelyard.identity.accounts.keys import new_key
from steelyard.identity.accounts.passwords import Passwords, check_password
from steelyard.identity.accounts.registry import Registry
from steelyard.identity.accounts.rights import is_own, require_own, with_token
from steelyard.identity.accounts.sessions import Sessions, SignedIn, SignIn
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.audit.subjects import of_account
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Role


class PasswordService:
    """Sets passwords: one's own with the present one, and for administrators everybody's. Raises DatabaseAway."""

    def __init__(self, registry: Registry, passwords: Passwords, sessions: Sessions, sign_in: SignIn) -> None:
        self._registry = registry
        self._passwords = passwords
        self._sessions = sessions
        self._sign_in = sign_in

    async def set(self, caller: Caller, name: str, new: str, current: str | None, address: str) -> SignedIn | None:
        """Set a password; the answer is the caller's new session, if they were signed in as the account.

        Raises NotYourAccount, UserMissing, WrongPassword, BadPassword, UnfitForRole, TooManyRequests.
        """
        require_own(caller, name)
        own = is_own(caller, name)
        had = await self._proven(caller, name, current, address) if own else None
        check_password(new, name)
        hashed, key = await self._passwords.hash(new), new_key()

        def set_password(connection: Connection, now: datetime) -> SignedIn | None:
            user = account_store.require(connection, name)
            if user.role is Role.SERVICE:
                raise UnfitForRole("A service signs in with tokens only.", hint="steelyard tokens add --user NAME")
            if own and user.password_hash != had:  # somebody else changed it meanwhile
                raise WrongPassword("The password was changed just now.", hint="Sign in with the new one.")
            account_store.change(connection, user.id, {"password_hash": hashed, "password_changed_at": now})
            session_store.remove_all(connection, user.id)
            audit.record(connection, caller, Deed("user.password", of_account(user.id)), now)
            keep = own and caller.access.credential is not None and not with_token(caller)
            return self._sessions.open(connection, key, user, caller, now) if keep else None

        return await self._registry.change(name, set_password)

    async def _proven(self, caller: Caller, name: str, current: str | None, address: str) -> str | None:
        """The hash of the present password, once it was shown; None where there is none yet."""
        user = await self._registry.read(lambda connection: account_store.require(connection, name))
        if user.password_hash is None:
            return None
        if current is None:
            raise WrongPassword("Your present password is needed too.", hint='Send it as "current".')
        return (await self._sign_in.prove(caller, name, current, address)).password_hash

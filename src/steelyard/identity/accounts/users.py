"""What administrators do to accounts: make, change, delete. Each verb is one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from steelyard.identity.accounts import account_store, link_store, public_key_store, session_store, token_store
from steelyard.identity.accounts.errors import UnfitForRole
from steelyard.identity.accounts.link_store import Link
from steelyard.identity.accounts.models import User
from steelyard.identity.accounts.names import account_name
from steelyard.identity.accounts.passwords import Passwords, check_password
from steelyard.identity.accounts.registry import Registry
from steelyard.identity.accounts.rights import require_admin, require_own
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.audit.subjects import of_account
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Role


@dataclass(frozen=True, slots=True)
class Card:
    """An account with the principals that belong to it."""

    user: User
    links: tuple[Link, ...] = ()


class UserService:
    """Verbs over accounts. All but ``get`` are for administrators. Raises NotYourAccount, UserMissing, DatabaseAway."""

    def __init__(self, registry: Registry, passwords: Passwords) -> None:
        self._registry = registry
        self._passwords = passwords

    async def list_page(self, caller: Caller, limit: int, offset: int) -> tuple[int, list[Card]]:
        """The true total and one page, by name."""
        require_admin(caller)

        def read(connection: Connection) -> tuple[int, list[Card]]:
            total, users = account_store.list_page(connection, limit, offset)
            links = link_store.of_accounts(connection, [user.id for user in users])
            return total, [Card(user, tuple(links.get(user.id, ()))) for user in users]

        return await self._registry.read(read)

    async def get(self, caller: Caller, name: str) -> Card:
        """One account; everybody may see their own."""
        require_own(caller, name)
        return await self._registry.read(
            lambda connection: card_of(connection, account_store.require(connection, name))
        )

    async def create(self, caller: Caller, name: str, role: Role, password: str | None) -> Card:
        """A new account. Raises BadAccountName, BadPassword, UnfitForRole, NameTaken."""
        require_admin(caller)
        name = account_name(name)
        _require_fit(role, has_password=password is not None)
        if password is not None:
            check_password(password, name)
        hashed = None if password is None else await self._passwords.hash(password)

        def create(connection: Connection, now: datetime) -> Card:
            user = account_store.add(connection, name, role, hashed, caller.name, now)
            audit.record(connection, caller, Deed("user.create", of_account(user.id), None, facts(user)), now)
            return Card(user)

        return await self._registry.change(name, create)

    async def change(self, caller: Caller, name: str, role: Role | None, disabled: bool | None) -> Card:
        """Give another role, disable or enable; either ends the sessions, and tokens of a disabled account stop.

        Raises UnfitForRole, LastAdmin.
        """
        require_admin(caller)

        def change(connection: Connection, now: datetime) -> Card:
            before = account_store.require(connection, name)
            values = _changes(before, role, disabled, now)
            if not values:
                return card_of(connection, before)
            account_store.change(connection, before.id, values)
            account_store.require_admin_left(connection, before)
            session_store.remove_all(connection, before.id)
            after = account_store.require(connection, name)
            deed = Deed("user.change", of_account(before.id), *_differing(before, after))
            audit.record(connection, caller, deed, now)
            return card_of(connection, after)

        return await self._registry.change(name, change)

    async def delete(self, caller: Caller, name: str) -> None:
        """Delete an account with its sessions, tokens and keys; its history stays. Raises LastAdmin."""
        require_admin(caller)

        def delete(connection: Connection, now: datetime) -> None:
            user = account_store.require(connection, name)
            session_store.remove_all(connection, user.id)
            token_store.remove_all(connection, user.id)
            public_key_store.remove_all(connection, user.id)
            link_store.unlink_all(connection, user.id)
            account_store.remove(connection, user.id)
            account_store.require_admin_left(connection, user)
            audit.record(connection, caller, Deed("user.delete", of_account(user.id), facts(user), None), now)

        await self._registry.change(name, delete)


def card_of(connection: Connection, user: User) -> Card:
    """An account with the principals that belong to it."""
    return Card(user, tuple(link_store.of_accounts(connection, [user.id]).get(user.id, ())))


def facts(user: User) -> Mapping[str, Any]:
    """What the audit log keeps of an account."""
    return {"role": user.role.value, "disabled": user.disabled_at is not None}


def _differing(before: User, after: User) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    old, new = facts(before), facts(after)
    changed = [name for name in old if old[name] != new[name]]
    return {name: old[name] for name in changed}, {name: new[name] for name in changed}


def _changes(user: User, role: Role | None, disabled: bool | None, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if role is not None and role is not user.role:
        if Role.SERVICE in {role, user.role}:
            raise UnfitForRole(
                f"{user.name} cannot become a {role.value}: people and programs are told apart.",
                hint="Make another account for it.",
            )
        _require_fit(role, has_password=user.password_hash is not None)
        values["role"] = role.value
    if disabled is not None and disabled is not (user.disabled_at is not None):
        values["disabled_at"] = now if disabled else None
    return values


def _require_fit(role: Role, *, has_password: bool) -> None:
    if role is Role.ADMIN and not has_password:
        raise UnfitForRole("An administrator needs a password.", hint="Set one first: steelyard users password NAME")
    if role is Role.SERVICE and has_password:
        raise UnfitForRole("A service signs in with tokens only.", hint="Leave the password out.")

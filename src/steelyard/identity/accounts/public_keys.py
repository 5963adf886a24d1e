"""Public keys: requests that are signed with the private half are their owner's."""

from datetime import datetime

from sqlalchemy import Connection

from steelyard.core.ids import random_text
from steelyard.identity.accounts import account_store, public_key_store
from steelyard.identity.accounts.errors import KeyMissing, KeyTaken, TooMuchForToken
from steelyard.identity.accounts.models import PublicKey
from steelyard.identity.accounts.registry import Registry
from steelyard.identity.accounts.rights import given_scopes, is_own, require_admin, require_gift, require_own
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.audit.subjects import of_account
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Scope
from steelyard.identity.signing import BadKey, read_line

_ID_LETTERS = 10
_LABEL_LETTERS = 100
_NO_COMMENT = "ollama"


class PublicKeyService:
    """Registers, lists and removes keys: one's own, and for administrators everybody's. Raises DatabaseAway."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def list_page(self, caller: Caller, user: str | None, limit: int, offset: int) -> tuple[int, list[PublicKey]]:
        """The true total and one page, newest first. Raises NotYourAccount, UserMissing."""
        name = user if user is not None or caller.is_admin else caller.access.account
        if name is None:
            require_admin(caller)
        else:
            require_own(caller, name)

        def read(connection: Connection) -> tuple[int, list[PublicKey]]:
            owner = None if name is None else account_store.require(connection, name).id
            return public_key_store.list_page(connection, owner, limit, offset)

        return await self._registry.read(read)

    async def add(
        self, caller: Caller, line: str, label: str | None, user: str | None, scopes: frozenset[Scope] | None = None
    ) -> PublicKey:
        """Register a key by its line; it may what a token of its owner may unless told, and is good until removed.
        ``scopes`` None: all for daily work that the token in the caller's hands has.

        Raises BadKey, NotYourAccount, UserMissing, TooMuchForToken, KeyTaken.
        """
        name = user or caller.access.account
        if name is None:
            raise BadKey("A key belongs to an account, and you have none.", hint='Say whose: "user", or --user.')
        require_own(caller, name)
        key, comment = read_line(line)
        key_id, shown = random_text(_ID_LETTERS), label or comment[:_LABEL_LETTERS] or _NO_COMMENT

        def add(connection: Connection, now: datetime) -> PublicKey:
            owner = account_store.require(connection, name)
            given = given_scopes(caller, owner.role) if scopes is None else _daily(scopes)
            require_gift(caller, owner.role, given)
            added = public_key_store.add(connection, key_id, key, shown, given, owner, now)
            if added is None:
                raise KeyTaken(
                    "This key is registered already.",
                    hint="`steelyard keys` lists yours. If it is none of them, ask an administrator of this depot.",
                )
            audit.record(connection, caller, Deed("key.add", of_account(owner.id), None, _facts(added)), now)
            return added

        return await self._registry.change(f"key:{key_id}", add)

    async def remove(self, caller: Caller, key_id: str) -> None:
        """From now on it is nobody's. Raises KeyMissing, also for others'."""

        def remove(connection: Connection, now: datetime) -> None:
            key = public_key_store.find(connection, key_id)
            if key is None or not (caller.is_admin or is_own(caller, key.owner.name)):
                raise KeyMissing(f"There is no key {key_id[:40]!r}.", hint="`steelyard keys` lists them.")
            public_key_store.remove(connection, key_id)
            audit.record(connection, caller, Deed("key.remove", of_account(key.owner.id), _facts(key), None), now)

        await self._registry.change(f"key:{key_id}", remove)


def _daily(scopes: frozenset[Scope]) -> frozenset[Scope]:
    if Scope.ADMIN in scopes:
        raise TooMuchForToken("A key never has the scope 'admin'.", hint="Leave it out, and use a token for that.")
    return scopes


def _facts(key: PublicKey) -> dict[str, object]:
    scopes = sorted(scope.value for scope in key.scopes)
    return {"key": key.id, "label": key.label, "fingerprint": key.fingerprint, "scopes": scopes}

"""Tokens: what programs show. Their text is told once, when they are made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network

from sqlalchemy import Connection

from steelyard.identity.accounts import account_store, token_store
from steelyard.identity.accounts.errors import BadToken, TokenMissing
from steelyard.identity.accounts.keys import new_key, token_text
from steelyard.identity.accounts.models import NewToken, Token, User
from steelyard.identity.accounts.registry import Registry
from steelyard.identity.accounts.rights import given_scopes, is_own, require_admin, require_gift, require_own
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.audit.subjects import of_account
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Role, Scope


@dataclass(frozen=True, slots=True)
class TokenWish:
    """What somebody asks for. ``user`` None is the caller; ``scopes`` None all but admin; ``days`` None for ever."""

    label: str
    user: str | None
    scopes: frozenset[Scope] | None
    days: int | None
    cidrs: tuple[str, ...] | None


class TokenService:
    """Makes, lists and revokes tokens: one's own, and for administrators everybody's. Raises DatabaseAway."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def list_page(
        self, caller: Caller, user: str | None, limit: int, offset: int, *, revoked: bool
    ) -> tuple[int, list[Token]]:
        """The true total and one page, newest first. Raises NotYourAccount, UserMissing."""
        name = user if user is not None or caller.is_admin else caller.access.account
        if name is None:
            require_admin(caller)
        else:
            require_own(caller, name)

        def read(connection: Connection) -> tuple[int, list[Token]]:
            owner = None if name is None else account_store.require(connection, name).id
            return token_store.list_page(connection, owner, limit, offset, revoked=revoked)

        return await self._registry.read(read)

    async def create(self, caller: Caller, wish: TokenWish) -> tuple[Token, str]:
        """A new token and its text. Raises NotYourAccount, UserMissing, TooMuchForToken, BadToken."""
        name, cidrs = _owner(caller, wish), _networks(wish.cidrs)
        require_own(caller, name)
        key = new_key()

        def create(connection: Connection, now: datetime) -> Token:
            owner = account_store.require(connection, name)
            scopes = _scopes(caller, owner, wish)
            require_gift(caller, owner.role, scopes)
            new = NewToken(wish.label, scopes, _end(owner, wish.days, now), cidrs)
            token = token_store.add(connection, key, new, owner, now)
            audit.record(connection, caller, Deed("token.create", of_account(owner.id), None, _facts(token)), now)
            return token

        return await self._registry.add(create), token_text(key)

    async def revoke(self, caller: Caller, token_id: str) -> None:
        """From now on it is good for nothing; revoking it again does nothing. Raises TokenMissing, also for others'."""

        def revoke(connection: Connection, now: datetime) -> None:
            token = token_store.find(connection, token_id)
            if token is None or not (caller.is_admin or is_own(caller, token.owner.name)):
                raise TokenMissing(f"There is no token {token_id[:40]!r}.", hint="`steelyard tokens` lists them.")
            if token_store.revoke(connection, token_id, now):
                deed = Deed("token.revoke", of_account(token.owner.id), _facts(token), None)
                audit.record(connection, caller, deed, now)

        await self._registry.change(f"token:{token_id}", revoke)


def _owner(caller: Caller, wish: TokenWish) -> str:
    name = wish.user or caller.access.account
    if name is None:
        raise BadToken("A token belongs to an account, and you have none.", hint='Say whose: "user", or --user.')
    return name


def _scopes(caller: Caller, owner: User, wish: TokenWish) -> frozenset[Scope]:
    return given_scopes(caller, owner.role) if wish.scopes is None else wish.scopes


def _end(owner: User, days: int | None, now: datetime) -> datetime | None:
    if days is None and owner.role is not Role.SERVICE:
        raise BadToken(
            "Only tokens of service accounts may be good for ever.", hint='Say for how many days: "expires_in_days".'
        )
    return None if days is None else now + timedelta(days=days)


def _networks(cidrs: Sequence[str] | None) -> tuple[str, ...] | None:
    if cidrs is None:
        return None
    try:
        return tuple(str(ip_network(text.strip(), strict=False)) for text in cidrs)
    except ValueError as error:
        raise BadToken("One of the networks is none.", hint="Write them like 10.1.0.0/16 or 192.0.2.7.") from error


def _facts(token: Token) -> dict[str, object]:
    return {
        "token": token.id, "label": token.label,
        "scopes": None if token.scopes is None else sorted(scope.value for scope in token.scopes),
        "expires_at": None if token.expires_at is None else token.expires_at.isoformat(),
        "cidrs": None if token.cidrs is None else list(token.cidrs),
    }  # fmt: skip

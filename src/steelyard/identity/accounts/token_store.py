"""All SQL of tokens."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, or_, select, update

from steelyard.identity.accounts.account_store import user_of
from steelyard.identity.accounts.keys import Key
from steelyard.identity.accounts.models import NewToken, Token, User
from steelyard.identity.accounts.tables import tokens
from steelyard.identity.roles import Scope
from steelyard.identity.tables import accounts

_OWN = [column.label(f"token_{column.name}") for column in tokens.c]
_WITH_OWNER: Select[Any] = select(*_OWN, accounts).join(accounts, tokens.c.account == accounts.c.id)


def add(connection: Connection, key: Key, new: NewToken, owner: User, now: datetime) -> Token:
    """A new token; of its secret only the hash is kept."""
    row = {
        "id": key.id, "account": owner.id, "label": new.label, "secret_hash": key.hash, "created_at": now,
        "scopes": sorted(scope.value for scope in new.scopes), "expires_at": new.expires_at,
        "cidrs": None if new.cidrs is None else list(new.cidrs),
    }  # fmt: skip
    connection.execute(tokens.insert().values(**row))
    return _token(connection.execute(_WITH_OWNER.where(tokens.c.id == key.id)).one())


def find(connection: Connection, token_id: str) -> Token | None:
    """A token with its owner, revoked or not."""
    row = connection.execute(_WITH_OWNER.where(tokens.c.id == token_id)).one_or_none()
    return _token(row) if row else None


def list_page(
    connection: Connection, owner: int | None, limit: int, offset: int, *, revoked: bool
) -> tuple[int, list[Token]]:
    """The true total and one page, newest first: of one account or of all; without those revoked unless asked for."""
    conditions = [] if owner is None else [tokens.c.account == owner]
    if not revoked:
        conditions.append(tokens.c.revoked_at.is_(None))
    total = connection.execute(select(func.count()).select_from(tokens).where(*conditions)).scalar_one()
    newest = _WITH_OWNER.where(*conditions).order_by(tokens.c.created_at.desc(), tokens.c.id)
    return total, [_token(row) for row in connection.execute(newest.limit(limit).offset(offset))]


def revoke(connection: Connection, token_id: str, now: datetime) -> bool:
    """From now on it is good for nothing; False when it was so already."""
    good = (tokens.c.id == token_id, tokens.c.revoked_at.is_(None))
    return connection.execute(update(tokens).where(*good).values(revoked_at=now)).rowcount == 1


def remove_all(connection: Connection, account: int) -> None:
    """Delete every token of an account."""
    connection.execute(delete(tokens).where(tokens.c.account == account))


def touch(connection: Connection, used: Mapping[str, datetime]) -> None:
    """Note when tokens were last used."""
    at = bindparam("at", type_=tokens.c.last_used_at.type)
    older = or_(tokens.c.last_used_at.is_(None), tokens.c.last_used_at < at)
    statement = update(tokens).where(tokens.c.id == bindparam("token"), older).values(last_used_at=at)
    connection.execute(statement, [{"token": token_id, "at": moment} for token_id, moment in sorted(used.items())])


def _token(row: Row[Any]) -> Token:
    return Token(
        id=row.token_id, label=row.token_label, created_at=row.token_created_at, expires_at=row.token_expires_at,
        last_used_at=row.token_last_used_at, revoked_at=row.token_revoked_at, secret_hash=row.token_secret_hash,
        scopes=None if row.token_scopes is None else frozenset(Scope(scope) for scope in row.token_scopes),
        cidrs=None if row.token_cidrs is None else tuple(row.token_cidrs), owner=user_of(row),
    )  # fmt: skip

"""All SQL of public keys."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, or_, select, update

from steelyard.db.upsert import insert_new
from steelyard.identity.accounts.account_store import user_of
from steelyard.identity.accounts.models import PublicKey, User
from steelyard.identity.accounts.tables import public_keys
from steelyard.identity.roles import Scope
from steelyard.identity.signing import VerifyKey
from steelyard.identity.tables import accounts

_OWN = [column.label(f"key_{column.name}") for column in public_keys.c]
_WITH_OWNER: Select[Any] = select(*_OWN, accounts).join(accounts, public_keys.c.account == accounts.c.id)


def add(
    connection: Connection, key_id: str, key: VerifyKey, label: str, scopes: Iterable[Scope], owner: User, now: datetime
) -> PublicKey | None:
    """A new key; None where somebody, the owner or another, has registered it."""
    row = {
        "id": key_id, "account": owner.id, "label": label, "fingerprint": key.fingerprint, "public_key": key.text,
        "created_at": now, "scopes": sorted(scope.value for scope in scopes),
    }  # fmt: skip
    return find(connection, key_id) if insert_new(connection, public_keys, [row], ["fingerprint"]) else None


def find(connection: Connection, key_id: str) -> PublicKey | None:
    """A key with its owner."""
    row = connection.execute(_WITH_OWNER.where(public_keys.c.id == key_id)).one_or_none()
    return _key(row) if row else None


def find_by_fingerprint(connection: Connection, fingerprint: str) -> PublicKey | None:
    """The same, by what the key itself tells."""
    row = connection.execute(_WITH_OWNER.where(public_keys.c.fingerprint == fingerprint)).one_or_none()
    return _key(row) if row else None


def list_page(connection: Connection, owner: int | None, limit: int, offset: int) -> tuple[int, list[PublicKey]]:
    """The true total and one page, newest first: of one account or of all."""
    conditions = [] if owner is None else [public_keys.c.account == owner]
    total = connection.execute(select(func.count()).select_from(public_keys).where(*conditions)).scalar_one()
    newest = _WITH_OWNER.where(*conditions).order_by(public_keys.c.created_at.desc(), public_keys.c.id)
    return total, [_key(row) for row in connection.execute(newest.limit(limit).offset(offset))]


def remove(connection: Connection, key_id: str) -> None:
    """Delete a key: from now on it is nobody's."""
    connection.execute(delete(public_keys).where(public_keys.c.id == key_id))


def remove_all(connection: Connection, account: int) -> None:
    """Delete every key of an account."""
    connection.execute(delete(public_keys).where(public_keys.c.account == account))


def touch(connection: Connection, used: Mapping[str, datetime]) -> None:
    """Note when keys were last used."""
    at = bindparam("at", type_=public_keys.c.last_used_at.type)
    older = or_(public_keys.c.last_used_at.is_(None), public_keys.c.last_used_at < at)
    statement = update(public_keys).where(public_keys.c.id == bindparam("key"), older).values(last_used_at=at)
    connection.execute(statement, [{"key": key_id, "at": moment} for key_id, moment in sorted(used.items())])


def _key(row: Row[Any]) -> PublicKey:
    return PublicKey(
        id=row.key_id, label=row.key_label, scopes=frozenset(map(Scope, row.key_scopes)),
        fingerprint=row.key_fingerprint, text=row.key_public_key,
        created_at=row.key_created_at, last_used_at=row.key_last_used_at, owner=user_of(row),
    )  # fmt: skip

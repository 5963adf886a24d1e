"""All SQL of the identity room.

People see a principal by the name of its account, else by its own; where an account has that name, by its own and how
it is known: ``alice (tailnet)`` is not alice.
"""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, String, cast, func, literal, or_, select, update

from steelyard.db.among import numbered, numbers_within
from steelyard.db.upsert import insert_new
from steelyard.identity.names import name_key
from steelyard.identity.principal import Principal, PrincipalKind
from steelyard.identity.tables import accounts, principals

_ACCOUNT = PrincipalKind.ACCOUNT.value
_TOLD_APART = re.compile(r"(?P<name>.+) \((?P<kind>tailnet|proxy|declared|address)\)")
# Every statistic names hundreds of people.
_PRINCIPALS = {
    name: select(principals.c.id, principals.c.kind, principals.c.subject, principals.c.name, principals.c.account_id)
    .where(within) for name, within in numbers_within(principals.c.id).items()
}  # fmt: skip
_ACCOUNTS = {
    name: select(accounts.c.id, accounts.c.name).where(within) for name, within in numbers_within(accounts.c.id).items()
}


def find_or_add(connection: Connection, kind: PrincipalKind, subject: str, name: str, now: datetime) -> Principal:
    """The row of this principal, made if need be."""
    row = {"kind": kind.value, "subject": subject, "name": name, "first_seen_at": now}
    insert_new(connection, principals, [row], ["kind", "subject"])
    return _principal(connection.execute(_one(kind, subject)).one())


def find(connection: Connection, kind: PrincipalKind, subject: str) -> Principal | None:
    """The row of this principal; None before it was ever seen."""
    row = connection.execute(_one(kind, subject)).one_or_none()
    return None if row is None else _principal(row)


def count(connection: Connection) -> int:
    """How many principals have ever asked for anything."""
    return connection.execute(select(func.count()).select_from(principals)).scalar_one()


def names(connection: Connection, ids: set[int]) -> dict[int, str]:
    """What people see some principals by."""
    rows = [tuple(row) for row in connection.execute(_PRINCIPALS[connection.dialect.name], numbered(connection, ids))]
    owned = {each: int(subject) if kind == _ACCOUNT else account for each, kind, subject, _, account in rows}
    owners = account_names(connection, {account for account in owned.values() if account is not None})
    taken = _taken(connection, {name_key(name) for each, _, _, name, _ in rows if owned[each] is None})
    return {each: owners.get(owned[each]) or told_apart(name, kind, taken) for each, kind, _, name, _ in rows}


def account_names(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """The names of some accounts; of those that there are."""
    if not ids:
        return {}
    rows = connection.execute(_ACCOUNTS[connection.dialect.name], numbered(connection, ids))
    return {row[0]: row[1] for row in rows}


def told_apart(name: str, kind: str, taken: Collection[str]) -> str:
    """The name of somebody without an account; ``taken`` are the keys of names that accounts have."""
    return name if not taken or kind == _ACCOUNT or name_key(name) not in taken else f"{name} ({kind})"


def account_called(connection: Connection, name: str) -> int | None:
    """The account of this name, whatever its capital letters."""
    found = select(accounts.c.id).where(accounts.c.name_key == name_key(name))
    return connection.execute(found).scalar_one_or_none()


def named(connection: Connection, name: str) -> frozenset[int]:
    """The principals that people see by this name; one person may be several, known in several ways."""
    account = account_called(connection, name)
    if account is not None:
        return of_account(connection, account)
    called = principals.c.name == name
    apart = _TOLD_APART.fullmatch(name)
    if apart:
        called = or_(called, (principals.c.name == apart["name"]) & (principals.c.kind == apart["kind"]))
    unlinked = select(principals.c.id).where(called, principals.c.account_id.is_(None))
    return frozenset(connection.execute(unlinked).scalars())


def of_account(connection: Connection, account: int) -> frozenset[int]:
    """The principals that an account is: itself, and those linked to it."""
    itself = (principals.c.kind == _ACCOUNT) & (principals.c.subject == str(account))
    linked = select(principals.c.id).where(or_(itself, principals.c.account_id == account))
    return frozenset(connection.execute(linked).scalars())


def rename(connection: Connection, ids: frozenset[int], pseudonym: str) -> None:
    """Let principals be known by a pseudonym only. An account's subject is a number that tells nothing."""
    telling = (principals.c.id.in_(ids), principals.c.kind.not_in([_ACCOUNT]))
    subject = literal(f"{pseudonym}#") + cast(principals.c.id, String)
    connection.execute(update(principals).where(*telling).values(subject=subject))
    connection.execute(update(principals).where(principals.c.id.in_(ids)).values(name=pseudonym, account_id=None))


def _one(kind: PrincipalKind, subject: str) -> Select[Any]:
    return select(principals).where(principals.c.kind == kind.value, principals.c.subject == subject)


def _principal(row: Row[Any]) -> Principal:
    return Principal(row.id, PrincipalKind(row.kind), row.subject, row.name, row.account_id)


def _taken(connection: Connection, keys: Collection[str]) -> frozenset[str]:
    return frozenset(connection.execute(select(accounts.c.name_key).where(accounts.c.name_key.in_(keys))).scalars())

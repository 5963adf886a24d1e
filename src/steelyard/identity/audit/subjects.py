"""Accounts as subjects of deeds: written by their number, read by their present name.

Nobody can change a line of the audit log, so that whoever is forgotten must not stand in one by name. A deleted account
is called as its principal is, which is a pseudonym once it was forgotten.
"""

import re
from collections.abc import Iterable

from sqlalchemy import Connection, select

from steelyard.identity import store
from steelyard.identity.principal import PrincipalKind
from steelyard.identity.tables import principals

_DELETED = " (deleted)"
_ACCOUNT = re.compile(r"account (\d{1,18})(?: \(deleted\))?", re.ASCII)


def of_account(account: int) -> str:
    """The subject of what is done to an account."""
    return f"account {account}"


def shown(connection: Connection, subjects: Iterable[str]) -> dict[str, str]:
    """What people read in the place of those subjects that are accounts."""
    ids = {subject: int(match[1]) for subject in subjects if (match := _ACCOUNT.fullmatch(subject))}
    present = store.account_names(connection, set(ids.values()))
    gone = _names_of_deleted(connection, set(ids.values()) - present.keys())
    return {
        subject: present.get(account) or f"{gone.get(account, of_account(account))}{_DELETED}"
        for subject, account in ids.items()
    }


def meant(connection: Connection, wanted: str) -> frozenset[str]:
    """The subjects of the lines that people find by ``wanted``: a name of an account finds what was done to it."""
    match = _ACCOUNT.fullmatch(wanted)
    if match:
        return frozenset({wanted, of_account(int(match[1]))})
    account = store.account_called(connection, wanted)
    accounts = _deleted_called(connection, wanted) if account is None else {account}
    return frozenset({wanted, *map(of_account, accounts)})


def _deleted_called(connection: Connection, name: str) -> set[int]:
    its = (principals.c.kind == PrincipalKind.ACCOUNT.value, principals.c.name == name.removesuffix(_DELETED))
    return set(map(int, connection.execute(select(principals.c.subject).where(*its)).scalars()))


def _names_of_deleted(connection: Connection, ids: set[int]) -> dict[int, str]:
    subjects = {str(account) for account in ids}
    its = (principals.c.kind == PrincipalKind.ACCOUNT.value, principals.c.subject.in_(subjects))
    rows = connection.execute(select(principals.c.subject, principals.c.name).where(*its))
    return {int(row.subject): row.name for row in rows}

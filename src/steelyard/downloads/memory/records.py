"""All SQL that forgets a person in the depot's own records. Rows stay, and so do totals; who it was goes."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, or_, select, update

from steelyard.catalog.pickles import store as pickles
from steelyard.catalog.tables import entries
from steelyard.downloads import waiting
from steelyard.downloads.push import store as pushed
from steelyard.downloads.quotas import store as quotas
from steelyard.downloads.tables import requests
from steelyard.identity import store as identity
from steelyard.identity.accounts import account_store
from steelyard.identity.audit import store as audit
from steelyard.identity.principal import PrincipalKind
from steelyard.identity.tables import principals as table
from steelyard.jobs.tables import jobs


@dataclass(frozen=True, slots=True)
class Traces:
    """Under which names and principals a person stands in the records."""

    name: str
    principals: frozenset[int]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows no longer say who it was."""

    pseudonym: str
    requests: int
    jobs: int
    models: int
    principals: int
    events: int = 0


def traces(connection: Connection, name: str) -> Traces:
    """Everybody who is called so, and the principals of the account of that name."""
    user = account_store.find(connection, name)
    linked = frozenset[int]() if user is None else identity.of_account(connection, user.id)
    return Traces(user.name if user else name, identity.named(connection, name) | linked)


def is_anybody(connection: Connection, found: Traces) -> bool:
    """Whether the records know anybody by these traces."""
    asked = select(requests.c.id).where(requests.c.username == found.name).limit(1)
    return bool(found.principals) or connection.execute(asked).first() is not None


def forget(connection: Connection, found: Traces, pseudonym: str) -> Forgotten:
    """Put the pseudonym in the place of the name, and empty addresses and programs."""
    principals = found.principals
    audit.forget_addresses(connection, principals)
    account_store.forget_maker(connection, found.name, pseudonym)
    pickles.forget(connection, found.name, pseudonym)
    pushed.forget_author(connection, found.name, pseudonym)
    identity.rename(connection, principals, pseudonym)
    theirs = or_(_under_the_name(found.name), requests.c.principal.in_(principals))
    hidden = {"username": pseudonym, "vpn_ip": "forgotten", "agent": None}
    asked = connection.execute(update(requests).where(theirs).values(**hidden)).rowcount
    quotas.forget(connection, found.name, pseudonym)
    waiting.forget(connection, found.name, pseudonym)
    worked = update(jobs).where(jobs.c.requested_by == found.name).values(requested_by=pseudonym)
    return Forgotten(
        pseudonym=pseudonym,
        requests=asked,
        jobs=connection.execute(worked).rowcount,
        models=_forget_in_models(connection, found.name, pseudonym),
        principals=len(principals),
    )


def _under_the_name(name: str) -> ColumnElement[bool]:
    """Requests that say the name, but for those of others who are called so and are told apart."""
    kind = PrincipalKind.ACCOUNT.value
    others = select(table.c.id).where(table.c.name == name, table.c.account_id.is_(None), table.c.kind != kind)
    return (requests.c.username == name) & requests.c.principal.not_in(others)


def _forget_in_models(connection: Connection, name: str, pseudonym: str) -> int:
    """Models that were theirs belong to nobody: to administrators."""
    owned = connection.execute(update(entries).where(entries.c.owner == name).values(owner=None)).rowcount
    first = update(entries).where(entries.c.first_downloaded_by == name)
    connection.execute(first.values(first_downloaded_by=pseudonym, first_downloaded_from=None))
    connection.execute(update(entries).where(entries.c.deleted_by == name).values(deleted_by=pseudonym))
    return owned

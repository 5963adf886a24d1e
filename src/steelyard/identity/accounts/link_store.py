"""All SQL about whose account a principal belongs to."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from steelyard.db.upsert import insert_new
from steelyard.identity.accounts.models import Seen
from steelyard.identity.principal import PrincipalKind
from steelyard.identity.tables import accounts, principals

Link = tuple[PrincipalKind, str]


def link(connection: Connection, link: Link, account: int, now: datetime) -> int | None:
    """Let a principal belong to an account, seen or not; returns the account that it belongs to already, if any."""
    kind, subject = link
    row = {"kind": kind.value, "subject": subject, "name": subject, "first_seen_at": now}
    insert_new(connection, principals, [row], ["kind", "subject"])
    matches = (principals.c.kind == kind.value, principals.c.subject == subject)
    holder: int | None = connection.execute(select(principals.c.account_id).where(*matches)).scalar_one()
    if holder is None:
        connection.execute(update(principals).where(*matches).values(account_id=account))
    return holder


def unlink(connection: Connection, link: Link, account: int) -> bool:
    """Let a principal belong to nobody; False when it did not belong to this account."""
    matches = (principals.c.kind == link[0].value, principals.c.subject == link[1], principals.c.account_id == account)
    return connection.execute(update(principals).where(*matches).values(account_id=None)).rowcount == 1


def unlink_all(connection: Connection, account: int) -> None:
    """Let every principal of an account belong to nobody."""
    connection.execute(update(principals).where(principals.c.account_id == account).values(account_id=None))


def of_accounts(connection: Connection, ids: Collection[int]) -> Mapping[int, list[Link]]:
    """The principals of some accounts."""
    wanted = select(principals).where(principals.c.account_id.in_(ids)).order_by(principals.c.id)
    found: defaultdict[int, list[Link]] = defaultdict(list)
    for row in connection.execute(wanted):
        found[row.account_id].append((PrincipalKind(row.kind), row.subject))
    return found


def list_page(
    connection: Connection, kind: PrincipalKind | None, linked: bool | None, limit: int, offset: int
) -> tuple[int, list[Seen]]:
    """Everybody who was seen, newest first, with the true total; accounts themselves only when asked for."""
    own = PrincipalKind.ACCOUNT.value
    conditions = [principals.c.kind != own if kind is None else principals.c.kind == kind.value]
    if linked is not None:
        conditions.append(principals.c.account_id.is_not(None) if linked else principals.c.account_id.is_(None))
    total = connection.execute(select(func.count()).select_from(principals).where(*conditions)).scalar_one()
    owner = accounts.c.name.label("owner")
    named = select(principals, owner).outerjoin(accounts, principals.c.account_id == accounts.c.id).where(*conditions)
    rows = connection.execute(named.order_by(principals.c.id.desc()).limit(limit).offset(offset))
    return total, [Seen(PrincipalKind(row.kind), row.subject, row.name, row.first_seen_at, row.owner) for row in rows]

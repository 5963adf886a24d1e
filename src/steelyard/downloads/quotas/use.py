"""What somebody has used so far, counted from the records of requests: SQL, and who the records belong to.

A request belongs to a principal, which nobody can choose where access is required; names can be alike. Whoever of the
requests for an entry that brought something asked first is charged for the whole of it, and of those on one job for
its bytes.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, not_, select

from steelyard.catalog.tables import entries
from steelyard.downloads.models import CHARGED, UNASKED, RequestStatus
from steelyard.downloads.quotas.models import Limits, Payer, Use
from steelyard.downloads.tables import clearances, requests
from steelyard.identity import store as identity
from steelyard.identity.accounts import account_store
from steelyard.identity.accounts.models import User
from steelyard.identity.principal import Caller, PrincipalKind
from steelyard.identity.roles import Role
from steelyard.identity.tables import principals
from steelyard.jobs.models import LIVE
from steelyard.jobs.tables import jobs

_earlier = requests.alias("earlier")


def payer_of(connection: Connection, caller: Caller) -> Payer:
    """Whose limits count when they ask. Whom a service speaks for is charged, but no service becomes exempt so."""
    return find_payer(connection, caller.principal.id, caller.name, caller.access.role)


def find_payer(connection: Connection, principal: int, name: str, asked_as: Role | None) -> Payer:
    """The same for a request on record: ``asked_as`` is the role in which it was asked."""
    user = _account(connection, principal)
    is_exempt = asked_as is Role.ADMIN
    if user is None:
        return Payer(frozenset({principal}), name, asked_as, is_exempt)
    return of_user(connection, user, principal, is_exempt=is_exempt)


def of_user(connection: Connection, user: User, *more: int, is_exempt: bool | None = None) -> Payer:
    """An account with all that belong to it."""
    exempt = user.role is Role.ADMIN if is_exempt is None else is_exempt
    return Payer(identity.of_account(connection, user.id) | frozenset(more), user.name, user.role, exempt)


def measure(
    connection: Connection, payer: Payer, limits: Limits, now: datetime, *, but_job: str = "", but_task: str = ""
) -> Use:
    """What the payer has used, without what one job and one request add to it."""
    moved_since = now - limits.period_bytes.period.length
    asked_since = now - limits.period_requests.period.length
    return Use(
        held_bytes(connection, payer.principals, but_job),
        period_bytes(connection, payer.principals, moved_since, but_task),
        period_requests(connection, payer.principals, asked_since, but_task),
    )


def pays(connection: Connection, entry: int | None, who: Collection[int]) -> bool:
    """Whether somebody would be charged for what comes to an entry: they are already, or nobody is."""
    if entry is None:
        return True
    first = connection.execute(select(_first_of(entry))).scalar_one_or_none()
    return first is None or first in who


def held_bytes(connection: Connection, who: Collection[int], but_job: str = "") -> int:
    """Bytes of the entries on the shelf that are charged to somebody, with what jobs are bringing to them."""
    asked = select(requests.c.entry).where(requests.c.principal.in_(who), *_brings(requests.c))
    mine = (entries.c.deleted_at.is_(None), entries.c.id.in_(asked), _first_of(entries.c.id).in_(who))
    sizes = {
        row.id: int(row.size_bytes)
        for row in connection.execute(select(entries.c.id, entries.c.size_bytes).where(*mine))
    }
    coming = (
        select(
            jobs.c.subject,
            func.min(clearances.c.base_bytes).label("base"),
            func.sum(clearances.c.new_bytes).label("new"),
        )
        .join(clearances, clearances.c.job_id == jobs.c.id)
        .where(jobs.c.status.in_(LIVE), jobs.c.id != but_job, jobs.c.subject.is_not(None))
        .group_by(jobs.c.subject)
    )
    for row in connection.execute(coming):
        if row.subject in sizes:
            sizes[row.subject] = max(sizes[row.subject], int(row.base) + int(row.new))
    return sum(sizes.values())


def period_bytes(connection: Connection, who: Collection[int], since: datetime, but_task: str = "") -> int:
    """Bytes of the downloads that somebody caused: asked first of those on the job."""
    before = and_(_earlier.c.job_id == requests.c.job_id, _earlier.c.id < requests.c.id, *_brings(_earlier.c))
    caused = (
        requests.c.principal.in_(who), requests.c.timestamp > since, requests.c.task_id != but_task,
        *_brings(requests.c), not_(select(_earlier.c.id).where(before).exists()),
    )  # fmt: skip
    total = select(func.coalesce(func.sum(requests.c.total_size), 0)).where(*caused)
    return int(connection.execute(total).scalar_one())


def period_requests(connection: Connection, who: Collection[int], since: datetime, but_task: str = "") -> int:
    """Requests that the depot took on: not those that wait or were denied, nor what the hub refused at once."""
    refused = and_(requests.c.status == RequestStatus.FAILED.value, requests.c.job_id.is_(None))
    counted = (
        requests.c.principal.in_(who), requests.c.timestamp > since, requests.c.task_id != but_task,
        requests.c.status.not_in(UNASKED), not_(refused),
    )  # fmt: skip
    return connection.execute(select(func.count()).select_from(requests).where(*counted)).scalar_one()


def _first_of(entry: int | ColumnElement[int]) -> ColumnElement[int]:
    """The principal of the first request that brought something of an entry."""
    first = select(_earlier.c.principal).where(_earlier.c.entry == entry, *_brings(_earlier.c))
    return first.order_by(_earlier.c.id).limit(1).scalar_subquery()


def _brings(columns: object) -> tuple[ColumnElement[bool], ...]:
    return (columns.brings, columns.status.in_(CHARGED))  # type: ignore[attr-defined]


def _account(connection: Connection, principal: int) -> User | None:
    row = connection.execute(select(principals).where(principals.c.id == principal)).one_or_none()
    if row is None:
        return None
    key = int(row.subject) if row.kind == PrincipalKind.ACCOUNT.value else row.account_id
    return None if key is None else account_store.find_by_id(connection, key)

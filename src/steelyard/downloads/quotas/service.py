"""What people can do with quotas: look, set, clear. Who may do so, the table of rights says."""

from dataclasses import dataclass

from sqlalchemy import Connection

from steelyard.core.clock import Clock
from steelyard.core.errors import Invalid, NotFound
from steelyard.db.database import Database
from steelyard.downloads.quotas import store
from steelyard.downloads.quotas.models import Limits, Payer, Quota, QuotaRow, Subject, SubjectKind, Use
from steelyard.downloads.quotas.use import measure, of_user, payer_of
from steelyard.identity import store as identity
from steelyard.identity.accounts import account_store
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.changes import changes
from steelyard.identity.audit.models import Deed
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Role

CHANGE = "quota.change"


class QuotaMissing(NotFound):
    """Nothing is set for this subject."""

    slug = "quota-missing"
    title = "There is no such quota"


class NobodyOfThatName(NotFound):
    """Nobody of that name was ever seen here."""

    slug = "nobody-of-that-name"
    title = "There is nobody of that name"


class BadQuota(Invalid):
    """A quota that means nothing."""

    slug = "bad-quota"
    title = "That is not a quota"


@dataclass(frozen=True, slots=True)
class Standing:
    """How one person stands."""

    payer: Payer
    limits: Limits
    use: Use


class QuotaService:
    """Each verb is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def list_page(self, limit: int, offset: int) -> tuple[int, list[QuotaRow]]:
        """The true total and one page."""
        return await self._database.read(lambda connection: store.list_page(connection, limit, offset))

    async def mine(self, caller: Caller) -> Standing:
        """How the caller stands."""
        return await self._database.read(lambda connection: self._standing(connection, payer_of(connection, caller)))

    async def of_name(self, name: str) -> Standing:
        """How somebody stands: the account of that name, else whoever was seen under it. Raises NobodyOfThatName."""
        return await self._database.read(lambda connection: self._standing(connection, _named(connection, name)))

    async def set(self, caller: Caller, subject: Subject, quota: Quota) -> QuotaRow:
        """Set all fields of a subject's quota. Raises BadQuota."""
        require_meaning(subject, quota)
        now = self._clock.now()

        def put(connection: Connection) -> QuotaRow:
            before = store.find(connection, subject)
            store.put(connection, subject, quota, caller.name, now)
            told = changes(before.quota.facts if before else None, quota.facts)
            audit.record(connection, caller, Deed(CHANGE, str(subject), *told), now)
            return QuotaRow(subject, quota, now, caller.name)

        return await self._database.write(put)

    async def clear(self, caller: Caller, subject: Subject) -> None:
        """Let a subject have no quota of its own. Raises QuotaMissing."""
        now = self._clock.now()

        def remove(connection: Connection) -> None:
            before = store.find(connection, subject)
            if before is None:
                raise QuotaMissing(f"Nothing is set for {str(subject)[:150]!r}.", hint="`steelyard quotas` lists them.")
            store.remove(connection, subject)
            audit.record(connection, caller, Deed(CHANGE, str(subject), before.quota.facts, None), now)

        await self._database.write(remove)

    def _standing(self, connection: Connection, payer: Payer) -> Standing:
        limits = store.limits_of(connection, payer)
        return Standing(payer, limits, measure(connection, payer, limits, self._clock.now()))


def require_meaning(subject: Subject, quota: Quota) -> None:
    """Raises BadQuota for a role that there is not, or that is never limited, and for a quota that says nothing."""
    if subject.kind is SubjectKind.ROLE:
        roles = [role.value for role in Role if role is not Role.ADMIN]
        if subject.name not in roles:
            raise BadQuota(f"{subject.name[:60]!r} has no quota.", hint=f"Take one of {', '.join(roles)}.")
    if {quota.held_bytes, quota.period_bytes, quota.period_requests} == {None}:
        raise BadQuota("A quota limits something.", hint="DELETE it to have none, or give one of its limits.")


def _named(connection: Connection, name: str) -> Payer:
    user = account_store.find(connection, name)
    if user is not None:
        return of_user(connection, user)
    principals = identity.named(connection, name)
    if not principals:
        raise NobodyOfThatName(f"Nobody here is called {name[:128]!r}.", hint="`steelyard users` lists the accounts.")
    return Payer(principals, name, None)

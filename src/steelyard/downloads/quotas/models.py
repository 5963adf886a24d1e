"""Limits, and what was used of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from steelyard.identity.names import name_key
from steelyard.identity.roles import Role

_DAYS = {"day": 1, "week": 7, "month": 30}


class Period(StrEnum):
    """The window that a limit looks back on. It rolls: a week is the last 7 days, a month the last 30."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def length(self) -> timedelta:
        """How far it looks back."""
        return timedelta(days=_DAYS[self.value])


class SubjectKind(StrEnum):
    """Whom a quota is for; the first that says something wins."""

    USER = "user"
    ROLE = "role"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Subject:
    """One person by name, all of one role, or everybody."""

    kind: SubjectKind
    name: str

    @property
    def key(self) -> str:
        """What two names that count as the same have in common."""
        return name_key(self.name)

    def __str__(self) -> str:
        return self.name if self.kind is SubjectKind.EVERYBODY else f"{self.kind.value} {self.name}"


EVERYBODY = Subject(SubjectKind.EVERYBODY, "everybody")


@dataclass(frozen=True, slots=True)
class Quota:
    """What one subject may. None says nothing: then what is less specific counts, and in the end there is no limit."""

    held_bytes: int | None = None
    period_bytes: int | None = None
    period_requests: int | None = None
    period: Period = Period.MONTH

    @property
    def facts(self) -> dict[str, int | str | None]:
        """The fields as they are written down."""
        return {
            "held_bytes": self.held_bytes, "period_bytes": self.period_bytes,
            "period_requests": self.period_requests, "period": self.period.value,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """One row of the table."""

    subject: Subject
    quota: Quota
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit over a window."""

    value: int | None = None
    period: Period = Period.MONTH


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts for one person."""

    held_bytes: int | None = None
    period_bytes: Limit = Limit()
    period_requests: Limit = Limit()


@dataclass(frozen=True, slots=True)
class Use:
    """What one person has used so far; the two of a period over the window of its limit."""

    held_bytes: int
    period_bytes: int
    period_requests: int


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose limits count: all the principals that one person is, a name and a role.

    ``is_exempt``: an administrator asked, who is never limited.
    """

    principals: frozenset[int]
    name: str
    role: Role | None
    is_exempt: bool = False

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The quotas that may be theirs, the most specific first."""
        own = (Subject(SubjectKind.USER, self.name),)
        return (*own, *((Subject(SubjectKind.ROLE, self.role.value),) if self.role else ()), EVERYBODY)


def merged(quotas: Sequence[Quota]) -> Limits:
    """Field by field the first that says something; a period goes with its field."""
    held = next((quota.held_bytes for quota in quotas if quota.held_bytes is not None), None)
    sizes = (Limit(quota.period_bytes, quota.period) for quota in quotas if quota.period_bytes is not None)
    counts = (Limit(quota.period_requests, quota.period) for quota in quotas if quota.period_requests is not None)
    return Limits(held, next(sizes, Limit()), next(counts, Limit()))

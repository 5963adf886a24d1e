"""What the routes of quotas take and answer, for the OpenAPI document."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from steelyard.core.units import parse_size
from steelyard.downloads.quotas.models import Period, Quota, SubjectKind
from steelyard.http.shapes import Bytes, Count, Moment, Shape

_MOST = 2**62
Size = Annotated[int | None, Field(ge=0, le=_MOST, examples=[100_000_000_000, "100GB"])]


class QuotaBody(BaseModel):
    """A quota. What is left out or null says nothing: then the role's counts, then everybody's."""

    model_config = ConfigDict(extra="forbid")

    held_bytes: Size = Field(None, description="how much may be held, like 100GB")
    period_bytes: Size = Field(None, description="how much may be brought in a period, like 50GB")
    period_requests: int | None = Field(None, strict=True, ge=0, le=_MOST, description="how many requests in a period")
    period: Period = Field(Period.MONTH, description="the last 1, 7 or 30 days")

    @field_validator("held_bytes", "period_bytes", mode="before")
    @classmethod
    def _reads_sizes(cls, value: object) -> object:
        return parse_size(value) if isinstance(value, str) else value

    @property
    def quota(self) -> Quota:
        """What it says."""
        return Quota(self.held_bytes, self.period_bytes, self.period_requests, self.period)


class QuotaShape(Shape):
    """What one subject may; null says nothing."""

    kind: SubjectKind
    name: str = Field(examples=["alice"])
    held_bytes: Bytes | None
    period_bytes: Bytes | None
    period_requests: Count | None
    period: Period
    changed_at: Moment
    changed_by: str = Field(examples=["admin"])


class QuotaPage(Shape):
    """One page of quotas, with the true total."""

    count: Count
    quotas: list[QuotaShape]


class HeldShape(Shape):
    """Bytes held; the limit is null where there is none."""

    used: Bytes
    limit: Bytes | None


class PeriodShape(HeldShape):
    """The same over the last 1, 7 or 30 days."""

    period: Period


class StandingShape(Shape):
    """How somebody stands."""

    username: str = Field(examples=["alice"])
    role: str | None = Field(examples=["member"])
    held_bytes: HeldShape
    period_bytes: PeriodShape
    period_requests: PeriodShape

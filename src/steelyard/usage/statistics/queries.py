"""What the queries of statistics take, and who may see what."""

from collections.abc import Hashable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from steelyard.http.moments import Since, Until, in_utc
from steelyard.http.paging import PageQuery
from steelyard.identity.principal import Caller
from steelyard.usage.log import AccessHistory
from steelyard.usage.statistics.names import Looker
from steelyard.usage.statistics.ranges import Range, Step
from steelyard.usage.statistics.service import Statistics
from steelyard.usage.statistics.zones import zone

_PERIOD = Field(Step.DAY, description="what the series is cut into; 48 hours, 30 days, 12 weeks or 12 months of it")
_ZONE = Field("UTC", max_length=64, description="time zone of the periods", examples=["Europe/Berlin"])


class RangeQuery(BaseModel):
    """Which range, in whose calendar."""

    model_config = ConfigDict(extra="forbid", str_max_length=512)

    period: Step = _PERIOD
    since: Since = None
    until: Until = None
    tz: str = _ZONE


class TopQuery(PageQuery):
    """A range, and which of its models or people in which order."""

    period: Step = _PERIOD
    since: Since = None
    until: Until = None
    tz: str = _ZONE
    limit: int = Field(20, ge=1, le=1000, description="how many to return")
    sort: Literal["uses", "requests", "bytes", "tokens"] = Field("uses", description="what comes first has most of it")


class MatrixQuery(RangeQuery):
    """A range, and how large the matrix may be."""

    limit: int = Field(12, ge=1, le=50, description="how many people and how many models")


def range_of(statistics: Statistics, query: RangeQuery | TopQuery) -> Range:
    """The range that a query means. Raises Invalid."""
    return statistics.range(query.period, zone(query.tz), in_utc(query.since), in_utc(query.until))


def asker_of(caller: Caller, viewer: str | None) -> Hashable:
    """What tells those who see different numbers apart, without asking the database whom they are. ``viewer`` as for
    ``looker_of``."""
    return (viewer,) if caller.is_admin else (viewer, caller.doer.id, caller.access.account_id)


async def looker_of(caller: Caller, history: AccessHistory, viewer: str | None) -> Looker:
    """Who looks. ``viewer`` is the only owner whose private models they see, None for all."""
    own = frozenset[int]() if caller.is_admin else await history.own(caller)
    return Looker(caller.is_admin, viewer, own)

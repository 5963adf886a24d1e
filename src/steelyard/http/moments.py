"""Times in queries."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from steelyard.core.errors import Invalid

Since = Annotated[
    datetime | None,
    Field(description="only from this time on; without an offset UTC is meant", examples=["2026-11-20T12:00:00Z"]),
]
Until = Annotated[datetime | None, Field(description="only before this time", examples=["2026-11-21T00:00:00Z"])]


def in_utc(moment: datetime | None) -> datetime | None:
    """In UTC; a time without an offset is meant so. Raises Invalid for one that no calendar has in UTC."""
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise Invalid("The time is outside the calendar.", hint="Write it like 2026-11-20T12:00:00Z.") from error

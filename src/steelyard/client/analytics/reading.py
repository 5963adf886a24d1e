"""Reading statistics under the names that programs of this kind know.

What this process tracked is delivered first, so that it reads what it wrote. Each call has a connection of its own:
programs use these from any event loop.
"""

import asyncio
from datetime import datetime
from typing import Unpack

from steelyard.client.aio.client import AsyncClient
from steelyard.client.analytics.numbers import UsageStatistics, statistics_of
from steelyard.client.errors import InvalidArgument, NotFound
from steelyard.client.figures import ModelStatistics, Period, UserStatistics
from steelyard.client.ranges import RangeOptions
from steelyard.client.shapes import ModelStats
from steelyard.client.track import shared

_PATIENCE = 5.0  # seconds for what was tracked; statistics without the last events are better than none
_PERIODS: dict[str, Period] = {
    "hour": "hour", "day": "day", "week": "week", "month": "month", "hourly": "hour", "daily": "day", "weekly": "week",
    "monthly": "month",
}  # fmt: skip


class Analytics:
    """What ``get_model_usage_analytics`` gives."""

    async def get_usage_statistics(self, model_id: str, **options: Unpack[RangeOptions]) -> UsageStatistics:
        """How a model is used; zeros for one that nobody ever named. Raises ClientError."""
        try:
            return statistics_of(model_id, await get_detailed_model_usage_stats(model_id, **options))
        except NotFound:
            return UsageStatistics(model_id)


async def get_model_usage_analytics() -> Analytics:
    """The way in to statistics."""
    return Analytics()


async def get_usage_statistics_for_model(model_id: str, **options: Unpack[RangeOptions]) -> UsageStatistics:
    """How a model is used; zeros for one that nobody ever named. Raises ClientError."""
    return await Analytics().get_usage_statistics(model_id, **options)


async def get_model_usage_stats(model_id: str) -> ModelStats:
    """The counts of a model over its whole life. Raises NotFound, ClientError."""
    async with await _connect() as depot:
        return await depot.models.stats(model_id)


async def get_detailed_model_usage_stats(model_id: str, **options: Unpack[RangeOptions]) -> ModelStatistics:
    """Everything that is known of a model's use, 30 days by day unless asked otherwise. Raises NotFound."""
    async with await _connect() as depot:
        return await depot.statistics.model(model_id, **options)


async def get_model_usage_metrics(
    model_id: str, period: str = "day", *, since: datetime | str | None = None, until: datetime | str | None = None
) -> ModelStatistics:
    """The same by ``day``, ``week`` or ``month``; ``daily`` and the like are understood.

    Raises NotFound, InvalidArgument for another period.
    """
    if (chosen := _PERIODS.get(period)) is None:
        raise InvalidArgument(f"{period!r} is no period.", hint=f"Say one of {', '.join(_PERIODS)}.")
    return await get_detailed_model_usage_stats(model_id, period=chosen, since=since, until=until)


async def get_user_usage_stats(username: str, **options: Unpack[RangeOptions]) -> UserStatistics:
    """What one person used. Raises NotFound, ApiError."""
    async with await _connect() as depot:
        return await depot.statistics.user(username, **options)


async def _connect() -> AsyncClient:
    tracker = shared.get()
    if tracker.tally.tracked:
        await asyncio.to_thread(tracker.flush, _PATIENCE)
    return AsyncClient(*tracker.address)

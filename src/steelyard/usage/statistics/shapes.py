"""What the routes of statistics answer, for the OpenAPI document.

What was not measured is null: something that was never used has no success rate, not a perfect one.
"""

from typing import Annotated, Literal

from pydantic import Field

from steelyard.http.shapes import Bytes, Count, Moment, Shape

Milliseconds = Annotated[float | None, Field(examples=[412.5])]


class FiguresShape(Shape):
    """What the uses and requests of a range come to. Durations are those of uses."""

    uses: Count
    requests: Count
    failures: Count = Field(description="requests that failed")
    success_rate: float | None = Field(description="of uses; null when there were none", examples=[0.98])
    success_interval: list[float] | None = Field(
        description="where the rate lies with 95 % confidence, by Wilson", examples=[[0.95, 0.99]]
    )
    average_response_time_ms: Milliseconds
    p50_ms: Milliseconds
    p95_ms: Milliseconds
    p99_ms: Milliseconds
    average_first_token_ms: Milliseconds
    first_token_p50_ms: Milliseconds
    first_token_p95_ms: Milliseconds
    first_token_p99_ms: Milliseconds
    wait_p95_ms: Milliseconds = Field(description="time in line and for loading")
    tokens_in: Count
    tokens_out: Count
    bytes_in: Bytes
    bytes_out: Bytes
    uses_per_day: float | None = Field(description="since the first use in the range", examples=[0.5])
    usage_frequency: float | None = Field(description="the same as `uses_per_day`", examples=[0.5])
    trend: Literal["rising", "steady", "falling"] | None = Field(
        description="of the uses of each day, by Mann and Kendall; null for less than four days"
    )
    trend_p_value: float | None = Field(description="how likely chance alone shows such a trend", examples=[0.02])
    unique_users: Count = Field(description="principals that asked")
    unique_models: Count
    gpu_hours: float = Field(description="what generations kept an engine busy", examples=[1.5])
    gpu_utilization: float | None = Field(description="percent, on average, where it was measured", examples=[80.0])
    vram_mb: float | None = Field(description="on average, where it was measured", examples=[8192.0])


class PointShape(Shape):
    """One period of a series; it starts where the clock of the time zone says."""

    start: Moment
    end: Moment
    uses: Count
    requests: Count
    failures: Count
    success_rate: float | None
    average_response_time_ms: Milliseconds
    tokens_in: Count
    tokens_out: Count
    bytes_in: Bytes
    bytes_out: Bytes


class ValueShape(Shape):
    """A value of a parameter, and in how many uses it was given."""

    value: str = Field(examples=["1280x720"])
    uses: Count


class ShareShape(Shape):
    """What one model, person or address has of the whole."""

    uses: Count
    requests: Count
    failures: Count = Field(description="requests that failed")
    bytes_out: Bytes
    tokens: Count = Field(description="in and out")


class ModelShare(ShareShape):
    """What one model has of the whole."""

    model: str = Field(examples=["org/name"])


class UserShare(ShareShape):
    """What one person has of the whole."""

    username: str = Field(examples=["alice"])


class AddressShare(Shape):
    """What was asked from one address."""

    ip_address: str = Field(examples=["100.64.0.5"])
    requests: Count
    failures: Count


class RangeShape(Shape):
    """The range that was counted. Its ends lie on quarters of an hour."""

    period: Literal["hour", "day", "week", "month"]
    since: Moment
    until: Moment
    timezone: str = Field(examples=["Europe/Berlin"])


class DetailShape(RangeShape):
    """A range in detail. Of people and addresses everybody sees their own, administrators all."""

    series: list[PointShape]
    peak_hours: list[int] = Field(description="hours of the day, the busiest first; five at most", examples=[[14, 10]])
    pattern: list[list[int]] = Field(description="uses by weekday, Monday first, and hour of the day")
    common_parameters: dict[str, list[ValueShape]] = Field(description="by name, the most usual values first")
    types: dict[str, int] = Field(description="events by type")
    errors: dict[str, int] = Field(description="failures by code")
    agents: dict[str, int] = Field(description="requests by program; the ten most usual. Administrators' and one's own")
    users: list[UserShare]
    models: list[ModelShare]
    addresses: list[AddressShare]


class UserStatsAnswer(FiguresShape, DetailShape):
    """One person, the figures at the top level and as an object."""

    username: str = Field(examples=["alice"])
    stats: FiguresShape


class AddressStatsAnswer(FiguresShape, DetailShape):
    """One address, the figures at the top level and as an object."""

    ip_address: str = Field(examples=["100.64.0.5"])
    stats: FiguresShape


class SystemStats(FiguresShape, DetailShape):
    """The whole depot, the figures at the top level and as an object."""

    stats: FiguresShape


class TopModels(RangeShape):
    """Models in order; ``count`` is how many there are in the range."""

    count: Count
    models: list[ModelShare]


class TopUsers(RangeShape):
    """People in order; ``count`` is how many there are in the range."""

    count: Count
    users: list[UserShare]


class MatrixShape(RangeShape):
    """Who used what: a row for each person, a column for each model; the busiest first."""

    users: list[str] = Field(examples=[["alice"]])
    models: list[str] = Field(examples=[["org/name"]])
    uses: list[list[int]] = Field(examples=[[[12]]])


class GrowthPoint(Shape):
    """Bytes on disk at the end of a period."""

    start: Moment
    end: Moment
    size_bytes: Bytes | None = Field(description="null where it is not known")
    added_bytes: int | None = Field(description="more than a period before; negative when some were freed")


class GrowthShape(RangeShape):
    """How the store grew."""

    size_bytes: Bytes = Field(description="now")
    series: list[GrowthPoint]


class ModelCost(Shape):
    """What one model cost in the range."""

    model: str = Field(examples=["org/name"])
    uses: Count
    gpu_hours: float
    gpu_cost: float
    size_bytes: Bytes
    storage_cost: float
    cost: float


class UserCost(Shape):
    """What one person's generations cost in the range."""

    username: str = Field(examples=["alice"])
    uses: Count
    gpu_hours: float
    gpu_cost: float


class CostShape(RangeShape):
    """What the range cost, by the prices in the settings. Storage is reckoned at today's sizes."""

    currency: str = Field(examples=["EUR"])
    price_per_gpu_hour: float
    price_per_gb_month: float
    gpu_hours: float
    gpu_cost: float
    stored_bytes: Bytes
    storage_cost: float
    cost: float
    models: list[ModelCost]
    users: list[UserCost]

"""What the statistics of a depot come to. What was not measured is None: something never used has no success rate.

Times are UTC ISO 8601 with ``Z``, sizes bytes, durations milliseconds, rates 0.0 to 1.0.
"""

from typing import Literal, NotRequired, TypedDict

from steelyard.client.shapes import ModelStats

Period = Literal["hour", "day", "week", "month"]


class Figures(TypedDict):
    """What the uses and requests of a range come to. Durations are those of uses."""

    uses: int
    requests: int
    failures: int
    success_rate: float | None
    success_interval: list[float] | None
    average_response_time_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    average_first_token_ms: float | None
    first_token_p50_ms: float | None
    first_token_p95_ms: float | None
    first_token_p99_ms: float | None
    wait_p95_ms: float | None
    tokens_in: int
    tokens_out: int
    bytes_in: int
    bytes_out: int
    uses_per_day: float | None
    usage_frequency: float | None
    trend: str | None
    trend_p_value: float | None
    unique_users: int
    unique_models: int
    gpu_hours: float
    gpu_utilization: float | None
    vram_mb: float | None


class Point(TypedDict):
    """One period of a series."""

    start: str
    end: str
    uses: int
    requests: int
    failures: int
    success_rate: float | None
    average_response_time_ms: float | None
    tokens_in: int
    tokens_out: int
    bytes_in: int
    bytes_out: int


class UsualValue(TypedDict):
    """A value of a parameter, and in how many uses it was given."""

    value: str
    uses: int


class Share(TypedDict):
    """What one model or person has of the whole; ``tokens`` are those in and out."""

    uses: int
    requests: int
    failures: int
    bytes_out: int
    tokens: int


class ModelShare(Share):
    """What one model has of the whole."""

    model: str


class UserShare(Share):
    """What one person has of the whole."""

    username: str


class AddressShare(TypedDict):
    """What was asked from one address."""

    ip_address: str
    requests: int
    failures: int


class Range(TypedDict):
    """The range that was counted; its ends lie on quarters of an hour."""

    period: Period
    since: str
    until: str
    timezone: str


class Detail(Figures, Range):
    """A range in detail. ``pattern`` is uses by weekday, Monday first, and hour; ``peak_hours`` has the busiest first.

    Of people and addresses everybody sees their own, administrators all.
    """

    series: list[Point]
    peak_hours: list[int]
    pattern: list[list[int]]
    common_parameters: dict[str, list[UsualValue]]
    types: dict[str, int]
    errors: dict[str, int]
    agents: dict[str, int]
    users: list[UserShare]
    models: list[ModelShare]
    addresses: list[AddressShare]


class SystemStatistics(Detail):
    """Of ``GET /api/v1/stats``."""

    stats: Figures


class UserStatistics(Detail):
    """Of ``GET /api/v1/users/{name}/stats``."""

    username: str
    stats: Figures


class AddressStatistics(Detail):
    """Of ``GET /api/v1/stats/ip/{ip}``."""

    ip_address: str
    stats: Figures


class ModelStatistics(Detail):
    """Of ``GET /api/v1/models/{id}/stats``; the counts that have no range are of the model's whole life."""

    model: str
    stats: ModelStats
    download_count: NotRequired[int]
    access_count: NotRequired[int]
    total_requests: NotRequired[int]
    first_downloaded_by: NotRequired[str | None]
    first_downloaded_at: NotRequired[str | None]
    first_downloaded_from: NotRequired[str | None]
    first_used_at: NotRequired[str | None]
    last_used_at: NotRequired[str | None]


class TopModels(Range):
    """Of ``GET /api/v1/stats/models``; ``count`` is how many there are in the range."""

    count: int
    models: list[ModelShare]


class TopUsers(Range):
    """Of ``GET /api/v1/stats/users``; ``count`` is how many there are in the range."""

    count: int
    users: list[UserShare]


class Matrix(Range):
    """Of ``GET /api/v1/stats/matrix``: uses, a row for each of ``users``, a column for each of ``models``."""

    users: list[str]
    models: list[str]
    uses: list[list[int]]


class GrowthPoint(TypedDict):
    """Bytes on disk at the end of a period; ``added_bytes`` is negative when some were freed."""

    start: str
    end: str
    size_bytes: int | None
    added_bytes: int | None


class Growth(Range):
    """Of ``GET /api/v1/stats/growth``; ``size_bytes`` is now."""

    size_bytes: int
    series: list[GrowthPoint]


class ModelCost(TypedDict):
    """What one model cost in the range."""

    model: str
    uses: int
    gpu_hours: float
    gpu_cost: float
    size_bytes: int
    storage_cost: float
    cost: float


class UserCost(TypedDict):
    """What one person's generations cost in the range."""

    username: str
    uses: int
    gpu_hours: float
    gpu_cost: float


class Costs(Range):
    """Of ``GET /api/v1/stats/costs``, by the prices in the depot's settings."""

    currency: str
    price_per_gpu_hour: float
    price_per_gb_month: float
    gpu_hours: float
    gpu_cost: float
    stored_bytes: int
    storage_cost: float
    cost: float
    models: list[ModelCost]
    users: list[UserCost]


class RequestCounts(TypedDict):
    """How many requests, how they ended, and the bytes of those that were completed."""

    requests: int
    completed: int
    failed: int
    bytes: int


class UserRequests(RequestCounts):
    """The requests of one person."""

    username: str


class AddressRequests(RequestCounts):
    """The requests from one address."""

    ip_address: str


class ModelRequests(RequestCounts):
    """The requests for one model."""

    model: str


class RequestPoint(RequestCounts):
    """One period of the series."""

    start: str
    end: str


class Completion(TypedDict):
    """From asking to having, in seconds; None where nothing was completed."""

    average_seconds: float | None
    p50_seconds: float | None
    p95_seconds: float | None
    p99_seconds: float | None


class RequestStatistics(RequestCounts, Range):
    """Of ``GET /api/v1/downloads/stats``. Of people and addresses everybody sees their own, administrators all."""

    by_status: dict[str, int]
    by_source: dict[str, int]
    by_kind: dict[str, int]
    time_to_completion: Completion
    users: list[UserRequests]
    addresses: list[AddressRequests]
    models: list[ModelRequests]
    series: list[RequestPoint]

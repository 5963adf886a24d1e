"""What the route of requests in numbers answers, for the OpenAPI document."""

from pydantic import Field

from steelyard.http.shapes import Bytes, Count, Moment, Shape
from steelyard.usage.statistics.shapes import RangeShape


class RequestCounts(Shape):
    """How many requests, and how they ended."""

    requests: Count
    completed: Count
    failed: Count
    bytes: Bytes = Field(description="of those that were completed")


class UserRequests(RequestCounts):
    """The requests of one person."""

    username: str = Field(examples=["alice"])


class AddressRequests(RequestCounts):
    """The requests from one address."""

    ip_address: str = Field(examples=["100.64.0.5"])


class ModelRequests(RequestCounts):
    """The requests for one model."""

    model: str = Field(examples=["org/name"])


class RequestPoint(RequestCounts):
    """One period of the series."""

    start: Moment
    end: Moment


class CompletionShape(Shape):
    """From asking to having, in seconds; null where nothing was completed."""

    average_seconds: float | None = Field(examples=[42.0])
    p50_seconds: float | None
    p95_seconds: float | None
    p99_seconds: float | None


class DownloadStats(RequestCounts, RangeShape):
    """Requests of every kind in numbers. Of people and addresses everybody sees their own, administrators all."""

    by_status: dict[str, int]
    by_source: dict[str, int]
    by_kind: dict[str, int]
    time_to_completion: CompletionShape
    users: list[UserRequests]
    addresses: list[AddressRequests]
    models: list[ModelRequests]
    series: list[RequestPoint]

"""What the routes of the access log answer, for the OpenAPI document."""

from typing import Any

from pydantic import Field

from steelyard.http.shapes import Bytes, Count, Moment, Shape


class EventShape(Shape):
    """One line of what happened. What was not measured is null."""

    id: str = Field(examples=["455731223298019328"])
    type: str = Field(examples=["model_access"])
    timestamp: Moment
    model: str | None = Field(examples=["org/name"])
    username: str | None = Field(examples=["alice"])
    ip_address: str | None = Field(examples=["100.64.0.5"])
    user_agent: str | None
    success: bool | None
    error_code: str | None = Field(examples=["404"])
    request_id: str | None
    session: str | None
    duration_ms: float | None = Field(examples=[3.5])
    queue_ms: float | None
    load_ms: float | None
    first_token_ms: float | None
    tokens_in: Count | None
    tokens_out: Count | None
    bytes_in: Bytes | None
    bytes_out: Bytes | None
    vram_mb: float | None
    gpu_utilization: float | None
    parameters: dict[str, Any] | None


class EventPage(Shape):
    """One page of events, with the true total."""

    count: Count
    events: list[EventShape]

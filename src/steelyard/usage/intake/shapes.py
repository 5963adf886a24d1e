"""What reporters send and are answered, for the OpenAPI document."""

from typing import Any

from pydantic import Field

from steelyard.http.shapes import Bytes, Count, Moment, Shape


class ReportedShape(Shape):
    """One event of another service. ``id`` makes it count once, however often it comes."""

    timestamp: Moment
    type: str = Field(examples=["generation_completed"], pattern="^[a-z0-9_.]{1,64}$")
    model: str | None = Field(None, examples=["org/name"])
    id: str | None = Field(None, min_length=1, max_length=128, examples=["0195f7a2-6c3f-7cc5-9d3e-0a7a5a3b7d11"])
    username: str | None = Field(None, examples=["alice"])
    duration_ms: float | None = Field(None, ge=0, examples=[1234.5])
    success: bool | None = None
    request_id: str | None = Field(None, max_length=64, description="the same of a start and its end")
    error_code: str | None = Field(None, max_length=64)
    error_message: str | None = None
    queue_ms: float | None = Field(None, ge=0)
    load_ms: float | None = Field(None, ge=0)
    first_token_ms: float | None = Field(None, ge=0)
    tokens_in: Count | None = None
    tokens_out: Count | None = None
    bytes_in: Bytes | None = None
    bytes_out: Bytes | None = None
    vram_mb: float | None = Field(None, ge=0)
    gpu_utilization: float | None = Field(None, ge=0, le=100)
    generation_speed: float | None = Field(None, ge=0)
    ip_address: str | None = Field(None, examples=["100.64.0.5"])
    user_agent: str | None = None
    parameters: dict[str, Any] | None = Field(None, examples=[{"resolution": "1280x720", "steps": 30}])
    session: str | None = Field(None, max_length=64)


class RejectedShape(Shape):
    """An event that was not taken."""

    index: Count
    detail: str = Field(examples=["timestamp is older than single events are kept"])


class ReceiptShape(Shape):
    """What became of a batch. What is accepted is on disk."""

    accepted: Count
    duplicates: Count
    rejected: list[RejectedShape]

"""What the routes of jobs answer, for the OpenAPI document."""

from typing import Literal

from pydantic import Field

from steelyard.http.shapes import Bytes, Count, Moment, Shape
from steelyard.jobs.models import JobStatus, PauseReason


class JobShape(Shape):
    """Durable background work."""

    id: str = Field(examples=["01940f2e-7c00-7abc-8def-0123456789ab"])
    kind: str = Field(examples=["download"])
    model: str | None = Field(examples=["org/name"])
    revision: str | None = Field(description="the commit, once it is known")
    status: JobStatus
    progress: float = Field(ge=0, le=1, description="exact, from the tree's total of bytes", examples=[0.42])
    downloaded_bytes: Bytes
    total_bytes: Bytes | None
    bytes_per_second: float | None
    eta_seconds: float | None
    current_file: str | None = Field(examples=["model.safetensors"])
    attempt: int = Field(ge=0, examples=[1])
    priority: Literal["low", "medium", "high"]
    requested_by: str | None = Field(examples=["alice"])
    pause_reason: PauseReason | None
    error: str | None = Field(description="why it failed, or what troubles it just now")
    hint: str | None
    created_at: Moment
    started_at: Moment | None
    updated_at: Moment
    finished_at: Moment | None


class JobPage(Shape):
    """One page of jobs, newest first, with the true total."""

    count: Count
    jobs: list[JobShape]

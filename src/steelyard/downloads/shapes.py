"""What the routes of requests answer, for the OpenAPI document."""

from typing import Literal

from pydantic import Field

from steelyard.catalog.shapes import ModelShape
from steelyard.downloads.models import RequestStatus
from steelyard.http.shapes import Bytes, Count, Moment, Shape
from steelyard.jobs.models import JobStatus


class PullAnswer(Shape):
    """What became of asking: a job to follow, or the news that everything is here, or that somebody must agree."""

    job_id: str | None = Field(description="the job that brings it; null when an import brought it, or it waits")
    task_id: str = Field(description="the record of this request")
    model: str = Field(examples=["org/name"])
    revision: str | None = Field(description="the commit; null while the hub has not told it")
    status: JobStatus | Literal[RequestStatus.AWAITING_APPROVAL] = Field(
        description="of the job; awaiting_approval when an administrator must agree first"
    )
    position: int = Field(ge=0, description="how many queued jobs go first", examples=[0])
    reasons: list[str] = Field(description="why it waits for an administrator; empty when it does not")
    hint: str | None = Field(description="what to do when it waits")


class DownloadAnswer(PullAnswer):
    """The same with the model itself; null while nothing is known of it but that somebody asked."""

    entry: ModelShape | None


class RequestShape(Shape):
    """Somebody asked for something: who, from where, when, how it went."""

    id: int
    task_id: str
    artist: str | None
    album: str | None
    username: str = Field(examples=["alice"])
    vpn_ip: str = Field(examples=["100.64.0.5"])
    status: RequestStatus
    timestamp: Moment
    slskd_username: str | None
    file_count: Count | None
    completed_files: Count
    total_size: Bytes | None
    album_directory: str | None
    completed_at: Moment | None
    kind: str = Field(examples=["model"])
    model: str | None = Field(examples=["org/name"])
    revision: str | None
    job_id: str | None
    error: str | None
    identified_by: str = Field(examples=["declared"])
    source: str | None = Field(examples=["huggingface"])


class RequestPage(Shape):
    """One page of requests, with the true total."""

    count: Count
    requests: list[RequestShape]

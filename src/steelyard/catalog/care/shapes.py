"""What the routes of looking after the store answer, for the OpenAPI document."""

from typing import Literal

from pydantic import Field

from steelyard.catalog.care.models import Problem
from steelyard.http.shapes import Bytes, Count, Moment, Shape
from steelyard.jobs.shapes import JobShape


class StartedShape(Shape):
    """A job that looks at the store."""

    job_id: str = Field(examples=["01940f2e-7c00-7abc-8def-0123456789ab"])
    findings: str = Field(description="where its findings stand", examples=["/api/v1/findings?job=01940f2e-7c00"])
    outcome: str = Field(description="where its counts stand once it ended")
    job: JobShape


class FindingShape(Shape):
    """Something in the store that is not as it should be."""

    id: Count
    problem: Problem
    meaning: str = Field(description="the problem in one line")
    detail: str
    hint: str | None = Field(description="what to do; null once it is resolved")
    path: str = Field(description="relative to the store", examples=["hub/models--org--name/blobs/0123abcd"])
    model: str | None = Field(examples=["org/name"])
    size: Bytes | None
    job_id: str | None = Field(description="the job that found it last")
    found_at: Moment
    resolved_at: Moment | None


class FindingPage(Shape):
    """One page of findings, newest first, with the true total."""

    count: Count
    findings: list[FindingShape]


class CheckShape(Shape):
    """What a verification or a scan came to, in blobs."""

    job_id: str
    kind: Literal["verify", "scan"]
    model: str | None = Field(examples=["org/name"])
    right: Count
    damaged: Count
    missing: Count
    strays: Count = Field(description="things that others left in the store")
    started_at: Moment
    finished_at: Moment


class CheckPage(Shape):
    """One page of checks, newest first, with the true total."""

    count: Count
    checks: list[CheckShape]


class StoreShape(Shape):
    """Bytes in the store, each inode once; null before the first scan."""

    bytes_free: int | None = Field(
        description="now; what can still be written; null when the store does not say", examples=[500_000_000_000]
    )
    hub_bytes: Bytes | None
    quarantine_bytes: Bytes | None
    trash_bytes: Bytes | None
    parts_bytes: Bytes | None
    foreign_bytes: Bytes | None
    scanned_at: Moment | None

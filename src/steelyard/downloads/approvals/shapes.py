"""What the routes of approvals take and answer, for the OpenAPI document."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from steelyard.downloads.models import RequestStatus
from steelyard.downloads.waiting import ApprovalState
from steelyard.http.shapes import Bytes, Count, Moment, Shape

Reason = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True, pattern=r"^[^\x00]*$")]


class ApproveBody(BaseModel):
    """Why an administrator agrees."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason | None = Field(None, description="why; for the records")


class DenyBody(BaseModel):
    """Why an administrator says no."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = Field(description="why; its asker reads it", examples=["We have a smaller one."])


class ApprovalShape(Shape):
    """A request that has or had to wait for an administrator."""

    task_id: str
    status: ApprovalState
    model: str = Field(examples=["org/name"])
    revision: str | None
    include: list[str]
    exclude: list[str]
    variant: str | None
    source: str = Field(examples=["huggingface"])
    username: str = Field(examples=["alice"])
    identified_by: str = Field(description="how the depot knew who asked", examples=["account"])
    vpn_ip: str = Field(examples=["100.64.0.5"])
    priority: Literal["low", "medium", "high"]
    size_bytes: Bytes | None = Field(description="null where the files were not known yet")
    reasons: list[str] = Field(examples=[["would hold 120 GB of your 100 GB"]])
    asked_at: Moment
    decided_at: Moment | None
    decided_by: str | None
    decision_reason: str | None
    request_status: RequestStatus
    job_id: str | None


class ApprovalPage(Shape):
    """One page of them, the oldest first, with the true total."""

    count: Count
    approvals: list[ApprovalShape]

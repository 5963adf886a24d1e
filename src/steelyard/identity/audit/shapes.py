"""What the route of the audit log answers, for the OpenAPI document."""

from typing import Any

from pydantic import Field

from steelyard.http.shapes import Count, Moment, Shape


class AuditEntryShape(Shape):
    """One change. ``before`` and ``after`` hold what differs; secrets are masked."""

    id: int = Field(examples=[42])
    timestamp: Moment
    username: str | None = Field(description="null for what the depot did by itself", examples=["alice"])
    identified_by: str = Field(description="how the depot knew who it was", examples=["account"])
    ip_address: str | None = Field(description="as the privacy settings let it be kept", examples=["100.64.0.5"])
    credential: str | None = Field(description="the token or session that was shown", examples=["token:7"])
    action: str = Field(examples=["model.change"])
    subject: str = Field(description="what it was done to", examples=["org/name"])
    before: dict[str, Any] | None = Field(examples=[{"pinned": False}])
    after: dict[str, Any] | None = Field(examples=[{"pinned": True}])


class AuditPage(Shape):
    """One page of changes, newest first, with the true total."""

    count: Count
    entries: list[AuditEntryShape]

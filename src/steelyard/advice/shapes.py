"""What the routes of totals and health answer, for the OpenAPI document."""

from typing import Any, Literal

from pydantic import Field

from steelyard.http.shapes import Bytes, Count, Moment, Shape
from steelyard.usage.statistics.shapes import SystemStats


class ActionShape(Shape):
    """One line of what happened."""

    timestamp: Moment
    action: str = Field(examples=["download"])
    model: str | None
    username: str | None
    ip_address: str | None


class TotalsShape(SystemStats):
    """The depot in numbers, with its last ten actions. Totals are those ever; ``unique_users`` is everybody ever."""

    total_models: Count
    total_size_bytes: Bytes
    total_requests: Count
    unique_users: Count
    total_downloads: Count
    recent_activity: list[ActionShape]


class HealthShape(Shape):
    """How everything is."""

    status: Literal["ok", "degraded", "error"]
    version: str
    uptime_seconds: float
    gpu: dict[str, Any] | None
    cache: dict[str, Any] = Field(
        description="models in memory, their bytes and what there is for all, requests that wait and that are answered"
    )
    downloads: dict[str, int]
    backends: dict[str, bool] = Field(description="engines, and whether they can be used here")
    models: dict[str, dict[str, int]] = Field(
        description="since the start: loads by how they ended, unloads by why they were"
    )
    roles: list[str] = Field(description="what this process does", examples=[["api", "worker"]])
    demo: bool = Field(description="everything here is made up: steelyard demo")
    workers: int = Field(description="how many work on jobs; 0 means that nothing will be fetched", examples=[1])
    database: dict[str, Any]
    store: dict[str, Any]
    events: dict[str, Any]


class LiveShape(Shape):
    """The process answers."""

    status: Literal["ok"]

"""How the store is looked after."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class CareSettings(BaseModel):
    """When the store is compared with the catalog."""

    model_config = ConfigDict(extra="forbid")

    scan_hours: float = Field(
        24.0, ge=0, le=8760, description="hours between two scans of the store; 0: none by itself"
    )
    scan_delay_seconds: float = Field(60.0, ge=0, description="how long after its start the depot scans the store")

    @property
    def every(self) -> timedelta:
        """The time between two scans; zero for none."""
        return timedelta(hours=self.scan_hours)

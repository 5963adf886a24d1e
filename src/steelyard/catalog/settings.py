"""How the shelf is kept."""

from pydantic import BaseModel, ConfigDict, Field


class CatalogSettings(BaseModel):
    """The trash."""

    model_config = ConfigDict(extra="forbid")

    trash_days: float = Field(7.0, ge=0, le=3650, description="how long a deleted model can be restored")

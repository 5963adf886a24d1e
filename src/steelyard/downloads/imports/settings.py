"""From where models may be imported."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator


class ImportSettings(BaseModel):
    """Folders of the server that may be read for an import."""

    model_config = ConfigDict(extra="forbid")

    roots: list[Path] | None = Field(
        None,
        description="folders below which models may be imported; unset: anywhere while only this machine reaches the "
        "depot, else nowhere. The depot's own store always may",
    )

    @field_validator("roots")
    @classmethod
    def _are_absolute(cls, value: list[Path] | None) -> list[Path] | None:
        if any(not root.is_absolute() for root in value or ()):
            raise ValueError("write each folder from the root on, like /data/models")
        return value

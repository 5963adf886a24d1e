"""Where the bytes lie and how full the disk may get."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from steelyard.core.units import parse_size


class StorageSettings(BaseModel):
    """The store."""

    model_config = ConfigDict(extra="forbid")

    symlinks: bool = Field(True, description="snapshots hold links to blobs; false: copies (HF_HUB_DISABLE_SYMLINKS)")
    keep_free: int = Field(1_000_000_000, ge=0, description="bytes that downloads leave free on the disk, like 50GB")

    @field_validator("keep_free", mode="before")
    @classmethod
    def _reads_sizes(cls, value: str | int) -> int:
        return parse_size(value)

"""What the log of events keeps."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from steelyard.usage.sheets import BLOCK_DAYS


class CostSettings(BaseModel):
    """Prices."""

    model_config = ConfigDict(extra="forbid")

    gpu_hour: float = Field(0.0, ge=0, description="of an hour in which an engine answers, for the costs in statistics")
    gb_month: float = Field(0.0, ge=0, description="of a gigabyte (10^9 bytes) that is stored for a month")
    currency: str = Field("EUR", min_length=1, max_length=8, description="what the prices are in")


class UsageSettings(BaseModel):
    """Events."""

    model_config = ConfigDict(extra="forbid")

    store_prompts: bool = Field(
        False,
        description="keep with each request what the model was last asked, cut at 2000 characters; else no word of it",
    )
    spool_bytes: int = Field(
        256 << 20,
        ge=1 << 20,
        description="how many bytes of events may wait in the folder 'spool' of the home while the database is away",
    )
    event_days: int = Field(90, ge=1, description="how many days single events are kept")
    sheet_days: int = Field(
        400,
        ge=2,
        description="how many days counts by day and quarter of an hour are kept, at least 16 more than `event_days`; "
        "lifetime totals stay",
    )
    unfinished_minutes: float = Field(
        60.0, gt=0, description="how long a reported start waits for its end until it counts as failed"
    )
    cache_ttl_minutes: float = Field(
        15.0, ge=0, description="how long statistics of past days are remembered while nothing in these days changes"
    )

    @model_validator(mode="after")
    def _finds_what_it_keeps(self) -> Self:
        """Events are found by way of their sheets, which go by whole blocks of days."""
        least = self.event_days + BLOCK_DAYS
        if self.sheet_days < least:
            raise ValueError(
                f"usage.sheet_days is {self.sheet_days}, and must be at least {least}: {BLOCK_DAYS} more than"
                f" usage.event_days, since events without counts of their days cannot be found"
            )
        return self

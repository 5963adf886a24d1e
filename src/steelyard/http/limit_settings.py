"""How many requests one address, and one person, may send."""

from pydantic import BaseModel, ConfigDict, Field


class LimitSettings(BaseModel):
    """Budgets of requests, counted by each server for itself.

    The defaults let through what the fastest honest client was seen to need: ``hf download`` of 3,000 files asks 6,000
    times, as fast as it can.
    """

    model_config = ConfigDict(extra="forbid")

    reads_per_second: float = Field(200.0, ge=0, description="reading requests in the long run; 0: no limit")
    reads_burst: int = Field(6000, ge=1, description="reading requests at once, after a while of silence")
    changes_per_second: float = Field(50.0, ge=0, description="changing requests in the long run; 0: no limit")
    changes_burst: int = Field(500, ge=1, description="changing requests at once, after a while of silence")

"""How much runs at once, and how patient the depot is."""

from pydantic import BaseModel, ConfigDict, Field


class JobSettings(BaseModel):
    """Workers, leases and retries."""

    model_config = ConfigDict(extra="forbid")

    concurrency: int = Field(3, ge=1, le=64, description="jobs that run at the same time in this process")
    # A dead worker's job is taken over within 10 s: its lease ends at most 7 s after the last heartbeat, a sweep comes
    # at that very moment, and 3 s are left for clocks that differ and for a busy database.
    lease_seconds: float = Field(7.0, ge=1, le=300, description="how long a silent worker keeps its job")
    beat_seconds: float = Field(0.5, gt=0, le=30, description="how often a worker writes progress and renews its lease")
    sweep_seconds: float = Field(5.0, gt=0, le=300, description="how often the table is compared with the queue")
    max_tries: int = Field(8, ge=1, le=100, description="tries in a row before a job fails for good")
    backoff_seconds: float = Field(5.0, gt=0, description="wait after the first failed try; doubles each time")
    backoff_limit_seconds: float = Field(600.0, gt=0, description="longest wait between two tries")

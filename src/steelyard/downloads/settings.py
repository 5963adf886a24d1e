"""How politely and how hard the depot downloads."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from steelyard.core.units import parse_size


class ApprovalSettings(BaseModel):
    """What waits for an administrator whatever the quotas say, unless an administrator asks."""

    model_config = ConfigDict(extra="forbid")

    approve_gated: bool = Field(
        True, description="whether a repository that asks for the acceptance of a licence waits for an administrator"
    )
    approve_pickle_only: bool = Field(
        True, description="whether a model whose weights are all pickle files waits for an administrator"
    )
    approve_above_bytes: int | None = Field(
        None, ge=0, description="requests for more than this, like 500GB, wait for an administrator"
    )

    @field_validator("approve_above_bytes", mode="before")
    @classmethod
    def _reads_size(cls, value: str | int | None) -> int | None:
        return None if value is None else parse_size(value)


class DownloadSettings(ApprovalSettings):
    """Limits, patience, cool-downs and approvals."""

    connections_per_host: int = Field(8, ge=1, le=64, description="connections to one host at the same time")
    bytes_per_second: int | None = Field(None, ge=1, description="ceiling over all downloads together, like 50MB")
    tries_without_progress: int = Field(6, ge=1, le=100, description="tries of one file in a row that bring no byte")
    backoff_seconds: float = Field(1.0, gt=0, description="wait after the first failed try of a file; doubles")
    verify_tries: int = Field(3, ge=1, le=10, description="how often a file whose hash is wrong is fetched anew")
    resolve_seconds: float = Field(3.0, gt=0, le=60, description="longest wait for the hub while a request is answered")
    cooldown_seconds: float = Field(30.0, ge=0, description="how long a failed download is not started again")

    keep_parts_days: float = Field(7.0, ge=0, description="how long the bytes of a given-up download are kept")

    @field_validator("bytes_per_second", mode="before")
    @classmethod
    def _reads_sizes(cls, value: str | int | None) -> int | None:
        return None if value is None else parse_size(value)

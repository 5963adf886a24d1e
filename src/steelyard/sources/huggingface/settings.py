"""The upstream hub."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class HuggingFaceSettings(BaseModel):
    """Where models come from, and with which token."""

    model_config = ConfigDict(extra="forbid")

    endpoint: str = Field("https://huggingface.co", description="address of the upstream hub (HF_ENDPOINT)")
    token: SecretStr | None = Field(None, description="the depot's own hub token, for gated repositories (HF_TOKEN)")
    timeout_seconds: float = Field(10.0, gt=0, le=300, description="longest wait for metadata")
    connect_seconds: float = Field(
        2.0, gt=0, le=60, description="longest wait for a connection; beyond it the hub counts as away"
    )

    @field_validator("endpoint")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

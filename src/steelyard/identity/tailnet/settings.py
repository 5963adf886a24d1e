"""Whom the depot asks about addresses of the tailnet."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator


class TailnetSettings(BaseModel):
    """tailscaled on this machine, Headscale, or both."""

    model_config = ConfigDict(extra="forbid", validate_default=True)

    tailscale: bool = Field(
        False, description="ask tailscaled on this machine who an address of the tailnet belongs to"
    )
    tailscale_socket: Path = Field(Path("/var/run/tailscale/tailscaled.sock"), description="tailscaled's socket")
    headscale_url: str | None = Field(
        None, description="address of Headscale, whose list of nodes says who an address belongs to (HEADSCALE_URL)"
    )
    headscale_api_key: SecretStr | None = Field(
        None, description="a key of Headscale's API, from 'headscale apikeys create' (HEADSCALE_API_KEY)"
    )
    cache_seconds: float = Field(60.0, ge=1, le=3600, description="how long an answer about a person counts")
    stale_seconds: float = Field(
        86_400.0, ge=0, le=7 * 86_400, description="how long Headscale's last list counts while it does not answer"
    )

    @field_validator("headscale_url")
    @classmethod
    def _is_http_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
            raise ValueError("write it like https://headscale.example.org, without a user and a query")
        return value.rstrip("/")

    @field_validator("headscale_api_key")
    @classmethod
    def _is_key(cls, value: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        key = value.get_secret_value().strip() if value else ""
        if not key and others.data.get("headscale_url"):
            raise ValueError("Headscale answers nobody without a key; make one with 'headscale apikeys create'")
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError("a key of Headscale is one word; set it as 'headscale apikeys create' printed it")
        return SecretStr(key) if key else None

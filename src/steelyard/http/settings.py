"""How the server listens and whom it listens to."""

import re
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from steelyard.core.networks import Network, checked, networks

_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?", re.ASCII)


class ServerSettings(BaseModel):
    """Address, public address, and who may come in."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8420, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    auth: Literal["open", "required"] | None = Field(
        None,
        description="open: everybody is an administrator; required: people sign in, programs show a token. "
        "Unset: open on loopback, required anywhere else",
    )
    guest_role: Literal["none", "viewer", "member"] = Field(
        "viewer", description="what those may do whom the tailnet or the proxy vouches for, while they have no account"
    )
    proxy_user_header: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9-]{1,64}$",
        description="header in which a trusted proxy names whom it let in, such as Remote-User or Tailscale-User-Login",
    )
    public_url: str | None = Field(
        None, description="how people reach the depot, with its path prefix: https://models.example.org/depot"
    )
    allowed_hosts: list[str] = Field([], description="further host names that requests may be addressed to")
    allowed_origins: list[str] = Field(
        [],
        description="origins of other pages and programs whose scripts may use /v1, /api and /chat: "
        'https://app.example.org, app://obsidian.md; "*" is every page there is',
    )
    trusted_proxies: Annotated[list[str], AfterValidator(checked)] = Field(
        [], description="addresses or networks whose forwarding headers are believed"
    )
    log_format: Literal["auto", "human", "json"] = Field("auto", description="auto: human on a terminal, else JSON")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="how much is logged")

    @field_validator("public_url")
    @classmethod
    def _is_http_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("write it like https://models.example.org or https://example.org/depot")
        return value.rstrip("/")

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: list[str]) -> list[str]:
        for item in value:
            if item != "*" and _ORIGIN.fullmatch(item) is None:
                raise ValueError(
                    "write an origin like https://app.example.org or http://localhost:3000, without a path"
                )
        return [item.lower() for item in value]

    @property
    def is_open(self) -> bool:
        """Whether everybody who comes in is an administrator."""
        return self.auth == "open" or (self.auth is None and is_loopback(self.host))

    @property
    def prefix(self) -> str:
        """The path prefix of ``public_url``: ``/depot``, or an empty text."""
        return urlsplit(self.public_url).path.rstrip("/") if self.public_url else ""

    @property
    def proxy_networks(self) -> list[Network]:
        """The trusted proxies as networks."""
        return networks(self.trusted_proxies)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

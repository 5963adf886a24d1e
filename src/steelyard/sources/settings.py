"""What holds for all sources."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from pydantic import BaseModel, ConfigDict, Field, field_validator


class SourceSettings(BaseModel):
    """Where the depot may go when somebody else says where."""

    model_config = ConfigDict(extra="forbid")

    allowed_networks: list[str] = Field(
        [],
        description="networks that redirects and addresses people send may lead to although they are not public; the "
        "hub's own address needs none",
    )

    @field_validator("allowed_networks")
    @classmethod
    def _are_networks(cls, value: list[str]) -> list[str]:
        for item in value:
            ip_network(item, strict=False)
        return value

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The allowed networks as such."""
        return tuple(ip_network(item, strict=False) for item in self.allowed_networks)

"""How long sessions and tokens are good for."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from steelyard.core.networks import Network, checked, networks


class IdentitySettings(BaseModel):
    """Sessions of browsers and tokens of programs."""

    model_config = ConfigDict(extra="forbid")

    session_days: float = Field(30.0, gt=0, le=365, description="days until somebody has to sign in again in any case")
    session_idle_days: float = Field(7.0, gt=0, le=365, description="days without a request after which a session ends")
    token_days: int = Field(
        90, ge=1, le=3650, description="days that a new token is good for, unless it says otherwise"
    )
    openwebui_secret: SecretStr | None = Field(
        None, min_length=16, description="what an Open WebUI signs with for whom it asks (its JWT secret for headers)"
    )
    openwebui_addresses: Annotated[list[str], AfterValidator(checked)] = Field(
        [],
        description="addresses or networks of Open WebUI: from there alone its plain headers say for whom it asks, and "
        "what it signed counts without a token of its own",
    )

    @property
    def openwebui_networks(self) -> list[Network]:
        """Where Open WebUI asks from, as networks."""
        return networks(self.openwebui_addresses)

"""What holds for all sources."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from steelyard.core.networks import Network, checked, networks


class SourceSettings(BaseModel):
    """Where the depot may go when somebody else says where."""

    model_config = ConfigDict(extra="forbid")

    allowed_networks: Annotated[list[str], AfterValidator(checked)] = Field(
        [],
        description="networks that redirects and addresses people send may lead to although they are not public; the "
        "hub's own address needs none",
    )

    @property
    def networks(self) -> tuple[Network, ...]:
        """The allowed networks as such."""
        return tuple(networks(self.allowed_networks))

"""What is remembered about people, and for how long."""

from pydantic import BaseModel, ConfigDict, Field

from steelyard.identity.audit.retention import SHORTEST_DAYS
from steelyard.identity.privacy import AddressMode


class PrivacySettings(BaseModel):
    """Addresses and the audit log."""

    model_config = ConfigDict(extra="forbid")

    addresses: AddressMode = Field(
        "full",
        description="what records and logs keep of IP addresses: full; truncate to the network (/24, /48); hash with a "
        "key that is destroyed a day after its own; off",
    )
    audit_days: int = Field(
        365, ge=SHORTEST_DAYS, le=36_500, description="how long the audit log remembers who changed what"
    )

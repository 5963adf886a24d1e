"""What every link does."""

from dataclasses import dataclass
from typing import Protocol

from steelyard.identity.asking import Asking
from steelyard.identity.holder import Holder
from steelyard.identity.principal import PrincipalKind


@dataclass(frozen=True, slots=True)
class Known:
    """Who it is, as one link knows it. ``holder`` stands where they proved that an account is theirs."""

    kind: PrincipalKind
    subject: str
    name: str
    holder: Holder | None = None


class Link(Protocol):
    """One way of knowing who asks."""

    async def identify(self, asking: Asking) -> Known | None:
        """Who it is; None where this link cannot tell. Raises NotSignedIn for proof that is no longer good."""


def of_holder(holder: Holder) -> Known:
    """Whoever proved that an account is theirs."""
    return Known(PrincipalKind.ACCOUNT, str(holder.account.id), holder.account.name, holder)

"""What every link does."""

from dataclasses import dataclass
from typing import Protocol

from steelyard.identity.asking import Asking
from steelyard.identity.holder import Holder
from steelyard.identity.principal import PrincipalKind


@dataclass(frozen=True, slots=True)
class Known:
    """Who it is, as one link knows it. ``holder`` stands where they proved that an account is theirs.

    ``is_told``: a program that asks for many says so, on its word they may do daily work and no more. ``asks_for`` is
    whom a service vouches for in this request.
    """

    kind: PrincipalKind
    subject: str
    name: str
    holder: Holder | None = None
    is_told: bool = False
    asks_for: "Known | None" = None


class Link(Protocol):
    """One way of knowing who asks."""

    async def identify(self, asking: Asking) -> Known | None:
        """Who it is; None where this link cannot tell. Raises NotSignedIn for proof that is no longer good."""


def of_holder(holder: Holder) -> Known:
    """Whoever proved that an account is theirs."""
    return Known(PrincipalKind.ACCOUNT, str(holder.account.id), holder.account.name, holder)

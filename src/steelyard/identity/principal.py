"""Principals: who is asking, and how sure we are."""

from dataclasses import dataclass
from enum import StrEnum


class PrincipalKind(StrEnum):
    """How a principal is known, from the surest to the vaguest. The order is the order in which they win."""

    ACCOUNT = "account"
    TAILNET = "tailnet"
    PROXY = "proxy"
    DECLARED = "declared"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Principal:
    """One row per (kind, subject). ``name`` is what people see."""

    id: int
    kind: PrincipalKind
    subject: str
    name: str


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal in the act of asking: from which address, with which program."""

    principal: Principal
    address: str
    user_agent: str

    @property
    def name(self) -> str:
        """What people see."""
        return self.principal.name

    @property
    def identified_by(self) -> str:
        """How we know, as the records keep it."""
        return self.principal.kind.value

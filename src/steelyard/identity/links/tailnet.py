"""The person to whom the tailnet gave the address."""

from typing import Protocol

from steelyard.identity.asking import Asking
from steelyard.identity.links.protocol import Known
from steelyard.identity.principal import PrincipalKind


class Person(Protocol):
    """Somebody of the tailnet."""

    @property
    def subject(self) -> str:
        """What stays the same when they are renamed."""

    @property
    def name(self) -> str:
        """What people see."""


class Whois(Protocol):
    """Knows the addresses of a tailnet."""

    async def person(self, address: str) -> Person | None:
        """Whose address it is; None for nobody's, a machine's, or while nobody can tell."""


class TailnetLink:
    """Believes the tailnet about addresses."""

    def __init__(self, whois: Whois) -> None:
        self._whois = whois

    async def identify(self, asking: Asking) -> Known | None:
        """The person behind the address. A proxy that tells of no client does not lend its own to all it serves."""
        if asking.is_lost:
            return None
        person = await self._whois.person(asking.address)
        return None if person is None else Known(PrincipalKind.TAILNET, person.subject, person.name)

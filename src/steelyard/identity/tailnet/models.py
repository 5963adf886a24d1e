"""A person of the tailnet, and whoever can say which person an address belongs to."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TailnetPerson:
    """Somebody to whom the tailnet gave an address.

    ``subject`` is the number that the tailnet's control server gave to the user: it stays through every rename, and
    whoever takes over a name has another one. ``name`` is what people see.
    """

    subject: str
    name: str
    display_name: str | None = None


class Whois(Protocol):
    """Knows the addresses of a tailnet."""

    async def person(self, address: str) -> TailnetPerson | None:
        """Whose address it is. None for nobody's, for a tagged machine's, and while nobody can tell.

        Never raises for trouble outside this process, and never waits longer than its budget, whatever happens there.
        """

    async def close(self) -> None:
        """Stop asking and let the connections go; afterwards it answers from memory."""

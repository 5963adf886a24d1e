"""A ``Whois`` that knows what a test tells it."""

from collections.abc import Mapping

from steelyard.identity.tailnet.addresses import spelled
from steelyard.identity.tailnet.models import TailnetPerson


class FakeWhois:
    """Knows ``people`` by address; ``asked`` has every address it was asked for."""

    def __init__(self, people: Mapping[str, TailnetPerson] | None = None) -> None:
        self.people = {spelled(address): person for address, person in (people or {}).items()}
        self.asked: list[str] = []
        self.is_closed = False

    def add(self, address: str, person: TailnetPerson) -> None:
        """Give the person one more address."""
        self.people[spelled(address)] = person

    async def person(self, address: str) -> TailnetPerson | None:
        """Whose address it is."""
        self.asked.append(address)
        return self.people.get(spelled(address))

    async def close(self) -> None:
        """Note that nobody needs it any more."""
        self.is_closed = True

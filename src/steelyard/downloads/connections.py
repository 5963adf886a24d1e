"""How many connections the queued downloads of a process have to one hub at the same time.

Files that somebody waits for at the mirror come on top: they must not stand behind a night's worth of queued ones.
"""

from asyncio import Semaphore


class Connections:
    """A number of places for each hub."""

    def __init__(self, per_hub: int) -> None:
        self._per_hub = per_hub
        self._places: dict[str, Semaphore] = {}

    def of(self, hub: str) -> Semaphore:
        """The places of one hub, to be held while a connection is open."""
        return self._places.setdefault(hub, Semaphore(self._per_hub))

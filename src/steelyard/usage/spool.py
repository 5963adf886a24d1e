"""Where events wait that the database does not take just now. The files of it are in ``spool_files``."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from steelyard.usage.writing import Kept

_LIMIT = 50_000


class SpoolFull(OSError):
    """No more events fit."""


class Ticket(NamedTuple):
    """Some events of one page of the spool."""

    page: int
    size: int


class Page(NamedTuple):
    """The oldest events of a spool, and the ticket for all of them that are not settled."""

    ticket: Ticket
    batch: Sequence[Kept]


class Spool(Protocol):
    """Keeps events in pages, oldest first. What it gives back may have been written already: look before writing."""

    is_durable: bool  # whether what was put in is still there after kill -9

    @property
    def count(self) -> int:
        """How many events wait."""

    @property
    def lost(self) -> int:
        """How many events it could not give back."""

    @property
    def since(self) -> float | None:
        """When the oldest of them was handed in, by the monotonic clock; None when none waits."""

    def put(self, batch: Sequence[Kept], since: float) -> Ticket:
        """Keep events that came at ``since`` or later; the ticket has fewer where some cannot be written down.

        Raises OSError, SpoolFull among them, DatabaseInUse: none is kept then.
        """

    def first(self) -> Page | None:
        """The oldest page, closed: nothing more is put into it. Raises OSError: it may be there a moment later."""

    def settle(self, ticket: Ticket) -> None:
        """Let go what is in the database by now."""

    def close(self) -> int:
        """Stop; returns how many events are lost with it."""


class MemorySpool:
    """Keeps up to 50,000 events in memory: for those who need no promise."""

    is_durable = False
    lost = 0

    def __init__(self) -> None:
        self._pages: deque[tuple[int, float, Sequence[Kept]]] = deque()
        self._last = 0
        self.count = 0

    @property
    def since(self) -> float | None:
        """When the oldest came."""
        return self._pages[0][1] if self._pages else None

    def put(self, batch: Sequence[Kept], since: float) -> Ticket:
        """Keep them. Raises SpoolFull."""
        if self.count + len(batch) > _LIMIT:
            raise SpoolFull("too many events wait")
        self._last += 1
        self._pages.append((self._last, since, batch))
        self.count += len(batch)
        return Ticket(self._last, len(batch))

    def first(self) -> Page | None:
        """The oldest batch."""
        if not self._pages:
            return None
        number, _, batch = self._pages[0]
        return Page(Ticket(number, len(batch)), batch)

    def settle(self, ticket: Ticket) -> None:
        """Forget a batch."""
        self._pages = deque(page for page in self._pages if page[0] != ticket.page)
        self.count -= ticket.size

    def close(self) -> int:
        """All that wait are lost."""
        return self.count

"""What the groups of methods need of a connection."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from steelyard.client.call import Call, Json

T = TypeVar("T")


class Sender(Protocol):
    """Sends calls."""

    async def send(self, call: Call[T]) -> T:
        """Send, retry, parse. Raises ClientError."""


class Connection(Sender, Protocol):
    """A sender that can also follow a stream."""

    def stream(
        self,
        path: str,
        params: Mapping[str, str] = {},
        media_type: str = "text/event-stream",
        *,
        body: Json | None = None,
        silence: float = 45.0,
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The chunks of a long answer, to a POST when there is a ``body``; ``silence`` is in seconds.

        Raises ServerUnreachable when it breaks or is silent for longer, ApiError.
        """

    async def sleep(self, seconds: float) -> None:
        """Wait, in the way handed in."""

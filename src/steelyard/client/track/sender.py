"""How a batch gets to the depot."""

from collections.abc import Callable, Sequence
from typing import Protocol

from steelyard.client.client import Client
from steelyard.client.shapes import ReportAnswer


class Sender(Protocol):
    """Delivers batches. Only the courier's thread uses it."""

    def send(self, lines: Sequence[bytes]) -> ReportAnswer:
        """The depot has these for good once this returns. Raises ClientError."""

    def close(self) -> None:
        """Let go of the connection."""


class DepotSender:
    """Over HTTP. The client is made by the thread that uses it: a forked process must not share a connection."""

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._client: Client | None = None

    def send(self, lines: Sequence[bytes]) -> ReportAnswer:
        """The depot has these for good once this returns. Raises ClientError."""
        self._client = self._client or self._connect()
        return self._client.events.report_lines(b"\n".join(lines))

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()

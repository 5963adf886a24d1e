"""A model in a child process."""

from collections.abc import Sequence
from pathlib import Path

from steelyard.engines.child import Child
from steelyard.engines.log import without_paths, without_secrets
from steelyard.engines.models import Endpoint


class RunningChild:
    """What engines with children of their own return from ``start``; ``path`` is what it loaded."""

    def __init__(self, child: Child, endpoint: Endpoint, path: Path) -> None:
        self._child = child
        self._endpoint = endpoint
        self._path = path

    @property
    def endpoint(self) -> Endpoint:
        """Where it answers."""
        return self._endpoint

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._child.is_alive

    @property
    def pid(self) -> int:
        """Of the process, for tests that kill it."""
        return self._child.pid

    def memory_bytes(self) -> int | None:
        """What the process and its own children use."""
        return self._child.memory_bytes()

    def last_lines(self) -> Sequence[str]:
        """The end of its log, without paths and keys: people read it."""
        key, path = self._endpoint.key, self._path
        return [without_paths(without_secrets(line, key), path) for line in self._child.last_lines()]

    async def ended(self) -> None:
        """Return when the process has ended."""
        await self._child.ended()

    async def stop(self) -> None:
        """End it."""
        await self._child.stop()

"""A dictionary that forgets what was not written for longest: memory of what strangers send stays bounded."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """At most ``most`` entries."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """What is remembered of a key."""
        return self._entries.get(key)

    def put(self, key: K, value: V) -> None:
        """Remember it, as the newest."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def drop(self, key: K) -> None:
        """Forget it, if it is remembered."""
        self._entries.pop(key, None)

    def items(self) -> list[tuple[K, V]]:
        """All that is remembered, the oldest first."""
        return list(self._entries.items())

    def __len__(self) -> int:
        return len(self._entries)

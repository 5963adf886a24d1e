"""What statistics must know from above: which entry a name in the log means, and who may see what."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Looker:
    """Who looks at numbers. ``viewer`` is the only owner whose private models are shown, None for all; ``own`` are the
    principals that they are; an administrator sees everybody's numbers."""

    is_admin: bool = True
    viewer: str | None = None
    own: frozenset[int] = frozenset()


class Shelf(Protocol):
    """The models that are kept here; the room of the catalog has it."""

    async def shown(self, names: Collection[str], viewer: str | None) -> dict[str, str]:
        """By name in the log, the name of the entry that answers to it, or itself where none does.

        Names of what is hidden from the viewer are left out.
        """

    async def sizes(self, viewer: str | None) -> dict[str, int]:
        """The bytes of each entry that is here and not hidden from the viewer, by name."""

    async def held(self) -> int:
        """The bytes of all files, shared ones once."""

    async def arrivals(self) -> list[tuple[int, int]]:
        """When what is here now arrived, in milliseconds since 1970, and its bytes; in any order."""

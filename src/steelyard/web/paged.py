"""Lists that are only paged: where the pages before and after one begin."""

from dataclasses import dataclass

from steelyard.web.query import query_string


@dataclass(frozen=True, slots=True)
class Spot:
    """The beginning of a page."""

    offset: int

    @property
    def address(self) -> str:
        """Its query string; empty for the first page."""
        return query_string({"offset": str(self.offset)} if self.offset else {})


@dataclass(frozen=True, slots=True)
class Paged:
    """What surrounds one page; None where there is no such page."""

    previous: Spot | None
    next: Spot | None


def paged(offset: int, limit: int, total: int, shown: int) -> Paged:
    """The neighbours of the page that begins at ``offset`` and shows so many of ``total`` lines."""
    last = offset + shown
    return Paged(
        previous=Spot(max(0, offset - limit)) if offset else None, next=Spot(last) if shown and last < total else None
    )

"""What stands around the content of every page."""

from dataclasses import dataclass, field

from steelyard.web.query import LibraryQuery


@dataclass(frozen=True, slots=True)
class Twin:
    """The same as data: a label, and a path below the prefix."""

    label: str
    path: str


TWINS = (Twin("Models as JSON", "/api/models"), Twin("Totals as JSON", "/api/stats"), Twin("Jobs as JSON", "/jobs"))


@dataclass(frozen=True, slots=True)
class Chrome:
    """The frame of one page.

    ``here`` names its entry in the navigation, ``live`` is the path of its stream below the prefix, ``search`` what
    the search field goes on from. ``is_inside``: the page lies below that entry and is not the entry itself.
    """

    title: str
    here: str | None = None
    live: str | None = None
    twins: tuple[Twin, ...] = TWINS
    search: LibraryQuery = field(default_factory=LibraryQuery)
    is_inside: bool = False

    @property
    def is_library(self) -> bool:
        """Whether a search can change the list on this very page."""
        return self.live is not None and self.live.partition("?")[0] == "/live"

"""What lists can be narrowed by: the options of the fields, and the tabs with their counts."""

from collections.abc import Mapping
from dataclasses import dataclass

from steelyard.web.badges import model_badge, request_badge
from steelyard.web.history import STATUSES as REQUEST_STATUSES
from steelyard.web.query import STATUSES, TRASH, LibraryQuery
from steelyard.web.shelf import Facets
from steelyard.web.words import count

_SORTS = {
    "name": "name", "newest": "newest first", "last_used": "last used first", "downloads": "most downloads first",
    "size": "largest first",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a field."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Tab:
    """One status to look at: its word, how many there are, and the list's address."""

    word: str
    count: str
    address: str
    here: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """The fields that narrow the library; ``owners`` are those that there are."""

    formats: tuple[Option, ...]
    sorts: tuple[Option, ...]
    owners: tuple[str, ...]


def choices(query: LibraryQuery, facets: Facets) -> Choices:
    """The fields of the library, with what is chosen in them."""
    formats = {name: f"{name} ({count(number)})" for name, number in sorted(facets.format.items())}
    if query.format and query.format not in formats:
        formats[query.format] = query.format
    return Choices(_options(formats, query.format), _options(_SORTS, query.sort), tuple(sorted(facets.owner)))


def tabs(query: LibraryQuery, facets: Facets) -> tuple[Tab, ...]:
    """The statuses that there are, after all of them and before the trash."""
    shelf = sum(number for status, number in facets.status.items() if status != TRASH)
    shown = [status for status in STATUSES if facets.status.get(status) or status in {query.status, TRASH}]
    whole = Tab("all", count(shelf), query.of_status(None).address, query.status is None)
    return whole, *(_tab(query, status, facets.status.get(status, 0)) for status in shown)


def request_statuses(chosen: str | None) -> tuple[Option, ...]:
    """The words that a request can have; each stands in the API's own spelling."""
    return _options({status: request_badge(status).word for status in REQUEST_STATUSES}, chosen)


def _tab(query: LibraryQuery, status: str, number: int) -> Tab:
    word = "trash" if status == TRASH else model_badge(status).word
    return Tab(word, count(number), query.of_status(status).address, query.status == status)


def _options(labels: Mapping[str, str], chosen: str | None) -> tuple[Option, ...]:
    return tuple(Option(value, label, value == chosen) for value, label in labels.items())

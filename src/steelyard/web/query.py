"""What the address of the library page may ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from steelyard.core.errors import Invalid

PAGE_SIZE = 25  # a row is a card of 160 px on a phone: 25 of them are as far as a thumb goes
TRASH = "deleted"
STATUSES = ("ready", "downloading", "partial", "failed", "quarantined", TRASH)
SORTS = ("name", "newest", "last_used", "downloads", "size")
MAX_TEXT = 200
_MAX_OFFSET = 1_000_000


class InvalidPage(Invalid):
    """The address of a page asks for something that no page has."""

    slug = "invalid-page"
    title = "There is no such page"


@dataclass(frozen=True, slots=True)
class LibraryQuery:
    """One page of the library; None means any. ``q`` is a search text without blanks around it.

    ``status`` None is the shelf without the trash.
    """

    q: str | None = None
    status: str | None = None
    format: str | None = None
    owner: str | None = None
    sort: str = SORTS[0]
    offset: int = 0
    limit: int = PAGE_SIZE

    @property
    def is_trash(self) -> bool:
        """Whether this is the list of what was deleted."""
        return self.status == TRASH

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the place and the order was asked for."""
        return any((self.q, self.status, self.format, self.owner))

    @property
    def filters(self) -> dict[str, str]:
        """What was asked for, as the API's list takes it; without the place."""
        sort = None if self.sort == SORTS[0] else self.sort
        wanted = {"q": self.q, "status": self.status, "format": self.format, "owner": self.owner, "sort": sort}
        return {name: value for name, value in wanted.items() if value is not None}

    @property
    def address(self) -> str:
        """The query string that asks for this page, with its question mark; empty for the first page."""
        return query_string(self.filters | ({"offset": str(self.offset)} if self.offset else {}))

    def at(self, offset: int) -> "LibraryQuery":
        """The same list at another place."""
        return replace(self, offset=max(0, offset))

    def of_status(self, status: str | None) -> "LibraryQuery":
        """The same list of another status, from its start."""
        return replace(self, status=status, offset=0)


def read_query(parameters: Mapping[str, str]) -> LibraryQuery:
    """The page that ``?q=&status=&format=&owner=&sort=&offset=`` names. Raises InvalidPage."""
    return LibraryQuery(
        q=read_text(parameters, "q"),
        status=read_word(parameters, "status", STATUSES),
        format=read_text(parameters, "format"),
        owner=read_text(parameters, "owner"),
        sort=read_word(parameters, "sort", SORTS) or SORTS[0],
        offset=read_offset(parameters),
    )


def read_text(parameters: Mapping[str, str], name: str) -> str | None:
    """A text without blanks around it; None when nothing is left. Raises InvalidPage."""
    text = parameters.get(name, "").strip()
    if len(text) > MAX_TEXT or "\0" in text:
        raise InvalidPage(f"What you look for has at most {MAX_TEXT} letters.", hint="Search for a part of it.")
    return text or None


def read_word(parameters: Mapping[str, str], name: str, words: tuple[str, ...]) -> str | None:
    """One of some words, or None when none was given. Raises InvalidPage."""
    word = parameters.get(name) or None
    if word is not None and word not in words:
        raise InvalidPage(f"{name} is one of {', '.join(words)}.", hint="Choose one of them on the page.")
    return word


def read_offset(parameters: Mapping[str, str]) -> int:
    """How many lines stand before this page. Raises InvalidPage."""
    text = parameters.get("offset") or "0"
    if not text.isascii() or not text.isdigit() or len(text) > 7 or int(text) > _MAX_OFFSET:
        raise InvalidPage(
            f"The offset must be a number from 0 to {_MAX_OFFSET}.", hint="Leave it out for the first page."
        )
    return int(text)


def query_string(wanted: Mapping[str, str]) -> str:
    """A query string with its question mark; empty for nothing."""
    return f"?{urlencode(wanted)}" if wanted else ""

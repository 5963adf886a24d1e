"""What the address of the library page may ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from steelyard.core.errors import Invalid

PAGE_SIZE = 25  # a row is a card of 160 px on a phone: 25 of them are as far as a thumb goes
_MAX_OFFSET = 1_000_000
_MAX_SEARCH = 200


class InvalidPage(Invalid):
    """The address of a page asks for something that no page has."""

    slug = "invalid-page"
    title = "There is no such page"


@dataclass(frozen=True, slots=True)
class ListQuery:
    """One page of the library: ``q`` is a search text without blanks around it, or None for everything."""

    q: str | None = None
    offset: int = 0
    limit: int = PAGE_SIZE

    @property
    def address(self) -> str:
        """The query string that asks for this page, with its question mark; empty for the first page."""
        wanted = {"q": self.q, "offset": self.offset or None}
        text = urlencode({name: value for name, value in wanted.items() if value is not None})
        return f"?{text}" if text else ""

    def at(self, offset: int) -> "ListQuery":
        """The same search at another place."""
        return ListQuery(self.q, max(0, offset), self.limit)


def read_query(parameters: Mapping[str, str]) -> ListQuery:
    """The page that ``?q=&offset=`` names. Raises InvalidPage."""
    q = parameters.get("q", "").strip()
    if len(q) > _MAX_SEARCH:
        raise InvalidPage(f"A search has at most {_MAX_SEARCH} characters.", hint="Search for a part of the name.")
    return ListQuery(q or None, _offset(parameters.get("offset", "0")))


def _offset(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 7 or int(text) > _MAX_OFFSET:
        raise InvalidPage(
            f"The offset must be a number from 0 to {_MAX_OFFSET}.", hint="Leave it out for the first page."
        )
    return int(text)

"""Whether the pages of a long list lead on within the same address.

Clients follow the next page's address as it is told, so it must be the depot's public one, path prefix included.
"""

from collections.abc import Iterator

from steelyard.cli.mirror.answer import Answer
from steelyard.cli.mirror.finding import Finding, fault, fine
from steelyard.cli.mirror.observed import Observed
from steelyard.cli.mirror.repository import next_link

NAME = "links"


def check(seen: Observed) -> Iterator[Finding]:
    """The link of a page with one entry."""
    if seen.model is None:
        return
    link = next_link(seen.model.first_page)
    if link is None:
        yield fine(NAME, "everything came on one page, so no link could be tried")
    elif not link.startswith(f"{seen.place.base}/"):
        detail = f"the next page is said to be at {link.partition('/api/')[0]}, not at {seen.place.base}"
        yield fault(NAME, detail, f"On the depot: STEELYARD_SERVER__PUBLIC_URL={seen.place.root}")
    elif isinstance(seen.model.next_page, Answer) and seen.model.next_page.is_fine:
        yield fine(NAME, "the next page of a list is found at the same address")
    else:
        yield fault(NAME, "the next page of a list does not come", "Does the proxy pass on queries (?cursor=…) whole?")

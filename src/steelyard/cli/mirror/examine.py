"""All checks, in the order in which people read them."""

from collections.abc import Callable, Iterator, Sequence

from steelyard.cli.mirror import (
    buffering,
    chosen,
    encoding,
    environment,
    headers,
    links,
    person,
    product,
    ranges,
    reach,
    redirects,
    refusals,
    sizes,
    waiting,
    xet,
)
from steelyard.cli.mirror.finding import Finding
from steelyard.cli.mirror.observed import Observed

Check = Callable[[Observed], Iterator[Finding]]
_ALWAYS: Sequence[Check] = (reach.check, environment.check)
_OF_A_MIRROR: Sequence[Check] = (
    reach.check,
    product.check,
    person.check,
    environment.check,
    redirects.check,
    refusals.check,
    chosen.check,
    xet.check,
    links.check,
    headers.check,
    ranges.check,
    encoding.check,
    waiting.check,
    buffering.check,
    sizes.check,
)


def examine(seen: Observed) -> list[Finding]:
    """Everything found. Of a place where nobody answers only that is told, and what this machine adds to it."""
    if reach.is_unreachable(seen):
        checks = _ALWAYS
    elif seen.whoami is None:
        checks = (reach.check, product.check, redirects.check, environment.check)
    else:
        checks = _OF_A_MIRROR
    return [finding for check in checks for finding in check(seen)]

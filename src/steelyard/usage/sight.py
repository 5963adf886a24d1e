"""Who may see which lines of the log. Pure."""

from dataclasses import replace

from steelyard.usage.lines import EventFilter


def visible(wanted: EventFilter, principal: int, *, is_admin: bool) -> EventFilter:
    """What of the wanted lines a principal may see: an administrator all, anybody else their own."""
    if is_admin:
        return wanted
    own = frozenset({principal})
    return replace(wanted, principals=own if wanted.principals is None else wanted.principals & own)

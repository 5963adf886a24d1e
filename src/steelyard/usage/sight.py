"""Who may see which lines of the log. Pure."""

from dataclasses import replace

from steelyard.usage.lines import EventFilter


def visible(wanted: EventFilter, own: frozenset[int]) -> EventFilter:
    """What of the wanted lines somebody may see who is these principals and no administrator: their own."""
    return replace(wanted, principals=own if wanted.principals is None else wanted.principals & own)

"""Times as the depot reads them."""

from datetime import datetime

from steelyard.core.clock import iso


def moment(value: datetime | str | None) -> str | None:
    """ISO 8601; a naive datetime is local time, a text goes as it is."""
    return iso(value) if isinstance(value, datetime) else value

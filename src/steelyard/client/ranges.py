"""Which time statistics are about; times are aware datetimes or ISO 8601 texts."""

from datetime import datetime
from typing import Literal, TypedDict

from steelyard.client.call import Value
from steelyard.client.figures import Period
from steelyard.client.moments import moment

TopOrder = Literal["uses", "requests", "bytes", "tokens"]


class RangeOptions(TypedDict, total=False):
    """Which range, and what its series is cut into; 30 days by day if nothing is said.

    ``since`` is included, ``until`` is not. ``tz`` is a name such as ``Europe/Berlin``: where days begin; UTC unless
    given.
    """

    period: Period | None
    since: datetime | str | None
    until: datetime | str | None
    tz: str | None


def range_query(options: RangeOptions) -> dict[str, Value]:
    """The query of a range. Raises TypeError for an option that there is not."""
    if unknown := sorted(options.keys() - RangeOptions.__annotations__.keys()):
        raise TypeError(f"no such option: {', '.join(unknown)}; there are {', '.join(RangeOptions.__annotations__)}")
    return {
        "period": options.get("period"), "since": moment(options.get("since")), "until": moment(options.get("until")),
        "tz": options.get("tz"),
    }  # fmt: skip

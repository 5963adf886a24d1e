"""What the address of the insights page may ask for, and what the page needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from starlette.requests import Request

from steelyard.web.query import query_string, read_text, read_word

Json = dict[str, Any]
DAYS = ("7", "30", "90", "365")
_USUAL, _UTC = "30", "UTC"
_WEEKS = 180  # days from which on a bar is a week


@dataclass(frozen=True, slots=True)
class InsightsQuery:
    """The last ``days`` days in a time zone."""

    days: int = int(_USUAL)
    tz: str = _UTC

    @property
    def period(self) -> str:
        """What the series is cut into."""
        return "week" if self.days >= _WEEKS else "day"

    @property
    def address(self) -> str:
        """The query string of this page."""
        given = {"days": str(self.days) if str(self.days) != _USUAL else "", "tz": self.tz if self.tz != _UTC else ""}
        return query_string({name: text for name, text in given.items() if text})

    def since(self, now: datetime) -> datetime:
        """The midnight at which the range begins: today, which is not over, is its last day. ``now`` is local."""
        return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=self.days - 1)


def read_insights_query(parameters: Mapping[str, str]) -> InsightsQuery:
    """The page that ``?days=&tz=`` names. Raises InvalidPage; whether there is such a zone, the numbers say."""
    days = read_word(parameters, "days", DAYS) or _USUAL
    return InsightsQuery(int(days), read_text(parameters, "tz") or _UTC)


@dataclass(frozen=True, slots=True)
class InsightsState:
    """Answers of the API: ``system`` of ``GET /api/v1/stats``, and those of ``/matrix``, ``/growth``, ``/costs``."""

    system: Json
    matrix: Json
    growth: Json
    costs: Json


class InsightsSource(Protocol):
    """What the insights page shows."""

    async def insights(self, query: InsightsQuery, request: Request) -> InsightsState:
        """The numbers of a range. Raises Invalid for a zone that nobody knows."""

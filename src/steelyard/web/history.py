"""What the address of the downloads page may ask for."""

from collections.abc import Mapping
from dataclasses import dataclass

from steelyard.web.days import DayQuery, read_day
from steelyard.web.query import read_offset, read_text, read_word

PAGE_SIZE = 25
STATUSES = (
    "pending", "enqueued", "downloading", "completed", "failed", "cancelled", "no_results", "no_match",
    "connection_error", "timeout", "error", "awaiting_approval", "denied",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery(DayQuery):
    """One page of the requests; None means any. ``q`` is a part of a name."""

    q: str | None = None
    username: str | None = None
    ip: str | None = None
    status: str | None = None
    model: str | None = None
    limit: int = PAGE_SIZE

    @property
    def _named(self) -> dict[str, str]:
        wanted = {"q": self.q, "username": self.username, "ip": self.ip, "status": self.status, "model": self.model}
        return {name: value for name, value in wanted.items() if value is not None}


def read_history_query(parameters: Mapping[str, str]) -> HistoryQuery:
    """The page that ``?q=&username=&ip=&status=&model=&since=&until=&offset=`` names. Raises InvalidPage."""
    return HistoryQuery(
        q=read_text(parameters, "q"),
        username=read_text(parameters, "username"),
        ip=read_text(parameters, "ip"),
        status=read_word(parameters, "status", STATUSES),
        model=read_text(parameters, "model"),
        since=read_day(parameters, "since"),
        until=read_day(parameters, "until"),
        offset=read_offset(parameters),
    )

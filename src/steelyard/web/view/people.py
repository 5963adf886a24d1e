"""Who asked for a model."""

from dataclasses import dataclass
from datetime import datetime

from steelyard.web.shelf import ModelState
from steelyard.web.view.history import RequestRow, request_row
from steelyard.web.words import Moment, counted, moment


@dataclass(frozen=True, slots=True)
class People:
    """The first downloader and the newest requests; ``more`` counts all of them where some are not shown."""

    first: str | None
    first_from: str | None
    first_at: Moment | None
    requests: tuple[RequestRow, ...]
    more: str | None


def people(state: ModelState, now: datetime) -> People:
    """The people around one model."""
    stats = state.model.get("stats") or {}
    left_out = state.request_count > len(state.requests)
    return People(
        first=stats.get("first_downloaded_by"),
        first_from=stats.get("first_downloaded_from"),
        first_at=moment(stats.get("first_downloaded_at"), now),
        requests=tuple(request_row(request, now) for request in state.requests),
        more=counted(state.request_count, "request") if left_out else None,
    )

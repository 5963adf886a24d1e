"""What the address of the downloads page may ask for."""

from datetime import UTC, datetime

import pytest

from steelyard.downloads.models import RequestStatus
from steelyard.web.history import STATUSES, HistoryQuery, read_history_query
from steelyard.web.query import InvalidPage

FIRST, LAST = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 12, tzinfo=UTC)


def test_an_address_is_read_and_written_alike() -> None:
    asked = {"username": " ada ", "status": "failed", "since": "2026-03-01", "until": "2026-03-12", "offset": "25"}
    query = read_history_query(asked)
    assert query == HistoryQuery(username="ada", status="failed", since=FIRST, until=LAST, offset=25)
    assert query.address == "?username=ada&status=failed&since=2026-03-01&until=2026-03-12&offset=25"


def test_the_last_day_is_meant_whole() -> None:
    assert HistoryQuery(until=LAST).end == datetime(2026, 3, 13, tzinfo=UTC)
    assert HistoryQuery(until=LAST).api_address(format="csv") == "?until=2026-03-13T00%3A00%3A00.000Z&format=csv"


def test_the_api_is_asked_for_all_of_them() -> None:
    assert HistoryQuery(q="qwen", offset=50).api_address() == "?q=qwen"


def test_what_a_form_leaves_empty_narrows_nothing() -> None:
    fields = ("q", "username", "ip", "status", "model", "since", "until", "offset")
    query = read_history_query(dict.fromkeys(fields, ""))
    assert query == HistoryQuery()
    assert not query.is_narrowed
    assert query.address == query.api_address() == ""


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "2026-3", "9999-12-31", "2026-03-01T10:00:00Z"])
def test_a_day_is_a_day(day: str) -> None:
    with pytest.raises(InvalidPage, match="until is a day"):
        read_history_query({"until": day})


def test_every_status_of_a_request_can_be_chosen() -> None:
    assert set(STATUSES) == {status.value for status in RequestStatus}

"""Requests as rows of the history."""

from datetime import UTC, datetime
from typing import Any

import pytest

from steelyard.testing.pages import fake_request
from steelyard.web.history import HistoryQuery
from steelyard.web.view.history import history, request_row

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


def test_a_request_that_was_served() -> None:
    row = request_row(fake_request(), NOW)
    assert (row.what, row.who, row.size, row.took, row.badge.word) == ("org/name", "mira", "64.2 GB", "42 s", "done")
    assert (row.retry, row.again) == (None, None)
    assert ("Files", "2 of 2") in row.facts
    assert ("Known by", "declared") in row.facts


@pytest.mark.parametrize(
    ("fields", "retry", "again"),
    [
        ({"status": "failed"}, "0198-job", None),
        ({"status": "cancelled"}, "0198-job", None),
        ({"status": "failed", "job_id": None, "revision": None}, None, "org/name"),
        ({"status": "failed", "job_id": None, "revision": "v1"}, None, "org/name@v1"),
        ({"status": "failed", "job_id": None, "model": None}, None, None),
        ({"status": "downloading"}, None, None),
    ],
)
def test_what_can_be_tried_again(fields: dict[str, Any], retry: str | None, again: str | None) -> None:
    row = request_row(fake_request() | fields, NOW)
    assert (row.retry, row.again) == (retry, again)


@pytest.mark.parametrize(
    ("artist", "album", "what"), [("Nils", "Felt", "Nils – Felt"), (None, "Felt", "Felt"), (None, None, "album")]
)
def test_albums_have_names_too(artist: str | None, album: str | None, what: str) -> None:
    assert request_row(fake_request(None, artist=artist, album=album, kind="album"), NOW).what == what


def test_a_request_that_waits_claims_nothing() -> None:
    waiting: dict[str, Any] = dict.fromkeys(("completed_at", "total_size", "file_count", "revision"))
    row = request_row(fake_request(**waiting), NOW)
    assert (row.size, row.took) == (None, None)
    assert not {"Files", "Revision"} & {label for label, _ in row.facts}


def test_pages_of_the_history() -> None:
    query = HistoryQuery(username="mira", offset=25)
    shown = history(query, 1234, [fake_request()] * 25, NOW)
    assert shown.summary == "26–50 of 1,234 requests found"
    assert shown.previous == HistoryQuery(username="mira")
    assert shown.next == HistoryQuery(username="mira", offset=50)
    assert shown.exports[0].path.endswith("?username=mira&format=csv")
    assert history(HistoryQuery(), 0, [], NOW).summary == "0 requests"

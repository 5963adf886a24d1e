"""What a route tells the access log."""

from starlette.requests import Request

from steelyard.usage.access import STATE, UsageNote
from steelyard.usage.note import note


def request(found: UsageNote | None) -> Request:
    """A request, inside the access log or outside of it."""
    return Request({"type": "http", "headers": [], "state": {} if found is None else {STATE: found}})


def test_what_is_told_later_is_added() -> None:
    found = UsageNote()
    inside = request(found)
    note(inside, type="mirror_request", session="0123")
    note(inside, model="org/name", parameters={"passed_through": True})
    note(inside)
    assert found == UsageNote("mirror_request", "org/name", None, "0123", {"passed_through": True})


def test_where_nothing_is_logged_nothing_happens() -> None:
    note(request(None), type="mirror_request", session="0123")
    note(Request({"type": "http", "headers": []}), model="org/name")

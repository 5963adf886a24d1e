"""The audit log as a list."""

from datetime import UTC, datetime

from steelyard.testing.people_pages import fake_line
from steelyard.web.auditing import AuditQuery
from steelyard.web.view.audit import Difference, audit

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


def differences(before: object, after: object) -> tuple[Difference, ...]:
    """What one line shows."""
    (row,) = audit(AuditQuery(), 1, [fake_line(before=before, after=after)], NOW).rows
    return row.differences


def test_what_changed_what_came_and_what_went() -> None:
    changed = differences({"role": "member", "same": 1}, {"role": "admin", "same": 1})
    assert changed == (Difference("role", "member", "admin"),)
    assert differences(None, {"label": "laptop", "cidrs": None}) == (Difference("label", None, "laptop"),)
    assert differences({"scopes": ["read"], "days": 3}, None) == (
        Difference("scopes", '["read"]', "–"),
        Difference("days", "3", "–"),
    )
    assert differences(None, None) == ()


def test_long_values_are_cut() -> None:
    (difference,) = differences({"text": "a"}, {"text": "x" * 500})
    assert difference.after == "x" * 120 + "…"


def test_the_pages_around_one() -> None:
    query = AuditQuery(user="ada", offset=50)
    shown = audit(query, 120, [fake_line()] * 50, NOW)
    assert shown.summary == "51–100 of 120 changes found"
    assert shown.previous is not None
    assert shown.next is not None
    assert (shown.previous.address, shown.next.address) == ("?user=ada", "?user=ada&offset=100")
    assert shown.exports[0].path == "/api/v1/audit?user=ada&format=csv"

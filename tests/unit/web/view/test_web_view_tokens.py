"""Tokens as rows, and the form for another."""

from datetime import UTC, datetime

import pytest

from steelyard.testing.people_pages import fake_state, fake_token
from steelyard.web.people_forms import TokenForm
from steelyard.web.view.tokens import any_token_fields, token_fields, tokens

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "expires", "text", "revocable"),
    [
        ("active", "2026-03-14T10:00:00.000Z", "in 2 days", True),
        ("expired", "2026-03-10T10:00:00.000Z", "2 days ago", True),
        ("revoked", "2026-03-14T10:00:00.000Z", "in 2 days", False),
        ("disabled", None, None, True),
    ],
)
def test_a_row(status: str, expires: str | None, text: str | None, revocable: bool) -> None:
    (row,) = tokens([fake_token(status=status, expires_at=expires)], NOW)
    assert (row.badge.word, row.expires and row.expires.text, row.revocable) == (status, text, revocable)


def test_the_usual_is_ticked_until_somebody_chose() -> None:
    fresh = token_fields(fake_state(), None)
    assert {box.name for box in fresh.boxes if box.ticked} == {"read", "pull", "write", "report"}
    assert (fresh.days, fresh.refused) == ("90", False)
    again = token_fields(fake_state(), TokenForm("x", scopes=("admin",), days="1"))
    assert {box.name for box in again.boxes if box.ticked} == {"admin"}
    assert (again.label, again.days, again.refused) == ("x", "1", True)


def test_what_admin_means_depends_on_whose_token_it_is() -> None:
    own = {box.name: box.meaning for box in token_fields(fake_state(), None).boxes}
    anybodys = {box.name: box.meaning for box in any_token_fields(90, None).boxes}
    assert own["admin"].startswith("change your password")
    assert anybodys["admin"].startswith("what only administrators may")

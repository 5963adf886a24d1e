"""Answers that travel through a redirect as a code."""

import pytest

from steelyard.web.notices import Place, notice, noticed, pull_code, read_notice


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("queued", "queued"),
        ("pending", "queued"),
        (None, "queued"),
        ("running", "running"),
        ("paused", "paused"),
        ("succeeded", "succeeded"),
        ("awaiting_approval", "awaiting_approval"),
    ],
)
def test_every_answer_of_a_pull_has_a_notice(status: str | None, code: str) -> None:
    assert pull_code({"status": status}) == code
    assert notice(code, "gpt2").place is Place.PULL


def test_a_notice_is_read_back() -> None:
    told = read_notice({"notice": "pause", "model": "org/name"})
    assert told is not None
    assert (told.place, told.text) == (Place.JOBS, "Paused: org/name.")


def test_a_deletion_names_what_can_be_brought_back() -> None:
    assert notice("delete", "org/name").undo == "org/name"
    assert notice("restore", "org/name").undo is None


def test_a_notice_travels_in_the_address() -> None:
    path = noticed("/", "purge", "org/name", status="deleted")
    assert path == "/?status=deleted&notice=purge&model=org%2Fname#model-answer"


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"notice": "queued"},
        {"notice": "paid", "model": "gpt2"},
        {"notice": "queued", "model": "Your password has expired"},
        {"notice": "queued", "model": "<script>"},
    ],
)
def test_what_this_depot_would_not_send_is_not_shown(parameters: dict[str, str]) -> None:
    assert read_notice(parameters) is None

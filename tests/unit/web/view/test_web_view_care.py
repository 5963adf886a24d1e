"""Findings and verifications in words."""

from datetime import UTC, datetime

from steelyard.web.view.care import check_of, findings_of

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


def test_a_finding_says_what_to_do() -> None:
    row = {
        "problem": "foreign_file",
        "path": "x",
        "detail": "?",
        "hint": "Keep it.",
        "found_at": "2026-03-12T09:00:00Z",
    }
    (told,) = findings_of([row], NOW)
    assert (told.problem, told.path, told.hint) == ("foreign file", "x", "Keep it.")
    assert told.when is not None
    assert told.when.text == "1 h ago"


def test_the_last_verification_is_told() -> None:
    check = {"finished_at": "2026-03-12T09:00:00Z", "right": 7, "damaged": 0, "missing": 2}
    told = check_of(check, NOW)
    assert told is not None
    assert (told.when.text, told.outcome) == ("1 h ago", "7 files as they should be, 2 missing")
    assert check_of(None, NOW) is None

"""What the mirror says when it cannot."""

from steelyard.downloads.mirror.errors import FileUnknown, held, stopped
from steelyard.jobs.models import JobFault


def test_an_unknown_file_tells_its_commit() -> None:
    error = FileUnknown("There is no file 'a'.", commit="c" * 40)
    assert (error.status, error.commit) == (404, "c" * 40)


def test_a_file_that_is_held_back_says_how_to_get_it() -> None:
    error = held("org/name", "model.bin")
    assert error.status == 403
    assert "model.bin" in error.detail
    assert error.hint is not None
    assert "steelyard allow org/name" in error.hint


def test_why_a_file_does_not_come() -> None:
    fault = JobFault("disk-full", "The disk is full.", "Make room.")
    known, unknown = stopped(fault, "a.bin"), stopped(None, "a.bin")
    assert (known.status, known.detail, known.hint) == (503, "The disk is full.", "Make room.")
    assert "a.bin" in unknown.detail
    assert unknown.hint == stopped(JobFault("x", "y"), "a.bin").hint == "steelyard jobs shows it."
    assert known.retry_after is not None

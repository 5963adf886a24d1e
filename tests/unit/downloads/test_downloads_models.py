"""How requests follow their job."""

import pytest

from steelyard.downloads.models import CHARGED, OPEN, UNASKED, RequestStatus, follow
from steelyard.jobs.models import FINAL, LIVE, JobStatus


@pytest.mark.parametrize("status", JobStatus)
def test_a_request_is_open_as_long_as_its_job_lives(status: JobStatus) -> None:
    followed = follow(status)
    if status is JobStatus.RUNNING:
        assert followed is None
    elif status in LIVE:
        assert followed is RequestStatus.PENDING
    else:
        assert status in FINAL
        assert followed is not None
        assert followed not in OPEN


def test_every_request_word_has_one_line_of_meaning() -> None:
    assert len({status.meaning for status in RequestStatus}) == len(RequestStatus)


def test_what_waits_or_was_denied_counts_for_nothing_and_follows_no_job() -> None:
    assert not set(UNASKED) & {*OPEN, *CHARGED}
    assert not {follow(status) for status in JobStatus} & set(UNASKED)
    assert set(CHARGED) == {*OPEN, RequestStatus.COMPLETED}

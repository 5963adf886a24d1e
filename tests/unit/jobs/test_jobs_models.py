"""States and priorities."""

import pytest

from steelyard.jobs.models import FINAL, LIVE, JobStatus, Priority


def test_every_state_is_live_or_final_and_has_a_meaning() -> None:
    assert {*LIVE, *FINAL} == set(JobStatus)
    assert not {*LIVE} & {*FINAL}
    assert len({status.meaning for status in JobStatus}) == len(JobStatus)


def test_priorities_have_words() -> None:
    for priority in Priority:
        assert Priority.of(priority.word) is priority
    assert Priority.LOW < Priority.MEDIUM < Priority.HIGH
    with pytest.raises(KeyError):
        Priority.of("urgent")

"""Every status has a word, a tone and a meaning."""

import pytest

from steelyard.catalog.models import FileState, ModelStatus
from steelyard.downloads.models import RequestStatus
from steelyard.jobs.models import JobStatus
from steelyard.web.badges import Badge, Tone, file_badge, job_badge, model_badge, request_badge
from steelyard.web.query import STATUSES

EVERY = [
    *(model_badge(status.value) for status in ModelStatus),
    *(job_badge(status.value) for status in JobStatus),
    *(request_badge(status.value) for status in RequestStatus),
    *(file_badge(state.name.lower()) for state in FileState),
]


@pytest.mark.parametrize("badge", EVERY)
def test_every_status_of_the_depot_is_known(badge: Badge) -> None:
    assert "newer depot" not in badge.meaning
    assert badge.meaning.endswith(".")
    assert isinstance(badge.tone, Tone)


def test_a_status_of_a_newer_depot_is_shown_as_it_is() -> None:
    for find in (model_badge, job_badge, request_badge, file_badge):
        assert find("dreaming").word == "dreaming"


def test_the_library_can_be_narrowed_to_every_status() -> None:
    assert set(STATUSES) == {status.value for status in ModelStatus}

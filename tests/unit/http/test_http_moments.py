"""Times in queries become times in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from steelyard.core.errors import Invalid
from steelyard.http.moments import in_utc

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
EAST = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize("moment", [NOON, NOON.replace(tzinfo=None), NOON.astimezone(EAST)], ids=str)
def test_a_time_is_utc_unless_it_says_otherwise(moment: datetime) -> None:
    found = in_utc(moment)
    assert found == NOON
    assert found is not None
    assert found.tzinfo is UTC


def test_no_time_stays_none() -> None:
    assert in_utc(None) is None


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=EAST), datetime.max.replace(tzinfo=timezone.min)])
def test_a_time_that_no_calendar_has_in_utc_is_refused(moment: datetime) -> None:
    with pytest.raises(Invalid) as caught:
        in_utc(moment)
    assert caught.value.hint

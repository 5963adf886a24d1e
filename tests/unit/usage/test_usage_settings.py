"""Settings of the usage log that belong together."""

import pytest
from pydantic import ValidationError

from steelyard.settings import BadSettings, load
from steelyard.usage.settings import UsageSettings


def test_counts_are_kept_longer_than_events() -> None:
    assert UsageSettings(event_days=384, sheet_days=400).event_days == 384
    with pytest.raises(ValidationError, match=r"usage\.sheet_days is 400, and must be at least 401"):
        UsageSettings(event_days=385, sheet_days=400)
    with pytest.raises(ValidationError, match="at least 106"):
        UsageSettings(event_days=90, sheet_days=105)


def test_a_depot_that_could_not_find_its_events_does_not_start() -> None:
    with pytest.raises(BadSettings, match=r"16 more than usage\.event_days"):
        load({"STEELYARD_USAGE__EVENT_DAYS": "500"})

"""How far two clocks are apart."""

from datetime import UTC, datetime, timedelta

import pytest

from steelyard.core.clock import SystemClock
from steelyard.db.clocks import measure_offset
from steelyard.db.database import Database

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


class Late(SystemClock):
    """A host whose clock is a minute behind."""

    def now(self) -> datetime:
        """A minute ago."""
        return datetime.now(UTC) - timedelta(minutes=1)


def test_the_difference_is_measured(database: Database) -> None:
    assert abs(measure_offset(database.writer, SystemClock())) < 1
    assert abs(measure_offset(database.writer, Late()) - 60) < 1

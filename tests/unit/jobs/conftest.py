"""A jobs room whose time stands still."""

import pytest

from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from steelyard.testing.jobs import JobYard


@pytest.fixture
async def yard(database: Database, clock: HandClock) -> JobYard:
    """Nothing is running and nothing is queued."""
    return JobYard(database, clock)

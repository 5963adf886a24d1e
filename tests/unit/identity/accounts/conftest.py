"""A yard of accounts for one test."""

from collections.abc import Iterator

import pytest

from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from tests.unit.identity.accounts.yard import Yard


@pytest.fixture
def yard(database: Database, clock: HandClock) -> Iterator[Yard]:
    """Nobody has an account yet."""
    yard = Yard(database, clock)
    yield yard
    yard.close()

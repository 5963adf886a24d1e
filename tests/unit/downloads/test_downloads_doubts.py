"""For how long nobody may go on in the middle of a file whose bytes were wrong."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from steelyard.core.digest import Digest
from steelyard.db.database import Database
from steelyard.downloads import doubts
from steelyard.downloads.tables import mirror_doubts
from steelyard.testing.clock import HandClock

WRONG, RIGHT = Digest("sha256", "a" * 64), Digest("sha256", "b" * 64)


@pytest.mark.parametrize(("days", "doubted"), [(0, True), (89.9, True), (90, False), (365, False)])
async def test_a_doubt_lasts_for_three_months(database: Database, clock: HandClock, days: float, doubted: bool) -> None:
    def work(connection: Connection) -> tuple[bool, bool]:
        doubts.add(connection, WRONG, clock.now())
        then = clock.now() + timedelta(days=days)
        return doubts.is_doubted(connection, WRONG, then), doubts.is_doubted(connection, RIGHT, then)

    assert await database.write(work) == (doubted, False)


async def test_wrong_bytes_again_begin_it_anew_and_what_is_over_is_forgotten(
    database: Database, clock: HandClock
) -> None:
    def work(connection: Connection) -> tuple[bool, int, int]:
        doubts.add(connection, WRONG, clock.now())
        clock.forward(days=60)
        doubts.add(connection, WRONG, clock.now())
        clock.forward(days=60)
        still = doubts.is_doubted(connection, WRONG, clock.now())
        before = count(connection)
        clock.forward(days=60)
        doubts.add(connection, RIGHT, clock.now())
        return still, before, count(connection)

    assert await database.write(work) == (True, 1, 1)


def count(connection: Connection) -> int:
    """How many doubts are kept."""
    return connection.execute(select(func.count()).select_from(mirror_doubts)).scalar_one()

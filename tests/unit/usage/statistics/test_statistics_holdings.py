"""What the store held, day by day."""

from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from steelyard.usage.events import milliseconds
from steelyard.usage.keys import DAY_MS, QUARTERS
from steelyard.usage.statistics.growth import Sample
from steelyard.usage.statistics.holdings import Holdings


class Store:
    """A store with so many bytes."""

    def __init__(self) -> None:
        self.size = 0

    async def held(self) -> int:
        return self.size


async def test_the_last_note_of_each_day_stands(usage_log: Database, clock: HandClock) -> None:
    store = Store()
    holdings = Holdings(usage_log, store.held, clock)
    today = milliseconds(clock.now()) // DAY_MS
    for size, hours in ((700, 1), (1_000, 24), (400, 24), (450, 1), (2**40, 0)):
        store.size = size
        await holdings.note()
        clock.forward(hours=hours)
    noon = QUARTERS * 2 // 4
    assert await holdings.samples(2**41) == [
        Sample((today + 1) * QUARTERS, 1_000),
        Sample((today + 2) * QUARTERS, 400),
        Sample((today + 2) * QUARTERS + noon + 8, 2**41),  # now; the note of today is older
    ]


async def test_without_notes_there_is_only_now(usage_log: Database, clock: HandClock) -> None:
    assert [one.held for one in await Holdings(usage_log, Store().held, clock).samples(5)] == [5]

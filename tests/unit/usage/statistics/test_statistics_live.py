"""How much of what waits is counted at once."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import EventKeys
from steelyard.usage.sheets import Scope, Sum, code
from steelyard.usage.statistics.cache import Cache
from steelyard.usage.statistics.live import MOST
from steelyard.usage.statistics.ranges import Step, between
from steelyard.usage.statistics.reading import SheetReader
from steelyard.usage.statistics.zones import zone
from steelyard.usage.words import Dictionary
from steelyard.usage.writing import Kept, add

NOW = datetime(2026, 4, 2, 12, 7, tzinfo=UTC)


async def test_nobody_waits_until_a_heap_of_events_is_counted(usage_log: Database) -> None:
    clock, keys = HandClock(NOW), EventKeys()
    reader, fold = SheetReader(clock, Cache(clock, 900), Cache(clock, 900)), Fold(usage_log, clock)
    wanted = between(NOW, Step.DAY, zone("UTC"))

    async def record(number: int) -> None:
        kept = [Kept(keys.key(milliseconds(NOW)), Event("model_access", NOW, model="org/a")) for _ in range(number)]
        await usage_log.write(lambda connection: add(connection, kept, Dictionary()))

    async def counted() -> tuple[int, bool]:
        def work(connection: Connection) -> int:
            return reader.tally(connection, Scope.DEPOT, [0], wanted).counts.of(code(0, Sum.EVENTS))

        return await usage_log.read(work), reader.behind

    await record(MOST)
    assert await counted() == (MOST, False)
    await record(1)
    assert await counted() == (0, True)
    folded = await fold.fold_once()
    assert 0 < folded < MOST
    assert await counted() == (MOST + 1, False)

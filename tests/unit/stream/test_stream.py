"""The stream of everything: what was lost on the way is told after a silence."""

import asyncio
from typing import cast

from steelyard.catalog.service import CatalogService
from steelyard.core.feed import Change, RingFeed
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.downloads.desk import Desk
from steelyard.http import sse
from steelyard.identity.people import People
from steelyard.identity.principal import Caller, Principal, PrincipalKind
from steelyard.jobs.service import JOB_TOPIC
from steelyard.stream import Stream
from steelyard.testing.clock import HandClock
from steelyard.testing.jobs import JobYard

ALICE = Caller(Principal(1, PrincipalKind.DECLARED, "alice", "alice"), "127.0.0.1", "test")
PATIENCE = 20.0


class DeafFeed(RingFeed):
    """Remembers changes and tells nobody."""

    def send(self, topic: str, key: str) -> None:
        """Keep it."""
        self._last += 1
        self._ring.append(Change(self._last, topic, key))


async def test_a_change_that_nobody_was_told_of_is_seen_after_a_silence(database: Database, clock: HandClock) -> None:
    yard, signals = JobYard(database, clock), Signals(DeafFeed())
    job_id = await yard.add("a", offer=False)
    desk = Desk(database, yard.service, People(database, clock), clock)
    stream = Stream(signals, yard.service, desk, cast("CatalogService", None))
    events = stream.events(ALICE, None, silence=0.05, pause=0.01)
    async with asyncio.timeout(PATIENCE):
        assert (await anext(events)).startswith("id: ")
        for key in (job_id, "forgotten"):
            signals.publish("stop", key)  # a topic that the stream does not tell
            signals.publish(JOB_TOPIC, key)
            position = await signals.feed.newest()
            heard = [await anext(events) for _ in range(2)]
            name = "job" if key == job_id else "gone"
            assert heard[0] == sse.HEARTBEAT
            assert heard[1].splitlines()[:2] == [f"id: {position}", f"event: {name}"]
        assert await anext(events) == sse.HEARTBEAT

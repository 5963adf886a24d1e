"""The stream of one job."""

import asyncio

import pytest

from steelyard.http import sse
from steelyard.jobs import store
from steelyard.jobs.models import JobStatus
from steelyard.jobs.routes import job_events
from steelyard.testing.jobs import JobYard

PATIENCE = 20.0


@pytest.mark.parametrize("forgotten", [False, True])
async def test_an_end_whose_signal_was_lost_is_seen_after_a_silence(yard: JobYard, forgotten: bool) -> None:
    job_id, now = await yard.add("a", offer=False), yard.clock.now()
    events = job_events(yard.service, yard.signals, job_id, silence=0.05)
    async with asyncio.timeout(PATIENCE):
        assert '"queued"' in await anext(events)
        moved = await yard.database.write(
            lambda connection: store.move(connection, job_id, [JobStatus.QUEUED], JobStatus.CANCELLED, now)
        )
        assert moved is not None
        if forgotten:
            await yard.database.write(lambda connection: store.delete(connection, job_id))
        rest = [event async for event in events if event != sse.HEARTBEAT]
    assert [event.startswith("event: gone") if forgotten else '"cancelled"' in event for event in rest] == [True]

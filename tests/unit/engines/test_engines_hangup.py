"""Whoever stops reading stops the generation: before the first token and after it, alone and beside others.

The engine's own list of slots says whether it works, and the processor time it takes. Both are looked at often, which
keeps llama.cpp from seeing a hang-up by itself before the first token.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from steelyard.engines.llamacpp.engine import LlamaCppEngine
from steelyard.engines.models import LoadOptions
from steelyard.engines.running import RunningChild
from steelyard.engines.wire import EngineClient
from steelyard.testing.engine_suite import CHAT, say, streamed
from steelyard.testing.tinymodel import Size
from tests.unit.engines.models import gguf
from tests.unit.engines.test_engines_llamacpp import busy_slots

pytest.importorskip("xllamacpp", reason="no wheel for this platform")
SLOW = Size(hidden=256, layers=6, heads=4, kv_heads=4, inner=688, context=32768, tiled=True)
LONG = say("weigh " * 2500, max_tokens=2000)  # seconds of prefill
ENDLESS = say("on", max_tokens=6000)
_WITHIN = 30.0  # seconds until a test gives up
_PROMISED = 1.0  # seconds until generation stops
HangUp = Callable[[EngineClient, RunningChild, int], Awaitable[None]]


@pytest.fixture
async def loaded(tmp_path: Path) -> AsyncIterator[RunningChild]:
    """A model that takes its time."""
    engine = LlamaCppEngine(show_slots=True)
    loaded = await engine.start(gguf(tmp_path, SLOW), LoadOptions(context=16384, parallel=2, threads=1))
    yield loaded
    await loaded.stop()


@pytest.fixture
async def client() -> AsyncIterator[EngineClient]:
    client = EngineClient()
    yield client
    await client.close()


async def hang_up_in_prefill(client: EngineClient, loaded: RunningChild, busy: int) -> None:
    """Ask, see the work begin, and go before the first token."""
    asking = asyncio.create_task(anext(streamed(client, loaded.endpoint, CHAT, LONG)))
    await until_busy(loaded, busy)
    assert not asking.done()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert asking.cancelled()


async def hang_up_in_stream(client: EngineClient, loaded: RunningChild, busy: int) -> None:
    """Ask, read a little, and go."""
    async with aclosing(streamed(client, loaded.endpoint, CHAT, ENDLESS)) as stream:
        for _ in range(3):
            await anext(stream)
        assert sum(await busy_slots(loaded.endpoint)) == busy


async def until_busy(loaded: RunningChild, count: int) -> None:
    """Return when so many slots work."""
    async with asyncio.timeout(_WITHIN):
        while sum(await busy_slots(loaded.endpoint)) != count:  # noqa: ASYNC110 - another process is looked at
            await asyncio.sleep(0.01)


def processor_seconds(pid: int) -> float:
    """Format: proc_pid_stat(5), fields 14 and 15."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("hang_up", [hang_up_in_prefill, hang_up_in_stream])
async def test_hanging_up_alone_leaves_the_engine_idle(
    client: EngineClient, loaded: RunningChild, hang_up: HangUp
) -> None:
    """No slot works, and no processor either."""
    await hang_up(client, loaded, 1)
    await until_busy(loaded, 0)
    before = processor_seconds(loaded.pid)
    await asyncio.sleep(0.5)
    assert processor_seconds(loaded.pid) - before < 0.1


@pytest.mark.parametrize("hang_up", [hang_up_in_prefill, hang_up_in_stream])
async def test_hanging_up_beside_others_stops_that_one_alone(
    client: EngineClient, loaded: RunningChild, hang_up: HangUp
) -> None:
    """The other stream goes on to be read."""
    async with aclosing(streamed(client, loaded.endpoint, CHAT, ENDLESS)) as other:
        reading = asyncio.create_task(read_on(other))
        await hang_up(client, loaded, 2)
        await until_busy(loaded, 1)
        assert not reading.done()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    await until_busy(loaded, 0)


async def read_on(stream: AsyncIterator[object]) -> None:
    async for _ in stream:
        pass


@pytest.mark.slow
async def test_every_hang_up_stops_within_a_second(client: EngineClient, loaded: RunningChild) -> None:
    """100 of 100, 25 of each kind. It is a second of the engine's own time: others on the machine do not slow that."""
    took: list[float] = []

    async def measured(hang_up: HangUp, busy: int) -> None:
        await hang_up(client, loaded, busy)
        before = processor_seconds(loaded.pid)
        await until_busy(loaded, busy - 1)
        took.append(processor_seconds(loaded.pid) - before)

    for _ in range(25):
        for hang_up in (hang_up_in_prefill, hang_up_in_stream):
            await measured(hang_up, 1)
            async with aclosing(streamed(client, loaded.endpoint, CHAT, ENDLESS)) as other:
                reading = asyncio.create_task(read_on(other))
                await measured(hang_up, 2)
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
            await until_busy(loaded, 0)
    assert len(took) == 100
    assert max(took) < _PROMISED

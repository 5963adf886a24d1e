"""Wrong bytes from the hub: no client ends with them, and none goes on behind what it got of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from steelyard.downloads.doubts import LASTS
from steelyard.downloads.mirror.stream import HELD_BACK
from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, Content
from tests.flows.gated_hub import GatedHub
from tests.flows.house import House, contents, eventually, serve_house
from tests.flows.mirroring import LARGE, MODEL, AheadClock, Client, all_ended, fetched, jobs_of

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
WHERE = f"{MODEL}/{LARGE}"
WEIGHTS = Blob(3_000_000, 60)
BYTES = WEIGHTS.read()
FILES: dict[str, Content] = {LARGE: WEIGHTS}


@pytest.fixture
async def hub() -> AsyncIterator[GatedHub]:
    """An upstream hub with nothing on it yet."""
    async with GatedHub() as hub:
        yield hub


@pytest.fixture
def ahead() -> AheadClock:
    """The clock of the house."""
    return AheadClock()


@pytest.fixture
async def house(hub: GatedHub, home: Path, ahead: AheadClock) -> AsyncIterator[House]:
    """A depot behind a real server."""
    async with serve_house(hub, home, clock=ahead) as house:
        yield house


async def test_the_end_is_held_back_until_the_hash_is_right(hub: GatedHub, house: House) -> None:
    hub.add(MODEL, FILES)
    flip, gate = hub.faults.flip(WHERE, 1_000_000), hub.gate(WHERE, 2_900_000)
    async with Client(house).stream() as reading:
        wrong = await reading.at_least(2_900_000)
        assert wrong != BYTES[:2_900_000]
        await gate.open()
        with pytest.raises(httpx2.RemoteProtocolError):
            await reading.rest()
    assert len(reading.taken) <= WEIGHTS.size - HELD_BACK
    assert flip.acted == 1
    answer = await Client(house).get()
    assert (answer.status_code, answer.content) == (200, BYTES)


async def test_whoever_goes_on_behind_wrong_bytes_gets_all_of_it(
    hub: GatedHub, house: House, ahead: AheadClock
) -> None:
    hub.add(MODEL, FILES)
    hub.faults.flip(WHERE, 1_000_000)
    client = Client(house)
    await _torn_or_right(client)
    await all_ended(house, ahead)
    for _ in ("at once", "after a while"):
        whole = await client.get(part="2000000-")
        assert (whole.status_code, whole.content) == (200, BYTES)
        assert "Content-Range" not in whole.headers
        closed = await client.get(part="2000000-2000009")  # whoever knows how many bytes they want has no prefix
        assert (closed.status_code, closed.content) == (206, BYTES[2_000_000:2_000_010])
        from_the_start = await client.get(part="0-")
        assert (from_the_start.status_code, from_the_start.content) == (206, BYTES)
        ahead.forward(seconds=0.45 * LASTS.total_seconds())
    ahead.forward(seconds=0.2 * LASTS.total_seconds())
    part = await client.get(part="2000000-")
    assert (part.status_code, part.content) == (206, BYTES[2_000_000:])


async def test_several_who_read_are_all_cut_off(hub: GatedHub, house: House) -> None:
    hub.add(MODEL, FILES)
    hub.faults.flip(WHERE, 10)
    gate = hub.gate(WHERE, 2_000_000)
    client = Client(house)

    async def read(part: str | None) -> bytes | None:
        try:
            async with client.stream(part=part) as reading:
                return await reading.rest()
        except httpx2.RemoteProtocolError:
            return None

    readers = [asyncio.create_task(read(part)) for part in (None, "5-", "1000000-")]
    await gate.reached()
    late = asyncio.create_task(read("2500000-"))  # has got nothing yet: it just waits a little longer
    await asyncio.sleep(0.3)
    await gate.open()
    assert [await reader for reader in readers] == [None, None, None]
    assert await late in (BYTES[2_500_000:], None)


async def test_a_byte_that_stays_wrong_is_a_clear_error(hub: GatedHub, house: House, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    hub.faults.flip(WHERE, 1_000_000, times=None)
    client = Client(house)

    async def refused() -> bool:
        answer = await _answer(client)
        assert answer is None or answer.status_code != 200
        return answer is not None

    await eventually(refused, "the mirror says no")
    answer = await client.get()
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/json")
    assert LARGE in answer.json()["error"]
    assert "hash" in answer.headers["X-Error-Message"]
    assert {path for path in contents(house.store / "hub") if path.endswith(LARGE)} == set()
    assert BYTES not in contents(house.store / "hub").values()
    [job] = await jobs_of(house)
    assert job.status is JobStatus.FAILED
    hub.faults.clear()
    ahead.forward(minutes=1)
    assert (await client.get()).content == BYTES


async def test_a_hub_that_ignores_ranges_is_begun_anew(hub: GatedHub, house: House) -> None:
    hub.add(MODEL, FILES)
    hub.faults.ignore_range(WHERE, times=None)
    gate = hub.gate(WHERE, 1_000_000)
    client = Client(house)
    async with client.stream() as reading:
        assert await reading.at_least(1_000_000) == BYTES[:1_000_000]
        await gate.open()
        with pytest.raises(httpx2.RemoteProtocolError):  # another file now: this one is right only by chance
            await reading.rest()
    answer = await client.get(part="1000000-")
    assert (answer.status_code, answer.content) == (200, BYTES)


async def test_a_depot_that_starts_again_goes_on_where_it_was(hub: GatedHub, home: Path, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    hub.gate(WHERE, 2_000_000)
    async with serve_house(hub, home, clock=ahead) as house, Client(house).stream() as reading:
        assert await reading.at_least(2_000_000) == BYTES[:2_000_000]
    await hub.go_away()
    await hub.come_back()
    hub.open_all()
    async with serve_house(hub, home, clock=ahead) as house:
        answer = await Client(house).get(part="2000000-")
        assert (answer.status_code, answer.content) == (206, BYTES[2_000_000:])
        [job] = await all_ended(house, ahead)
        assert job.status is JobStatus.SUCCEEDED
    assert hub.ledger.bytes_sent(file=LARGE) == WEIGHTS.size
    assert [one.range for one in fetched(hub, LARGE)][-1] == "bytes=2000000-"


async def _answer(client: Client) -> httpx2.Response | None:
    """None when the connection was cut."""
    try:
        return await client.get()
    except httpx2.RemoteProtocolError:
        return None


async def _torn_or_right(client: Client) -> None:
    """Pull once, as somebody who is unlucky may."""
    answer = await _answer(client)
    assert answer is None or answer.content == BYTES

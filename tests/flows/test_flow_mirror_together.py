"""Several processes at one database and one store: one fetches, the others give out what comes; and one behind a
proxy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, Content
from tests.flows.gated_hub import GatedHub
from tests.flows.house import House, serve_house
from tests.flows.mirroring import (
    LARGE,
    MODEL,
    AheadClock,
    Client,
    all_ended,
    fetched,
    history,
    jobs_of,
    stats,
)

WHERE = f"{MODEL}/{LARGE}"
WEIGHTS = Blob(3_000_000, 110)
BYTES = WEIGHTS.read()
FILES: dict[str, Content] = {"config.json": b"{}", LARGE: WEIGHTS}
RIGHT = {"config.json": b"{}", LARGE: BYTES}
together = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
alone = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
async def hub() -> AsyncIterator[GatedHub]:
    """An upstream hub with nothing on it yet."""
    async with GatedHub() as hub:
        yield hub


@pytest.fixture
def ahead() -> AheadClock:
    """The clock of all houses."""
    return AheadClock()


@asynccontextmanager
async def two(hub: GatedHub, home: Path, ahead: AheadClock, *roles: str) -> AsyncIterator[tuple[House, House]]:
    """A process that does everything, and one with ``roles``."""
    async with (
        serve_house(hub, home, clock=ahead) as first,
        serve_house(hub, home, clock=ahead, roles=list(roles)) as second,
    ):
        yield first, second


@together
@pytest.mark.parametrize("roles", [("api",), ("api", "worker")], ids=" and ".join)
async def test_one_fetches_and_the_other_reads_along(
    hub: GatedHub, home: Path, ahead: AheadClock, roles: tuple[str, ...]
) -> None:
    hub.add(MODEL, FILES)
    gate = hub.gate(WHERE, 1_000_000)
    async with two(hub, home, ahead, *roles) as (first, second):
        async with (
            Client(first).named("alice").stream() as one, Client(second).named("bob").stream(part="5-") as other,
        ):  # fmt: skip
            assert await one.at_least(1_000_000) == BYTES[:1_000_000]
            assert await other.at_least(999_995) == BYTES[5:1_000_000]
            await gate.open()
            assert await other.rest() == BYTES[5:]
            assert await one.rest() == BYTES
        assert hub.ledger.bytes_sent(file=LARGE) == WEIGHTS.size
        [job] = await all_ended(first, ahead)
        assert job.status is JobStatus.SUCCEEDED
        assert await Client(second).named("bob").snapshot() == RIGHT
        assert sorted(line["username"] for line in await history(second)) == ["alice", "bob"]
        assert (await stats(second))["download_count"] == 2
    assert len(fetched(hub, "config.json")) == 1


@together
async def test_wrong_bytes_reach_nobody_through_another_process(hub: GatedHub, home: Path, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    hub.faults.flip(WHERE, 1_000_000)
    gate = hub.gate(WHERE, 2_000_000)
    async with two(hub, home, ahead, "api") as (first, second):

        async def read(house: House) -> bytes | None:
            try:
                async with Client(house).stream() as reading:
                    return await reading.rest()
            except httpx2.RemoteProtocolError:
                return None

        readers = [asyncio.create_task(read(house)) for house in (first, second)]
        await gate.reached()
        await asyncio.sleep(0.5)
        await gate.open()
        assert [await reader for reader in readers] == [None, None]
        await all_ended(first, ahead)
        for house in (first, second):
            whole = await Client(house).get(part="1500000-")
            assert (whole.status_code, whole.content) == (200, BYTES)


@together
async def test_the_one_that_only_reads_starts_again(hub: GatedHub, home: Path, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    gate = hub.gate(WHERE, 1_000_000)
    async with serve_house(hub, home, clock=ahead) as first, Client(first).stream() as one:
        await one.at_least(1)
        async with serve_house(hub, home, clock=ahead, roles=["api"]) as second, Client(second).stream() as other:
            assert (await other.at_least(500_000))[:500_000] == BYTES[:500_000]
        async with serve_house(hub, home, clock=ahead, roles=["api"]) as second:
            going_on = asyncio.create_task(Client(second).get(part="500000-"))
            await gate.open()
            answer = await going_on
            assert (answer.status_code, answer.content) == (206, BYTES[500_000:])
        assert await one.rest() == BYTES
    assert hub.ledger.bytes_sent(file=LARGE) == WEIGHTS.size


@together
async def test_the_one_that_fetches_goes_and_the_other_takes_over(hub: GatedHub, home: Path, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    gate = hub.gate(WHERE, 1_000_000)
    async with serve_house(hub, home, clock=ahead) as second:
        async with serve_house(hub, home, clock=ahead, roles=["api"]) as first, Client(first).stream() as one:
            await one.at_least(1_000_000)
            other = asyncio.create_task(Client(second).get())
            await gate.reached()
            hub.open_all()
        answer = await other
        assert (answer.status_code, answer.content) == (200, BYTES)
        [job] = await all_ended(second, ahead)
        assert job.status is JobStatus.SUCCEEDED
    assert hub.ledger.bytes_sent(file=LARGE) == WEIGHTS.size


@together
async def test_a_process_without_a_worker_fetches_by_itself(hub: GatedHub, home: Path, ahead: AheadClock) -> None:
    commit = hub.add(MODEL, FILES)
    async with serve_house(hub, home, clock=ahead, roles=["api"]) as house:
        assert await Client(house).named("alice").snapshot() == RIGHT
        [job] = await all_ended(house, ahead)
        assert job.status is JobStatus.SUCCEEDED
        assert house.contents(MODEL, commit) == RIGHT
        [line] = await history(house)
        assert (line["username"], line["status"]) == ("alice", "completed")


@together
async def test_wishes_at_both_at_once_make_one_job(hub: GatedHub, home: Path, ahead: AheadClock) -> None:
    hub.add(MODEL, {f"part-{number}.safetensors": Blob(1_200_000, 120 + number) for number in range(6)})
    async with two(hub, home, ahead, "api", "worker") as houses:
        found = await asyncio.gather(
            *(Client(houses[number % 2]).get(f"part-{number // 2}.safetensors") for number in range(12))
        )
        assert [answer.content for answer in found] == [Blob(1_200_000, 120 + n // 2).read() for n in range(12)]
        assert len(await jobs_of(houses[0])) == 1
        await all_ended(houses[0], ahead)
        [line] = await history(houses[1])
        assert (line["file_count"], line["total_size"]) == (6, 6 * 1_200_000)
    assert len(fetched(hub)) == 6


@alone
@pytest.mark.parametrize("strips", [False, True])
async def test_behind_a_path_prefix_the_next_page_is_ours(
    hub: GatedHub, home: Path, ahead: AheadClock, strips: bool
) -> None:
    hub.add(MODEL, {f"file-{number}.txt": b"x" for number in range(5)})
    public = "https://models.example.org/depot"
    async with serve_house(hub, home, clock=ahead, server__public_url=public) as house:
        for door in ("/hf", "/u/alice/hf"):
            client = Client(house, door if strips else f"/depot{door}")
            answer, seen = await client.tree(limit="2"), []
            while True:
                seen += [entry["path"] for entry in answer.json()]
                if "Link" not in answer.headers:
                    break
                address = answer.headers["Link"].partition(">")[0].removeprefix("<")
                assert address.startswith(f"{public}{door}/api/models/{MODEL}/tree/")
                path = address.removeprefix(public if strips else "https://models.example.org")
                answer = await house.http.get(path)
            assert seen == [f"file-{number}.txt" for number in range(5)]
            assert await client.snapshot() == {f"file-{number}.txt": b"x" for number in range(5)}
        assert {line["username"] for line in await history(house)} == {"127.0.0.1", "alice"}


@alone
async def test_pages_of_the_history_are_ours_too(hub: GatedHub, home: Path, ahead: AheadClock) -> None:
    commits = [hub.add(MODEL, {"config.json": str(number).encode()}) for number in range(5)]
    hub.commits_page_size = 2
    async with serve_house(hub, home, clock=ahead) as house:
        answer, seen = await Client(house).ask("GET", f"/api/models/{MODEL}/commits/main"), []
        while True:
            seen += [one["id"] for one in answer.json()]
            if "Link" not in answer.headers:
                break
            address = answer.headers["Link"].partition(">")[0].removeprefix("<")
            assert address.startswith(f"{str(house.http.base_url).rstrip('/')}/hf/api/")
            answer = await house.http.get(address)
        assert seen == commits[::-1]

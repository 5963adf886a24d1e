"""Each fault as a raw client meets it."""

import asyncio

import aiohttp
import pytest

from steelyard.testing.hub import Blob, StandInHub

SIZE = 3_000_000
BLOB = Blob(SIZE, 5)
DATA = BLOB.read()


@pytest.fixture
def url(hub: StandInHub) -> str:
    """The address of a file of SIZE bytes."""
    hub.add("org/name", {"model.bin": BLOB})
    return f"{hub.url}/org/name/resolve/main/model.bin"


async def read(client: aiohttp.ClientSession, url: str, **headers: str) -> tuple[int, bytes]:
    async with client.get(url, headers=headers) as answer:
        return answer.status, await answer.read()


async def read_until_it_breaks(client: aiohttp.ClientSession, url: str, **headers: str) -> bytes:
    got: list[bytes] = []
    with pytest.raises(aiohttp.ClientPayloadError):
        await read_into(got, client, url, headers)
    return b"".join(got)


async def read_into(got: list[bytes], client: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> None:
    async with client.get(url, headers=headers) as answer:
        async for chunk in answer.content.iter_any():
            got.append(chunk)  # noqa: PERF401 - what came before the cut counts


@pytest.mark.parametrize("size", [0, 1, 1_048_577, 2_999_999])
async def test_a_cut_gives_exactly_so_many_bytes(
    hub: StandInHub, client: aiohttp.ClientSession, url: str, size: int
) -> None:
    hub.faults.cut_after("org/name/model.bin", size)
    assert await read_until_it_breaks(client, url) == DATA[:size]
    assert await read(client, url) == (200, DATA)
    assert [one.bytes_sent for one in hub.ledger.requests(method="GET")] == [size, SIZE]


async def test_a_cut_under_a_range_counts_from_its_start(
    hub: StandInHub, client: aiohttp.ClientSession, url: str
) -> None:
    hub.faults.cut_after("org/name/*", 1000)
    assert await read_until_it_breaks(client, url, Range="bytes=500-") == DATA[500:1500]


async def test_a_status_some_times(hub: StandInHub, client: aiohttp.ClientSession, url: str) -> None:
    hub.faults.status("org/name/*", 503, times=2)
    hub.faults.status("org/name/*", 429, headers={"Retry-After": "7"})
    seen = []
    for _ in range(4):
        async with client.get(url) as answer:
            seen.append((answer.status, answer.headers.get("Retry-After")))
    assert seen == [(503, None), (503, None), (429, "7"), (200, None)]


async def test_a_status_for_metadata(hub: StandInHub, client: aiohttp.ClientSession, url: str) -> None:
    hub.faults.status("api:org/name/tree", 500)
    info, _ = await read(client, f"{hub.url}/api/models/org/name")
    tree, _ = await read(client, f"{hub.url}/api/models/org/name/tree/main")
    assert (info, tree) == (200, 500)


async def test_a_flip_is_one_byte_of_the_whole_file(hub: StandInHub, client: aiohttp.ClientSession, url: str) -> None:
    hub.faults.flip("org/name/*", 2_000_000, times=2)
    wrong = DATA[:2_000_000] + bytes([DATA[2_000_000] ^ 0xFF]) + DATA[2_000_001:]
    assert await read(client, url) == (200, wrong)
    assert await read(client, url, Range="bytes=0-99") == (206, DATA[:100])
    assert await read(client, url, Range="bytes=1999990-") == (206, wrong[1_999_990:])
    assert await read(client, url) == (200, DATA)


async def test_a_flip_in_a_small_file(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/small", {"a.txt": b"\x00\x01"})
    hub.faults.flip("org/small/a.txt", 0)
    assert await read(client, f"{hub.url}/org/small/resolve/main/a.txt") == (200, b"\xff\x01")


async def test_an_ignored_range(hub: StandInHub, client: aiohttp.ClientSession, url: str) -> None:
    hub.faults.ignore_range("org/name/*")
    assert await read(client, url, Range="bytes=10-") == (200, DATA)
    assert await read(client, url, Range="bytes=10-") == (206, DATA[10:])


async def test_a_delay_holds_the_headers_back(hub: StandInHub, client: aiohttp.ClientSession, url: str) -> None:
    hub.faults.delay("org/name/*", 30)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(read(client, url), 0.2)
    assert await read(client, url) == (200, DATA)
    assert hub.ledger.requests()[0].status == 0


async def test_a_stall_holds_the_rest_back(hub: StandInHub, client: aiohttp.ClientSession, url: str) -> None:
    hub.faults.stall("org/name/*", 1000, 30)
    async with client.get(url) as answer:
        assert await answer.content.readexactly(1000) == DATA[:1000]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(answer.content.readany(), 0.2)
    assert [(one.status, one.bytes_sent) for one in hub.ledger.requests()] == [(200, 1000)]


async def test_a_short_stall_goes_on(hub: StandInHub, client: aiohttp.ClientSession, url: str) -> None:
    hub.faults.stall("org/name/*", 1000, 0.05)
    assert await read(client, url) == (200, DATA)


async def test_a_throttled_body_is_whole(hub: StandInHub, client: aiohttp.ClientSession, url: str) -> None:
    hub.faults.throttle("org/name/*", 30_000_000)
    assert await read(client, url) == (200, DATA)
    assert hub.ledger.bytes_sent() == SIZE


async def test_a_wrong_size_agrees_with_itself(hub: StandInHub, client: aiohttp.ClientSession, url: str) -> None:
    hub.faults.wrong_size("org/name/*", 10)
    async with client.head(url) as answer:
        assert answer.headers["Content-Length"] == str(SIZE)
    assert await read(client, url) == (200, DATA[:-10])
    assert await read(client, url) == (200, DATA)


async def test_faults_reach_the_other_origin(hub: StandInHub, client: aiohttp.ClientSession, url: str) -> None:
    hub.faults.redirect_to_cdn("org/name/*")
    hub.faults.status("org/name/*", 403, origin="cdn")
    hub.faults.cut_after("org/name/*", 100)
    assert (await read(client, url))[0] == 403
    assert await read_until_it_breaks(client, url) == DATA[:100]
    assert await read(client, url) == (200, DATA)


async def test_a_client_that_leaves_leaves_a_line(hub: StandInHub, client: aiohttp.ClientSession, url: str) -> None:
    hub.faults.throttle("org/name/*", 1_000_000)
    async with client.get(url) as answer:
        await answer.content.readexactly(1)
        answer.close()
    await hub.close()  # waits for what is under way
    (line,) = hub.ledger.requests()
    assert line.ended
    assert 0 < line.bytes_sent < SIZE


async def test_a_hub_that_hangs_takes_the_connection_and_says_nothing(
    hub: StandInHub, client: aiohttp.ClientSession
) -> None:
    hub.add("org/name", {"a.txt": b"abc"})
    hub.faults.hang("api:org/name")
    url = f"{hub.url}/api/models/org/name"
    with pytest.raises(TimeoutError):
        await client.get(url, timeout=aiohttp.ClientTimeout(total=0.2))
    async with client.get(url) as answer:
        assert answer.status == 200
    assert [one.status for one in hub.ledger.requests()] == [0, 200]

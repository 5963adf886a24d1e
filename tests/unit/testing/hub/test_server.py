"""The hub's life: in a loop, in a thread, in a process."""

import asyncio
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from steelyard.testing.hub import Blob, HubThread, StandInHub


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own address
        return bytes(answer.read())


async def test_two_origins_on_two_host_names(hub: StandInHub) -> None:
    assert hub.url.startswith("http://127.0.0.1:")
    assert hub.cdn_url.startswith("http://localhost:")
    assert hub.url.rpartition(":")[2] != hub.cdn_url.rpartition(":")[2]


async def test_the_bytes_lie_in_the_given_folder_and_stay(tmp_path: Path) -> None:
    async with StandInHub(tmp_path) as hub:
        hub.add("org/name", {"a.txt": b"a"})
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"a"]


async def test_same_bytes_lie_there_once(tmp_path: Path) -> None:
    async with StandInHub(tmp_path) as hub:
        hub.add("org/name", {"model.bin": Blob(10)})
        hub.add("org/other", {"a/model.bin": Blob(10), "copy.txt": Blob(10).read()})
    assert len(list(tmp_path.iterdir())) == 1


def test_a_thread_serves_and_is_steered_from_outside() -> None:
    with HubThread() as hub:
        hub.add("org/name", {"a.txt": b"abc"})
        hub.faults.flip("org/name/a.txt", 0)
        url = f"{hub.url}/org/name/resolve/main/a.txt"
        assert [fetch(url), fetch(url)] == [b"\x9ebc", b"abc"]
        assert hub.ledger.bytes_sent(file="a.txt") == 6


async def test_a_hub_that_is_away_refuses_and_comes_back_as_it_was(
    hub: StandInHub, client: aiohttp.ClientSession
) -> None:
    hub.add("org/name", {"a.txt": b"abc"})
    url = f"{hub.url}/org/name/resolve/main/a.txt"
    for _ in range(2):
        async with client.get(url) as answer:
            assert await answer.read() == b"abc"
        await hub.go_away()
        for origin in (url, hub.cdn_url):
            with pytest.raises(aiohttp.ClientConnectorError):
                await client.get(origin)
        await hub.come_back()
    async with client.get(url) as answer:
        assert await answer.read() == b"abc"
    assert len(hub.ledger.requests()) == 3


async def test_going_away_breaks_what_is_under_way(hub: StandInHub, client: aiohttp.ClientSession) -> None:
    hub.add("org/name", {"model.bin": Blob(3_000_000)})
    hub.faults.throttle("*", 1_000_000)
    async with client.get(f"{hub.url}/org/name/resolve/main/model.bin") as answer:
        await answer.content.readany()
        await hub.go_away()
        with pytest.raises(aiohttp.ClientError):
            await answer.read()


async def test_a_hub_that_is_away_can_be_closed() -> None:
    async with StandInHub() as hub:
        await hub.go_away()
        await hub.go_away()


async def test_a_hub_that_is_there_need_not_come_back(hub: StandInHub) -> None:
    hub.add("org/name", {"a.txt": b"abc"})
    await hub.come_back()
    assert await asyncio.to_thread(fetch, f"{hub.url}/org/name/resolve/main/a.txt") == b"abc"


async def test_who_does_not_listen_cannot_go_away() -> None:
    with pytest.raises(RuntimeError, match="start it"):
        await StandInHub().go_away()


def test_a_hub_in_a_thread_goes_away_and_comes_back() -> None:
    with HubThread() as hub:
        hub.add("org/name", {"a.txt": b"abc"})
        url = f"{hub.url}/org/name/resolve/main/a.txt"
        asyncio.run(hub.go_away())
        with pytest.raises(urllib.error.URLError):
            fetch(url)
        asyncio.run(hub.come_back())
        assert fetch(url) == b"abc"


def test_a_taken_port_is_told_to_who_starts_the_thread() -> None:
    with HubThread() as hub:
        taken = int(hub.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            HubThread(port=taken).__enter__()


def test_a_process_serves_a_folder_until_it_is_told_to_stop(tmp_path: Path) -> None:
    folder = tmp_path / "org" / "name"
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(b"{}")
    with subprocess.Popen(
        [sys.executable, "-m", "steelyard.testing.hub", "--root", str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("hub ready ").strip()
        body = fetch(f"{url}/org/name/resolve/main/config.json")
        book: dict[str, Any] = json.loads(fetch(f"{url}/_hub/ledger"))
        process.send_signal(signal.SIGTERM)
    assert (body, len(book["requests"]), process.returncode) == (b"{}", 1, 0)


def test_a_folder_that_is_absent_is_told_in_one_line(tmp_path: Path) -> None:
    absent = str(tmp_path / "absent")
    done = subprocess.run(
        [sys.executable, "-m", "steelyard.testing.hub", "--root", absent], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "is no folder" in done.stderr

"""Who it was: found out in one order everywhere, and one download on record for a whole pull."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, open_house
from tests.flows.mirroring import (
    AGENT,
    LARGE,
    MODEL,
    AheadClock,
    Client,
    all_ended,
    history,
    stats,
)
from tests.flows.town import Town

alone = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # no SQL of its own
WEIGHTS = Blob(300_000, 90)
FILES: dict[str, Content] = {"config.json": b"{}", "tokenizer.json": b"[]", LARGE: WEIGHTS}
RIGHT = {"config.json": b"{}", "tokenizer.json": b"[]", LARGE: WEIGHTS.read()}
SIZE = WEIGHTS.size + 4
GIVEN: dict[str, Any] = {
    "server__trusted_proxies": ["127.0.0.1"], "server__proxy_user_header": "Remote-User",
    "limits__reads_per_second": 0,
}  # fmt: skip


@pytest.fixture
def ahead() -> AheadClock:
    """The clock of the house."""
    return AheadClock()


@pytest.fixture
async def house(hub: StandInHub, home: Path, ahead: AheadClock) -> AsyncIterator[House]:
    """A depot in front of the hub."""
    async with open_house(hub, home, clock=ahead) as house:
        yield house


async def mirror_events(house: House) -> list[dict[str, Any]]:
    """The lines of the log that the mirror wrote, the oldest first."""
    await asyncio.sleep(0)
    found = (await house.get("/api/v1/events", type="mirror_request", limit=1000))["events"]
    return sorted(found, key=lambda event: int(event["id"]))


def with_agent(client: Client, agent: str) -> Client:
    """The same client with another User-Agent."""
    return replace(client, headers={**client.headers, "User-Agent": agent})


@alone
async def test_the_surest_name_wins(hub: StandInHub, home: Path, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    async with open_house(hub, home, clock=ahead, **GIVEN) as house:
        town = Town(house)
        await town.settle()
        forwarded = {"X-Forwarded-For": "192.0.2.7"}
        bare = Client(house, headers=forwarded)
        original = with_agent(bare, f"{AGENT}; origin/olga")
        prefixed = original.named("petra")
        proxied = replace(prefixed, headers={**prefixed.headers, "Remote-User": "paul"})
        token = proxied.showing(town.tokens["bob"])
        for client, name, known in (
            (bare, "192.0.2.7", "address"), (original, "olga", "declared"), (prefixed, "petra", "declared"),
            (proxied, "paul", "proxy"), (token, "bob", "account"),
        ):  # fmt: skip
            assert (await client.get("config.json")).content == b"{}"
            line = (await history(house))[0]
            assert (line["username"], line["identified_by"], line["vpn_ip"]) == (name, known, "192.0.2.7")
        await all_ended(house, ahead)
        assert (await stats(house))["first_downloaded_by"] == "192.0.2.7"


@alone
async def test_a_whole_pull_is_one_download(hub: StandInHub, house: House, ahead: AheadClock) -> None:
    commit = hub.add(MODEL, FILES)
    client = Client(house).named("alice")
    assert await client.snapshot() == RIGHT
    for part in ("1000-", "5-9", "200000-"):
        assert (await client.get(part=part)).status_code == 206
    await all_ended(house, ahead)
    assert await client.snapshot(revision=commit) == RIGHT
    [line] = await history(house)
    assert (line["username"], line["status"], line["revision"]) == ("alice", "completed", commit)
    assert (line["file_count"], line["completed_files"], line["total_size"]) == (3, 3, SIZE)
    counted = await stats(house)
    assert (counted["download_count"], counted["uses"]) == (1, 1)
    assert (counted["first_downloaded_by"], counted["first_downloaded_from"]) == ("alice", "127.0.0.1")


async def test_one_file_after_the_other_is_one_download(hub: StandInHub, house: House, ahead: AheadClock) -> None:
    hub.add(MODEL, {**FILES, LARGE: Blob(1_500_000, 91), "second.safetensors": Blob(1_500_000, 92)})
    client = Client(house).named("alice")
    for file in ("config.json", LARGE, "second.safetensors"):
        assert (await client.get(file)).status_code == 200
        await all_ended(house, ahead)
    [line] = await history(house)
    assert line["status"] == "completed"
    assert (line["file_count"], line["completed_files"], line["total_size"]) == (4, 4, 3_000_004)
    assert (await stats(house))["download_count"] == 1


async def test_a_later_pull_counts_when_the_window_is_over(hub: StandInHub, house: House, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    alice, bob = Client(house).named("alice"), Client(house).named("bob")
    await alice.snapshot()
    await all_ended(house, ahead)
    ahead.forward(hours=20)
    await alice.snapshot()
    assert (await stats(house))["download_count"] == 1
    await bob.snapshot()
    counted = await stats(house)
    assert (counted["download_count"], counted["uses"], counted["first_downloaded_by"]) == (2, 2, "alice")
    ahead.forward(hours=5)
    await alice.snapshot()
    counted = await stats(house)
    assert (counted["download_count"], counted["uses"]) == (3, 3)
    lines = await history(house)
    assert [line["username"] for line in lines] == ["alice", "bob", "alice"]
    assert {(line["status"], line["total_size"], line["file_count"]) for line in lines} == {("completed", SIZE, 3)}


async def test_a_client_that_only_asks_whether_it_is_right_uses_the_model(
    hub: StandInHub, house: House, ahead: AheadClock
) -> None:
    hub.add(MODEL, FILES)
    alice, bob = Client(house).named("alice"), Client(house).named("bob")
    await alice.snapshot()
    await all_ended(house, ahead)
    before = await stats(house)
    for method, path in (("GET", f"/api/models/{MODEL}/revision/main"), ("HEAD", f"/{MODEL}/resolve/main/config.json")):
        ahead.forward(hours=25)
        for _ in range(3):
            assert (await bob.ask(method, path)).status_code == 200
            ahead.forward(minutes=20)
        after = await stats(house)
        assert after["uses"] == before["uses"] + 1
        assert after["download_count"] == before["download_count"]
        assert after["last_used_at"] > before["last_used_at"]
        before = after
    assert [line["username"] for line in await history(house)] == ["alice"]
    await bob.snapshot()  # and then loads it: no second use, but a download
    after = await stats(house)
    assert (after["uses"], after["download_count"]) == (before["uses"], 2)


@alone
async def test_looking_at_what_is_not_here_is_no_use(hub: StandInHub, house: House, ahead: AheadClock) -> None:
    hub.add(MODEL, {**FILES, LARGE: Blob(1_500_000, 93)})
    await Client(house).named("alice").get("config.json")
    await all_ended(house, ahead)
    await Client(house).named("bob").tree()
    assert (await stats(house))["uses"] == 1


async def test_two_who_pull_at_once_are_two_downloads(hub: StandInHub, house: House, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    hub.faults.throttle(f"{MODEL}/{LARGE}", 1_000_000)
    await asyncio.gather(*(Client(house).named(name).snapshot() for name in ("alice", "bob", "carol")))
    await all_ended(house, ahead)
    lines = await history(house)
    assert sorted(line["username"] for line in lines) == ["alice", "bob", "carol"]
    assert {(line["status"], line["total_size"]) for line in lines} == {("completed", SIZE)}
    counted = await stats(house)
    assert counted["download_count"] == 3
    assert counted["first_downloaded_by"] == min(lines, key=lambda line: int(line["id"]))["username"]
    assert len(hub.ledger.requests(method="GET", file=LARGE)) == 1


async def test_every_request_is_in_the_log(hub: StandInHub, house: House, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    alice = Client(house).named("alice")
    await alice.snapshot()
    await all_ended(house, ahead)
    await alice.get(part="0-999")
    events = await mirror_events(house)
    assert len(events) == 2 + 2 * 3 + 1
    assert {event["username"] for event in events} == {"alice"}
    assert {event["model"] for event in events} == {MODEL}
    assert {event["user_agent"] for event in events} == {AGENT}
    assert {event["session"] for event in events} == {"0123456789abcdef"}
    assert {event["success"] for event in events} == {True}
    sent = [event["bytes_out"] for event in events]
    assert sent.count(WEIGHTS.size) == sent.count(1000) == 1
    assert sent.count(0) == 3  # HEAD
    downloads = (await house.get("/api/v1/events", type="model_download"))["events"]
    assert [(event["username"], event["bytes_out"]) for event in downloads] == [("alice", SIZE)]


@alone
async def test_a_refusal_is_in_the_log(hub: StandInHub, house: House) -> None:
    await Client(house).named("alice").head(model="org/nothing")
    [event] = await mirror_events(house)
    assert (event["username"], event["success"], event["error_code"]) == ("alice", False, "404")


@alone
async def test_names_that_cannot_be(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, FILES)
    for door in ("/u/%ff/hf", "/u/" + "x" * 300 + "/hf"):
        answer = await Client(house, door).info()
        assert answer.status_code in {400, 422}, answer.text
        assert answer.headers["X-Error-Message"]
    for name in ("José", "アリス", "o'neil", "a b"):
        assert (await Client(house).named(name).get("config.json")).status_code == 200
        assert (await history(house))[0]["username"] == name

"""What is here: the hub is asked once in a while and no more; while it is away, or never asked, all goes on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, open_house
from tests.flows.mirroring import LARGE, MODEL, AheadClock, Client, all_ended, asked, jobs_of, stored

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
WEIGHTS = Blob(300_000, 70)
OLD: dict[str, Content] = {"config.json": b'{"a": 1}', LARGE: WEIGHTS}
NEW: dict[str, Content] = {"config.json": b'{"a": 2}', LARGE: WEIGHTS}
WAS = {"config.json": b'{"a": 1}', LARGE: WEIGHTS.read()}
IS = {"config.json": b'{"a": 2}', LARGE: WEIGHTS.read()}
GONE = {"X-Error-Code": "RepoNotFound"}
Trouble = Callable[[StandInHub], object]
TROUBLES: dict[str, Trouble] = {
    "503": lambda hub: hub.faults.status("api:*", 503, times=None),
    "429": lambda hub: hub.faults.status("api:*", 429, times=None, headers={"Retry-After": "600"}),
    "404": lambda hub: hub.faults.status("api:*", 404, times=None, headers=GONE),
}


@pytest.fixture
def ahead() -> AheadClock:
    """The clock of the house."""
    return AheadClock()


@pytest.fixture
async def house(hub: StandInHub, home: Path, ahead: AheadClock) -> AsyncIterator[House]:
    """A depot in front of the hub."""
    async with open_house(hub, home, clock=ahead) as house:
        yield house


@pytest.fixture
async def old(hub: StandInHub, house: House, ahead: AheadClock) -> str:
    """The commit of a revision that is here: tagged v1, and main no longer."""
    old = hub.add(MODEL, OLD, tag="v1")
    client = Client(house)
    assert await client.snapshot(revision="v1") == WAS
    hub.add(MODEL, NEW)
    assert await client.snapshot() == IS
    assert (await client.refs()).status_code == 200
    await all_ended(house, ahead)
    return old


async def all_passes(house: House, old: str) -> None:
    """Whatever a client asks of a revision that is here."""
    client = Client(house)
    assert await client.snapshot() == IS
    for revision in ("v1", old):
        assert await client.snapshot(revision=revision) == WAS
        assert (await client.head(revision=revision)).headers["X-Repo-Commit"] == old
        assert (await client.tree(revision=revision)).status_code == 200
        assert (await client.info(revision=revision)).json()["sha"] == old
    assert (await client.info(revision=None)).status_code == 200
    assert {one["name"] for one in (await client.refs()).json()["tags"]} == {"v1"}
    told = await client.ask("POST", f"/api/models/{MODEL}/paths-info/main", data={"paths": "config.json"})
    assert [one["path"] for one in told.json()] == ["config.json"]
    missing = await client.head("chat_template.jinja")
    assert (missing.status_code, missing.headers["X-Error-Code"]) == (404, "EntryNotFound")


async def test_the_hub_is_not_asked_while_its_answer_is_fresh(hub: StandInHub, house: House, old: str) -> None:
    hub.ledger.clear()
    found = await asyncio.gather(*(Client(house).named(f"user-{number}").snapshot() for number in range(5)))
    assert all(one == IS for one in found)
    assert await Client(house).snapshot(revision=old) == WAS
    assert asked(hub) == []


async def test_it_is_asked_once_when_that_is_over(hub: StandInHub, house: House, ahead: AheadClock, old: str) -> None:
    hub.ledger.clear()
    ahead.forward(minutes=6)
    found = await asyncio.gather(*(Client(house).named(f"user-{number}").snapshot() for number in range(5)))
    assert all(one == IS for one in found)
    assert asked(hub) == ["GET revision"]
    assert await Client(house).snapshot(revision=old) == WAS  # a commit is what it is
    assert (await Client(house).head(revision=old)).status_code == 200
    assert asked(hub) == ["GET revision"]


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
async def test_a_hub_in_trouble_takes_nothing_away(
    hub: StandInHub, house: House, ahead: AheadClock, old: str, trouble: Trouble
) -> None:
    trouble(hub)
    ahead.forward(hours=30)
    await all_passes(house, old)


async def test_a_hub_that_is_away_takes_nothing_away(
    hub: StandInHub, house: House, ahead: AheadClock, old: str
) -> None:
    await hub.go_away()
    ahead.forward(hours=30)
    await all_passes(house, old)
    hub.add("org/other", OLD)
    for answer in (
        await Client(house).info("org/other"), await Client(house).head(model="org/other"),
        await Client(house).get(model="org/other"), await Client(house).tree(model="org/other"),
    ):  # fmt: skip
        assert answer.status_code == 503
        assert answer.headers["X-Error-Message"]
        assert answer.headers["Retry-After"]
    await hub.come_back()
    ahead.forward(seconds=10)
    assert await Client(house).snapshot("org/other") == WAS


async def test_a_hub_that_hangs_takes_nothing_away(hub: StandInHub, house: House, ahead: AheadClock, old: str) -> None:
    hub.faults.hang("api:*", times=None)
    ahead.forward(hours=30)
    hub.ledger.clear()
    client = Client(house)
    for _ in range(3):
        assert await client.snapshot() == IS
        assert (await client.head()).status_code == 200
    assert await client.snapshot(revision=old) == WAS
    assert asked(hub) == ["GET revision"]  # nobody asks again what was not answered


async def test_cold_answers_of_a_hub_in_trouble_are_errors(hub: StandInHub, house: House) -> None:
    hub.add("org/other", OLD)
    hub.faults.status("api:org/other*", 429, times=None, headers={"Retry-After": "7"})
    answer = await Client(house).info("org/other")
    assert (answer.status_code, answer.headers["ratelimit"]) == (429, '"api";r=0;t=7')


async def test_offline_asks_the_hub_for_nothing(hub: StandInHub, home: Path, ahead: AheadClock) -> None:
    old = hub.add(MODEL, OLD, tag="v1")
    hub.add("org/other", {**OLD, "large.safetensors": Blob(20_000_000, 72)})
    async with open_house(hub, home, clock=ahead) as house:
        await Client(house).snapshot(revision="v1")
        hub.add(MODEL, NEW)
        await Client(house).snapshot()
        await Client(house).refs()
        await all_ended(house, ahead)
        await house.bring("org/other", include=["config.json"])
    ahead.forward(hours=30)
    hub.ledger.clear()
    async with open_house(hub, home, clock=ahead, mirror__offline=True) as house:
        await all_passes(house, old)
        client = Client(house)
        assert (await client.get("config.json", "org/other")).content == WAS["config.json"]
        for answer in (
            await client.get(LARGE, "org/other"), await client.get("large.safetensors", "org/other", part="0-9"),
            await client.get(LARGE, "org/none"), await client.info("org/none"), await client.refs("org/none"),
        ):  # fmt: skip
            assert answer.status_code == 503, answer.text
            assert "offline" in answer.headers["X-Error-Message"]
        assert asked(hub) == []


async def test_a_branch_that_moved_is_followed(hub: StandInHub, house: House, ahead: AheadClock, old: str) -> None:
    before = (await Client(house).info()).json()["sha"]
    newer = hub.add(MODEL, {**NEW, "more.json": b"{}"})
    assert (await Client(house).info()).json()["sha"] == before
    ahead.forward(minutes=6)
    hub.ledger.clear()
    assert await Client(house).snapshot() == {**IS, "more.json": b"{}"}
    assert (await Client(house).head()).headers["X-Repo-Commit"] == newer
    assert hub.ledger.bytes_sent(call="resolve") == 2  # the weights are here
    assert await Client(house).snapshot(revision=before) == IS
    assert await Client(house).snapshot(revision=old) == WAS
    await all_ended(house, ahead)
    assert await stored(house) == {"config.json", LARGE, "more.json"}
    assert (house.repository(MODEL) / "refs" / "main").read_text() == newer


async def test_a_branch_that_moved_just_before_the_hub_went_away(
    hub: StandInHub, house: House, ahead: AheadClock, old: str
) -> None:
    newest = hub.add(MODEL, {**NEW, "config.json": b'{"a": 3}'})
    ahead.forward(minutes=6)
    hub.faults.status(f"api:{MODEL}/tree", 503, times=None)  # it says what the branch means, and no more
    answer = await Client(house).info()
    assert answer.status_code == 200, answer.text
    assert answer.json()["sha"] != newest
    assert await Client(house).snapshot() == IS


async def test_a_cold_revision_of_a_model_that_is_here(
    hub: StandInHub, house: House, ahead: AheadClock, old: str
) -> None:
    newer = hub.add(MODEL, {**NEW, LARGE: Blob(400_000, 71)})
    await hub.go_away()
    ahead.forward(minutes=6)
    assert await Client(house).snapshot() == IS  # rather the last one that is here than none
    answer = await Client(house).head(revision=newer)
    assert (answer.status_code, bool(answer.headers["X-Error-Message"])) == (503, True)


async def test_only_looking_at_what_is_here_makes_no_job(hub: StandInHub, house: House, old: str) -> None:
    before = len(await jobs_of(house))
    await all_passes(house, old)
    assert len(await jobs_of(house)) == before

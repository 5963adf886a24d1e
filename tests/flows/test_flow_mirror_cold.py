"""What is not here yet: it is sent while it comes in, once for all who ask, and is in the store in the end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, Content
from tests.flows.gated_hub import GatedHub
from tests.flows.house import House, eventually, serve_house
from tests.flows.mirroring import (
    LARGE,
    MODEL,
    AheadClock,
    Client,
    all_ended,
    asked,
    fetched,
    history,
    jobs_of,
    stats,
    stored,
)

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
WHERE = f"{MODEL}/{LARGE}"
WEIGHTS = Blob(3_000_000, 50)
BYTES = WEIGHTS.read()
FILES: dict[str, Content] = {"config.json": b'{"a": 1}', LARGE: WEIGHTS, "empty.txt": b""}
RIGHT = {"config.json": b'{"a": 1}', LARGE: BYTES, "empty.txt": b""}


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


async def test_a_snapshot_comes_whole_and_stays(hub: GatedHub, house: House, ahead: AheadClock) -> None:
    commit = hub.add(MODEL, FILES)
    assert await Client(house).snapshot() == RIGHT
    [job] = await all_ended(house, ahead)
    assert job.status is JobStatus.SUCCEEDED
    assert house.contents(MODEL, commit) == RIGHT
    assert await stored(house) == set(RIGHT)
    assert sorted(one.file or "" for one in fetched(hub)) == ["config.json", LARGE]  # of an empty one there is nothing
    [line] = await history(house)
    assert line["status"] == "completed"
    assert (house.repository(MODEL) / "refs" / "main").read_text() == commit


async def test_bytes_come_while_the_hub_holds_back_the_rest(hub: GatedHub, house: House, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    gate = hub.gate(WHERE, 1_000_000)
    async with Client(house).stream() as reading:
        assert reading.answer.status_code == 200
        assert await reading.at_least(1_000_000) == BYTES[:1_000_000]
        assert hub.ledger.bytes_sent(file=LARGE) == 1_000_000
        await gate.open()
        assert await reading.rest() == BYTES
    assert hub.ledger.bytes_sent(file=LARGE) == WEIGHTS.size
    await all_ended(house, ahead)
    assert await stored(house) >= {LARGE}


async def test_a_slow_hub_is_heard_before_much_has_come(hub: GatedHub, house: House) -> None:
    size = 700_000
    hub.add(MODEL, {LARGE: Blob(size, 51)})
    hub.faults.throttle(WHERE, 200_000, times=1)
    async with Client(house).stream() as reading:
        await reading.at_least(1)
        assert hub.ledger.bytes_sent(file=LARGE) < size // 2
        await hub.go_away()  # the rest comes at full speed
        await hub.come_back()
        assert await reading.rest() == Blob(size, 51).read()


async def test_clients_join_at_any_offset(hub: GatedHub, house: House) -> None:
    hub.add(MODEL, FILES)
    gate = hub.gate(WHERE, 1_000_000)
    client = Client(house)
    async with client.stream() as first, client.stream(part="500000-") as second:
        await first.at_least(1_000_000)
        assert second.answer.status_code == 206
        assert second.answer.headers["Content-Range"] == f"bytes 500000-{WEIGHTS.size - 1}/{WEIGHTS.size}"
        assert await second.at_least(500_000) == BYTES[500_000:1_000_000]
        later = asyncio.create_task(client.get(part="1500000-1999999"))  # where nothing has come yet
        await gate.reached()
        await gate.open()
        assert await second.rest() == BYTES[500_000:]
        assert await first.rest() == BYTES
        answer = await later
    assert (answer.status_code, answer.content) == (206, BYTES[1_500_000:2_000_000])
    assert hub.ledger.bytes_sent(file=LARGE) == WEIGHTS.size


async def test_many_at_once_are_one_request_to_the_hub(hub: GatedHub, house: House) -> None:
    hub.add(MODEL, FILES)
    hub.faults.throttle(WHERE, 6_000_000)
    found = await asyncio.gather(*(Client(house).named(f"user-{number}").get() for number in range(8)))
    assert {answer.content for answer in found} == {BYTES}
    assert len(fetched(hub, LARGE)) == 1
    assert len(hub.ledger.requests(call="revision")) == 1
    assert len(hub.ledger.requests(call="tree")) == 1


async def test_a_client_that_leaves_stops_nothing(hub: GatedHub, house: House, ahead: AheadClock) -> None:
    commit = hub.add(MODEL, FILES)
    gate = hub.gate(WHERE, 1_000_000)
    async with Client(house).named("alice").stream() as reading:
        await reading.at_least(100_000)
    await gate.open()
    [job] = await all_ended(house, ahead)
    assert job.status is JobStatus.SUCCEEDED
    assert house.contents(MODEL, commit)[LARGE] == BYTES
    [line] = await history(house)
    assert (line["username"], line["status"]) == ("alice", "completed")
    assert (await stats(house))["download_count"] == 1


@pytest.mark.parametrize(
    ("part", "start", "stop"),
    [("1000000-1999999", 1_000_000, 2_000_000), ("-500", 2_999_500, 3_000_000), ("2999999-", 2_999_999, 3_000_000)],
)
async def test_ranges_of_what_is_not_here(
    hub: GatedHub, house: House, ahead: AheadClock, part: str, start: int, stop: int
) -> None:
    hub.add(MODEL, FILES)
    answer = await Client(house).get(part=part)
    assert (answer.status_code, answer.content) == (206, BYTES[start:stop])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{WEIGHTS.size}"
    assert answer.headers["ETag"] == (await Client(house).head()).headers["ETag"]
    await all_ended(house, ahead)
    assert await stored(house) >= {LARGE}  # whoever loads a part of weights loads the others next
    assert len(fetched(hub, LARGE)) == 1


async def test_ranges_that_mean_nothing(hub: GatedHub, house: House) -> None:
    hub.add(MODEL, FILES)
    client = Client(house)
    behind = await client.get(part=f"{WEIGHTS.size}-")
    assert (behind.status_code, behind.headers["Content-Range"]) == (416, f"bytes */{WEIGHTS.size}")
    other = await client.ask("GET", f"/{MODEL}/resolve/main/{LARGE}", headers={"Range": "bytes=5-", "If-Range": '"x"'})
    assert (other.status_code, other.content) == (200, BYTES)
    several = await client.get(part="0-1,5-6")
    assert (several.status_code, several.content) == (200, BYTES)
    known = await client.ask(
        "GET", f"/{MODEL}/resolve/main/{LARGE}", headers={"If-None-Match": other.headers["ETag"]}
    )  # fmt: skip
    assert (known.status_code, known.content) == (304, b"")


async def test_far_ahead_of_the_fetch_is_passed_through(hub: GatedHub, house: House) -> None:
    far = Blob(70_000_000, 52)
    hub.add(MODEL, {LARGE: far})
    hub.faults.throttle(WHERE, 1_000_000, times=1)
    async with Client(house).stream() as first:
        await first.at_least(1)
        answer = await Client(house).get(part="69000000-69099999")
        assert (answer.status_code, answer.content) == (206, far.read()[69_000_000:69_100_000])
    assert house.parts() < far.size // 2  # nothing of it was stored
    events = (await house.get("/api/v1/events", limit=100))["events"]
    passed = [event for event in events if (event["parameters"] or {}).get("passed_through")]
    assert [event["bytes_out"] for event in passed] == [100_000]


@pytest.mark.parametrize("start", [69_000_000, 30_000_000])
async def test_whoever_goes_on_ahead_of_the_fetch_gets_all_of_it(hub: GatedHub, house: House, start: int) -> None:
    """Nothing else would tell them whether the bytes from there on are right."""
    far = Blob(70_000_000, 54)
    hub.add(MODEL, {LARGE: far})
    hub.faults.throttle(WHERE, 1_000_000)
    async with Client(house).stream(part=f"{start}-") as reading:
        assert reading.answer.status_code == 200
        assert reading.answer.headers["Content-Length"] == str(far.size)
        assert "Content-Range" not in reading.answer.headers
        assert (await reading.at_least(1000))[:1000] == far.read()[:1000]
    assert {one.range for one in fetched(hub, LARGE)} <= {None, "bytes=0-"}


async def test_a_hub_that_knows_no_ranges_passes_the_right_ones_through(hub: GatedHub, house: House) -> None:
    far = Blob(70_000_000, 52)
    hub.add(MODEL, {LARGE: far})
    hub.faults.ignore_range(WHERE, times=None)
    hub.faults.throttle(WHERE, 1_000_000, times=1)
    async with Client(house).stream() as first:
        await first.at_least(1)
        answer = await Client(house).get(part="69000000-69099999")
        assert (answer.status_code, answer.content) == (206, far.read()[69_000_000:69_100_000])


async def test_a_look_at_the_beginning_fetches_no_weights(hub: GatedHub, house: House) -> None:
    large = Blob(40_000_000, 53)
    hub.add(MODEL, {LARGE: large})
    hub.faults.throttle(WHERE, 10_000_000)
    answer = await Client(house).get(part="0-100000")
    assert (answer.status_code, answer.content) == (206, large.read()[:100_001])
    assert await jobs_of(house) == []
    assert hub.ledger.bytes_sent(file=LARGE) < large.size // 4
    [event] = (await house.get("/api/v1/events", limit=100))["events"]
    assert (event["parameters"], event["bytes_out"]) == ({"passed_through": True}, 100_001)


async def test_looking_alone_fetches_nothing(hub: GatedHub, house: House) -> None:
    hub.add(MODEL, FILES)
    client = Client(house)
    for file in FILES:
        head = await client.head(file)
        assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(RIGHT[file])))
    assert [entry["path"] for entry in (await client.tree()).json()] == sorted(FILES)
    assert (await client.info()).status_code == (await client.refs()).status_code == 200
    assert await jobs_of(house) == []
    assert await history(house) == []
    assert (await house.get("/api/models"))["count"] == 0
    assert asked(hub) == ["GET revision", "GET tree", "GET info", "GET refs"]


async def test_the_same_weights_come_once(hub: GatedHub, house: House, ahead: AheadClock) -> None:
    two: dict[str, Content] = {"a.safetensors": WEIGHTS, "b/c.safetensors": WEIGHTS}
    first = hub.add(MODEL, two)
    client = Client(house)
    assert await client.snapshot() == {"a.safetensors": BYTES, "b/c.safetensors": BYTES}
    second = hub.add(MODEL, {**two, "config.json": b"{}"}, branch="next")
    assert (await client.snapshot(revision="next"))["b/c.safetensors"] == BYTES
    hub.add("org/other", {"d.safetensors": WEIGHTS})
    assert await client.snapshot("org/other") == {"d.safetensors": BYTES}
    assert {job.status for job in await all_ended(house, ahead)} == {JobStatus.SUCCEEDED}
    assert hub.ledger.bytes_sent(call="resolve") == WEIGHTS.size + 2
    for commit in (first, second):
        assert house.contents(MODEL, commit)["a.safetensors"] == BYTES
    inodes = {path.stat().st_ino for path in (house.store / "hub").rglob("*.safetensors")}
    assert len(inodes) == 1


async def test_weights_on_their_way_serve_another_repository_too(hub: GatedHub, house: House) -> None:
    hub.add(MODEL, FILES)
    hub.add("org/other", {"other.safetensors": WEIGHTS})
    gate = hub.gate(WHERE, 1_000_000)
    client = Client(house)
    async with client.stream() as first, client.stream("other.safetensors", "org/other") as second:
        assert await first.at_least(1_000_000) == await second.at_least(1_000_000) == BYTES[:1_000_000]
        await gate.open()
        assert await second.rest() == await first.rest() == BYTES
    assert fetched(hub, "other.safetensors") == []


async def test_small_files_come_along(hub: GatedHub, house: House, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    assert (await Client(house).get("config.json")).content == RIGHT["config.json"]
    await all_ended(house, ahead)
    assert await stored(house) == {"config.json", "empty.txt"}
    hub.ledger.clear()
    assert (await Client(house).get("empty.txt")).content == b""
    assert asked(hub) == []


async def test_files_are_never_compressed(hub: GatedHub, house: House) -> None:
    text = b"the same again and again\n" * 2000
    hub.add(MODEL, {"notes.txt": text})
    for _ in ("cold", "warm"):
        answer = await Client(house).get("notes.txt")
        assert "Content-Encoding" not in answer.headers
        assert (answer.headers["Content-Length"], answer.content) == (str(len(text)), text)


async def test_a_file_that_is_not_there(hub: GatedHub, house: House) -> None:
    commit = hub.add(MODEL, FILES)
    for ask in (Client(house).head, Client(house).get):
        answer = await ask("chat_template.jinja")
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, "EntryNotFound")
        assert answer.headers["X-Repo-Commit"] == commit
    for answer, code in (
        (await Client(house).info("org/nothing"), "RepoNotFound"),
        (await Client(house).info(revision="nothing"), "RevisionNotFound"),
        (await Client(house).tree(revision="nothing"), "RevisionNotFound"),
        (await Client(house).head(model="org/nothing"), "RepoNotFound"),
    ):
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, code)
    assert await jobs_of(house) == []


async def test_xet_is_never_told(hub: GatedHub, house: House) -> None:
    hub.announce_xet = True
    hub.add(MODEL, FILES)
    client = Client(house)
    for _ in ("cold", "warm"):
        told = [await client.info(blobs="true"), await client.tree(expand="true"), await client.head()]
        told.append(await client.ask("POST", f"/api/models/{MODEL}/paths-info/main", data={"paths": LARGE}))
        told.append(await client.get())
        for answer in told:
            assert answer.status_code == 200
            assert not [name for name in answer.headers if "xet" in name.lower()]
            assert "xet" not in answer.headers.get("Link", "").lower()
            assert b"xet" not in answer.content[:10_000].lower()
    assert hub.xet_hits == 0


async def test_a_hub_that_breaks_off_makes_no_short_file(hub: GatedHub, house: House) -> None:
    hub.add(MODEL, FILES)
    hub.faults.cut_after(WHERE, 800_000, times=3)
    assert (await Client(house).get()).content == BYTES
    assert hub.ledger.bytes_sent(file=LARGE) == WEIGHTS.size


async def test_what_the_hub_announces_and_cannot_give(hub: GatedHub, house: House) -> None:
    hub.add(MODEL, FILES)
    hub.faults.status(WHERE, 404, times=None)
    for _ in ("at once", "while it cools down"):
        answer = await Client(house).get()
        assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/json")
        assert "404" in answer.headers["X-Error-Message"]


@pytest.mark.parametrize("backoff", [0.01, 2.0], ids=["the job gives up", "the job goes on trying"])
async def test_a_file_that_is_known_and_cannot_come_now(
    hub: GatedHub, home: Path, ahead: AheadClock, backoff: float
) -> None:
    hub.add(MODEL, FILES)
    async with serve_house(hub, home, clock=ahead, downloads__backoff_seconds=backoff) as house:
        await house.bring(MODEL, include=["config.json"])
        await hub.go_away()
        for _ in range(2):
            answer = await Client(house).get()
            assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/json")
            assert answer.headers["X-Error-Message"]
            assert (await Client(house).get("config.json")).content == RIGHT["config.json"]
        await hub.come_back()

        async def comes() -> bool:
            ahead.forward(seconds=5)
            return (await Client(house).get()).content == BYTES

        await eventually(comes, "the file comes")


async def test_a_job_that_somebody_stopped(hub: GatedHub, house: House, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    gate = hub.gate(WHERE, 1_000_000)
    client = Client(house)
    async with client.stream() as reading:
        await reading.at_least(1_000_000)
        await gate.reached()
        [job] = await jobs_of(house)
        await house.post(f"/jobs/{job.id}/pause")
        with pytest.raises(httpx2.RemoteProtocolError):
            await reading.rest()
    paused = await client.get(part="1000000-")  # as a client goes on whose connection broke
    assert (paused.status_code, bool(paused.headers["X-Error-Message"])) == (503, True)
    hub.open_all()
    await house.post(f"/jobs/{job.id}/resume")
    assert (await client.get(part="1000000-")).content == BYTES[1_000_000:]
    assert hub.ledger.bytes_sent(file=LARGE) == WEIGHTS.size


async def test_a_request_that_is_called_off_and_asked_again(hub: GatedHub, house: House, ahead: AheadClock) -> None:
    hub.add(MODEL, FILES)
    gate = hub.gate(WHERE, 1_000_000)
    client = Client(house)
    async with client.stream() as reading:
        await reading.at_least(1_000_000)
        await gate.reached()
        [line] = await history(house)
        await house.post(f"/api/v1/downloads/request/{line['task_id']}/cancel")
        with pytest.raises(httpx2.RemoteProtocolError):
            await reading.rest()
    hub.open_all()
    assert (await client.get()).content == BYTES
    await all_ended(house, ahead)
    assert sorted(line["status"] for line in await history(house)) == ["cancelled", "completed"]
    assert hub.ledger.bytes_sent(file=LARGE) == WEIGHTS.size
